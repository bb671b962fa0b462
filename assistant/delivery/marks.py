"""Marks by which this home alone knows its own mails again: HMACs under its key, computed anew each time and kept nowhere.

They stand in Message-IDs, in a header of drafts and in a digest's links, and say nothing to anybody else. The letters of
this room make them, `assistant.mailbox` looks for them in what comes back.
"""

from __future__ import annotations

import hmac
import json

CHARACTERS = 32
"""Of an HMAC in hexadecimal: 128 bits."""


def mark(key: bytes, *identity: object) -> str:
    """What stands for `identity`, values that JSON can hold, under the home's `key`."""
    return hmac.digest(key, json.dumps(identity).encode(), "sha256").hex()[:CHARACTERS]
