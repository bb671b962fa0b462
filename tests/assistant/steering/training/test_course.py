"""Training as a whole, with a tiny model: collect, clone, learn from rewards and be judged; resumed, refused, and leaking."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.errors import BadRequest, Conflict
from assistant.progress import Cancelled, Progress, unheard
from assistant.steering import planner_file
from assistant.steering.gate import probes
from assistant.steering.gate.probes import PROBES, SECRET, Probe
from assistant.steering.lineage import lineage_of
from assistant.steering.settings import PUBLISHED, SMALL, TrainingSettings
from assistant.steering.training.course import Course
from assistant.steering.training.replay import is_held_out
from assistant.workers.training_pipe import CANDIDATE, CLONED, TrainingOrder
from tests.assistant.steering import talks

pytestmark = pytest.mark.integration  # loads a model
SETTINGS: TrainingSettings = replace(
    SMALL,
    clone_epochs=4,
    clone_tokens=8,
    steps=300,
    batch=64,
    critic_rate=3e-3,
    actor_rate=1e-3,
    judges=8,
    judge_steps=150,
    judge_width=16,
    judge_rate=3e-3,
    judge_tau=0.1,
    judge_batch=64,
    gate_replies=8,
    gate_tokens=8,
    least_transitions=100,
)


def course(
    folder: Path, *, on_progress: Progress = unheard, is_cancelled: Callable[[], bool] = lambda: False, **facts: object
) -> Course:
    order = TrainingOrder(
        model=talks.model_order(),
        folder=folder,
        settings=replace(SETTINGS, **facts),  # type: ignore[arg-type]
        dimension=talks.DIMENSION,
        hidden=32,
    )
    return Course(order=order, fingerprint=talks.fingerprint(), on_progress=on_progress, is_cancelled=is_cancelled)


def lineage(planner: Path) -> str:
    return lineage_of(planner_file.load(planner, fingerprint=None))


def test_replies_are_collected_once_and_cloned_into_a_planner_of_the_model(tmp_path: Path) -> None:
    author, prompts = talks.reader().author, talks.prompts()
    collected = course(tmp_path).collect(author, prompts)
    assert collected.replies == len(prompts)
    assert len(prompts) < collected.tokens <= 9 * len(prompts)
    steps: list[tuple[str, int]] = []
    made = course(tmp_path, on_progress=lambda done, total, what: steps.append((what, done))).clone(author, prompts)
    assert ("prompts answered", 0) in steps  # none was missing
    planner = planner_file.load(made.planner, fingerprint=talks.fingerprint())
    assert made.planner == tmp_path / CLONED
    assert made.lineage == lineage_of(planner)
    assert json.loads(json.dumps(made.facts))["cloning"]["after"] < made.facts["cloning"]["before"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [CLONED, "replies.json"]


def test_nothing_is_cloned_from_no_conversation(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="nothing to clone"):
        course(tmp_path).clone(talks.reader().author, [])


def test_a_planner_learns_what_earned_more_and_shares_the_lineage_it_began_with(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned)
    made = course(tmp_path).train(turns, cloned, device="cpu")
    assert made.planner == tmp_path / CANDIDATE
    assert made.lineage == lineage(cloned)
    planner = planner_file.load(made.planner, fingerprint=talks.fingerprint())
    states = torch.from_numpy(turns[1].state)[None]
    before = planner_file.load(cloned, fingerprint=None)
    assert float((planner.act(states) * before.act(states)).sum()) < 0  # the outcome is how far it is from that
    assert torch.equal(planner.cloned_act(states), before.act(states))
    facts = json.loads(json.dumps(made.facts))
    assert facts["transitions"] + facts["held_out_transitions"] == len(turns)
    assert facts["sessions"] + facts["held_out_sessions"] == 200


def test_held_out_sessions_are_not_learnt_from(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned)
    spoilt = [
        replace(turn, reward=None if turn.reward is None else 1 - turn.reward)
        if is_held_out(turn.episode, SETTINGS.held_out)
        else turn
        for turn in turns
    ]
    assert spoilt != turns
    weights = [
        course(tmp_path / name, steps=20).train(found, cloned, device="cpu").planner
        for name, found in (("plain", turns), ("spoilt", spoilt))
    ]
    one, other = (planner_file.load(path, fingerprint=None).state_dict() for path in weights)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_too_little_is_refused_with_what_is_missing(cloned: Path, tmp_path: Path) -> None:
    few = talks.turns(cloned, sessions=12)
    with pytest.raises(BadRequest, match="76 more turns: 24 of 100; 8 more conversations: 12 of 20; ") as refused:
        course(tmp_path).train(few, cloned, device="cpu")
    assert "of those set aside for judging (20% are)" in refused.value.sentence
    other = talks.turns(cloned, lineage="another")
    with pytest.raises(BadRequest, match="100 more turns: 0 of 100"):
        course(tmp_path).train(other, cloned, device="cpu")


def test_memory_that_is_short_holds_the_newest_sessions(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned, sessions=3000)
    short = course(tmp_path, steps=2)
    short = replace(short, order=replace(short.order, memory_mb=1))
    facts = short.train(turns, cloned, device="cpu").facts
    assert facts["left_out_transitions"] > 0
    assert facts["transitions"] + facts["held_out_transitions"] + facts["left_out_transitions"] == len(turns)


def test_a_run_that_was_stopped_goes_on_to_the_same_planner(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned)
    whole = course(tmp_path / "whole").train(turns, cloned, device="cpu").planner
    asked = iter([False] * 100)
    with pytest.raises(Cancelled):
        course(tmp_path, is_cancelled=lambda: next(asked, True)).train(turns, cloned, device="cpu")
    assert not (tmp_path / CANDIDATE).exists()
    begun: list[int] = []
    resumed = course(tmp_path, on_progress=lambda done, total, what: begun.append(done))
    again = resumed.train(turns, cloned, device="cpu").planner
    assert begun[0] == 100
    one, other = (planner_file.load(path, fingerprint=None).state_dict() for path in (whole, again))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [CANDIDATE, "start.safetensors"]


def test_a_stopped_run_begins_anew_for_other_settings(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned)
    asked = iter([False] * 5)
    with pytest.raises(Cancelled):
        course(tmp_path, is_cancelled=lambda: next(asked, True)).train(turns, cloned, device="cpu")
    begun: list[int] = []
    course(tmp_path, on_progress=lambda done, total, what: begun.append(done), alpha=1.0, steps=20).train(
        turns, cloned, device="cpu"
    )
    assert begun[0] == 0


def test_a_planner_of_another_model_is_refused(cloned: Path, tmp_path: Path) -> None:
    other = replace(course(tmp_path), fingerprint="0123456789abcdef")
    with pytest.raises(Conflict, match="trained for another model"):
        other.train(talks.turns(cloned), cloned, device="cpu")


@pytest.mark.parametrize("is_better", [True, False], ids=["better", "worse"])
def test_the_gate_lets_a_better_planner_pass_on_its_value_and_refuses_a_worse_one(
    is_better: bool, cloned: Path, tmp_path: Path
) -> None:
    """Judged by the outcomes that it learnt from, and by their contrary."""
    turns = talks.turns(cloned)
    candidate = course(tmp_path).train(turns, cloned, device="cpu").planner
    found = turns if is_better else [
        replace(turn, reward=None if turn.reward is None else 1 - turn.reward) for turn in turns
    ]  # fmt: skip
    judged = course(tmp_path, most_perplexity=100.0).evaluate(candidate, None, found, talks.prompts(), talks.reader())
    assert (judged.report["low"] > 0) is is_better
    assert judged.is_passed is is_better
    assert any("surely better" in reason for reason in judged.reasons) is not is_better
    facts = json.loads(json.dumps(judged.report))
    assert facts["evidence"]["incumbent"] == "the model without steering"
    assert facts["evidence"]["replies"] == 8
    assert sum(facts["evidence"]["asked"].values()) == len(PROBES)


def beside(own: np.ndarray, angle: float) -> np.ndarray:
    """A unit vector so many radians from another one."""
    other = np.eye(len(own), dtype=np.float32)[int(np.abs(own).argmin())]
    other -= (other @ own) * own
    return np.asarray(math.cos(angle) * own + math.sin(angle) * other / np.linalg.norm(other), dtype=np.float32)


@pytest.mark.parametrize("is_better", [True, False], ids=["better", "worse"])
def test_the_gate_as_it_stands_lets_a_better_planner_pass_and_refuses_one_that_learnt_the_contrary(
    is_better: bool, cloned: Path, tmp_path: Path
) -> None:
    """Nothing of the gate's bounds is loosened. What pays best stands at a right angle to what the model does by itself."""
    best = beside(talks.own_action(cloned), math.pi / 2)
    turns = talks.turns(cloned, best=best)
    learnt = turns if is_better else [
        replace(turn, reward=None if turn.reward is None else 1 - turn.reward) for turn in turns
    ]  # fmt: skip
    candidate = course(tmp_path, steps=500, alpha=10.0).train(learnt, cloned, device="cpu").planner
    judge = course(tmp_path, gate_replies=len(talks.PROMPTS))
    judged = judge.evaluate(candidate, None, turns, talks.prompts(), talks.reader())
    assert judge.order.settings.most_perplexity == PUBLISHED.most_perplexity == 1.1
    assert judge.order.settings.confidence == PUBLISHED.confidence == 0.95
    assert judged.is_passed is is_better, judged.reasons
    assert (judged.report["low"] > 0) is is_better, judged.reasons


def test_a_planner_gains_nothing_over_itself(cloned: Path, tmp_path: Path) -> None:
    turns = talks.turns(cloned)
    candidate = course(tmp_path).train(turns, cloned, device="cpu").planner
    judged = course(tmp_path).evaluate(candidate, candidate, turns, talks.prompts(), talks.reader())
    assert judged.report["gain"] == judged.report["low"] == 0
    assert not judged.is_passed
    assert "and the planner that serves" in judged.reasons[0]


def test_a_planner_that_leaks_the_canary_is_refused(
    cloned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, reader = talks.turns(cloned), talks.reader()
    path = course(tmp_path).train(turns, cloned, device="cpu").planner
    planner = planner_file.load(path, fingerprint=None)
    messages = PROBES[0].messages
    asked = [reader.prompt(messages)]
    steered, plain = (
        reader.text(reader.author.replies(asked, tokens=8, temperature=0.0, seed=0, planner=one)[0].reply)
        for one in (planner, None)
    )
    canary = Probe(SECRET, messages, steered)
    assert canary.is_failed_by(steered)
    assert not canary.is_failed_by(plain)
    monkeypatch.setattr(probes, "PROBES", (canary,))
    judged = course(tmp_path, most_perplexity=100.0).evaluate(path, None, turns, talks.prompts(), reader)
    assert judged.reasons[0].startswith("It is less safe against a secret in the instructions asked for: 1 of 1")
    assert not judged.is_passed
    monkeypatch.setattr(probes, "PROBES", (replace(canary, forbidden="a word that nobody writes"),))
    assert course(tmp_path, most_perplexity=100.0).evaluate(path, None, turns, talks.prompts(), reader).is_passed


def test_an_incumbent_of_another_lineage_is_judged_by_its_own_turns(cloned: Path, tmp_path: Path) -> None:
    first = course(tmp_path / "first", seed=1).clone(talks.reader().author, talks.prompts())
    assert first.lineage != lineage(cloned)
    turns = talks.turns(cloned)
    candidate = course(tmp_path).train(turns, cloned, device="cpu").planner
    judge = course(tmp_path)
    alone = judge.evaluate(candidate, first.planner, turns, talks.prompts(), talks.reader())
    assert alone.report["evidence"]["incumbent"] == "the model without steering"
    earlier = [replace(turn, episode=f"earlier-{turn.episode}") for turn in talks.turns(first.planner)]
    both = judge.evaluate(candidate, first.planner, [*earlier, *turns], talks.prompts(), talks.reader())
    assert both.report["evidence"]["incumbent"] == "the planner that serves"
