"""TD3+BC: what it learns on a toy with a known answer, and that each of its parts does what its equation says."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from assistant.progress import Cancelled
from assistant.steering.planner import Planner
from assistant.steering.settings import PUBLISHED, SMALL, TrainingSettings
from assistant.steering.training.checkpoint import Checkpoint
from assistant.steering.training.replay import Replay
from assistant.steering.training.td3_bc import Learner, train
from tests.assistant.steering import sailing

pytestmark = pytest.mark.integration  # torch takes seconds to import
torch.set_num_threads(1)
QUICK: TrainingSettings = replace(SMALL, critic_rate=2e-3, actor_rate=1e-3, batch=64, steps=500)


def weights_of(planner: Planner) -> list[Tensor]:
    return [tensor.clone() for tensor in planner.state_dict().values()]


def test_it_learns_a_task_whose_reward_comes_at_the_end_from_turns_that_went_anywhere() -> None:
    planner, replay = sailing.planner(), sailing.logged(600)
    assert replay.rewards[replay.done].mean() == pytest.approx(0.5, abs=0.05)
    train(planner, replay, QUICK)
    _, earned = sailing.sailed(sailing.steered(planner), 300, seed=7)
    assert earned.mean() > 0.8


def test_it_leaves_the_cloned_actor_and_the_up_mapping_as_they_were() -> None:
    planner = sailing.planner()
    before = [planner.up.weight.clone(), *(part.clone() for part in planner.cloned.parameters())]
    train(planner, sailing.logged(20), replace(QUICK, steps=4))
    assert all(
        torch.equal(*pair) for pair in zip(before, [planner.up.weight, *planner.cloned.parameters()], strict=True)
    )


def test_targets_move_a_share_tau_of_the_way_every_second_step() -> None:
    learner = Learner(sailing.planner(), sailing.logged(20), replace(QUICK, tau=0.25))
    first = copy.deepcopy(learner.target)
    learner.step()
    assert all(torch.equal(*pair) for pair in zip(first.parameters(), learner.target.parameters(), strict=True))
    learner.step()
    for part in ("actor", "critics"):
        own, moved, start = (getattr(one, part).parameters() for one in (learner.planner, learner.target, first))
        for towards, now, before in zip(own, moved, start, strict=True):
            assert not torch.equal(towards, before)
            torch.testing.assert_close(now, before + 0.25 * (towards - before))


def test_without_alpha_the_actor_learns_what_was_done_and_nothing_else() -> None:
    chance = np.random.default_rng(3)
    turn_about = sailing.unit(chance.normal(size=(sailing.WIDTH, sailing.WIDTH)))
    habit = sailing.sailed(lambda states: sailing.unit(states @ turn_about), 300)[0]
    replay = Replay.of(habit, dimension=sailing.WIDTH)
    planner = sailing.planner()
    learnt = train(planner, replay, replace(QUICK, alpha=0.0, actor_rate=3e-3))
    assert learnt.distance < 0.05
    learner = Learner(planner, replay, replace(QUICK, alpha=0.0))
    batch = learner.drawn()
    expected = (planner.act(batch.states) - batch.actions).square().sum(1).mean()
    torch.testing.assert_close(learner.actor_loss(batch), expected)


def test_a_large_alpha_is_td3() -> None:
    """Adam's steps do not depend on the size of a loss, so that only its direction is left to compare."""
    replay = sailing.logged(50)
    bold, td3 = sailing.planner(), sailing.planner()
    learner = Learner(bold, replay, replace(QUICK, alpha=1e6))
    batch = learner.drawn()
    learner.actor_loss(batch).backward()
    (-td3.values(batch.states, td3.act(batch.states))[0].mean()).backward()
    of_both = [torch.cat([part.grad.flatten() for part in one.actor.parameters()]) for one in (bold, td3)]
    assert functional.cosine_similarity(*of_both, dim=0) > 0.9999


def test_lambda_makes_the_step_independent_of_the_size_of_rewards() -> None:
    learner = Learner(sailing.planner(), sailing.logged(50), QUICK)
    batch = learner.drawn()
    before = learner.actor_loss(batch)
    with torch.no_grad():
        for critic in learner.planner.critics:
            critic[-1].weight *= 10
            critic[-1].bias *= 10
    torch.testing.assert_close(learner.actor_loss(batch), before)


def expecting(learner: Learner, *values: float) -> None:
    """Let the target critics expect these values of whatever is done."""
    with torch.no_grad():
        for value, critic in zip(values, learner.target.critics, strict=True):
            critic[-1].weight.zero_()
            critic[-1].bias.fill_(value)


def test_nothing_is_expected_behind_the_end_of_an_episode() -> None:
    learner = Learner(sailing.planner(), sailing.logged(50), replace(QUICK, batch=8, gamma=1.0))
    drawn = replace(learner.drawn(), rewards=torch.full((8,), 0.25))
    expecting(learner, 0.5, 0.5)
    assert torch.equal(learner.goals(replace(drawn, done=torch.ones(8))), drawn.rewards)
    torch.testing.assert_close(learner.goals(replace(drawn, done=torch.zeros(8))), drawn.rewards + 0.5)


def test_the_lesser_of_both_critics_is_expected() -> None:
    learner = Learner(sailing.planner(), sailing.logged(50), replace(QUICK, gamma=1.0))
    drawn = learner.drawn()
    expecting(learner, 0.8, 0.3)
    going_on = drawn.done == 0
    torch.testing.assert_close(learner.goals(drawn)[going_on], drawn.rewards[going_on] + 0.3)


@pytest.mark.parametrize(("wrong", "most"), [(50.0, 1.0), (-50.0, 0.0)])
def test_no_more_and_no_less_is_expected_than_a_reward_can_be(wrong: float, most: float) -> None:
    learner = Learner(sailing.planner(), sailing.logged(50), QUICK)
    drawn = learner.drawn()
    expecting(learner, wrong, wrong)
    assert (learner.goals(drawn)[drawn.done == 0] == most).all()


@pytest.mark.parametrize(("per_coordinate", "length"), [(False, 0.2), (True, 0.2 * 64**0.5)])
def test_noise_is_a_share_of_the_action_at_any_dimension(
    per_coordinate: bool, length: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(0)
    planner = Planner(replace(sailing.planner().shape, dimension=64))
    replay = sailing.logged(200)
    wide = replace(replay, actions=sailing.unit(chance.normal(size=(len(replay), 64))))
    learner = Learner(planner, wide, replace(QUICK, is_noise_per_coordinate=per_coordinate, target_noise_clip=9.0))
    seen: list[Tensor] = []

    def values(_states: Tensor, actions: Tensor) -> Tensor:
        seen.append(actions)
        return torch.zeros(2, len(actions))

    monkeypatch.setattr(learner.target, "values", values)
    batch = learner.drawn()
    learner.goals(batch)
    moved = (seen[0] * learner.target.act(batch.next_states)).sum(1).arccos().tan()  # noise across the action
    assert float(moved.square().mean().sqrt()) == pytest.approx(length, rel=0.15)
    torch.testing.assert_close(seen[0].norm(dim=1), torch.ones(64))


def test_a_turn_that_nothing_steered_counts_as_the_cloned_action_of_its_state() -> None:
    turns = [replace(turn, action=None) for turn in sailing.sailed(sailing.adrift(0), 30)[0]]
    planner = sailing.planner()
    learner = Learner(planner, Replay.of(turns, dimension=sailing.WIDTH), QUICK)
    batch = learner.drawn()
    torch.testing.assert_close(batch.actions, planner.cloned_act(batch.states))


class Killed(Exception):
    """Whatever ends a process."""


def test_a_killed_run_goes_on_to_the_very_same_planner(tmp_path: Path) -> None:
    replay, settings = sailing.logged(50), replace(QUICK, steps=60)
    unbroken, broken = sailing.planner(), sailing.planner()
    expected = train(unbroken, replay, settings)

    def kill_at_40(done: int, total: int | None, what: str) -> None:
        if done == 40:
            raise Killed

    checkpoint = Checkpoint(tmp_path / "run", "a run", every_s=0)
    with pytest.raises(Killed):
        train(broken, replay, settings, on_progress=kill_at_40, checkpoint=checkpoint)
    again = sailing.planner(seed=5)
    again.cloned.load_state_dict(unbroken.cloned.state_dict())
    again.up.load_state_dict(unbroken.up.state_dict())
    reported: list[int] = []
    learnt = train(again, replay, settings, on_progress=lambda done, *_: reported.append(done), checkpoint=checkpoint)
    assert reported[0] == 39
    assert learnt == expected
    assert all(torch.equal(*pair) for pair in zip(weights_of(again), weights_of(unbroken), strict=True))


def test_a_cancel_is_heard_within_a_step_and_what_was_done_is_kept(tmp_path: Path) -> None:
    replay, settings = sailing.logged(50), replace(QUICK, steps=60)
    unbroken, broken = sailing.planner(), sailing.planner()
    train(unbroken, replay, settings)
    asked = iter([False] * 7)
    checkpoint = Checkpoint(tmp_path / "run", "a run")
    with pytest.raises(Cancelled):
        train(broken, replay, settings, is_cancelled=lambda: next(asked, True), checkpoint=checkpoint)
    saved = checkpoint.load()
    assert saved is not None
    assert saved[1]["steps"] == 7
    train(broken, replay, settings, checkpoint=checkpoint)
    assert all(torch.equal(*pair) for pair in zip(weights_of(broken), weights_of(unbroken), strict=True))


def test_a_checkpoint_of_another_run_or_a_broken_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "run"
    Checkpoint(path, "one").save({"a": torch.ones(3)}, {"steps": 1})
    assert Checkpoint(path, "one").load() is not None
    assert Checkpoint(path, "another").load() is None
    path.write_bytes(path.read_bytes()[:-4])
    assert Checkpoint(path, "one").load() is None
    path.unlink()
    assert Checkpoint(path, "one").load() is None


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no transition"):
        train(sailing.planner(), sailing.logged(3).only(np.zeros(9, np.bool_)), QUICK)


def test_the_defaults_are_those_that_were_published() -> None:
    found = (PUBLISHED.gamma, PUBLISHED.tau, PUBLISHED.target_noise, PUBLISHED.target_noise_clip, PUBLISHED.alpha)
    assert found == (0.99, 0.005, 0.2, 0.5, 2.5)
    assert (PUBLISHED.critic_rate, PUBLISHED.actor_rate, PUBLISHED.batch, PUBLISHED.policy_delay) == (
        1e-5,
        1e-6,
        1024,
        2,
    )
    assert (SMALL.critic_rate, SMALL.actor_rate, SMALL.batch) == (3e-4, 3e-4, 256)
