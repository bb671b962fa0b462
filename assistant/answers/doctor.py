"""What an examination finds: one finding a thing that a user can get wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

Verdict = Literal["ok", "warning", "error"]


class Finding(BaseModel):
    subject: str
    """What was looked at, in a word or two."""
    verdict: Verdict
    sentence: str
    remedy: str = ""
