"""Taking what is erased out of drafts, and out of what editing them taught.

A draft that rests on something erased goes whole, with its versions, its delivery and its lesson: the user's words in it
were said of that. A lesson goes with its evidence; `memory.erase` then has the preferences derived anew from what is left,
and those that nothing speaks for any more are deleted here. `memory.store.erasing` and `unsaying` call this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col, or_, select

from memory.models import (
    Call,
    Draft,
    DraftVersion,
    EntryItem,
    Evidence,
    Lesson,
    Preference,
    PreferenceChange,
    PreferenceEvidence,
)

DRAFTS = "drafts"
"""The task of the model's calls that write drafts. Their prompts hold earlier texts as examples."""

AT_ONCE = 500

IsMeant = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Rests:
    """What drafts may rest on."""

    items: frozenset[int] = frozenset()
    turns: frozenset[int] = frozenset()
    facts: frozenset[int] = frozenset()


def drafts_on(session: Session, rests: Rests) -> set[int]:
    """The drafts that were written from any of these, or from an entry of a digest that cites one of the items."""
    entries = _entries_of(session, rests.items)
    columns = (Draft.id, Draft.item_ids, Draft.fact_ids, Draft.entry_id, Draft.turn_id)
    return {
        draft_id
        for draft_id, items, facts, entry_id, turn_id in session.exec(select(*columns))  # type: ignore[call-overload]
        if not rests.items.isdisjoint(items)
        or not rests.facts.isdisjoint(facts)
        or entry_id in entries
        or turn_id in rests.turns
    }


def drafts_before(session: Session, instant: datetime) -> set[int]:
    """The drafts that were begun before an instant: their first versions are older than it, whatever came later."""
    return _ids(session.exec(select(Draft.id).where(col(Draft.created_at) < instant)))


def addresses_of(session: Session, is_meant: IsMeant) -> set[str]:
    """The addresses, case-folded, that stand beside the name of someone in a draft or in a mail that one answers."""
    return {
        str(person["address"]).casefold()
        for draft in session.exec(select(Draft))
        for person in _people(draft)
        if person.get("address") and (is_meant(str(person.get("name", ""))) or is_meant(str(person["address"]).upper()))
    }


def drafts_about(session: Session, is_meant: IsMeant, addresses: Collection[str]) -> set[int]:
    """The drafts to someone, by name or by one of these addresses, and those that speak of them."""
    found = {
        draft.id
        for draft in session.exec(select(Draft))
        if draft.id is not None
        and (is_meant(_text(_said(draft))) or not _readers(draft).isdisjoint(addresses) or _is_to(draft, is_meant))
    }
    for one in session.exec(select(DraftVersion).execution_options(yield_per=AT_ONCE)):
        if is_meant(_text([one.subject, one.text, one.gaps, one.notes, one.used])):
            found.add(one.draft_id)
    return found


def texts(session: Session, draft_ids: Collection[int]) -> Iterator[str]:
    """What all versions of these drafts say, and what they answer."""
    for some in _parts(sorted(draft_ids)):
        yield from session.exec(select(DraftVersion.text).where(col(DraftVersion.draft_id).in_(some)))
        for incoming in session.exec(select(Draft.incoming).where(col(Draft.id).in_(some))):
            yield str(incoming.get("text", ""))


def texts_of_lessons(session: Session, lesson_ids: Collection[int]) -> Iterator[str]:
    """What these lessons quote."""
    for some in _parts(sorted(lesson_ids)):
        quotes = select(Evidence.quote_before, Evidence.quote_after).where(col(Evidence.lesson_id).in_(some))
        for before, after in session.exec(quotes):
            yield before
            yield after


def lessons_before(session: Session, instant: datetime) -> set[int]:
    return _ids(session.exec(select(Lesson.id).where(col(Lesson.at) < instant)))


def lessons_of_source(session: Session, name: str) -> set[int]:
    return _ids(session.exec(select(Lesson.id).where(Lesson.source == name)))


def lessons_about(session: Session, is_meant: IsMeant, addresses: Collection[str]) -> set[int]:
    """The lessons that were learned in texts to someone, or that quote them."""
    found: set[int] = set()
    for lesson in session.exec(select(Lesson)):
        said = [lesson.line, lesson.text, lesson.domain, lesson.source]
        if lesson.recipient in addresses or is_meant(lesson.recipient.upper()) or is_meant(_text(said)):
            found.add(lesson.id or 0)
    for one in session.exec(select(Evidence).execution_options(yield_per=AT_ONCE)):
        if is_meant(_text([one.dimension, one.value, one.before, one.quote_before, one.quote_after])):
            found.add(one.lesson_id)
    return found


def forget(session: Session, draft_ids: Collection[int], lesson_ids: Collection[int]) -> int:
    """Delete drafts with all that hangs on them, and lessons, those of the drafts as well; and what only they spoke for.

    How many lessons: the preferences that are left are to be derived anew.
    """
    lessons = set(lesson_ids)
    for some in _parts(sorted(draft_ids)):
        lessons |= _ids(session.exec(select(Lesson.id).where(col(Lesson.draft_id).in_(some))))
    touched = _taught_by(session, lessons)
    for some in _parts(sorted(lessons)):
        session.exec(delete(PreferenceChange).where(col(PreferenceChange.lesson_id).in_(some)))
    _delete(session, Lesson, lessons)
    _delete(session, Draft, draft_ids)
    if draft_ids or lessons:
        session.exec(delete(Call).where(col(Call.task) == DRAFTS))
    _drop_groundless(session, touched)
    _unname(session, touched)
    return len(lessons)


def drop_preferences_of_source(session: Session, name: str) -> int:
    """Delete those that hold for a source's items alone, the user's own words as well: there are no such items any more."""
    return _delete(session, Preference, _ids(session.exec(select(Preference.id).where(Preference.source == name))))


def drop_preferences_before(session: Session, instant: datetime) -> int:
    """Delete what the user said of their preferences before an instant, and the history from before it.

    Those that follow from evidence stand or fall with it.
    """
    session.exec(delete(PreferenceChange).where(col(PreferenceChange.at) < instant))
    is_said = or_(col(Preference.is_pinned), Preference.by != "evidence")
    return _delete(
        session,
        Preference,
        _ids(session.exec(select(Preference.id).where(is_said, col(Preference.changed_at) < instant))),
    )


def drop_preferences_about(session: Session, is_meant: IsMeant, addresses: Collection[str]) -> int:
    """Delete those that hold for someone, or name them; and what the history of others says of them."""
    gone = {
        one.id
        for one in session.exec(select(Preference)).all()
        if one.recipient in addresses
        or is_meant(one.recipient.upper())
        or is_meant(_text([one.dimension, one.value, one.domain, one.source, one.topic]))
    }
    changes = {
        change.id
        for change in session.exec(select(PreferenceChange)).all()
        if is_meant(_text([change.before, change.after]))
        or not set(addresses).isdisjoint(_text([change.before, change.after]).split("\n"))
    }
    _delete(session, PreferenceChange, {one for one in changes if one is not None})
    return _delete(session, Preference, {one for one in gone if one is not None})


def is_still_said(session: Session, words: str) -> bool:
    """Whether a draft, a lesson or a preference that is kept has these words, letter for letter."""
    for version in session.exec(select(DraftVersion).execution_options(yield_per=AT_ONCE)):
        if words in version.text or words in version.subject:
            return True
    tables: Sequence[tuple[Any, Callable[[Any], Any]]] = (
        (Draft, _said),
        (Lesson, lambda one: [one.line, one.text, one.recipient]),
        (Evidence, lambda one: [one.value, one.before, one.quote_before, one.quote_after]),
        (Preference, lambda one: [one.dimension, one.value, one.recipient, one.topic]),
    )
    return any(words in _text(said(one)) for table, said in tables for one in session.exec(select(table)))


def _taught_by(session: Session, lesson_ids: Collection[int]) -> set[int]:
    """The preferences that these lessons had any part in."""
    found: set[int] = set()
    for some in _parts(sorted(lesson_ids)):
        linked = (
            select(PreferenceEvidence.preference_id)
            .join(Evidence, col(Evidence.id) == col(PreferenceEvidence.evidence_id))
            .where(col(Evidence.lesson_id).in_(some))
        )
        found |= set(session.exec(linked))
        found |= set(
            session.exec(select(PreferenceChange.preference_id).where(col(PreferenceChange.lesson_id).in_(some)))
        )
    return found


def _drop_groundless(session: Session, preference_ids: Collection[int]) -> int:
    """Delete those of them that no evidence is left for; the user's own words rest on none and stay."""
    is_grounded = (
        select(PreferenceEvidence.evidence_id)
        .where(col(PreferenceEvidence.preference_id) == col(Preference.id), col(PreferenceEvidence.is_for))
        .correlate(Preference)
        .exists()
    )
    gone: set[int] = set()
    for some in _parts(sorted(preference_ids)):
        derived = (col(Preference.id).in_(some), Preference.by == "evidence", ~col(Preference.is_pinned))
        gone |= _ids(session.exec(select(Preference.id).where(*derived, ~is_grounded)))
    return _delete(session, Preference, gone)


def _unname(session: Session, preference_ids: Collection[int]) -> None:
    """Take their topics' names, which may be words of the lessons that went; each begins with the first that is left."""
    for some in _parts(sorted(preference_ids)):
        for one in session.exec(select(Preference).where(col(Preference.id).in_(some), col(Preference.is_topical))):
            first = (
                select(Lesson.id)
                .join(Evidence, col(Evidence.lesson_id) == col(Lesson.id))
                .join(PreferenceEvidence, col(PreferenceEvidence.evidence_id) == col(Evidence.id))
                .where(PreferenceEvidence.preference_id == one.id, col(PreferenceEvidence.is_for))
            )
            one.topic, one.anchor = "", session.exec(first.order_by(col(Lesson.at), col(Lesson.id))).first()
            session.add(one)
    session.flush()


def _entries_of(session: Session, item_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for some in _parts(sorted(item_ids)):
        found |= set(session.exec(select(EntryItem.entry_id).where(col(EntryItem.item_id).in_(some))))
    return found


def _said(draft: Draft) -> list[Any]:
    return [draft.recipients, draft.about, draft.points, draft.incoming, draft.context]


def _people(draft: Draft) -> list[dict[str, Any]]:
    """Whom it goes to, and who stands in the mail that it answers."""
    answered = draft.incoming
    return [*draft.recipients, answered.get("sender") or {}, *(answered.get("recipients") or [])]


def _readers(draft: Draft) -> set[str]:
    return {str(person.get("address", "")).casefold() for person in _people(draft)} - {""}


def _is_to(draft: Draft, is_meant: IsMeant) -> bool:
    """A context has its reader case-folded, and a name counts as written or in capitals."""
    return is_meant(str(draft.context.get("recipient", "")).upper())


def _text(value: Any) -> str:
    """All strings within a JSON value, a line each."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(map(_text, value.values()))
    return "\n".join(map(_text, value)) if isinstance(value, list | tuple) else ""


def _ids(found: Any) -> set[int]:
    return {one for one in found if one is not None}


def _delete(session: Session, table: Any, ids: Collection[int]) -> int:
    for some in _parts(sorted(ids)):
        session.exec(delete(table).where(col(table.id).in_(some)))
    session.flush()
    return len(ids)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
