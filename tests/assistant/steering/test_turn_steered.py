"""A turn and the planner: who steers it, what is kept of it, and what is never kept. The engine shows states, as told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlmodel import col, select

from assistant import conversations, memories, planners
from assistant.answers.chat import Start, Step
from assistant.answers.memory import EraseRequest
from assistant.config.schema import SteeringSettings
from assistant.engine.contract import Capability, Piece, Request, Steered
from assistant.errors import Conflict, NotFound
from assistant.progress import unheard
from assistant.service import Service
from assistant.workers.model_pipe import Appraisal
from memory.embed import pack_one, unpack_one
from memory.models import Goal, Transition
from memory.store import transitions
from tests.assistant.steering.vectors import vector
from tests.assistant.talking import Talker, begin, say, speak, talking

WIDTH, DIMENSION = 6, 3


@dataclass(frozen=True)
class Description:
    fingerprint: str = "model-one"


class Shown(Talker):
    """Shows a state after each reply, and takes the action that it is given, or always the same."""

    def __init__(self, *replies: str | Exception) -> None:
        super().__init__(*replies)
        self.capabilities = frozenset(Capability) - {Capability.SCHEMA}
        self.description = Description()

    def describe(self) -> Description:
        return self.description

    def stream(self, request: Request) -> Iterator[Piece]:
        state = vector(WIDTH, seed=len(self.chats)) if request.wants_hidden else None
        for piece in super().stream(request):
            if piece.usage is None:
                yield piece
                continue
            steered = Steered(action=vector(DIMENSION), value=0.6, value_cloned=0.5, angle=0.25)
            yield replace(piece, hidden=state, steered=steered if request.steer else None)

    def appraise(self, planner: Path, states: Any, actions: Any = None) -> Appraisal:
        def of(value: float) -> Any:
            return np.full(len(states), value, np.float32)

        own = np.stack([vector(DIMENSION, seed=9)] * len(states))
        return Appraisal(
            chosen=own, cloned=own, values=of(0.4), values_chosen=of(0.7), values_cloned=of(0.3), angles=of(0.1)
        )


@contextmanager
def steering(folder: Path, engine: Shown | None = None, **wanted: Any) -> Iterator[tuple[Service, Shown]]:
    shown = engine or Shown()
    with talking(folder, shown) as service:
        service.settings = service.settings.model_copy(update={"steering": SteeringSettings(**wanted)})
        yield service, shown


def shelve(service: Service, *, fingerprint: str = "model-one", passed: bool | None = True) -> int:
    made = service.home.data / "made.safetensors"
    made.write_bytes(b"a planner")
    report = {"fingerprint": fingerprint, "passed": passed, "place": "end", "lineage": "l", "reasons": ["Because."]}
    return service.shelf.take(made, report)


def rows(service: Service) -> list[Transition]:
    with service.database.read() as session:
        return list(session.exec(select(Transition).order_by(col(Transition.id))))


def test_every_turn_keeps_its_state_whether_steered_or_not(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, shown):
        done = begin(service, "Hello")
        planners.promote(service, shelve(service))
        say(service, "And now?")
        first, second = rows(service)
    assert (first.turn_id, first.step, first.fingerprint) == (done.turn.id, 1, "model-one")
    assert np.array_equal(unpack_one(first.state), vector(WIDTH, seed=0))
    assert (first.action, first.planner, first.reward) == (None, None, None)
    assert np.array_equal(unpack_one(second.action or b""), vector(DIMENSION))
    assert (second.planner, second.place, second.noise, second.value, second.angle) == (1, "end", 0.0, 0.6, 0.25)
    assert (first.episode, second.episode) == ("conversation-1", "conversation-1")
    assert shown.chats[1].steer is not None


def test_off_and_rollback_take_effect_with_the_next_reply(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, shown):
        one, two = shelve(service), shelve(service)
        planners.promote(service, one)
        planners.promote(service, two)
        begin(service, "Hello")
        planners.switch(service, is_on=False)
        say(service, "And now?")
        planners.switch(service, is_on=True)
        say(service, "And then?")
        assert planners.rollback(service).serving == one
        say(service, "And last?")
        assert planners.rollback(service).serving is None
        say(service, "Really?")
        with pytest.raises(Conflict, match="No planner serves"):
            planners.rollback(service)
        assert [row.planner for row in rows(service)] == [two, None, two, one, None]
    assert [chat.steer.planner.stem if chat.steer else "" for chat in shown.chats] == ["0002", "", "0002", "0001", ""]


def test_a_planner_of_another_model_steers_nothing(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, shown):
        planners.promote(service, shelve(service, fingerprint="another"))
        begin(service, "Hello")
    assert shown.chats[0].steer is None


def test_a_planner_whose_file_is_gone_is_a_notice_and_no_failure(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        planners.promote(service, shelve(service))
        service.shelf.path(1).unlink()
        done = begin(service, "Hello")
        assert done.turn.state == "done"
        assert any("planner 1 is not there" in notice for notice in done.notices)
        assert [row.action for row in rows(service)] == [None]


def test_a_sensitive_conversation_is_steered_but_never_explored_in_and_never_kept(tmp_path: Path) -> None:
    with steering(tmp_path, explore=True, noise=0.3) as (service, shown):
        planners.promote(service, shelve(service))
        begin(service, "Hello", is_sensitive=True)
        begin(service, "Hello")
        sensitive, other = shown.chats
        assert sensitive.steer is not None
        assert (sensitive.steer.noise, sensitive.wants_hidden) == (0.0, False)
        assert other.steer is not None
        assert (other.steer.noise, other.wants_hidden) == (0.3, True)
        assert [(row.conversation_id, row.noise) for row in rows(service)] == [(2, 0.3)]


def test_nothing_is_explored_unless_it_is_wanted(tmp_path: Path) -> None:
    with steering(tmp_path, noise=0.5) as (service, shown):
        planners.promote(service, shelve(service))
        begin(service, "Hello")
    assert shown.chats[0].steer is not None
    assert shown.chats[0].steer.noise == 0.0


def test_with_steering_off_in_the_configuration_nothing_is_asked_or_kept(tmp_path: Path) -> None:
    with steering(tmp_path, on=False) as (service, shown):
        planners.promote(service, shelve(service))
        begin(service, "Hello")
        assert (shown.chats[0].steer, shown.chats[0].wants_hidden, rows(service)) == (None, False, [])
        with pytest.raises(Conflict, match="Steering is off in"):
            planners.switch(service, is_on=True)


def test_a_turn_answered_anew_has_one_transition_and_one_taken_back_has_none(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        begin(service, "Hello")
        say(service, "", retry=True, last=True)
        assert [row.step for row in rows(service)] == [1]
        say(service, "And now?")
        conversations.undo(service, 1)
        assert [row.step for row in rows(service)] == [1]


def test_a_reply_that_failed_teaches_nothing(tmp_path: Path) -> None:
    with steering(tmp_path, Shown(Conflict("It broke."))) as (service, _):
        with pytest.raises(Conflict):
            begin(service, "Hello")
        assert rows(service) == []


def test_a_reply_that_the_user_stopped_teaches_nothing(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        events = speak(service, "Hello", start=Start())
        assert any(isinstance(event, Step) and event.what == "checking" for event in events)
        events.close()
        assert conversations.show(service, 1).turns[0].state == "cancelled"
        assert rows(service) == []


def test_a_correction_is_noted_on_the_turn_that_answers_it(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        begin(service, "Which train goes to Lisbon?")
        say(service, "No, that is wrong. I meant Porto.")
        assert [row.corrections for row in rows(service)] == [0, 1]


def test_erasing_takes_the_states_that_have_seen_the_words_and_what_training_kept(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        begin(service, "Hello")
        say(service, "Zoë Quackenbush asked me to dinner.")
        say(service, "What shall I bring?")
        begin(service, "Something else")
        kept = service.home.steering / "training"
        kept.mkdir(parents=True)
        (kept / "replies.json").write_text("{}")
        memories.erase(service, EraseRequest(what="person", name="Zoë Quackenbush"), unheard)
        assert [(row.conversation_id, row.step) for row in rows(service)] == [(1, 1), (2, 1)]
        assert not kept.exists()
        conversations.delete(service, 2)
        assert [row.conversation_id for row in rows(service)] == [1]


NAME = "Zoë Quackenbush"


def simulated(service: Service, goal_id: int, seed: int) -> bytes:
    """A state of a session that was simulated with a goal, as it is kept."""
    state = pack_one(vector(64, seed=seed))
    row = Transition(
        goal_id=goal_id,
        episode=f"simulated-{goal_id}",
        step=1,
        at=service.clock.now(),
        fingerprint="model-one",
        model="tiny",
        state=state,
        is_simulated=True,
        weight=0.25,
    )
    with service.database.write() as session:
        transitions.keep(session, row)
    return state


def holding(folder: Path, *needles: bytes) -> set[str]:
    """The files under a folder that hold one of these."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.name for file in files if any(needle in file.read_bytes() for needle in needles)}


LETTING_GO = "letting go of caches and of what training holds"
REWRITING = "rewriting the database"


@pytest.mark.parametrize("cut_before", ["", LETTING_GO, REWRITING])
def test_no_file_of_the_home_holds_what_was_simulated_or_trained_on_what_was_erased(
    tmp_path: Path, cut_before: str
) -> None:
    with steering(tmp_path) as (service, _):
        begin(service, "Hello", goal=f"A dinner with {NAME}")
        begin(service, "Hello again", goal="A walk")
        with service.database.write() as session:
            goal = session.get_one(Goal, 2)
            goal.card = {**goal.card, "criteria": [{"text": f"{NAME} comes along"}]}
            session.add(goal)
        begin(service, "And again", goal="A week in Portugal")
        stated, wished, other = (simulated(service, goal_id, seed=80 + goal_id) for goal_id in (1, 2, 3))
        kept = service.home.steering / "training"
        kept.mkdir(parents=True)
        (kept / "replies.json").write_text(json.dumps({"replies": {"prompt": [70_001, 70_002, 70_003]}}))
        (kept / "cloning.checkpoint").write_bytes(stated)
        reply = b"70001, 70002, 70003"
        assert holding(service.home.data, stated, wished, reply) >= {"replies.json", "cloning.checkpoint"}

        def cut_short(done: int, total: int | None, what: str) -> None:
            if what == cut_before:
                raise KeyboardInterrupt

        wanted = EraseRequest(what="person", name=NAME)
        if cut_before:
            with pytest.raises(KeyboardInterrupt):
                memories.erase(service, wanted, cut_short)
            assert kept.exists() == (cut_before == LETTING_GO)
            assert memories.finish_erasure(service)
        else:
            memories.erase(service, wanted, cut_short)
        assert holding(service.home.data, stated, wished, reply) == set()
        assert not kept.exists()
        assert [row.state for row in rows(service) if row.is_simulated] == [other]


def test_a_planner_serves_only_with_the_gates_leave_or_the_users_word(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        unasked, refused = shelve(service, passed=None), shelve(service, passed=False)
        with pytest.raises(Conflict, match="was not evaluated"):
            planners.promote(service, unasked)
        with pytest.raises(Conflict, match=r"did not pass the gate\. Because"):
            planners.promote(service, refused)
        with pytest.raises(NotFound):
            planners.promote(service, 7)
        assert planners.status(service).serving is None
        assert planners.promote(service, refused, anyway=True).serving == refused
        line = planners.status(service).planners[1]
        assert (line.number, line.serves, line.fits, line.passed) == (refused, True, True, False)


def test_a_damaged_planner_is_refused_and_the_incumbent_stays(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, shown):
        planners.promote(service, shelve(service))
        damaged = shelve(service)
        with service.shelf.path(damaged).open("r+b") as file:
            file.write(b"X")
        with pytest.raises(Conflict, match="is not as it was made"):
            planners.promote(service, damaged, anyway=True)
        begin(service, "Hello")
    assert shown.chats[0].steer is not None
    assert shown.chats[0].steer.planner.stem == "0001"


def test_a_turn_is_explained_by_the_planner_that_steered_it(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, shown):
        begin(service, "Hello")
        planners.promote(service, shelve(service))
        say(service, "And now?")
        told = planners.explain(service, 1, 2, replies=True)
        assert told.was_steered
        assert told.planner == 1
        assert told.value == pytest.approx(0.4)
        assert told.value_cloned == pytest.approx(0.3)
        assert told.action == pytest.approx(vector(DIMENSION).tolist())
        assert (told.steered, told.unsteered) == ("I would rather not.", "I would rather not.")
        unsteered, steered = shown.requests[-2:]
        assert (unsteered.steer is None, steered.steer is None) == (True, False)
        assert "And now?" in steered.messages[-1].text
        earlier = planners.explain(service, 1, 1)
        assert not earlier.was_steered
        assert earlier.action == pytest.approx(vector(DIMENSION, seed=9).tolist())


def test_the_picture_spreads_the_actions_along_their_components(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        planners.promote(service, shelve(service))
        assert planners.picture(service).points == []
        begin(service, "Hello")
        with service.database.write() as session:
            (row,) = session.exec(select(Transition)).all()
            for place, (x, y) in enumerate([(3.0, 0.0), (-3.0, 0.0), (0.0, 1.0), (0.0, -1.0)]):
                copied = Transition(**row.model_dump(exclude={"id", "turn_id"}))
                copied.action = np.array([x, y, 0], np.float32).tobytes()
                copied.step, copied.is_simulated = place + 2, True
                session.add(copied)
            session.delete(row)
        drawn = planners.picture(service)
    assert drawn.shares == pytest.approx((0.9, 0.1))
    assert sorted(round(abs(point.x)) for point in drawn.points) == [0, 0, 3, 3]
    assert drawn.dimension == DIMENSION


def test_a_report_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    with steering(tmp_path) as (service, _):
        number = shelve(service)
        path = service.shelf.path(number).with_suffix(".json")
        path.write_text(json.dumps([1]))
        assert service.shelf.report(number) == {}
        path.write_text("{")
        assert service.shelf.report(number) == {}
        assert shelve(service) == 2
        service.shelf.path(2).unlink()
        assert shelve(service) == 3
