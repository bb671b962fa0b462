"""A model behind a server, all the way: turns are kept, a planner is trained, held against the gate, serves, and is off again.

The server is on loopback and speaks vLLM's form; what trains is the real thing, in this process.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from assistant import planners, quiet_hours, trainings
from assistant.answers.chat import Opinion
from assistant.config.schema import ModelSettings, SteeringSettings
from assistant.engine.choice import Engines
from assistant.engine.making import make_engine
from assistant.opinions import opinion
from assistant.progress import unheard
from assistant.service import Service
from assistant.steering.far import beginning
from assistant.steering.gate import probes
from assistant.steering.training.replay import Turn
from assistant.steering.training.served import Training
from assistant.workers.training_pipe import Measured, TrainingOrder
from memory.models import Transition
from tests.assistant.talking import begin, say, talking
from tests.embedding_server import EmbeddingServer
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration

STEERING = SteeringSettings(least_transitions=10, dimension=8, hidden=16, steps=30, minutes=5)


class InThisProcess:
    """What the training process does, without another process."""

    def __init__(self, order: TrainingOrder) -> None:
        assert order.fingerprint
        self._training = Training(order)

    def train(self, turns: Sequence[Turn], cloned: Path, *, minutes: float) -> Generator[Any, None, None]:
        yield from self._training.train(turns, cloned, minutes)

    def evaluate(
        self, candidate: Path, incumbent: Path | None, turns: Sequence[Turn], shown: Measured, *, minutes: float
    ) -> Generator[Any, None, None]:
        yield from self._training.evaluate(candidate, incumbent, turns, shown, minutes)

    def close(self) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddingServer]:
    with EmbeddingServer(tiny_model("llama", tmp_path / "model", layers=1, template="bos", hidden=32)) as server:
        yield server


@pytest.fixture
def service(server: EmbeddingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(quiet_hours, "QUIET_S", 0.0)
    monkeypatch.setattr(beginning, "DRAWN", 3)
    monkeypatch.setattr(beginning, "ASKED", 2)
    monkeypatch.setattr(trainings, "GATE_PROMPTS", 2)
    monkeypatch.setattr(probes, "PROBES", probes.PROBES[:2])
    with talking(tmp_path) as service:
        model = ModelSettings(
            engine="server", name="tiny", address=server.address, embeddings=str(tmp_path / "model"), log_days=0
        )
        service.settings = service.settings.model_copy(update={"model": model, "steering": STEERING})
        service.engines = Engines(model, partial(make_engine, embedder=lambda: service.embedder))
        service.make_trainer = InThisProcess  # type: ignore[assignment]
        yield service


def rows(service: Service) -> list[Transition]:
    with service.database.read() as session:
        return list(session.exec(select(Transition).order_by(col(Transition.id))))


def test_a_servers_planner_is_trained_judged_serves_is_explained_and_is_off_again(
    service: Service, server: EmbeddingServer
) -> None:
    status = planners.status(service)
    assert (status.can, status.serving) == (True, None)
    for talk in range(4):
        done = begin(service, f"When does ferry {talk} run?")
        for _ in range(3):
            done = say(service, "And what does it cost?", conversation=done.conversation)
        for number in range(1, 5):
            verdict = "more" if (number + talk) % 2 else "less"
            opinion(service, done.conversation, number, Opinion(verdict=verdict))
    assert {row.fingerprint for row in rows(service)} == {planners.require_model(service)}
    assert {len(row.state) for row in rows(service)} == {4 * 64}  # the embedder's vector

    assert "no replies are kept for cloning" in trainings.collect(service, unheard).sentence
    made = trainings.train(service, unheard)
    assert made.number == 1
    judged = trainings.evaluate(service, unheard)
    assert judged.reasons
    assert judged.figures["evidence"]["replies"] == 2
    assert judged.figures["evidence"]["perplexity"] > 1
    planners.promote(service, 1, anyway=True)

    sent = len(server.embedded)
    steered = begin(service, "Which ferry is the best?")
    assert len(server.embedded) > sent
    last = rows(service)[-1]
    assert (last.planner, last.place) == (1, "end")
    assert last.action is not None
    why = planners.explain(service, steered.conversation, replies=True)
    assert (why.was_steered, why.planner) == (True, 1)
    assert why.value is not None
    assert why.steered
    assert why.unsteered == "The ferry runs at eight."

    planners.switch(service, is_on=False)
    sent = len(server.embedded)
    assert begin(service, "And tomorrow?").turn.reply == "The ferry runs at eight."
    assert len(server.embedded) == sent


def test_without_embeddings_status_says_so_in_a_sentence_and_nothing_is_kept(service: Service) -> None:
    model = service.settings.model.model_copy(update={"embeddings": ""})
    service.engines = Engines(model, partial(make_engine, embedder=lambda: service.embedder))
    status = planners.status(service)
    assert not status.can
    assert status.sentence.startswith(
        "Nothing is steered: A model behind a server is steered with its input embeddings"
    )
    begin(service, "When does the ferry run?")
    assert rows(service) == []


def test_a_server_is_trained_for_by_night_only_with_embeddings(service: Service) -> None:
    assert trainings.is_wanted(service)
    bare = service.settings.model.model_copy(update={"embeddings": ""})
    service.settings = service.settings.model_copy(update={"model": bare})
    assert not trainings.is_wanted(service)
