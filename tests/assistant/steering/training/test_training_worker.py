"""The training process: the whole way over the pipe, cancelled within a step, killed, out of time, at the lowest priority."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine.contract import ModelFailed
from assistant.errors import BadRequest
from assistant.steering import planner_file
from assistant.steering.settings import SMALL, TrainingSettings
from assistant.steering.training.replay import Turn
from assistant.workers.training import NICE, TrainingWorker, forget
from assistant.workers.training_pipe import (
    CANDIDATE,
    CLONED,
    Collected,
    Judged,
    Made,
    Paused,
    Progressed,
    TrainingOrder,
)
from tests.assistant.steering import talks

pytestmark = pytest.mark.integration
SETTINGS: TrainingSettings = replace(
    SMALL,
    clone_epochs=1,
    clone_tokens=8,
    steps=40,
    batch=64,
    judges=4,
    judge_steps=20,
    judge_width=16,
    gate_replies=4,
    gate_tokens=4,
)

ENDLESS = 10**6


@pytest.fixture
def order(tmp_path: Path) -> TrainingOrder:
    return TrainingOrder(
        model=talks.model_order(),
        folder=tmp_path / "training",
        settings=SETTINGS,
        dimension=talks.DIMENSION,
        hidden=32,
    )


@pytest.fixture
def worker(order: TrainingOrder) -> Iterator[TrainingWorker]:
    worker = TrainingWorker(order)
    yield worker
    worker.close()


def test_the_whole_way_from_prompts_to_a_verdict(worker: TrainingWorker, tmp_path: Path) -> None:
    *progress, collected = worker.collect(talks.PROMPTS[:4], minutes=5)
    assert isinstance(collected, Collected)
    assert collected.replies == 4
    assert any(isinstance(one, Progressed) and one.stage == "collect" for one in progress)
    assert worker.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, worker.pid) == NICE == 19

    *_, cloned = worker.clone(talks.PROMPTS, minutes=5)
    assert isinstance(cloned, Made)
    assert cloned.planner.name == CLONED
    kept = cloned.planner.rename(tmp_path / "kept.safetensors")

    turns = talks.turns(kept, sessions=120)
    *steps, candidate = worker.train(turns, kept, minutes=5)
    assert isinstance(candidate, Made)
    assert candidate.planner.name == CANDIDATE
    assert [one.done for one in steps if isinstance(one, Progressed)] == [0, 20, 40]
    planner_file.load(candidate.planner, fingerprint=talks.fingerprint())

    *_, judged = worker.evaluate(candidate.planner, kept, turns, talks.PROMPTS, minutes=5)
    assert isinstance(judged, Judged)
    assert judged.reasons
    forget(tmp_path / "training")
    assert not (tmp_path / "training").exists()


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingWorker]:
    """One that is never done, and saves where it stands at each step."""
    worker = TrainingWorker(
        TrainingOrder(
            model=talks.model_order(),
            folder=tmp_path_factory.mktemp("endless"),
            settings=replace(SETTINGS, steps=ENDLESS, checkpoint_s=0.0),
            dimension=talks.DIMENSION,
            hidden=32,
        )
    )
    yield worker
    worker.close()


def test_too_little_to_learn_from_is_said_over_the_pipe(endless: TrainingWorker, cloned: Path) -> None:
    with pytest.raises(BadRequest, match="too little to learn from"):
        list(endless.train(talks.turns(cloned, sessions=4), cloned, minutes=5))


def test_closing_the_iterator_cancels_within_a_step_and_the_process_goes_on_from_there(
    endless: TrainingWorker, cloned: Path
) -> None:
    turns = talks.turns(cloned, sessions=120)
    events = endless.train(turns, cloned, minutes=5)
    assert next(events) == Progressed("train", 0, ENDLESS, "steps of TD3+BC")
    assert next(events) == Progressed("train", 20, ENDLESS, "steps of TD3+BC")
    pid = endless.pid
    events.close()
    assert endless.pid == pid
    assert begun_at(endless, turns, cloned) >= 20


def test_a_run_whose_time_is_over_says_where_it_stands(endless: TrainingWorker, cloned: Path) -> None:
    *_, last = endless.train(talks.turns(cloned, sessions=120), cloned, minutes=1e-6)
    assert isinstance(last, Paused)
    assert (last.stage, last.total) == ("train", ENDLESS)


def test_a_killed_process_loses_no_more_than_what_came_since_its_checkpoint(
    endless: TrainingWorker, cloned: Path
) -> None:
    turns = talks.turns(cloned, sessions=120)
    events = endless.train(turns, cloned, minutes=5)
    first = next(events)
    assert isinstance(first, Progressed)
    reached = next(event.done for event in events if isinstance(event, Progressed) and event.done > first.done)
    assert endless.pid is not None
    os.kill(endless.pid, signal.SIGKILL)
    with pytest.raises(ModelFailed, match="ended before it was done"):
        list(events)
    assert begun_at(endless, turns, cloned) >= reached - 1


def begun_at(worker: TrainingWorker, turns: Sequence[Turn], cloned: Path) -> int:
    """The step that training goes on from."""
    events = worker.train(turns, cloned, minutes=5)
    try:
        return next(event.done for event in events if isinstance(event, Progressed))
    finally:
        events.close()


def test_a_model_that_is_not_there_is_said_in_a_sentence(order: TrainingOrder, tmp_path: Path) -> None:
    gone = replace(order, model=replace(order.model, folder=tmp_path / "nowhere"))
    worker = TrainingWorker(gone)
    try:
        with pytest.raises(ModelFailed):
            list(worker.collect(talks.PROMPTS[:1], minutes=5))
    finally:
        worker.close()


def test_a_closed_worker_says_that_it_was_put_away(worker: TrainingWorker, cloned: Path) -> None:
    worker.close()
    with pytest.raises(ModelFailed, match="put away"):
        list(worker.train(talks.turns(cloned, sessions=120), cloned, minutes=5))
