"""What the user says of entries, and what they never want to see. `ranking` learns from these rows, `digest` obeys them.

`N` is an entry of the last digest that was sent, unless a day is named. A second word of the same pair replaces the
first: more and less exclude each other, and so do keep and drop. It knows rows; the API and later the mailbox call it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from assistant.answers.digest import Muted, Spoken, Undone
from assistant.digest import record
from assistant.digest.view import EntryView
from assistant.errors import BadRequest, NotFound
from memory.models import Digest, Entry, Mute, MuteKind, Verb
from memory.store import audit, digests, feedback, mutes, sources, stories

OPPOSITE = {Verb.MORE: Verb.LESS, Verb.LESS: Verb.MORE, Verb.KEEP: Verb.DROP, Verb.DROP: Verb.KEEP}


@dataclass(frozen=True, slots=True)
class Place:
    """Which entry is meant: a number, and the day of its digest unless it is the last one sent; of several digests of a day
    the one with this id, else the last."""

    number: int
    day: date | None = None
    digest_id: int | None = None


def say(session: Session, verb: Verb, place: Place, *, now: datetime, origin: str = "cli") -> Spoken:
    """Note a word on an entry. Saying the same again changes nothing.

    Raises: NotFound if there is no such digest or entry.
    """
    digest, entry = _entry(session, place)
    assert entry.id is not None
    held = {said.verb: said for said in feedback.of_entry(session, entry.id)}
    if verb not in held:
        if (opposite := held.get(OPPOSITE[verb])) is not None:
            feedback.undo(session, opposite, now)
        feedback.add(session, verb, entry.id, now, origin)
        audit.record(session, "learned", f"digest {digest.id}", at=now, verb=str(verb), entry=entry.number)
    return Spoken(
        verb=verb.value, number=entry.number, day=digest.local_date, title=entry.title, was_said_before=verb in held
    )


def mute_entry(session: Session, kind: MuteKind, place: Place, *, now: datetime) -> Muted:
    """Mute the story of an entry, or its one source or author.

    Raises: NotFound, or BadRequest where the entry has several of this kind, or none.
    """
    digest, entry = _entry(session, place)
    assert digest.id is not None
    if kind is MuteKind.STORY:
        if entry.story_id is None:
            raise NotFound(f"The story of entry {entry.number} is not kept any more.")
        return _mute(session, kind, str(entry.story_id), now, entry.id)
    view = next(view for view in record.load(session, digest.id).entries if view.number == entry.number)
    return _mute(session, kind, _only(kind, view), now, entry.id)


def mute_value(session: Session, kind: MuteKind, value: str, *, now: datetime) -> Muted:
    """Mute a word, an author or a source by its name.

    Raises: BadRequest if it is empty, NotFound if there is no such source.
    """
    name = " ".join(value.split())
    if not name:
        raise BadRequest(f"The {kind} to be muted is empty.", 'Name it, such as: telos digest mute --word "crypto".')
    if kind is MuteKind.STORY:
        raise BadRequest("A story is muted by its entry.", "Run `telos digest mute N`.")
    if kind is MuteKind.SOURCE:
        if sources.by_name(session, name) is None:
            raise NotFound(f"There is no source {name!r}.", "`telos sources list` names them.")
        return _mute(session, kind, name, now)
    return _mute(session, kind, name.casefold(), now)


def unmute(session: Session, mute_id: int, *, now: datetime) -> Muted:
    """Raises: NotFound if there is no such mute, or it was undone."""
    mute = next((mute for mute in mutes.effective(session) if mute.id == mute_id), None)
    if mute is None:
        raise NotFound(f"There is no mute {mute_id}.", "`telos digest mutes` lists them with their numbers.")
    _unmute(session, mute, now)
    return _shown(session, mute)


def muted(session: Session) -> list[Muted]:
    """All that is muted, in the order in which it was."""
    return [_shown(session, mute) for mute in mutes.effective(session)]


def undo(session: Session, *, now: datetime) -> Undone:
    """Take back what was said or muted last.

    Raises: NotFound if nothing is left to take back.
    """
    said, mute = feedback.last(session), mutes.last(session)
    if mute is not None and (said is None or mute.at >= said.at):
        _unmute(session, mute, now)
        return Undone(what="mute", name=_shown(session, mute).name)
    if said is None:
        raise NotFound("There is nothing to undo.", "`telos digest more N` and its like can be undone.")
    feedback.undo(session, said, now)
    audit.record(session, "unlearned", f"feedback {said.id}", at=now, verb=str(said.verb))
    return Undone(what=said.verb.value, name=session.get_one(Entry, said.entry_id).title)


def digest_of(session: Session, day: date | None) -> Digest:
    """The last digest of `day`, or the last one sent.

    Raises: NotFound if there is none.
    """
    if day is None:
        digest = digests.last_sent(session)
        if digest is None:
            raise NotFound("No digest was sent yet.", "Run `telos digest send`, or name a day with --digest DATE.")
        return digest
    of_day = digests.by_date(session, day)
    if not of_day:
        raise NotFound(f"There is no digest of {day}.", "`telos digest list` shows which there are.")
    return of_day[-1]


def _entry(session: Session, place: Place) -> tuple[Digest, Entry]:
    digest = digests.by_id(session, place.digest_id) if place.digest_id is not None else None
    digest = digest or digest_of(session, place.day)
    assert digest.id is not None
    entry = digests.entry(session, digest.id, place.number)
    if entry is None:
        count = len(digests.entries(session, digest.id))
        raise NotFound(
            f"The digest of {digest.local_date} has no entry {place.number}; it has {count}.",
            f"`telos digest show {digest.local_date}` shows their numbers.",
        )
    return digest, entry


def _only(kind: MuteKind, entry: EntryView) -> str:
    """The entry's one source, or its lead item's one author."""
    names = entry.sources if kind is MuteKind.SOURCE else entry.citations[0].authors if entry.citations else ()
    if kind is MuteKind.WORD or not names:
        raise BadRequest(
            f"Entry {entry.number} has no {kind} to be muted.", f"Name it: telos digest mute --{kind} NAME"
        )
    if len(names) > 1:
        raise BadRequest(
            f"Entry {entry.number} has several: {', '.join(names)}.", f"Name one: telos digest mute --{kind} NAME"
        )
    return names[0] if kind is MuteKind.SOURCE else names[0].casefold()


def _mute(session: Session, kind: MuteKind, value: str, now: datetime, entry_id: int | None = None) -> Muted:
    mute = mutes.add(session, kind, value, now, entry_id)
    audit.record(session, "muted", f"mute {mute.id}", at=now, kind=str(kind))
    return _shown(session, mute)


def _unmute(session: Session, mute: Mute, now: datetime) -> None:
    mutes.undo(session, mute, now)
    audit.record(session, "unmuted", f"mute {mute.id}", at=now, kind=str(mute.kind))


def _shown(session: Session, mute: Mute) -> Muted:
    assert mute.id is not None
    name = mute.value
    if mute.kind is MuteKind.STORY:
        story = stories.get(session, int(mute.value))
        name = story.title if story else f"story {mute.value}"
    return Muted(id=mute.id, kind=mute.kind.value, name=name, since=mute.at)
