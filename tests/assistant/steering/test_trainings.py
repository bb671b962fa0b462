"""Training in its own hours: what it works on, that it gives way to whoever talks, and what a night comes to.

The process that trains is one that was told what to say; the real one is in the integration test.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from assistant import conversations, planners, quiet_hours, trainings
from assistant.answers.chat import Opinion
from assistant.clock import FakeClock
from assistant.config.schema import SteeringSettings
from assistant.engine.contract import Message, ModelFailed
from assistant.errors import BadRequest, Conflict
from assistant.jobs.duties import STEER, duties
from assistant.opinions import opinion
from assistant.progress import Cancelled, unheard
from assistant.service import Service
from assistant.steering.training.replay import Turn
from assistant.workers.training_pipe import Collected, Judged, Made, Paused, Progressed, TrainingOrder
from memory.store import transitions
from tests.assistant.steering.test_turn_steered import steering
from tests.assistant.talking import begin, say
from tests.waiting import wait_until

Events = Generator[Any, None, None]


class Trainer:
    """A training process without a process: it notes what it is given, and says at once what came of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.orders: list[TrainingOrder] = []
        self.prompts: list[Sequence[Message]] = []
        self.turns: list[Turn] = []
        self.passes = True
        self.events: list[Any] = []
        """Said before the outcome; a callable is called."""
        self.closed = 0

    def __call__(self, order: TrainingOrder) -> Trainer:
        self.orders.append(order)
        return self

    def collect(self, prompts: Sequence[Sequence[Message]], *, minutes: float) -> Events:
        self.prompts = list(prompts)
        return self._said("collect", Collected(len(prompts), 10))

    def clone(self, prompts: Sequence[Sequence[Message]], *, minutes: float) -> Events:
        return self._said("clone", self._made("cloned"))

    def train(self, turns: Sequence[Turn], cloned: Path, *, minutes: float) -> Events:
        assert cloned.exists()
        self.turns = list(turns)
        return self._said("train", self._made("candidate"))

    def evaluate(self, candidate: Path, incumbent: Path | None, *rest: Any, minutes: float) -> Events:
        assert candidate.exists()
        verdict = Judged(self.passes, ("It earns more.",), {"gain": 0.1, "ratio": float("inf")})
        return self._said(f"evaluate {candidate.stem} over {incumbent.stem if incumbent else 'nothing'}", verdict)

    def close(self) -> None:
        self.closed += 1

    def _said(self, what: str, outcome: Any) -> Events:
        self.asked.append(what)
        for event in self.events:
            yield event() if callable(event) else event
        yield outcome

    def _made(self, name: str) -> Made:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.safetensors"
        path.write_bytes(b"a planner")
        return Made(path, "lineage-1", {"stage": name})


@contextmanager
def training(folder: Path, monkeypatch: pytest.MonkeyPatch, **wanted: Any) -> Iterator[tuple[Service, Trainer]]:
    monkeypatch.setattr(quiet_hours, "QUIET_S", 0.0)
    monkeypatch.setattr(quiet_hours, "LOOK_S", 0.01)
    monkeypatch.setattr(trainings, "locate_model", lambda *_, **__: folder)
    with steering(folder, **{"least_transitions": 8, **wanted}) as (service, _):
        trainer = Trainer(service.home.steering / "training")
        service.make_trainer = trainer  # type: ignore[assignment]
        yield service, trainer


def talked(service: Service, turns: int = 8, **start: Any) -> None:
    """A conversation of so many turns, the last one liked."""
    done = begin(service, "Which way to the tower?", **start)
    for _ in range(turns - 1):
        say(service, "And how far is that?", conversation=done.conversation)
    opinion(service, done.conversation, None, Opinion(verdict="more"))


def test_with_too_little_it_says_how_much_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service, 5)
        with pytest.raises(BadRequest, match="5 turns lead to a reward, and 8 are needed: 3 are missing"):
            trainings.train(service, unheard)
        assert trainings.by_night(service, unheard).startswith("5 turns lead to a reward")
        assert trainer.asked == []


def test_prompts_of_past_turns_are_built_anew_without_sensitive_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service, 3, goal="A walk on Sunday")
        begin(service, "My doctor called.", is_sensitive=True)
        report = trainings.collect(service, unheard)
        assert (report.figures["replies"], len(trainer.prompts)) == (3, 3)
        texts = ["\n".join(message.text for message in prompt) for prompt in trainer.prompts]
        assert not any("doctor" in text for text in texts)
        assert all("A walk on Sunday" in text for text in texts)
        assert [len(prompt) for prompt in trainer.prompts] == [6, 4, 2]


def test_a_night_trains_evaluates_and_promotes_what_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        assert trainings.by_night(service, unheard).endswith("Planner 1 serves from the next reply on.")
        assert trainer.asked == ["clone", "train", "evaluate 0001 over nothing"]
        assert [turn.reward for turn in trainer.turns] == [None] * 7 + [0.8]
        assert trainings.by_night(service, unheard) == "Nothing new to learn from since the last planner."
        talked(service)
        assert "Planner 2 serves" in trainings.by_night(service, unheard)
        assert trainer.asked[3:] == ["train", "evaluate 0002 over 0001"]
        assert trainer.turns[-1].lineage == "lineage-1"


def test_what_the_gate_refuses_does_not_serve_and_the_incumbent_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        trainings.by_night(service, unheard)
        trainer.passes = False
        talked(service)
        assert trainings.by_night(service, unheard).startswith("Planner 2 did not pass the gate.")
        helm = service.helm(is_sensitive=False)
        assert helm.number == 1
        report = service.shelf.report(2)
        assert (report["passed"], report["gate"]) == (False, {"gain": 0.1, "ratio": None})


def test_a_night_that_is_too_short_goes_on_with_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        trainings.train(service, unheard)
        (trainer.folder / "learning.checkpoint").touch()
        assert "was interrupted" in planners.status(service).training
        trainer.events = [Paused("evaluate", 3, 9)]
        assert "evaluate is at 3 of 9" in trainings.by_night(service, unheard)
        trainer.events = []
        assert "Planner 1 serves" in trainings.by_night(service, unheard)
        assert [what.split()[0] for what in trainer.asked] == ["clone", "train", "evaluate", "evaluate"]


def test_training_stops_when_a_turn_begins_and_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet_hours, "GRACE_S", 60)
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        reports: list[str] = []
        floor = service.floor.taken(99)

        def somebody_talks() -> Progressed:
            assert planners.status(service).training == "A training run is under way."
            floor.__enter__()
            trainer.events = []
            return Progressed("train", 1, 10, "steps")

        def report(done: int, total: int | None, what: str) -> None:
            reports.append(what)
            if what == "waiting while you talk":
                assert trainer.closed == 2  # the one that cloned, and the one that gave way
                floor.__exit__(None, None, None)

        trainings.clone(service, unheard)
        trainer.events = [somebody_talks]
        assert trainings.train(service, report).number == 1
        assert trainer.asked == ["clone", "train", "train"]
        assert "waiting while you talk" in reports


def test_another_way_to_rows_clones_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        trainings.train(service, unheard)
        trainings.train(service, unheard)
        assert trainer.asked == ["clone", "train", "train"]
        steered = service.settings.steering.model_copy(update={"up_mapping": "pca"})
        service.settings = service.settings.model_copy(update={"steering": steered})
        trainings.train(service, unheard)
        assert trainer.asked[3:] == ["clone", "train"]
        assert [order.settings.clone_up for order in trainer.orders] == ["learn"] * 3 + ["keep"] * 2


def test_a_process_that_does_not_stop_for_a_turn_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_hours, "GRACE_S", 0.05)
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        ended, floor = Event(), service.floor.taken(99)

        def hangs() -> Progressed:
            trainer.events = []
            floor.__enter__()
            assert ended.wait(10)
            floor.__exit__(None, None, None)
            raise ModelFailed("The training was put away before it had ended.")

        monkeypatch.setattr(trainer, "close", ended.set)
        trainer.events = [hangs]
        assert trainings.collect(service, unheard).figures["replies"] == 8
        assert trainer.asked == ["collect", "collect"]


def test_the_job_is_due_at_its_hour_and_only_with_a_model_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, _):
        assert isinstance(service.clock, FakeClock)
        at = {duty.name: duty.at for duty in duties(service)}[STEER]
        assert at == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
        service.clock.advance(timedelta(days=3))
        assert {duty.name: duty.at for duty in duties(service)}[STEER] == at
        service.settings = service.settings.model_copy(update={"steering": SteeringSettings(on=False)})
        assert {duty.name: duty.at for duty in duties(service)}[STEER] is None


def test_old_transitions_go_and_the_planner_that_serves_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch, keep_days=10) as (service, _):
        assert isinstance(service.clock, FakeClock)
        talked(service)
        trainings.by_night(service, unheard)
        service.clock.advance(timedelta(days=11))
        assert trainings.prune(service) == 8
        for _ in range(25):
            made = service.home.data / "made"
            made.write_bytes(b"x")
            service.shelf.take(made, {"fingerprint": "another"})
        trainings.prune(service)
        assert service.shelf.numbers()[0] == 1
        assert len(service.shelf.numbers()) == 21


def test_simulated_sessions_are_marked_weighted_and_gone_with_their_goal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch, simulate=True, least_transitions=1000) as (service, trainer):
        begin(service, "I want a walk.", goal="A week in Portugal", playbook="travel")
        begin(service, "My doctor called.", goal="See the doctor", is_sensitive=True)
        trainings.by_night(service, unheard)
        with service.database.read() as session:
            held = transitions.held(session, "model-one")
            episodes = list(transitions.episodes(session, "model-one", 1000))
        simulated = [row for episode in episodes for row in episode if row.is_simulated]
        assert held.simulated == len(simulated) > 0
        assert {(row.goal_id, row.weight, row.conversation_id) for row in simulated} == {(1, 0.25, None)}
        assert trainer.asked == []


def test_deleting_a_conversation_ends_what_is_trained_on_it_and_removes_what_training_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        kept = service.home.steering / "training"
        deleting: list[Thread] = []

        def somebody_deletes() -> Progressed:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / "replies.json").write_text("{}")
            deleting.append(Thread(target=conversations.delete, args=(service, 1)))
            deleting[0].start()
            wait_until(lambda: service.forgotten == 1 and service.floor.is_taken)
            return Progressed("collect", 1, 10, "prompts")

        trainer.events = [somebody_deletes]
        with pytest.raises(Conflict, match="deleted meanwhile"):
            trainings.collect(service, unheard)
        deleting[0].join()
        assert trainer.asked == ["collect"]
        assert not kept.exists()


def test_a_service_that_ends_waits_for_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with training(tmp_path, monkeypatch) as (service, trainer):
        talked(service)
        ended = Event()

        def hangs() -> Progressed:
            service.stopping.set()
            assert ended.wait(10)
            raise ModelFailed("The training was put away before it had ended.")

        monkeypatch.setattr(trainer, "close", ended.set)
        trainer.events = [hangs]
        with pytest.raises(Cancelled):
            trainings.collect(service, unheard)
        assert trainer.asked == ["collect"]
