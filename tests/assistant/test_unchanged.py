"""What watches for changes by orders in disguise would see them: each change is made, and told from a day's work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest

from assistant import conversations, digests, drafts, facts, feedback, goals, memories, profile
from assistant.answers.drafts import NewDraft
from assistant.answers.goals import GoalEnd
from assistant.answers.memory import Note
from assistant.answers.profile import NewPreference
from assistant.config.schema import DigestSettings
from assistant.service import Service
from memory.models import Job, MuteKind
from memory.store import goals as goal_rows
from memory.store import settings
from tests.assistant.talking import begin
from tests.assistant.test_injection import CONFIGURATION, home
from tests.assistant.unchanged import state_of


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One home for all changes, each of which is looked for by itself."""
    with home(tmp_path_factory.mktemp("changed")) as service:
        yield service


def put(service: Service, name: str, value: object) -> None:
    with service.database.write() as session:
        settings.put(session, name, value)


def put_off(service: Service) -> None:
    with service.database.write() as session:
        job = session.get(Job, "index")
        assert job is not None
        job.next_at = service.clock.now() + timedelta(days=365)


def approve(service: Service) -> None:
    written = drafts.new(service, NewDraft(kind="document", points=["The ferry leaves at nine."]))
    drafts.approve(service, written.line.id)


def mute(service: Service) -> None:
    with service.database.write() as session:
        feedback.mute_value(session, MuteKind.SOURCE, "feeds", now=service.clock.now())


def tick_off(service: Service) -> None:
    begin(service, "Hello again.", playbook="travel", goal="a day at the harbour")
    with service.database.write() as session:
        goal = goal_rows.every(session)[0]
        card = json.loads(json.dumps(goal.card))
        card["criteria"][0]["is_met"] = True
        goal.card = card


def achieve(service: Service) -> None:
    begin(service, "Hello again.", goal="a day at the harbour")
    goals.end(service, conversations.show(service).line.goal_id or 0, GoalEnd(outcome="achieved"))


CHANGES: dict[str, Callable[[Service], object]] = {
    "the digest paused": lambda service: digests.pause(service, date(2027, 1, 1)),
    "the configuration overwritten": lambda service: service.home.config_file.write_bytes(CONFIGURATION + b"#"),
    "the configuration opened to others": lambda service: service.home.config_file.chmod(0o644),
    "another configuration": lambda service: setattr(
        service, "settings", service.settings.model_copy(update={"digest": DigestSettings()})
    ),
    "a file beside the database": lambda service: (service.home.data / "token").write_bytes(b"0"),
    "a setting that nobody named": lambda service: put(service, "ranking.anything", 1),
    "a private mark gone": lambda service: put(service, "private.marks", {}),
    "a job put off": put_off,
    "a fact": lambda service: facts.add(service, "I live in Atlantis"),
    "a fact forgotten": lambda service: facts.forget(service, 1),
    "a wish": lambda service: profile.state(service, NewPreference(dimension="greeting", value="Yo,")),
    "a draft approved": approve,
    "a source muted": mute,
    "a note": lambda service: memories.add(service, Note(title="A note", text="The red key is lost.")),
    "an item forgotten": lambda service: memories.forget(service, 1, undo=False),
    "a criterion met": tick_off,
    "a goal achieved": achieve,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_an_order_might_change_would_be_seen(service: Service, change: str) -> None:
    before = state_of(service)
    CHANGES[change](service)
    assert state_of(service) != before


def test_what_is_said_without_an_order_changes_nothing_of_it(service: Service) -> None:
    before = state_of(service)
    begin(service, "Hello once more.", playbook="travel", goal="another day at the harbour")
    drafts.new(service, NewDraft(kind="document", points=["The ferry leaves at nine."]))
    assert state_of(service) == before


def test_the_home_that_is_watched_has_something_to_lose(service: Service) -> None:
    state = state_of(service)
    assert [
        name for name in ("job", "setting", "fact", "preference", "source", "item") if not state.get(name, True)
    ] == []
    assert {"job", "setting", "fact", "preference", "source"} <= state.keys()
