"""What comes through standard input or from a file of the user's: points, a mail, a text. It knows bytes, not drafts."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from assistant.cli.editor import MOST_BYTES, decoded
from assistant.errors import BadRequest

STDIN = "-"
HEADER_BYTES = 20_000
_HEADERS = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:From [^\n]*\n)?(?:(?!From:)[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*From:[^\n]*(?:\n[ \t][^\n]*)*@",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+")


def is_piped() -> bool:
    """Whether something was put into standard input: a pipe or a file, and no terminal or what a service was started with."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):  # no real one, as in a test
        return not sys.stdin.isatty()
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def content(name: str) -> bytes:
    """A file, or standard input where it is called `-`.

    Raises: BadRequest for a file that cannot be read.
    """
    if name == STDIN:
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(name).expanduser().open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as err:
        raise BadRequest(f"The file {name} cannot be read: {getattr(err, 'strerror', None) or err}.") from err


def text(name: str) -> str:
    """A text in a file or in standard input.

    Raises: BadRequest for what cannot be read, or is no text.
    """
    return decoded(content(name), _named(name))


def mail(name: str) -> str:
    """A mail as it came, bytes that are no UTF-8 kept by surrogateescape.

    Raises: BadRequest for what cannot be read, or is empty or too large.
    """
    return mail_of(content(name), name)


def mail_of(raw: bytes, name: str) -> str:
    """The mail in bytes that came from `name`. Raises: BadRequest where they are none, or too many."""
    if len(raw) > MOST_BYTES:
        raise BadRequest(f"{_named(name)} is larger than {MOST_BYTES // 2**20} MB.", "Save it without attachments.")
    if not raw.strip():
        raise BadRequest(f"{_named(name)} is empty.", "Save the mail as an .eml file, with its headers.")
    return raw.decode("utf-8", "surrogateescape")


def is_mail(raw: bytes) -> bool:
    """Whether it begins with the headers of a mail, one of which says who wrote it."""
    return _HEADERS.match(raw[:HEADER_BYTES]) is not None


def points(raw: bytes) -> list[str]:
    """A point a line, of what came through standard input."""
    lines = (_BULLET.sub("", line).strip() for line in decoded(raw, _named(STDIN)).splitlines())
    return [line for line in lines if line]


def _named(name: str) -> str:
    return "Standard input" if name == STDIN else f"The file {name}"
