"""Patterns in the manner of `.gitignore`: which paths of a folder are left out. Pure text; it knows no file.

The last pattern that fits decides, `!` takes back, a slash at the end means folders alone, and one elsewhere ties the
pattern to the root. What lies in a folder that is left out is never asked about: `connectors.files.folder` does not
descend into it, so that it cannot be taken back either, as in git.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLASS = re.compile(r"\[(?P<not>[!^]?)(?P<first>\]?)(?P<rest>(?:\\.|\[:\w+:\]|[^\]\\])*)\]")


@dataclass(frozen=True, slots=True)
class _Rule:
    expression: re.Pattern[str]
    takes_back: bool
    only_folders: bool


class Patterns:
    """Rules in their order."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Raises: ValueError for a line that is no pattern."""
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]

    def leave_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether `path`, relative to the root and with slashes, is left out."""
        for rule in reversed(self._rules):
            if (is_folder or not rule.only_folders) and rule.expression.fullmatch(path):
                return not rule.takes_back
        return False


def _rule(line: str) -> _Rule | None:
    """The rule that a line states; an empty line and a comment state none."""
    written = _without_trailing_blanks(line.rstrip("\r\n"))
    if not written or written.startswith("#"):
        return None
    takes_back = written.startswith("!")
    pattern = written[1:] if takes_back else written
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    is_tied = "/" in pattern
    pattern = pattern.removeprefix("/")
    if not pattern:
        return None
    try:
        expression = re.compile(("" if is_tied else "(?:.*/)?") + _translated(pattern), re.DOTALL)
    except re.error as err:
        raise ValueError(f"{line!r} is no pattern of paths ({err})") from err
    return _Rule(expression, takes_back, only_folders)


def _without_trailing_blanks(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(stripped) < len(line) else stripped


def _translated(pattern: str) -> str:
    """The pattern as a regular expression; `**` between slashes stands for any number of folders."""
    parts = pattern.split("/")
    translated = ""
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if part == "**" and len(parts) > 1:
            translated += ".+" if is_last else "(?:.*/)?"
        else:
            translated += _segment(part) + ("" if is_last else "/")
    return translated


def _segment(part: str) -> str:
    """One name of a path: neither `*` nor `?` nor `[...]` goes beyond a slash."""
    translated = ""
    place = 0
    while place < len(part):
        character = part[place]
        if character == "*":
            while part[place + 1 : place + 2] == "*":
                place += 1
            translated += "[^/]*"
        elif character == "?":
            translated += "[^/]"
        elif character == "\\" and place + 1 < len(part):
            place += 1
            translated += re.escape(part[place])
        elif character == "[" and (match := _CLASS.match(part, place)):
            translated += _class(match)
            place = match.end() - 1
        else:
            translated += re.escape(character)
        place += 1
    return translated


def _class(match: re.Match[str]) -> str:
    members = (match["first"] and r"\]") + re.sub(r"[\[&~|^]", lambda found: "\\" + found[0], match["rest"])
    return f"(?!/)[{'^' if match['not'] else ''}{members}]"
