"""Simulated sessions with the real engine of this machine: a tiny model plays both sides in its own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from assistant import goals, planners, simulations
from assistant.answers.goals import NewGoal
from assistant.config.schema import ModelSettings, SteeringSettings
from assistant.engine.choice import Engines
from assistant.engine.making import make_engine
from assistant.progress import unheard
from assistant.service import Service
from assistant.sessions import simulated
from memory.embed import unpack_one
from memory.models import Transition
from tests.assistant.talking import talking
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration  # a model in a process of its own
WIDTH = 32


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(simulations, "MOST_A_NIGHT", 4)  # a random model may end a session by saying nothing
    monkeypatch.setattr(simulated, "ROUNDS", 2)
    folder = tiny_model("qwen3", tmp_path / "model", layers=1, hidden=WIDTH, context=2048)
    with talking(tmp_path, reply_tokens=16) as service:
        model = ModelSettings(
            engine="local",
            name=str(folder),
            device="cpu",
            dtype="float32",
            compile=False,
            context_tokens=2048,
            log_days=0,
            silence_s=600.0,  # a busy machine lets its process wait
        )
        steering = SteeringSettings(simulate=True)
        service.settings = service.settings.model_copy(update={"model": model, "steering": steering})
        service.engines = Engines(model, make_engine)
        yield service
        service.engines.close()


def test_both_sides_are_played_here_and_only_states_and_the_outcome_are_kept(service: Service) -> None:
    goals.create(service, NewGoal(statement="A walk on Sunday", criteria=["there is a tower on the way"]))
    kept = simulations.simulate(service, unheard, minutes=5)
    assert kept > 0
    with service.database.read() as session:
        rows = list(session.exec(select(Transition).order_by(col(Transition.id))))
    assert {(row.is_simulated, row.weight, row.goal_id, row.conversation_id) for row in rows} == {(True, 0.25, 1, None)}
    assert {row.fingerprint for row in rows} == {planners.require_model(service)}
    assert {unpack_one(row.state).shape for row in rows} == {(WIDTH,)}
    assert all(row.action is None for row in rows), "nobody steers yet"
    last = {row.episode: row for row in rows}
    assert len(last) == kept
    assert all(row.reward is not None and 0 <= row.reward <= 1 for row in last.values())
