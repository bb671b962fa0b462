"""Which drafts, lessons and preferences go with what is erased, and which stay."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from memory.models import (
    Conversation,
    Digest,
    Draft,
    DraftKind,
    DraftVersion,
    Entry,
    EntryItem,
    Evidence,
    Fact,
    Lesson,
    LessonOrigin,
    Preference,
    PreferenceChange,
    PreferenceEvidence,
    Turn,
)
from memory.store import drafts, erasing, items, sources, unlearning
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.store.unlearning import Rests

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MAY = re.compile(r"(?<!\w)(?:May|MAY)(?!\w)").search


def is_may(text: str) -> bool:
    return MAY(text) is not None


def add_draft(session: Session, text: str = "Hello.", *, at: datetime = NOW, **fields: Any) -> int:
    values: dict[str, Any] = {"kind": DraftKind.MAIL} | fields
    draft = Draft(created_at=at, changed_at=at, **values)
    drafts.add(session, draft, DraftVersion(draft_id=0, number=0, at=at, by="telos", text=text))
    assert draft.id is not None
    return draft.id


def add_lesson(session: Session, draft_id: int | None = None, *, at: datetime = NOW, **fields: Any) -> int:
    lesson = Lesson(at=at, origin=LessonOrigin.EDIT, draft_id=draft_id, **({"kind": "mail"} | fields))
    session.add(lesson)
    session.flush()
    assert lesson.id is not None
    return lesson.id


def add_evidence(session: Session, lesson_id: int, value: str = "Hi", **fields: Any) -> int:
    evidence = Evidence(lesson_id=lesson_id, dimension="greeting", value=value, **fields)
    session.add(evidence)
    session.flush()
    assert evidence.id is not None
    return evidence.id


def add_preference(session: Session, *evidence: int, value: str = "Hi", **fields: Any) -> int:
    times = {"learned_at": NOW, "changed_at": NOW}
    preference = Preference(dimension="greeting", value=value, **(times | fields))
    session.add(preference)
    session.flush()
    assert preference.id is not None
    session.add_all(PreferenceEvidence(preference_id=preference.id, evidence_id=one) for one in evidence)
    session.flush()
    return preference.id


def add_item(session: Session, ref: str) -> int:
    source = sources.ensure(session, "news", "feeds", NOW)
    return items.save(session, source.id or 0, [NewItem(external_id=ref, title=ref, text=ref)], NOW).new_ids[0]


def preferences(session: Session) -> set[int | None]:
    return set(session.exec(select(Preference.id)))


# Which drafts


def test_a_draft_rests_on_its_items_facts_turn_and_entry(database: Database) -> None:
    with database.write() as session:
        erased, kept = add_item(session, "a"), add_item(session, "b")
        digest = Digest(
            local_date=date(2026, 5, 1), recipient="me", built_at=NOW, since=NOW, writer="", language="", zone=""
        )
        conversation = Conversation(title="", playbook="open", started_at=NOW, last_at=NOW, origin="cli", head="")
        fact = Fact(slot="", text="T", quote="", learned_at=NOW, valid_from=NOW, by="rules")
        session.add_all([digest, conversation, fact])
        session.flush()
        turn = Turn(conversation_id=conversation.id or 0, number=1, asked_at=NOW, said="Hello")
        entries = [
            Entry(digest_id=digest.id or 0, number=number, section="", title="", language="", score=0.5)
            for number in (1, 2)
        ]
        session.add_all([turn, *entries])
        session.flush()
        for entry, item_id in zip(entries, (erased, kept), strict=True):
            session.add(EntryItem(entry_id=entry.id or 0, item_id=item_id, position=1))
        by_item = add_draft(session, item_ids=[kept, erased])
        by_entry = add_draft(session, entry_id=entries[0].id, kind=DraftKind.DIGEST)
        by_turn = add_draft(session, turn_id=turn.id, kind=DraftKind.CHAT)
        by_fact = add_draft(session, fact_ids=[fact.id])
        add_draft(session, item_ids=[kept], entry_id=entries[1].id)
        add_draft(session)
        assert unlearning.drafts_on(session, Rests(items=frozenset({erased}))) == {by_item, by_entry}
        assert unlearning.drafts_on(session, Rests(turns=frozenset({turn.id or 0}))) == {by_turn}
        assert unlearning.drafts_on(session, Rests(facts=frozenset({fact.id or 0}))) == {by_fact}
        assert unlearning.drafts_on(session, Rests()) == set()
        assert erasing.remove(session, [erased]).drafts == {by_item, by_entry}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({"recipients": [{"name": "May", "address": ""}]}, "", id="to them"),
        pytest.param({"recipients": [{"name": "M.", "address": "m@example.org"}]}, "", id="to an address of theirs"),
        pytest.param({"recipients": [{"name": "", "address": "M@Example.org"}]}, "", id="written otherwise"),
        pytest.param({"context": {"recipient": "may"}}, "", id="in a context of theirs"),
        pytest.param({"incoming": {"sender": {"name": "", "address": "m@example.org"}}}, "", id="answering them"),
        pytest.param({"about": "the house of May"}, "", id="about them"),
        pytest.param({"points": ["Ask May"]}, "", id="a point about them"),
        pytest.param({}, "I met May.", id="a text about them"),
    ],
)
def test_a_draft_to_someone_or_about_them_is_found(database: Database, fields: dict[str, Any], text: str) -> None:
    with database.write() as session:
        named = add_draft(session, recipients=[{"name": "Ms. May", "address": "m@example.org"}])
        found = add_draft(session, text, **fields)
        add_draft(session, "It may rain.", recipients=[{"name": "Ben", "address": "ben@example.org"}])
        addresses = unlearning.addresses_of(session, is_may)
        assert addresses == {"m@example.org"}
        assert unlearning.drafts_about(session, is_may, addresses) == {named, found}


def test_the_drafts_and_lessons_from_before_an_instant_are_found(database: Database) -> None:
    with database.write() as session:
        old = add_draft(session, at=NOW - DAY)
        add_draft(session, at=NOW)
        learned = add_lesson(session, at=NOW - DAY)
        add_lesson(session, at=NOW)
        assert unlearning.drafts_before(session, NOW) == {old}
        assert unlearning.lessons_before(session, NOW) == {learned}


# Which lessons


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"recipient": "m@example.org"}, id="to their address"),
        pytest.param({"recipient": "may"}, id="to their name"),
        pytest.param({"text": "A dinner with May"}, id="in a text about them"),
        pytest.param({"line": "You greet May with Hi"}, id="told of them"),
    ],
)
def test_a_lesson_from_a_text_to_someone_or_about_them_is_found(database: Database, fields: dict[str, Any]) -> None:
    with database.write() as session:
        found = add_lesson(session, **fields)
        add_lesson(session, text="It may rain", recipient="ben@example.org")
        assert unlearning.lessons_about(session, is_may, {"m@example.org"}) == {found}


@pytest.mark.parametrize("column", ["value", "before", "quote_before", "quote_after"])
def test_a_lesson_that_quotes_someone_is_found(database: Database, column: str) -> None:
    with database.write() as session:
        found, other = add_lesson(session), add_lesson(session)
        add_evidence(session, found, **{column: "Dear May,"})
        add_evidence(session, other, quote_after="Dear Ben,")
        assert unlearning.lessons_about(session, is_may, set()) == {found}


# What goes with them


def test_a_lesson_takes_along_what_it_alone_spoke_for(database: Database) -> None:
    with database.write() as session:
        gone, kept = add_lesson(session, add_draft(session)), add_lesson(session)
        mine, other = add_evidence(session, gone), add_evidence(session, kept)
        groundless = add_preference(session, mine)
        retired = add_preference(session, value="Hey")
        session.add(PreferenceChange(preference_id=retired, at=NOW, what="learned", lesson_id=gone))
        shared = add_preference(session, mine, other)
        pinned = add_preference(session, mine, value="Ahoy", is_pinned=True)
        stated = add_preference(session, mine, value="Hello", by="user")
        untouched = add_preference(session, value="Dear")
        session.add(
            PreferenceChange(preference_id=shared, at=NOW, what="learned", after={"topic": "x"}, lesson_id=gone)
        )
        session.flush()
        assert unlearning.forget(session, [1], []) == 1
        assert preferences(session) == {shared, pinned, stated, untouched}
        assert groundless not in preferences(session)
        assert set(session.exec(select(Evidence.id))) == {other}
        assert set(session.exec(select(Lesson.id))) == {kept}
        assert session.exec(select(PreferenceChange)).all() == []
        assert session.exec(select(Draft)).all() == []


def test_a_topic_is_named_anew_and_begins_with_the_first_lesson_that_is_left(database: Database) -> None:
    with database.write() as session:
        gone, late, early = add_lesson(session), add_lesson(session), add_lesson(session, at=NOW - DAY)
        evidence = [add_evidence(session, lesson) for lesson in (gone, late, early)]
        topical = add_preference(session, *evidence, is_topical=True, topic="walrus, zirconium", anchor=gone)
        other = add_preference(session, is_topical=True, topic="ferry", anchor=late)
        unlearning.forget(session, [], [gone])
    with database.read() as session:
        found = {one.id: (one.topic, one.anchor) for one in session.exec(select(Preference))}
    assert found == {topical: ("", early), other: ("ferry", late)}


def test_what_the_user_said_of_their_preferences_goes_by_its_time_and_evidence_by_its_own(database: Database) -> None:
    with database.write() as session:
        times: dict[str, Any] = {"learned_at": NOW - DAY, "changed_at": NOW - DAY}
        stated = add_preference(session, by="user", **times)
        pinned = add_preference(session, is_pinned=True, value="Hey", **times)
        derived = add_preference(session, add_evidence(session, add_lesson(session)), value="Dear", **times)
        later = add_preference(session, by="user", value="Hello")
        for what, at in (("old", NOW - DAY), ("new", NOW)):
            session.add(PreferenceChange(preference_id=later, at=at, what=what))
        session.flush()
        assert unlearning.drop_preferences_before(session, NOW) == 2
        assert preferences(session) == {derived, later}
        assert {stated, pinned}.isdisjoint(preferences(session))
        assert [change.what for change in session.exec(select(PreferenceChange))] == ["new"]


def test_preferences_for_a_source_go_with_it(database: Database) -> None:
    with database.write() as session:
        add_preference(session, source="news", by="user")
        kept = add_preference(session, source="papers")
        erasing.remove_source(session, "news", with_row=True)
        assert preferences(session) == {kept}


def test_a_source_that_stays_keeps_what_the_user_said_of_it(database: Database) -> None:
    with database.write() as session:
        kept = add_preference(session, source="news", by="user")
        learned = add_lesson(session, source="news")
        derived = add_preference(session, add_evidence(session, learned), source="news")
        erasing.remove_source(session, "news", with_row=False)
        assert preferences(session) == {kept}
        assert derived not in preferences(session)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"recipient": "m@example.org"}, id="for their address"),
        pytest.param({"recipient": "may", "is_pinned": True}, id="for their name"),
        pytest.param({"value": "Dear May,", "by": "user"}, id="naming them"),
        pytest.param({"topic": "May, dinner"}, id="about them"),
    ],
)
def test_preferences_for_someone_go_and_the_history_of_others_does_not_name_them(
    database: Database, fields: dict[str, Any]
) -> None:
    with database.write() as session:
        gone, kept = add_preference(session, **fields), add_preference(session, value="It may rain")
        for after in ({"value": "Dear May,"}, {"recipient": "m@example.org"}, {"value": "Hi"}):
            session.add(PreferenceChange(preference_id=kept, at=NOW, what="edited", after=after))
        session.flush()
        assert unlearning.drop_preferences_about(session, is_may, {"m@example.org"}) == 1
        assert preferences(session) == {kept}
        assert gone not in preferences(session)
        assert [change.after for change in session.exec(select(PreferenceChange))] == [{"value": "Hi"}]


@pytest.mark.parametrize("place", ["version", "points", "lesson", "quote", "preference"])
def test_what_drafts_lessons_and_preferences_say_is_still_said(database: Database, place: str) -> None:
    words = "zirconium walrus"
    with database.write() as session:
        add_draft(session, words if place == "version" else "", points=[words] if place == "points" else [])
        lesson = add_lesson(session, text=words if place == "lesson" else "")
        add_evidence(session, lesson, quote_after=words if place == "quote" else "")
        add_preference(session, value=words if place == "preference" else "Hi")
        assert erasing.is_still_said(session, words)
        assert not erasing.is_still_said(session, "Zirconium walrus")
