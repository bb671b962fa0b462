"""The benchmark of kills: what is lost or there twice is found, and every failpoint of a phase has its turn."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from assistant import failpoints
from assistant.home import Home
from benchmarks import chaos_checks
from benchmarks.chaos_checks import Found
from benchmarks.chaos_phases import FIRST_GUESS_S, PHASES, PREFIXES, SHARES, failpoints_of, home_of
from benchmarks.chaos_world import HOMES, Ledger, World
from memory.models import Conversation, DeliveryState, Draft, DraftKind
from memory.store import conversations, items, outbox, sources
from memory.store.connection import Database
from memory.store.items import NewItem
from tests.databases import write_empty

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_each_phase_has_a_share_a_guess_and_failpoints_of_its_own() -> None:
    assert PREFIXES.keys() == SHARES.keys() == FIRST_GUESS_S.keys() == set(PHASES)
    assert sum(SHARES.values()) == 100
    assert min(SHARES.values()) * 10 > 50  # of a thousand kills
    assert all(failpoints_of(phase) for phase in PHASES)
    named = [name for phase in PHASES for name in failpoints_of(phase)]
    assert len(named) == len(set(named)) <= len(failpoints.NAMES)
    assert {home_of(phase) for phase in PHASES} == set(HOMES)


def test_what_is_missing_is_lost_and_what_nobody_served_too_and_what_is_there_twice_is_said() -> None:
    found = Found()
    found.once("The item", Counter({"a": 1, "b": 2, "x": 1}), {"a", "b", "c"}, {"a", "b", "c"})
    assert found.lost == ["The item c is not there.", "The item x is there and was never served."]
    assert found.twice == ["The item b is there 2 times."]
    sound = Found()
    sound.once("The turn", Counter({"a": 1, "begun": 1}), {"a"}, {"a", "begun"})
    assert sound == Found()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Homes in which nothing happened, and a ledger that knows of nothing."""
    daemons = {}
    for name in HOMES:
        home = Home.at(tmp_path / name)
        home.prepare()
        write_empty(home.database)
        daemons[name] = SimpleNamespace(home=home)
    return cast(World, SimpleNamespace(daemons=daemons, ledger=Ledger(tmp_path / "ledger.jsonl")))


def checked(world: World) -> Found:
    found = Found()
    chaos_checks._items(world, found)
    chaos_checks._turns(world, found)
    chaos_checks._edits(world, found)
    chaos_checks._mails(world, "", found)
    return found


def test_a_ledger_that_says_what_the_rows_say_finds_nothing(world: World) -> None:
    _fill(world.daemons["day"].home)
    world.ledger.note("item", source="north", id="1-0")
    world.ledger.note("said", text="Hello.")
    world.ledger.note("kept", text="Hello.")
    assert checked(world).lost == ["Delivery 1 is QUEUED, and is neither sent nor reported."]
    with closing(Database.open(world.daemons["day"].home.database)) as database, database.write() as session:
        outbox.finish(session, 1, DeliveryState.SENT, NOW)
    world.ledger.note("mail", id="<1@telos>")
    assert checked(world) == Found()


@pytest.mark.parametrize(
    ("kind", "what", "said"),
    [
        ("item", {"source": "north", "id": "2-0"}, "The item north 2-0 is not there."),
        ("kept", {"text": "Again."}, "The turn Again. is not there."),
        ("mail", {"id": "<2@telos>"}, "0 mails, 0 of them sent, had 1 transactions."),
    ],
)
def test_what_was_served_said_or_sent_and_is_not_in_the_rows_is_lost(
    world: World, kind: str, what: dict[str, str], said: str
) -> None:
    world.ledger.note(kind, **what)
    assert checked(world).lost == [said]


def test_an_edit_that_the_user_was_told_is_learned_has_its_version_and_its_lesson(world: World) -> None:
    world.ledger.note("edited", draft=1, text="Hi Ann")
    assert checked(world) == Found()  # killed before it was kept: both or neither
    world.ledger.note("learned", draft=1)
    assert checked(world).lost == ["The edit of draft 1 is there 0 times, with 0 lessons."]


def test_a_mail_of_two_transactions_is_there_twice(world: World) -> None:
    for _ in range(2):
        world.ledger.note("mail", id="<1@telos>")
    assert checked(world).twice == ["The mail <1@telos> had 2 transactions."]


def _fill(home: Home) -> None:
    with closing(Database.open(home.database)) as database, database.write() as session:
        source = sources.ensure(session, "north", "feeds", NOW)
        items.save(session, source.id or 0, [NewItem(external_id="1-0", text="Low tide.")], NOW)
        talk = conversations.start(session, Conversation(title="T", playbook="chat", started_at=NOW, last_at=NOW))
        conversations.add_turn(session, talk, "Hello.", NOW)
        draft = Draft(kind=DraftKind.MAIL, created_at=NOW, changed_at=NOW)
        session.add(draft)
        session.flush()
        outbox.queue_draft(session, draft.id or 0, 1, now=NOW, give_up_at=NOW)
