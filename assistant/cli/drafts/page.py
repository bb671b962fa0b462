"""A draft drawn in the terminal: its text with the gaps marked, what it was written by, where it stands; and lists of drafts.

It knows the answers' models and Rich. `cli.drafts` prints it; all of it is outside text and made harmless here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from assistant.cli.drafts.file import described, has_subject
from assistant.cli.drafts.send import was_kept
from assistant.cli.drafts.word_diff import drawn
from assistant.cli.screen import ago, count, harmless

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.answers.drafts import DiffView, DraftLine, DraftView, Used, VersionView
    from assistant.answers.profile import LessonView

STATE_STYLES = {"open": "cyan", "approved": "green", "rejected": "dim"}
_GAP = re.compile(r"\[(?:\.\.\.|…)[^\[\]\n]*\]")
_SENDING = {
    "queued": "waits in the outbox",
    "sending": "is being sent",
    "sent": "was sent",
    "failed": "could not be sent",
    "unknown": "may have been sent or not",
}
_NOTHING_NEW = "nothing new"
_WHITE = re.compile(r"\s+")


def page(view: DraftView, number: int | None = None) -> Iterator[Text]:
    """The draft's last version, or another one, and what belongs to it."""
    version = view.current if number is None else next(one for one in view.versions if one.number == number)
    line = view.line
    yield Text(f"Draft {line.id}: ", style="bold") + Text(described(view), style="bold")
    yield Text(line.state, style=STATE_STYLES[line.state]) + Text(f" · {_version(version, view)}", style="dim")
    if line.sending:
        how = f"was {line.answer}" if was_kept(line) else _SENDING[line.sending]
        yield Text(harmless(f"It {how}. {line.send_error}".rstrip()), style=_alarm(line))
    if has_subject(view) and version.subject:
        yield Text("\nSubject: ", style="dim") + _one_line(version.subject, "bold")
    yield Text()
    yield marked(version.text)
    if version.gaps:
        yield _heading("To be filled in")
        yield from (_indented(gap, "yellow") for gap in version.gaps)
    if version.used:
        yield _heading("Written by what you taught")
        yield from map(_used, version.used)
    if version.notes:
        yield _heading("Notes")
        yield from (_indented(note, "dim") for note in version.notes)
    if view.lessons:
        yield _heading("Learned from it")
        yield from map(lesson_line, view.lessons)


def marked(text: str) -> Text:
    """A draft's text, its gaps in reverse."""
    found = Text(harmless(text.rstrip()))
    found.highlight_regex(_GAP, "bold reverse yellow")
    return found


def lesson_line(lesson: LessonView) -> Text:
    """What was learned, in one line with the command that takes it back."""
    told = _indented(lesson.line or _NOTHING_NEW, "dim strike" if lesson.undone_at else "")
    ending = "taken back" if lesson.undone_at else lesson.undo
    return told + Text(f"  {harmless(ending)}", style="dim")


def row(line: DraftLine) -> tuple[str | Text, ...]:
    """A draft as a row of `telos drafts`."""
    state: str = f"{line.state}, {line.sending}" if line.sending else line.state
    return (
        str(line.id),
        line.kind,
        Text(state, style=_alarm(line) or STATE_STYLES[line.state]),
        ", ".join(line.to),
        _one_line(line.subject),
        str(line.versions),
        Text(str(line.gaps) if line.gaps else "", style="yellow"),
        ago(line.changed_at),
    )


def _version(version: VersionView, view: DraftView) -> str:
    whose = "yours" if version.by == "user" else f"by {version.writer}" if version.writer else "by Telos"
    of = f" of {len(view.versions)}" if len(view.versions) > 1 else ""
    return harmless(f"version {version.number}{of}, {whose}, {ago(version.at)}")


def _used(used: Used) -> Text:
    number = f"{used.preference:>5}" if used.preference is not None else "    -"
    why = f"  {harmless(used.why)}" if used.why else ""
    return Text(f"{number}  {harmless(used.says)}") + Text(why, style="dim")


def _alarm(line: DraftLine) -> str:
    return {"failed": "red", "unknown": "red", "queued": "yellow", "sending": "yellow"}.get(line.sending, "")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _indented(text: str, style: str = "") -> Text:
    return Text("  ") + _one_line(text, style)


def _one_line(text: str, style: str = "") -> Text:
    return Text(_WHITE.sub(" ", harmless(text)).strip(), style=style)


def tally(lines: list[DraftLine]) -> str:
    """How many wait for the user's word."""
    waiting = sum(line.state == "open" for line in lines)
    return f"{count(waiting, 'draft')} to look at: telos drafts show ID" if waiting else ""


def diff_page(diff: DiffView, screen: Console) -> Iterator[Text]:
    """What was changed, what that cost, what was learned."""
    yield Text(f"Draft {diff.draft}, version {diff.before} to {diff.after}: ", style="bold") + Text(
        f"{count(diff.cost, 'word')} changed" if diff.cost else "no word changed"
    )
    yield Text()
    yield drawn(diff.spans, screen)
    if diff.lessons:
        yield _heading("Learned from it")
        yield from map(lesson_line, diff.lessons)
