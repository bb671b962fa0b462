"""Choosing what is to be erased, and taking it out of every row that speaks of it. `memory.erase` does the rest.

A person is looked for in Python, not in SQL: names sit in JSON lists, and beside letters that only Unicode knows as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, SQLModel, col, or_, select

from memory.models import Audit, Delivery, Digest, Entry, EntryItem, Item, Job, Mute, MuteKind, Setting, Source, Version
from memory.store import digests, follow_ups, items, replies, requests, settings, stories, unlearning, unsaying
from memory.store.unlearning import Rests

AT_ONCE = 500
_ERASURES = "erasures"

Mentions = Callable[[str], bool]
"""Whether a text speaks of what is erased."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many rows went, and the days whose digests showed something of them."""

    items: int = 0
    entries: int = 0
    days: frozenset[date] = frozenset()
    turns: int = 0
    """Of conversations, that went or lost their answers."""
    drafts: frozenset[int] = frozenset()
    lessons: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(
            self.items + other.items,
            self.entries + other.entries,
            self.days | other.days,
            self.turns + other.turns,
            self.drafts | other.drafts,
            self.lessons + other.lessons,
        )


def count(session: Session) -> int:
    """How many erasures there have been. What was read before one may say what it removed."""
    return int(settings.get(session, _ERASURES, 0))


def count_one(session: Session) -> None:
    """In the transaction that removes its rows."""
    settings.put(session, _ERASURES, count(session) + 1)


def mentions(name: str) -> Mentions:
    """Whether a text says a name: whole words, any white space between them, as written or in capitals.

    Lower case does not count, so that a person called May takes no text that may be kept.
    """
    words = [re.escape(word) for word in name.split()]
    written = r"\s+".join(words)
    shouted = r"\s+".join(word.upper() for word in words)
    pattern = re.compile(rf"(?<!\w)(?:{written}|{shouted})(?!\w)")
    return lambda text: pattern.search(text) is not None


def of_source(session: Session, name: str) -> list[int]:
    """The items of a source, hidden ones as well."""
    chosen = select(Item.id).join(Source, col(Source.id) == col(Item.source_id)).where(Source.name == name)
    return [item_id for item_id in session.exec(chosen) if item_id is not None]


def before(session: Session, instant: datetime) -> list[int]:
    """The items published before an instant."""
    chosen = select(Item.id).where(col(Item.published_at) < instant)
    return [item_id for item_id in session.exec(chosen) if item_id is not None]


def about(session: Session, is_meant: Mentions) -> list[int]:
    """The items whose author is meant, or of which any version speaks of what is meant."""
    columns = (Item.id, Item.authors, Item.topics, Item.url, Item.external_id, Item.thread_id, Item.details)
    texts = (Version.title, Version.text, Version.html, Version.links)
    chosen = select(*columns, *texts).join(Version, col(Version.item_id) == col(Item.id))  # type: ignore[call-overload]
    found: dict[int, None] = {}
    for row in session.exec(chosen.execution_options(yield_per=AT_ONCE)):
        if is_meant("\n".join(_strings(row[1:]))):
            found[row[0]] = None
    return list(found)


def texts(session: Session, item_ids: Sequence[int]) -> Iterator[str]:
    """Titles and texts of all versions of the items, and the drafts that were written from them."""
    for some in _parts(item_ids):
        for title, text in session.exec(select(Version.title, Version.text).where(col(Version.item_id).in_(some))):
            yield title
            yield text
    yield from unlearning.texts(session, _drafts_on(session, item_ids))


def said(session: Session, before: datetime | None) -> Iterator[str]:
    """What was said in conversations, drafted and learned before an instant; nothing where there is none."""
    if before is None:
        return
    yield from unsaying.said_before(session, before)
    yield from unlearning.texts(session, unlearning.drafts_before(session, before))
    yield from unlearning.texts_of_lessons(session, unlearning.lessons_before(session, before))


def is_still_said(session: Session, words: str) -> bool:
    """Whether something that is kept says this, letter for letter."""
    columns = (Version.title, Version.text, Version.html)
    likely = or_(*(col(column).contains(words, autoescape=True) for column in columns))
    kept = session.exec(select(*columns).where(likely).execution_options(yield_per=AT_ONCE))
    if any(words in text for texts_ in kept for text in texts_):  # databases differ on whether case counts
        return True
    return unsaying.is_still_said(session, words) or unlearning.is_still_said(session, words)


def remove(session: Session, item_ids: Sequence[int]) -> Removed:
    """Delete items with all that hangs on them: what digests say of them, with the feedback on entries that go, and the
    drafts that were written from them, or in answer to them, with what those taught."""
    erased = frozenset(item_ids)
    requests.forget_unsent(session)
    removed, story_ids = _unlearn(session, _drafts_on(session, item_ids)), set[int]()
    for some in _parts(item_ids):
        story_ids.update(s for s in session.exec(select(Item.story_id).where(col(Item.id).in_(some))) if s is not None)
        removed += _uncite(session, some)
        removed += Removed(items=items.remove(session, some))
        subjects = [f"item {item_id}" for item_id in some]
        session.exec(update(Audit).where(col(Audit.subject).in_(subjects)).values(subject="", detail={}))
    removed += Removed(turns=unsaying.forget_items(session, item_ids))
    removed += _remove_notes(session, lambda note: note.get("item") in erased)
    stories.remove_empty(session)
    _retitle(session, story_ids)
    return removed


def _drafts_on(session: Session, item_ids: Sequence[int]) -> set[int]:
    turns = frozenset(unsaying.turns_on(session, item_ids))
    answers = (replies.drafts_on(session, some) for some in _parts(item_ids))
    return unlearning.drafts_on(session, Rests(items=frozenset(item_ids), turns=turns)).union(*answers)


def _unlearn(session: Session, draft_ids: Collection[int], lesson_ids: Collection[int] = ()) -> Removed:
    """Delete drafts and lessons, and what the audit and the feet of digests say of those drafts."""
    lessons = unlearning.forget(session, draft_ids, lesson_ids)
    for some in _parts(sorted(draft_ids)):
        subjects = [f"draft {draft_id}" for draft_id in some]
        session.exec(update(Audit).where(col(Audit.subject).in_(subjects)).values(subject="", detail={}))
    gone = frozenset(draft_ids)
    return Removed(drafts=gone, lessons=lessons) + _remove_notes(session, lambda note: note.get("draft") in gone)


def _uncite(session: Session, item_ids: Sequence[int]) -> Removed:
    """Take items out of the entries that cite them.

    An entry that cites others too keeps what it says of those alone, so that they still count as shown; others go.
    """
    cited = select(EntryItem.entry_id).where(col(EntryItem.item_id).in_(item_ids))
    found = session.exec(
        select(Entry, col(Digest.local_date))
        .join(Digest, col(Digest.id) == col(Entry.digest_id))
        .where(col(Entry.id).in_(cited))
    ).all()
    citations = digests.citations(session, [entry.id for entry, _ in found if entry.id is not None])
    erased, gone = frozenset(item_ids), 0
    for entry, _ in found:
        others = [item_id for item_id in citations[entry.id or 0] if item_id not in erased]
        if others:
            lead = items.current_versions(session, others[:1])[others[0]]
            entry.title, entry.reasons = lead.title or lead.text[:80], []
            entry.sentences = [one for one in entry.sentences if erased.isdisjoint(one["item_ids"])]
            session.add(entry)
        else:
            session.delete(entry)
            gone += 1
    session.flush()
    return Removed(entries=gone, days=frozenset(day for _, day in found))


def remove_source(session: Session, name: str, *, with_row: bool) -> Removed:
    """Clear what is known of a source beside its items; with `with_row` the source itself."""
    session.exec(update(Audit).where(col(Audit.subject) == name).values(subject="", detail={}))
    if with_row:
        session.exec(delete(Mute).where(col(Mute.kind) == MuteKind.SOURCE, col(Mute.value) == name))
        session.exec(delete(Source).where(col(Source.name) == name))
        session.exec(delete(Job).where(col(Job.name) == f"poll:{name}"))
        unlearning.drop_preferences_of_source(session, name)
    removed = _unlearn(session, (), unlearning.lessons_of_source(session, name))
    return removed + _remove_notes(session, lambda note: note.get("source") == name)


def remove_before(session: Session, instant: datetime) -> Removed:
    """Delete what was said, drafted, learned and asked of models before an instant."""
    turns, facts = unsaying.turns_before(session, instant), unsaying.facts_before(session, instant)
    rests = Rests(turns=frozenset(turns), facts=frozenset(facts))
    drafts = unlearning.drafts_before(session, instant) | unlearning.drafts_on(session, rests)
    removed = _unlearn(session, drafts, unlearning.lessons_before(session, instant))
    unlearning.drop_preferences_before(session, instant)
    requests.forget_before(session, instant)
    return removed + Removed(turns=unsaying.forget_before(session, instant))


def _remove_notes(session: Session, is_meant: Callable[[dict[str, Any]], bool]) -> Removed:
    """Take notes out of the feet of digests."""
    days: set[date] = set()
    for digest in session.exec(select(Digest)).all():
        kept = [note for note in digest.notes if not is_meant(note)]
        if kept != digest.notes:
            digest.notes = kept
            days.add(digest.local_date)
    session.flush()
    return Removed(days=frozenset(days))


def scrub(session: Session, is_meant: Mentions) -> Removed:
    """Take what speaks of someone out of digests, drafts and what they taught, mutes, error sentences and notices."""
    removed = _unlearn_person(session, is_meant)
    days: set[date] = set()
    entries = 0
    for entry, digest in session.exec(select(Entry, Digest).join(Digest, col(Digest.id) == col(Entry.digest_id))).all():
        if is_meant("\n".join(_strings([entry.title, entry.sentences, entry.reasons, entry.section]))):
            session.delete(entry)
            days.add(digest.local_date)
            entries += 1
    for mute in session.exec(select(Mute)).all():
        if is_meant(mute.value) or is_meant(mute.value.title()):
            session.delete(mute)
    for source in session.exec(select(Source)).all():
        source.notices = [notice for notice in source.notices if not is_meant(notice)]
        _clear(source, ("last_error",), is_meant)
        _forget_name(source, is_meant)
    for delivery in session.exec(select(Delivery)).all():
        _clear(delivery, ("last_error", "answer"), is_meant)
    for job in session.exec(select(Job)).all():
        _clear(job, ("last_error", "last_outcome"), is_meant)
    for setting in session.exec(select(Setting)).all():
        if isinstance(setting.value, list):
            setting.value = [one for one in setting.value if not is_meant("\n".join(_strings(one)))]
    for event in session.exec(select(Audit)).all():
        if is_meant("\n".join(_strings([event.subject, event.detail]))):
            event.subject, event.detail = "", {}
    session.flush()
    requests.forget_about(session, is_meant)
    follow_ups.forget_about(session, is_meant)
    in_notes = _remove_notes(session, lambda note: is_meant("\n".join(_strings(note))))
    turns = unsaying.forget_person(session, is_meant)
    return removed + in_notes + Removed(entries=entries, days=frozenset(days), turns=turns)


def _unlearn_person(session: Session, is_meant: Mentions) -> Removed:
    """Also what was written to addresses that drafts name as theirs, whatever it says."""
    addresses = unlearning.addresses_of(session, is_meant)
    lessons = unlearning.lessons_about(session, is_meant, addresses)
    removed = _unlearn(session, unlearning.drafts_about(session, is_meant, addresses), lessons)
    unlearning.drop_preferences_about(session, is_meant, addresses)
    return removed


def _clear(row: SQLModel, names: Sequence[str], is_meant: Mentions) -> None:
    for name in names:
        if is_meant(getattr(row, name) or ""):
            setattr(row, name, None)


def _retitle(session: Session, story_ids: set[int]) -> None:
    """A story is called after its first item: after the first that is left."""
    for some in _parts(sorted(story_ids)):
        members = stories.members(session, some)
        firsts = {story_id: items_[0].id or 0 for story_id, items_ in members.items()}
        versions = items.current_versions(session, list(firsts.values()))
        for story_id, story in stories.by_ids(session, some).items():
            first = versions.get(firsts.get(story_id, 0))
            story.title = first.title if first is not None else ""
            session.add(story)
    session.flush()


def _forget_name(source: Source, is_meant: Mentions) -> None:
    """Some connectors remember under "names" what people are called, and look it up again where it is not there."""
    names = (source.cursor or {}).get("names")
    if source.cursor is not None and isinstance(names, dict):
        kept = {key: name for key, name in names.items() if not is_meant(str(name))}
        source.cursor = {**source.cursor, "names": kept}


def _strings(value: Any) -> Iterator[str]:
    """All strings within a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, (list, tuple)) or hasattr(value, "_mapping"):
        for part in value:
            yield from _strings(part)
    elif value is not None:
        yield json.dumps(value, default=str)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
