"""Files given along with a conversation: read by the client, kept as text, never opened or written by Telos.

It decides what may come in, and says in a sentence what may not: what is no text, what is too large, what holds secrets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from assistant.answers.chat import Attachment
from assistant.errors import BadRequest

MOST_FILES = 200
MOST_CHARACTERS = 400_000
MOST_CHARACTERS_ALL = 2_000_000

_SECRET_NAMES = re.compile(
    r"\.env(?:\..+)?|\.?netrc|_netrc|\.pgpass|\.git-credentials|\.htpasswd|credentials(?:\.\w+)?|secrets?(?:\.\w+)?|"
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|.+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg|ppk)|\.npmrc|\.pypirc",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(r"\.env\.(?:example|sample|template|dist)", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_BINARY_SHARE = 0.05


def take(attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    """The files as a conversation keeps them: path, hash and text.

    Raises: BadRequest with the file and what is wrong with it.
    """
    if len(attachments) > MOST_FILES:
        raise BadRequest(
            f"{len(attachments)} files were attached, and {MOST_FILES} is the most.",
            "Attach the files that matter, or a smaller folder.",
        )
    taken: dict[str, dict[str, Any]] = {}
    for one in attachments:
        path = _path(one.path)
        _refuse(path, one.text)
        text = one.text.encode("utf-8", "replace").decode()
        taken[path] = {"path": path, "sha256": sha256(text.encode()).hexdigest(), "text": text}
    total = sum(len(file["text"]) for file in taken.values())
    if total > MOST_CHARACTERS_ALL:
        raise BadRequest(
            f"The attached files have {total:,} characters together, and {MOST_CHARACTERS_ALL:,} is the most.",
            "Attach the files that matter.",
        )
    return list(taken.values())


def is_secret(path: str) -> bool:
    """Whether a file of this name holds keys or passwords, by custom."""
    name = PurePosixPath(path.replace("\\", "/")).name
    return bool(_SECRET_NAMES.fullmatch(name)) and not _EXAMPLES.fullmatch(name)


def _path(path: str) -> str:
    """A relative path with forward slashes. It names the file in the prompt and in a patch; nothing is opened by it."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    relative = [part for part in parts if part not in ("/", ".") and not part.endswith(":")]
    if not relative or ".." in relative or _UNPRINTABLE.search(path):
        raise BadRequest(f"{path!r} is no path of an attached file.", "Give it relative to the folder it lies in.")
    return "/".join(relative)


def _refuse(path: str, text: str) -> None:
    if is_secret(path) or _PRIVATE_KEY.search(text):
        raise BadRequest(
            f"{path} looks like a file of secrets, and Telos puts none into a prompt.",
            "Leave it out; if it is none, attach a copy under another name.",
        )
    if len(text) > MOST_CHARACTERS:
        raise BadRequest(
            f"{path} has {len(text):,} characters, and {MOST_CHARACTERS:,} is the most for a file.",
            "Attach the part that matters.",
        )
    sample = text[:8192]
    strange = sum(character == "\ufffd" or (character < " " and character not in "\t\n\r\f") for character in sample)
    if "\x00" in text or strange > _BINARY_SHARE * len(sample):
        raise BadRequest(f"{path} is no text file.", "Attach text; documents can be brought in as text, too.")
