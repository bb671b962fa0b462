"""A change to attached files, taken from a reply and tried on them in memory. Telos writes no file: the user applies it.

Models miscount: the numbers in a hunk's header are a hint where to look, and the lines are found by what they say.
What applies is written anew as an exact unified diff against the files as attached, so that `git apply` takes it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_BLOCK = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[ \t]*(?:diff|patch|udiff)[^\n]*\n(?P<body>.*?)^[ \t]*(?P=fence)", re.S | re.M
)
_HUNK = re.compile(r"@@+ *-(?P<old>\d+)(?:,\d+)? \+\d+(?:,\d+)? *@@")
_BARE_HUNK = re.compile(r"@@")
NOTHING = "/dev/null"


@dataclass(slots=True)
class Hunk:
    """Lines with their marks (space, minus, plus); `near` is the line that the header names, from 1, or 0."""

    near: int
    lines: list[tuple[str, str]] = field(default_factory=list)

    @property
    def before(self) -> list[str]:
        return [text for mark, text in self.lines if mark != "+"]

    @property
    def added(self) -> list[str]:
        return [text for mark, text in self.lines if mark == "+"]

    def without_layout(self) -> Hunk:
        """Without the empty lines at its end, which have no mark and come from the reply's layout."""
        end = len(self.lines)
        while end and self.lines[end - 1] == ("", ""):
            end -= 1
        return Hunk(self.near, self.lines[:end])


@dataclass(slots=True)
class FileChange:
    """`old` or `new` is `/dev/null` for a file that is made or taken away."""

    old: str
    new: str
    hunks: list[Hunk] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Patched:
    """`text` is the patch as it applies; empty where there is none, or where `problems` say why it does not apply."""

    text: str = ""
    paths: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return bool(self.paths or self.problems)


def from_reply(reply: str, files: Mapping[str, str]) -> Patched:
    """The diff blocks of a reply, tried on the attached `files` (texts by path)."""
    changes = [change for block in _BLOCK.finditer(reply) for change in parse(block["body"])]
    if not changes and _BLOCK.search(reply):
        return Patched(problems=("The diff names no file: it lacks its --- and +++ lines.",))
    texts = dict(files)
    touched: dict[str, str | None] = {}
    problems: list[str] = []
    for change in changes:
        path = _path_of(change, texts)
        try:
            touched[path] = _apply(change, path, texts)
        except ValueError as err:
            problems.append(str(err))
            continue
        texts[path] = touched[path] or ""
    paths = tuple(touched)
    if problems:
        return Patched("", paths, tuple(problems))
    return Patched("".join(_diff(path, files.get(path), text) for path, text in touched.items()), paths)


def parse(diff: str) -> list[FileChange]:
    """The changes that a unified diff speaks of. Lines that belong to none are passed over."""
    changes: list[FileChange] = []
    lines = _lines(diff)
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ "):
            changes.append(FileChange(_name(line), _name(lines[at + 1])))
            at += 2
            continue
        if changes and _BARE_HUNK.match(line):
            found = _HUNK.match(line)
            changes[-1].hunks.append(Hunk(int(found["old"]) if found else 0))
        elif changes and changes[-1].hunks:
            _take(changes[-1].hunks[-1], line)
        at += 1
    return changes


def _take(hunk: Hunk, line: str) -> None:
    if line[:1] in ("-", "+", " ", ""):
        hunk.lines.append((line[:1], line[1:]))


def _name(line: str) -> str:
    name = line[4:].split("\t")[0].strip().strip('"')
    return name if name == NOTHING else re.sub(r"^(?:a|b)/(?=.)", "", name).removeprefix("./")


def _path_of(change: FileChange, files: Mapping[str, str]) -> str:
    """The attached file that is meant: by its path, or by the only one that ends with it."""
    name = change.new if change.new != NOTHING else change.old
    if change.old == NOTHING or name in files:
        return name
    if change.old in files:
        return change.old
    ends = [path for path in files if path.endswith("/" + name) or name.endswith("/" + path)]
    return ends[0] if len(ends) == 1 else name


def _apply(change: FileChange, path: str, files: Mapping[str, str]) -> str | None:
    """The file's text after the change; `None` if it is taken away.

    Raises: ValueError with the sentence that says what does not fit.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"The patch speaks of {path}, which is outside the attached folder.")
    if change.old == NOTHING:
        if path in files:
            raise ValueError(f"The patch makes {path} anew, which is among the attached files.")
        return "".join(f"{line}\n" for hunk in change.hunks for line in hunk.added)
    if path not in files:
        raise ValueError(f"The patch changes {path}, which was not attached.")
    if change.new == NOTHING:
        return None
    if not change.hunks:
        raise ValueError(f"The patch names {path} and changes no line of it.")
    lines = _lines(files[path])
    start = shift = 0
    for number, hunk in enumerate((hunk.without_layout() for hunk in change.hunks), start=1):
        at = _find(lines, hunk, start, shift)
        if at is None:
            raise ValueError(f"Part {number} of the patch to {path} does not fit: its unchanged lines are not there.")
        before, after = len(hunk.before), _after(lines, hunk, at)
        lines[at : at + before] = after
        start = at + len(after)
        shift += len(after) - before
    end = "\n" if files[path].endswith("\n") or not files[path] else ""
    return "\n".join(lines) + (end if lines else "")


def _find(lines: list[str], hunk: Hunk, start: int, shift: int) -> int | None:
    """Where the hunk's lines stand, the place nearest to what its header says; trailing white space may differ."""
    wanted = [line.rstrip() for line in hunk.before]
    if not wanted:
        return min(max(hunk.near + shift, start), len(lines)) if hunk.near or not lines else None
    held = [line.rstrip() for line in lines]
    places = [at for at in range(start, len(lines) - len(wanted) + 1) if held[at : at + len(wanted)] == wanted]
    if not places or (not hunk.near and len(places) > 1):
        return None
    return min(places, key=lambda at: abs(at - (hunk.near - 1 + shift)))


def _after(lines: list[str], hunk: Hunk, at: int) -> list[str]:
    """What takes their place; unchanged lines stay as the file has them."""
    end = "\r" if lines and all(line.endswith("\r") for line in lines) else ""
    after: list[str] = []
    for mark, text in hunk.lines:
        if mark == "+":
            after.append(text + end)
            continue
        if mark != "-":
            after.append(lines[at])
        at += 1
    return after


def _diff(path: str, old: str | None, new: str | None) -> str:
    """The change as git writes it."""
    if old == new:
        return ""
    names = (NOTHING if old is None else f"a/{path}", NOTHING if new is None else f"b/{path}")
    lines = difflib.unified_diff(_ended_lines(old or ""), _ended_lines(new or ""), *names)
    mode = "new file mode 100644\n" if old is None else "deleted file mode 100644\n" if new is None else ""
    return f"diff --git a/{path} b/{path}\n{mode}{''.join(_ended(lines))}"


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """By line feeds alone: a form feed in a program ends no line, and a carriage return stays with its own."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _ended_lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+$", text)
