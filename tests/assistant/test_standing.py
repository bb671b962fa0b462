"""Open goals meet the news: what matters to one is put on its card and stands in the digest, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assistant import digests, memories, standing
from assistant.answers.goals import Card, Value
from assistant.answers.goals import Evidence as Words
from assistant.clock import FakeClock
from assistant.config.schema import Settings, SourceSettings
from assistant.digest.view import DigestView
from assistant.home import Home
from assistant.jobs.duties import GOALS, duties
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.service import Service
from assistant.sessions.standing import Aim, News, aim_text, matches
from memory.models import Conversation, Goal, GoalStatus
from memory.store import conversations, goals, items, sources
from memory.store.items import NewItem
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SATURN = "Cassini photographs the rings of Saturn: the spacecraft passed within a thousand kilometres of its moon."
COOKING = "How to keep basil fresh: put the stems in water and change it every other day, says a cook in Genoa."
STATEMENT = "Keep up with what the Cassini spacecraft finds at Saturn"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(sources=(SourceSettings(name="news", kind="feeds"),))
    service = Service(
        Home.at(tmp_path), settings=settings, clock=FakeClock(NOW), embedder=WordEmbedder(256), make_index=HeldIndex
    )
    yield service
    service.close()


def read(service: Service, *texts: str) -> list[int]:
    """Items of the source `news`, indexed and in stories."""
    with service.database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        new = [NewItem(external_id=text[:9], title=text.split(":")[0], text=text, published=NOW) for text in texts]
        ids = items.save(session, source_id, new, NOW).new_ids
    memories.index(service, unheard)
    return list(ids)


def begin(service: Service, statement: str = STATEMENT, deadline: datetime | None = None) -> int:
    card = Card(statement=statement).model_dump(mode="json")
    with service.database.write() as session:
        goal = Goal(statement=statement, created_at=NOW, changed_at=NOW, card=card, deadline=deadline)
        return goals.create(session, goal).id or 0


def on_card(service: Service, goal_id: int) -> list[tuple[int, str]]:
    with service.database.read() as session:
        return [(match.item_id, match.reason) for match in goals.items_of(session, goal_id)]


def preview(service: Service) -> DigestView:
    return digests.preview(service, unheard)


def test_a_new_item_that_matters_to_a_goal_is_put_on_its_card_with_the_words_in_common(service: Service) -> None:
    goal_id = begin(service)
    saturn, _ = read(service, SATURN, COOKING)
    assert standing.match_new(service) == 1
    assert on_card(service, goal_id) == [(saturn, "spacecraft, cassini, saturn")]


def test_the_digest_shows_it_and_names_the_goal_among_its_reasons(service: Service) -> None:
    begin(service)
    read(service, COOKING, SATURN)
    standing.match_new(service)
    entry = next(entry for entry in preview(service).entries if entry.title.startswith("Cassini"))
    assert entry.reasons[0] == f"for your goal “{STATEMENT}”: spacecraft, cassini, saturn"


def test_what_was_read_is_held_against_the_goals_once(service: Service) -> None:
    goal_id = begin(service)
    read(service, SATURN)
    assert standing.match_new(service) == 1
    assert standing.match_new(service) == 0
    assert len(on_card(service, goal_id)) == 1


def test_a_goal_that_has_ended_waits_for_nothing(service: Service) -> None:
    goal_id = begin(service)
    with service.database.write() as session:
        goal = goals.get(session, goal_id)
        assert goal is not None
        goals.close(session, goal, GoalStatus.ACHIEVED, NOW, by="user")
    read(service, SATURN)
    assert standing.match_new(service) == 0


def test_the_job_is_due_when_something_was_read_and_a_goal_is_open(service: Service) -> None:
    def is_due() -> bool:
        return next(duty.at for duty in duties(service) if duty.name == GOALS) is not None

    read(service, COOKING)
    assert not is_due()
    begin(service)
    assert is_due()
    runner = Runner(service)
    assert runner.run(GOALS).sentence == "0 new matches with open goals."
    assert not is_due()
    read(service, SATURN)
    assert is_due()
    runner.close()


def test_a_goal_of_a_sensitive_conversation_is_never_named_in_a_mail(service: Service) -> None:
    goal_id = begin(service, deadline=NOW + timedelta(days=1))
    with service.database.write() as session:
        talk = Conversation(title="T", playbook="open", goal_id=goal_id, started_at=NOW, last_at=NOW, is_sensitive=True)
        conversations.start(session, talk)
    read(service, SATURN)
    assert standing.match_new(service) == 0
    assert "goal_due" not in {note.kind for note in preview(service).notes}


@pytest.mark.parametrize(("days", "is_named"), [(-1, True), (1, True), (10, False)])
def test_a_goal_is_named_in_the_digest_when_its_deadline_nears(service: Service, days: int, is_named: bool) -> None:
    begin(service, "File the tax return", deadline=NOW + timedelta(days=days))
    notes = [note.sentence for note in preview(service).notes if note.kind == "goal_due"]
    assert bool(notes) is is_named
    assert all("File the tax return" in note for note in notes)


def test_a_goal_is_about_its_statement_and_what_it_has_decided() -> None:
    said = Words(quote="Lisbon", turn=1)
    card = Card(statement="A trip", decisions=[Value(slot="city", value="Lisbon", evidence=said, is_decision=True)])
    assert aim_text(card) == "A trip. Lisbon"


ROW = np.array([1.0, 0.0], dtype=np.float32)


def at(cosine: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([cosine, np.sqrt(1 - cosine**2)], dtype=np.float32)


@pytest.mark.parametrize(
    ("cosine", "text", "is_match"),
    [
        pytest.param(0.6, "Nothing in common", True, id="close in meaning"),
        pytest.param(0.4, "Peace talks resume", True, id="near, and two words"),
        pytest.param(0.4, "Talks resume", False, id="near, and one word"),
        pytest.param(0.2, "Peace talks in Sudan resume", False, id="far, whatever the words"),
        pytest.param(None, "Peace talks in Sudan resume", True, id="unseen, and three words"),
        pytest.param(None, "Peace talks resume", False, id="unseen, and two words"),
    ],
)
def test_meaning_and_words_decide_together(cosine: float | None, text: str, is_match: bool) -> None:
    aims = [Aim(1, "Follow the peace talks in Sudan", ROW)]
    news = [News(2, text, "", None if cosine is None else at(cosine))]
    assert bool(matches(aims, news)) is is_match
