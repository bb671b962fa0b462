"""More, less, keep, drop, mute and undo: which entry is meant, what holds, what is taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.delivery.dispatch import queue_digest
from assistant.errors import BadRequest, NotFound
from assistant.feedback import Place, mute_entry, mute_value, muted, say, undo, unmute
from memory.models import DeliveryState, MuteKind, Verb
from memory.store import audit, digests, feedback, outbox
from memory.store.connection import Database
from tests.assistant.digest_rows import DAY, NOW, TITLES, add_stories, digest_view

YESTERDAY = DAY - timedelta(days=1)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def _digests(database: Database) -> None:
    """Yesterday's digest was sent, today's is only queued."""
    add_stories(database)
    for day, state in ((YESTERDAY, DeliveryState.SENT), (DAY, None)):
        view = digest_view(day=day, built_at=NOW - (DAY - day))
        kept = queue_digest(database, view, now=NOW, give_up=timedelta(hours=24))
        assert kept.id is not None
        if state is not None:
            with database.write() as session:
                delivery = outbox.of_digest(session, kept.id)
                assert delivery is not None
                assert delivery.id is not None
                outbox.finish(session, delivery.id, state, NOW)


def held(database: Database) -> list[tuple[Verb, int]]:
    """The words that hold, by the number of their entry."""
    with database.read() as session:
        numbers = {entry.id: entry.number for digest in (1, 2) for entry in digests.entries(session, digest)}
        return [(said.verb, numbers[said.entry_id]) for said in feedback.effective(session)]


def test_a_number_means_the_last_digest_that_was_sent(database: Database) -> None:
    with database.write() as session:
        spoken = say(session, Verb.MORE, Place(1), now=NOW)
    assert (spoken.day, spoken.number, spoken.title) == (YESTERDAY, 1, TITLES[0])
    assert held(database) == [(Verb.MORE, 1)]


def test_a_day_names_another_digest(database: Database) -> None:
    with database.write() as session:
        assert say(session, Verb.LESS, Place(2, DAY), now=NOW).day == DAY


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        pytest.param(Place(9), "The digest of 2026-11-19 has no entry 9; it has 3.", id="no such entry"),
        pytest.param(Place(1, DAY + timedelta(days=1)), "There is no digest of 2026-11-21.", id="no such digest"),
    ],
)
def test_what_is_not_there_is_named(database: Database, place: Place, sentence: str) -> None:
    with pytest.raises(NotFound, match=sentence), database.write() as session:
        say(session, Verb.MORE, place, now=NOW)
    assert held(database) == []


def test_before_the_first_digest_feedback_says_how_to_get_one(database: Database) -> None:
    with database.write() as session:
        outbox.requeue(session, 1, now=NOW, give_up_at=LATER)
    with pytest.raises(NotFound, match="telos digest send"), database.write() as session:
        say(session, Verb.MORE, Place(1), now=NOW)


@pytest.mark.parametrize(
    ("verbs", "holds"),
    [
        pytest.param(["more", "more"], ["more"], id="the same again counts once"),
        pytest.param(["more", "less"], ["less"], id="less replaces more"),
        pytest.param(["drop", "keep"], ["keep"], id="keep replaces drop"),
        pytest.param(["keep", "more"], ["keep", "more"], id="keep and more go together"),
        pytest.param(["more", "less", "more"], ["more"], id="the last word counts"),
    ],
)
def test_of_opposite_words_the_last_holds(database: Database, verbs: list[str], holds: list[str]) -> None:
    for number, verb in enumerate(verbs):
        with database.write() as session:
            say(session, Verb(verb), Place(1), now=NOW + timedelta(seconds=number))
    assert [str(verb) for verb, _ in held(database)] == holds


def test_undo_takes_back_word_after_word_and_mute_after_mute(database: Database) -> None:
    with database.write() as session:
        say(session, Verb.MORE, Place(1), now=NOW)
        mute_value(session, MuteKind.WORD, "Ferry", now=SOON)
        say(session, Verb.DROP, Place(2), now=LATER)
    taken = []
    for _ in range(3):
        with database.write() as session:
            undone = undo(session, now=LATER)
            taken.append((undone.what, undone.name))
    assert taken == [("drop", TITLES[1]), ("mute", "ferry"), ("more", TITLES[0])]
    assert held(database) == []
    with pytest.raises(NotFound, match="nothing to undo"), database.write() as session:
        undo(session, now=LATER)


def test_what_was_taken_back_stays_in_the_rows_and_in_the_audit(database: Database) -> None:
    with database.write() as session:
        say(session, Verb.MORE, Place(1), now=NOW)
        undo(session, now=SOON)
    with database.read() as session:
        assert {"learned", "unlearned"} <= {event.event for event in audit.latest(session, 10)}


@pytest.mark.parametrize(
    ("kind", "number", "name"),
    [
        pytest.param(MuteKind.STORY, 3, TITLES[2], id="its story, by title"),
        pytest.param(MuteKind.SOURCE, 1, "town", id="its source"),
        pytest.param(MuteKind.AUTHOR, 1, "ada byron", id="its author"),
    ],
)
def test_an_entry_mutes(database: Database, kind: MuteKind, number: int, name: str) -> None:
    with database.write() as session:
        mute = mute_entry(session, kind, Place(number), now=NOW)
        assert (mute.kind, mute.name) == (kind, name)
        assert muted(session) == [mute]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        pytest.param(
            2, "Entry 2 has several: Ada Byron, Grace Hopper. Name one: telos digest mute --author", id="several"
        ),
        pytest.param(3, "Entry 3 has no author to be muted. Name it: telos digest mute --author", id="none"),
    ],
)
def test_an_entry_without_one_author_says_how_to_name_one(database: Database, number: int, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence), database.write() as session:
        mute_entry(session, MuteKind.AUTHOR, Place(number), now=NOW)


def test_words_and_authors_are_muted_whatever_their_case_and_spaces(database: Database) -> None:
    with database.write() as session:
        assert mute_value(session, MuteKind.WORD, "  Box \n Office ", now=NOW).name == "box office"
        assert mute_value(session, MuteKind.AUTHOR, "ADA Byron", now=NOW).name == "ada byron"


@pytest.mark.parametrize(
    ("kind", "value", "failure"),
    [
        pytest.param(MuteKind.WORD, "  ", BadRequest, id="an empty word"),
        pytest.param(MuteKind.SOURCE, "Gazette", NotFound, id="a source that is not there"),
        pytest.param(MuteKind.STORY, "1", BadRequest, id="a story by its number in the database"),
    ],
)
def test_what_cannot_be_muted(database: Database, kind: MuteKind, value: str, failure: type[Exception]) -> None:
    with pytest.raises(failure), database.write() as session:
        mute_value(session, kind, value, now=NOW)


def test_muting_the_same_twice_is_one_mute_and_it_can_be_ended(database: Database) -> None:
    with database.write() as session:
        first, second = (mute_value(session, MuteKind.WORD, "ferry", now=at) for at in (NOW, SOON))
        assert first.id == second.id
        unmute(session, first.id, now=LATER)
        assert muted(session) == []
        with pytest.raises(NotFound, match=f"There is no mute {first.id}"):
            unmute(session, first.id, now=LATER)
