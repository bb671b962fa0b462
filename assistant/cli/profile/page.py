"""The profile drawn in the terminal: preferences by where they hold, the edits behind one, lessons, history.

It knows the answers' models and Rich. `cli.profile` prints it; quotes and values are outside text and made harmless here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from assistant.cli.screen import ago, count, harmless

if TYPE_CHECKING:
    from rich.console import RenderableType

    from assistant.answers.profile import (
        ChangeLine,
        EvidenceLine,
        LessonView,
        PreferenceLine,
        PreferenceView,
        ScopeView,
    )

LONGEST_QUOTE = 160
SURENESS = ((0.9, "sure"), (0.75, "quite sure"), (0.5, "likely"), (0.0, "a guess"))
"""How sure a confidence is, in words, from each figure up."""
_ORIGINS = {"edit": "an edit", "accepted": "approved as it was", "own_text": "a text of yours"}
_EMPTY = (
    "Nothing is learned yet. Edit a draft (telos drafts edit ID), state it by hand "
    '(telos profile add greeting "Hi {first},"), or let Telos read what you wrote: telos profile learn --from FOLDER'
)


def list_page(lines: Sequence[PreferenceLine]) -> Iterator[RenderableType]:
    """The preferences, grouped by where they hold, those that drafts follow first."""
    if not lines:
        yield Text(_EMPTY)
        return
    ranked = sorted(
        lines, key=lambda line: (*_place(line.scope), line.state != "held", not line.is_used, -line.confidence)
    )
    scope: tuple[int, str] | None = None
    table = _table()
    for line in ranked:
        if _place(line.scope) != scope:
            if scope is not None:
                yield table
            scope, table = _place(line.scope), _table()
            where = line.scope.says or "everywhere"
            gap = "" if line is ranked[0] else "\n"
            yield Text(f"{gap}{harmless(where[:1].upper() + where[1:])}", style="bold")
        table.add_row(f"{line.id:>5}", _says(line), _sureness(line), _standing(line))
    yield table
    weak = sum(line.state == "held" and not line.is_used for line in lines)
    tail = f"; {count(weak, 'other')} still {'needs' if weak == 1 else 'need'} more evidence" if weak else ""
    yield Text(
        f"\nDrafts follow {sum(line.is_used for line in lines)} of them{tail}. telos profile why ID", style="dim"
    )


def why_page(view: PreferenceView) -> Iterator[Text]:
    """A preference, and every edit that speaks for it or against it."""
    line = view.line
    yield Text(f"{line.id}  {harmless(line.says)}", style="bold") + Text(f"  {harmless(line.scope.says)}")
    yield _sureness(line) + Text("  ") + _standing(line)
    yield Text(harmless(f'{line.dimension} "{line.value}", learned {ago(line.learned_at)}, {_uses(line)}'), style="dim")
    if not view.evidence:
        yield Text(
            "\nNo edit is behind it: it is your own word." if line.by == "user" else "\nNo edit is behind it now."
        )
    for is_for, heading in ((True, "For it"), (False, "Against it")):
        found = [one for one in view.evidence if one.is_for is is_for]
        if found:
            yield Text(f"\n{heading}", style="bold")
        for one in found:
            yield from _evidence(one)
    if view.changes:
        yield Text("\nHistory", style="bold")
        yield from (_change(change) for change in view.changes)


def history_page(changes: Sequence[ChangeLine]) -> Iterator[Text]:
    if not changes:
        yield Text("Nothing has changed yet.")
    for change in changes:
        yield _change(change, with_name=True)


def lessons_page(lessons: Sequence[LessonView]) -> Iterator[RenderableType]:
    if not lessons:
        yield Text("No lesson yet. Edit a draft: telos drafts edit ID")
        return
    table = _table("ID", "When", "From", "Changed", "What was learned", "")
    for lesson in lessons:
        origin = (
            f"draft {lesson.draft}" if lesson.draft is not None and lesson.origin == "edit" else _ORIGINS[lesson.origin]
        )
        is_undone = lesson.undone_at is not None
        table.add_row(
            str(lesson.id),
            ago(lesson.at),
            origin,
            f"{lesson.cost} of {count(lesson.words, 'word')}" if lesson.origin == "edit" else "",
            Text(harmless(lesson.line) or "nothing new", style="dim strike" if is_undone else ""),
            Text("taken back" if is_undone else harmless(lesson.undo), style="dim"),
        )
    yield table


def sureness(confidence: float) -> str:
    """`quite sure, 0.82`."""
    return f"{next(word for least, word in SURENESS if confidence >= least)}, {confidence:.2f}"


def weakness(line: PreferenceLine) -> str:
    """Why drafts do not follow a preference yet."""
    if not line.evidence and not line.against:
        return "too little shows it"
    if line.against >= line.evidence:
        return f"your edits disagree: {line.evidence} for it, {line.against} against"
    if line.evidence <= 1:
        return "seen once: another edit like it is needed"
    if line.against:
        return f"{line.evidence} edits for it, but {line.against} against"
    return f"seen {line.evidence} times: too little for how much of a text it would change"


def _standing(line: PreferenceLine) -> Text:
    if line.state == "forgotten":
        return Text("forgotten", style="dim")
    if line.state == "retired":
        return Text("holds no more", style="dim")
    if line.is_pinned:
        return Text("pinned" if line.by != "user" else "your word", style="green")
    if line.is_used:
        seen = f", seen {count(line.evidence, 'time')}" if line.evidence else ""
        return Text(f"followed{seen}" + (f", {line.against} against" if line.against else ""), style="green")
    return Text(f"not yet followed: {weakness(line)}", style="yellow")


def _sureness(line: PreferenceLine) -> Text:
    return Text(sureness(line.confidence), style="" if line.is_used else "dim")


def _says(line: PreferenceLine) -> Text:
    return Text(harmless(line.says), style="" if line.state == "held" else "dim strike")


def _uses(line: PreferenceLine) -> str:
    return f"used in {count(line.used, 'draft')}" if line.used else "not used in a draft yet"


def _place(scope: ScopeView) -> tuple[int, str]:
    """From wide to narrow: everywhere, a kind, a reader or their domain, a source, a topic."""
    if scope.topic:
        return 4, scope.says
    if scope.source:
        return 3, scope.says
    if scope.recipient or scope.domain:
        return 2, scope.says
    return (1, scope.says) if scope.kind else (0, scope.says)


def _evidence(one: EvidenceLine) -> Iterator[Text]:
    how = "" if one.is_active else ", left as it was"
    head = Text(harmless(f"  lesson {one.lesson}, {ago(one.at)}, {one.context}{how}"))
    if one.is_undone:
        head.append("  taken back", style="dim")
    yield head
    if one.quote_before and one.quote_before != one.quote_after:
        yield Text(f"      - {_short(one.quote_before)}", style="red")
    if one.quote_after:
        yield Text(f"      + {_short(one.quote_after)}", style="green")
    elif one.quote_before:
        yield Text("      + (taken out)", style="green")
    elif one.before and one.before != one.value:
        yield Text(harmless(f"      {one.before} before, {one.value} after"))


def _change(change: ChangeLine, *, with_name: bool = False) -> Text:
    told = Text(f"  {change.at.astimezone():%Y-%m-%d %H:%M}  ", style="dim")
    if with_name:
        told.append(f"{change.preference:>4}  {harmless(change.says)}: ")
    told.append(harmless(change.what))
    if change.before or change.after:
        told.append(harmless(f"  {' -> '.join(part for part in (change.before, change.after) if part)}"))
    if change.lesson is not None:
        told.append(f"  lesson {change.lesson}", style="dim")
    return told


def _table(*columns: str) -> Table:
    table = Table(
        *columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=bool(columns)
    )
    if not columns:
        for share in (None, 3, None, 2):
            table.add_column(ratio=share, overflow="fold")
    return table


def _short(quote: str) -> str:
    line = " ".join(harmless(quote).split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"
