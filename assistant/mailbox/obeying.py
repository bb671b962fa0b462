"""What the user's commands do: each changes rows, in the transaction of its mail, and is answered with a paragraph.

A command that cannot be done says why and stops no other. It knows commands and rows, no mail: who may command, `trust`
has decided. `answering` calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import Session

from assistant import feedback
from assistant.clock import local_day
from assistant.digest.render import render
from assistant.digest.view import DigestView, EntryView
from assistant.errors import NotFound, TelosError
from assistant.feedback import Place
from assistant.mailbox import following
from assistant.mailbox.commands import FOLLOW_VERBS, Command
from assistant.service import Service
from memory import languages
from memory.models import NOTES, FollowUp, MuteKind, Verb
from memory.store import items, sources
from memory.store.items import NewItem

_DONE = {
    Verb.MORE: "There will be more like {entry}.",
    Verb.LESS: "There will be less like {entry}.",
    Verb.KEEP: "{entry} is kept, and there will be more like it.",
    Verb.DROP: "{entry} is dropped, and there will be less like it.",
}


def obey(session: Session, service: Service, view: DigestView, commands: Sequence[Command]) -> list[str]:
    """Do each command on the digest `view`, in order; a paragraph each on what came of it."""
    now, today = service.clock.now(), local_day(service.clock.now(), service.settings.user.zone)
    lines: list[str] = []
    for command in commands:
        try:
            if command.verb in FOLLOW_VERBS:
                told = _follow(session, command, now, today)
            else:
                told = _entry(session, view, command, now)
        except TelosError as err:
            told = f"{str(command).capitalize()}: {err.sentence}"
        lines.append(told)
    return lines


def lines_of(view: DigestView) -> list[str]:
    """Every line that a quotation of the digest may have."""
    told = [view.local_date.isoformat()]
    for section in view.sections:
        told.append(section.heading)
        for entry in section.entries:
            told += [entry.title, f"{entry.number} {entry.title}", f"{entry.number}. {entry.title}"]
            told += [*(sentence.text for sentence in entry.sentences), *entry.reasons]
    quotes = (quote for talk in view.missed.conversations for quote in talk.quotes)
    told += [line for quote in quotes for line in (quote.author, quote.text, f"{quote.author} {quote.text}")]
    told += [line for line in render(view, is_mailbox_read=True).text.splitlines() if any(map(str.isalnum, line))]
    return told + [note.sentence for note in view.notes]


def _entry(session: Session, view: DigestView, command: Command, now: datetime) -> str:
    entry = next((one for one in view.entries if one.number == command.number), None)
    if entry is None:
        raise NotFound(f"The digest of {view.local_date} has no entry {command.number}; it has {len(view.entries)}.")
    place = Place(entry.number, view.local_date, view.id)
    named = f"{entry.number}, “{entry.title}”"
    match command.verb:
        case "mute":
            feedback.mute_entry(session, MuteKind.STORY, place, now=now)
            return f"The story of {named} is muted. `telos digest mutes` lists what is."
        case "why":
            return _why(entry, named)
        case "save":
            return _save(session, view, entry, named, now)
        case _:
            verb = Verb(command.verb)
            spoken = feedback.say(session, verb, place, now=now, origin="mail")
            told = _DONE[verb].format(entry=named)
            return f"{told} You had said so before." if spoken.was_said_before else told


def _why(entry: EntryView, named: str) -> str:
    reasons = "; ".join(entry.reasons) or "it is new, and little else is known of it"
    guess = " It is a guess: little is known yet of your taste here." if entry.is_unproven else ""
    cited = [f"[{one.number}] {one.credited}: {one.title}{f' {one.url}' if one.url else ''}" for one in entry.citations]
    return "\n".join([f"{named} is there because: {reasons}.{guess}", *cited])


def _save(session: Session, view: DigestView, entry: EntryView, named: str, now: datetime) -> str:
    """As a note of the user's own, which stays whatever becomes of its sources; saved twice, it is one."""
    told = " ".join(sentence.text for sentence in entry.sentences)
    cited = "\n".join(f"{one.credited}: {one.title} {one.url}".strip() for one in entry.citations)
    name = f"digest {view.local_date} {view.run} {entry.number} {entry.story_id}"
    note = NewItem(
        external_id=uuid5(NAMESPACE_URL, name).hex,
        kind="note",
        title=entry.title,
        text=f"{told}\n\n{cited}".strip(),
        url=entry.url,
        language=entry.language or languages.detect(told),
        published=now,
    )
    source = sources.ensure(session, NOTES, NOTES, now)
    saved = items.save(session, source.id or 0, [note], now)
    number = f" as note {saved.new_ids[0]}" if saved.new_ids else ", as it was before"
    return f"{named} is saved in memory{number}."


def _follow(session: Session, command: Command, now: datetime, today: date) -> str:
    if command.verb == "done":
        return f"{_named(following.close(session, command.number, now))} is done."
    row = following.put_off(session, command.number, today, command.days)
    return f"{_named(row)} comes again on {row.due:%-d %B %Y}."


def _named(row: FollowUp) -> str:
    person = f" ({row.person})" if row.person else ""
    return f"f{row.id}, “{row.quote}”{person},"
