"""Files that the user gives along with a conversation: read here, where the user's rights are, bounded, without secrets.

It knows paths and bytes only. A file named outright is read or refused with a sentence; of a folder what can be used is
taken, and the rest is counted by its reason.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from assistant.cli.screen import count
from assistant.errors import BadRequest

FILE_BYTES = 256 * 1024
TOTAL_BYTES = 1024 * 1024
MOST_FILES = 200

_SECRET_NAMES = (
    *(".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.gpg", "*.asc"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", ".pgpass", ".htpasswd", ".npmrc", ".pypirc"),
    *(
        "credentials",
        "credentials.*",
        "passwords",
        "passwords.*",
        "*password*.txt",
        "passwd",
        "shadow",
        "secrets.*",
        "*.secret",
        ".git-credentials",
    ),
)
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".kube", ".docker"})
_PASSED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "target", "dist", "build"})
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{35}|\bglpat-[A-Za-z0-9_-]{20}"
)
"""Private keys, and tokens that say by their form what they are."""


@dataclass(slots=True)
class GivenFiles:
    """What was read: `(path, text)` with the path relative to what was named, and what was passed over, by reason."""

    files: list[tuple[str, str]] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)

    @property
    def notice(self) -> str:
        """A sentence on what was passed over; empty where nothing was."""
        if not self.passed:
            return ""
        reasons = ", ".join(f"{number} {reason}" for reason, number in self.passed.most_common())
        return f"{count(len(self.files), 'file')} attached; passed over: {reasons}."


def read_files(paths: list[Path]) -> GivenFiles:
    """The texts of files and folders.

    Raises: BadRequest where a file that was named cannot be given, or a folder holds none that can.
    """
    given = GivenFiles()
    size = 0
    for path in paths:
        path = path.expanduser()
        found = _in_folder(path, given) if path.is_dir() else [(path.name, path)]
        before = len(given.files)
        for name, file in found:
            text, why = _text_of(file)
            if not why and (size + len(text) > TOTAL_BYTES or len(given.files) >= MOST_FILES):
                why = "beyond the bound"
            if why and not path.is_dir():
                raise BadRequest(f"{file} is not attached: it is {why}.", _BOUND if why in _SIZES else "")
            if why:
                given.passed[why] += 1
            else:
                size += len(text)
                given.files.append((name, text))
        if path.is_dir() and len(given.files) == before:
            raise BadRequest(f"The folder {path} holds no text that can be attached.", given.notice)
    return given


_BOUND = f"At most {FILE_BYTES // 1024} KB a file, and {TOTAL_BYTES // 1024} KB and {MOST_FILES} files in all."
_SIZES = ("too large", "beyond the bound")


def _in_folder(folder: Path, given: GivenFiles) -> Iterator[tuple[str, Path]]:
    """Files of a folder in the order of their names, without hidden ones and what programs put there."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _PASSED_FOLDERS)
        for name in sorted(names):
            path = Path(here, name)
            if path.is_symlink() or not path.is_file():
                given.passed["links or no plain files"] += 1
            elif name.startswith(".") and not _is_secret(path):
                given.passed["hidden"] += 1
            else:
                yield path.relative_to(folder).as_posix(), path


def _text_of(path: Path) -> tuple[str, str]:
    """A file's text, or why it is not given."""
    if _is_secret(path):
        return "", "named like a secret"
    try:
        if not path.is_file():
            return "", "not there" if not path.exists() else "no plain file"
        if path.stat().st_size > FILE_BYTES:
            return "", "too large"
        content = path.read_bytes()
    except OSError as err:
        return "", f"not readable ({err.strerror})"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "", "not written in UTF-8"
    if "\0" in text:
        return "", "no text"
    if _SECRET_TEXT.search(text):
        return "", "holding a key or a token"
    return text, ""


def _is_secret(path: Path) -> bool:
    """By its name or that of the file a link leads to, or by the folder it lies in."""
    places = (path, path.resolve())
    named = any(fnmatch(place.name.lower(), pattern) for place in places for pattern in _SECRET_NAMES)
    return named or any(_SECRET_FOLDERS & set(place.parts[:-1]) for place in places)
