"""A digest, and lists of digests, drawn in the terminal. All text of a digest comes from outside and is made harmless here.

It knows the view and Rich, and nothing of the client; `cli.digest` calls it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from assistant.cli.screen import ago, count, harmless
from assistant.digest.headings import headings
from assistant.digest.render import people, writer

if TYPE_CHECKING:
    from assistant.answers.digest import DigestLine
    from assistant.digest.headings import Headings
    from assistant.digest.view import DigestView, EntryView, MissedView

INDENT = 4
STATE_STYLES = {"sent": "green", "queued": "yellow", "sending": "yellow", "failed": "red", "unknown": "red"}


def page(view: DigestView) -> RenderableType:
    """The whole digest: sections, numbered entries with their sources and reasons, the foot."""
    return Group(*_parts(view))


def _parts(view: DigestView) -> Iterator[RenderableType]:
    day = f"{view.local_date:%A, %d %B %Y}"
    yield Text(f"\n{day}", style="bold")
    yield Text(
        f"{count(len(view.entries), 'entry', 'entries')}, {max(view.minutes, 1):.0f} min of reading", style="dim"
    )
    for section in view.sections:
        yield Text()
        yield Rule(Text(harmless(section.heading), style="bold cyan"), align="left", style="dim")
        for entry in section.entries:
            yield Text()
            yield from _entry(entry)
    if view.missed.conversations or view.missed.seen:
        yield from _missed(view.missed, headings(view.language))
    yield Text()
    yield Rule(style="dim")
    yield Text(harmless(writer(view, headings(view.language))), style="dim")
    for note in view.notes:
        yield Text(harmless(note.sentence), style="yellow" if note.is_trouble else "dim")


def _entry(entry: EntryView) -> Iterator[RenderableType]:
    marks = [name for name, holds in (("follow-up", entry.is_follow_up), ("unproven", entry.is_unproven)) if holds]
    title = Text(f"{entry.number:>2}  ") + Text(harmless(entry.title), style="bold")
    for mark in marks:
        title += Text(f"  {mark}", style="magenta")
    yield title
    body = Text()
    for sentence in entry.sentences:
        body += Text(harmless(sentence.text))
        body += Text("".join(f" [{number}]" for number in sentence.citations) + " ", style="dim")
    if entry.sentences:
        yield _indented(body)
    for citation in entry.citations:
        link = Text(f"[{citation.number}] ", style="dim") + Text(harmless(citation.credited))
        yield _indented(link + Text(f"  {harmless(citation.url)}", style="blue", overflow="fold"))
    if entry.reasons:
        yield _indented(Text("because: " + harmless("; ".join(entry.reasons)), style="dim italic"))


def _missed(missed: MissedView, phrases: Headings) -> Iterator[RenderableType]:
    """The conversations that the user missed, and what was left out of them."""
    yield Text()
    yield Rule(Text(phrases.say("missed"), style="bold cyan"), align="left", style="dim")
    for talk in missed.conversations:
        yield Text()
        mark = f"  {phrases.say('missed_to_me')}" if talk.is_to_me else ""
        yield Text(harmless(talk.place), style="bold") + Text(mark, style="magenta")
        said = phrases.say("missed_messages", n=len(talk.item_ids))
        yield _indented(Text(harmless(f"{people(talk, phrases)} · {said} · {talk.source}"), style="dim"))
        if talk.about:
            about = f"{phrases.say('missed_about')}: {', '.join(talk.about)}"
            yield _indented(Text(harmless(about), style="dim italic"))
        for quote in talk.quotes:
            yield _indented(Text(f"{harmless(quote.author)}: ", style="cyan") + Text(harmless(quote.text)))
        if talk.url:
            yield _indented(Text(harmless(talk.url), style="blue", overflow="fold"))
    if missed.left_out:
        rest = phrases.say("missed_left_out", n=missed.left_out, messages=missed.left_out_messages)
        yield Text(f"\n{rest}", style="dim")
    if missed.seen:
        yield Text(f"\n{phrases.say('missed_seen', n=missed.seen)}", style="dim")


def _indented(content: RenderableType) -> RenderableType:
    return Padding(content, (0, 0, 0, INDENT))


def row(line: DigestLine) -> tuple[Text, ...]:
    """A digest as a row of `telos digest list`."""
    named = f"{line.day}" if line.run == 0 else f"{line.day} (again {line.run})"
    return (
        Text(named),
        Text(line.state, style=STATE_STYLES[line.state]),
        Text(str(line.entries), justify="right"),
        Text(ago(line.done_at or line.built_at)),
        Text(harmless(line.error or "")),
    )
