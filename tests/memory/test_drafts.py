"""Drafts and their versions in rows: what conflicts, in which order they are listed, which texts are the user's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memory.errors import ErasedMeanwhile
from memory.models import DeliveryState, Draft, DraftKind, DraftState, DraftVersion
from memory.store import drafts, outbox
from memory.store.connection import Database

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANN = "ann@example.org"


def made(database: Database, text: str = "Hello.", *, minutes: int = 0, to: str = ANN, **fields: Any) -> int:
    at = NOW + timedelta(minutes=minutes)
    values = {"kind": DraftKind.MAIL, "context": {"kind": "mail", "recipient": to}} | fields
    draft = Draft(created_at=at, changed_at=at, **values)
    with database.write() as session:
        drafts.add(session, draft, DraftVersion(draft_id=0, number=0, at=at, by="telos", text=text))
    assert draft.id is not None
    return draft.id


def edited(database: Database, draft_id: int, text: str, *, upon: int = 1, minutes: int = 60) -> DraftVersion | None:
    at = NOW + timedelta(minutes=minutes)
    with database.write() as session:
        version = DraftVersion(draft_id=draft_id, number=0, at=at, by="user", text=text)
        return drafts.add_version(session, version, upon=upon)


def decide(database: Database, draft_id: int, state: DraftState, minutes: int = 90) -> None:
    with database.write() as session:
        drafts.set_state(session, draft_id, state, NOW + timedelta(minutes=minutes))


def test_every_version_stays_and_is_numbered(database: Database) -> None:
    draft_id = made(database, "One.")
    edited(database, draft_id, "Two.")
    edited(database, draft_id, "Three.", upon=2)
    with database.read() as session:
        assert [(v.number, v.by, v.text) for v in drafts.versions(session, draft_id)] == [
            (1, "telos", "One."),
            (2, "user", "Two."),
            (3, "user", "Three."),
        ]
        second = drafts.version(session, draft_id, 2)
        assert second is not None
        assert second.text == "Two."
        assert drafts.version(session, draft_id, 4) is None
        assert drafts.counts(session, [draft_id]) == {draft_id: 3}


def test_of_two_edits_at_once_the_second_is_told_and_changes_nothing(database: Database) -> None:
    draft_id = made(database)
    assert edited(database, draft_id, "Mine.") is not None
    assert edited(database, draft_id, "Mine too.", minutes=70) is None
    with database.read() as session:
        assert [version.text for version in drafts.versions(session, draft_id)] == ["Hello.", "Mine."]
        draft = drafts.by_id(session, draft_id)
        assert draft is not None
        assert draft.changed_at == NOW + timedelta(minutes=60)


def test_a_version_of_no_draft_is_refused(database: Database) -> None:
    assert edited(database, 99, "Lost.") is None


def test_a_draft_from_an_item_that_was_erased_meanwhile_is_not_kept(database: Database) -> None:
    with pytest.raises(ErasedMeanwhile):
        made(database, item_ids=[7])
    with database.read() as session:
        assert drafts.latest(session, 9) == []


def test_drafts_are_listed_with_the_one_changed_last_first(database: Database) -> None:
    first, second, third = (made(database, minutes=minute) for minute in range(3))
    note = made(database, minutes=3, kind=DraftKind.NOTE)
    edited(database, first, "Again.")
    decide(database, second, DraftState.REJECTED, minutes=1)
    with database.read() as session:
        assert [draft.id for draft in drafts.latest(session, 9)] == [first, note, third, second]
        assert [draft.id for draft in drafts.latest(session, 2)] == [first, note]
        assert [draft.id for draft in drafts.latest(session, 9, state=DraftState.REJECTED)] == [second]
        assert [draft.id for draft in drafts.latest(session, 9, kind=DraftKind.NOTE)] == [note]
        assert drafts.latest(session, 9, kind=DraftKind.NOTE, state=DraftState.APPROVED) == []
        assert drafts.by_ids(session, [first, 99]).keys() == {first}


def test_a_decision_has_its_time_and_can_be_taken_back(database: Database) -> None:
    draft_id = made(database)
    decide(database, draft_id, DraftState.APPROVED)
    with database.read() as session:
        approved = drafts.by_id(session, draft_id)
    decide(database, draft_id, DraftState.OPEN)
    with database.read() as session:
        opened = drafts.by_id(session, draft_id)
    assert approved is not None
    assert opened is not None
    assert (approved.decided_at, opened.decided_at) == (NOW + timedelta(minutes=90), None)


def test_the_last_version_is_known_of_many_drafts_and_of_one_writer(database: Database) -> None:
    one, two = made(database, "One."), made(database, "Two.")
    edited(database, one, "One, changed.")
    with database.read() as session:
        found = {number: version.text for number, version in drafts.current(session, [one, two, 99]).items()}
        assert found == {one: "One, changed.", two: "Two."}
        assert drafts.current(session, [one, two], by="user").keys() == {one}
        assert drafts.current(session, [one], by="telos")[one].text == "One."


def test_the_users_own_texts_are_those_they_edited_or_approved(database: Database) -> None:
    approved, rejected, untouched, open_ = (made(database, f"Text {n}.", minutes=n) for n in range(4))
    edited(database, open_, "In my words.")
    edited(database, rejected, "Never mind.")
    decide(database, approved, DraftState.APPROVED)
    decide(database, rejected, DraftState.REJECTED)
    with database.read() as session:
        own = drafts.own_texts(session, 9)
        assert [(one.draft.id, one.version.text) for one in own] == [(approved, "Text 0."), (open_, "In my words.")]
        assert [one.draft.id for one in drafts.own_texts(session, 1)] == [approved]
        assert [one.draft.id for one in drafts.own_texts(session, 9, but=approved)] == [open_]
    assert untouched


def test_own_texts_are_found_by_kind_and_recipient(database: Database) -> None:
    to_ann = made(database, "To Ann.")
    to_bob = made(database, "To Bob.", to="bob@example.org")
    note = made(database, "A note.", to="", kind=DraftKind.NOTE)
    for draft_id in (to_ann, to_bob, note):
        decide(database, draft_id, DraftState.APPROVED)
    with database.read() as session:
        assert [one.draft.id for one in drafts.own_texts(session, 9, recipient="ANN@example.org")] == [to_ann]
        assert [one.draft.id for one in drafts.own_texts(session, 9, kind=DraftKind.NOTE)] == [note]
        assert drafts.own_texts(session, 9, kind=DraftKind.NOTE, recipient=ANN) == []


def test_the_course_of_costs_has_telos_last_text_and_the_final_one_of_what_was_approved(database: Database) -> None:
    late, early, open_ = made(database, "Late."), made(database, "Early."), made(database, "Open.")
    edited(database, late, "Later.")
    edited(database, late, "At last.", upon=2)
    decide(database, late, DraftState.APPROVED, minutes=95)
    decide(database, early, DraftState.APPROVED, minutes=91)
    decide(database, open_, DraftState.REJECTED)
    with database.read() as session:
        told = [(one.draft.id, one.drafted.text, one.final.text) for one in drafts.decided(session)]
        assert told == [(early, "Early.", "Early."), (late, "Late.", "At last.")]
        since = drafts.decided(session, since=NOW + timedelta(minutes=92), kind=DraftKind.MAIL, recipient=ANN)
        assert [one.draft.id for one in since] == [late]
        assert drafts.decided(session, recipient="bob@example.org") == []


@pytest.mark.parametrize("version", [1, 2])
def test_a_draft_has_one_delivery_that_is_put_back_with_the_version_to_be_sent(
    database: Database, version: int
) -> None:
    draft_id = made(database)
    later = NOW + timedelta(hours=1)
    with database.write() as session:
        delivery = outbox.queue_draft(session, draft_id, 1, now=NOW, give_up_at=later)
        assert delivery.id is not None
        assert not outbox.begin(session, delivery.id, NOW, version=2)
        assert outbox.begin(session, delivery.id, NOW, version=1)
        outbox.finish(session, delivery.id, DeliveryState.SENT, NOW, answer="250 OK")
    with database.write() as session:
        sent = outbox.of_draft(session, draft_id)
        assert sent is not None
        assert (sent.state, sent.answer, sent.digest_id) == (DeliveryState.SENT, "250 OK", None)
        outbox.requeue(session, sent.id or 0, now=later, give_up_at=later, version=version)
    with database.read() as session:
        again = outbox.of_drafts(session, [draft_id, 99])[draft_id]
    assert (again.state, again.answer, again.draft_version) == (DeliveryState.QUEUED, None, version)
