"""Fitted-Q evaluation: what a policy would earn, from the turns of another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from assistant.progress import Cancelled
from assistant.steering.gate.fitted_q import Act, Beginnings, judged
from assistant.steering.planner import on_sphere
from assistant.steering.settings import PUBLISHED, TrainingSettings
from assistant.steering.training.replay import Replay, Turn
from tests.assistant.steering import sailing

pytestmark = pytest.mark.integration  # torch takes seconds to import
torch.set_num_threads(1)
SETTINGS: TrainingSettings = replace(
    PUBLISHED, judges=12, judge_steps=300, judge_width=32, judge_rate=3e-3, judge_batch=128, judge_tau=0.05, gamma=1.0
)
GOAL = torch.from_numpy(sailing.GOAL)


def toward(share: float) -> Act:
    """So much toward the goal, the rest straight on: 1 is the best policy, -1 the worst."""
    return lambda states: on_sphere(share * GOAL + (1 - abs(share)) * states)


def earned(act: Act, turns: list[Turn]) -> np.ndarray:
    replay = Replay.of(turns, dimension=sailing.WIDTH)
    return judged(sailing.planner(), act, replay, Beginnings.of(turns), SETTINGS)


def truly(act: Act) -> float:
    return float(sailing.sailed(lambda states: act(torch.from_numpy(states)).numpy(), 500, seed=9)[1].mean())


def test_a_policy_is_valued_near_what_it_truly_earns_from_turns_that_went_anywhere() -> None:
    turns, _ = sailing.sailed(sailing.adrift(0), 400)
    for act in (toward(1.0), toward(-1.0)):
        assert earned(act, turns).mean() == pytest.approx(truly(act), abs=0.15)


def test_the_better_of_two_policies_is_surely_better_and_the_worse_one_surely_worse() -> None:
    turns, _ = sailing.sailed(sailing.adrift(1), 200)
    gains = earned(toward(0.9), turns) - earned(toward(-0.2), turns)
    assert np.quantile(gains, 0.05) > 0
    assert np.quantile(-gains, 0.95) < 0


def test_a_policy_against_itself_gains_nothing_at_all() -> None:
    turns, _ = sailing.sailed(sailing.adrift(2), 20)
    assert np.array_equal(earned(toward(0.5), turns), earned(toward(0.5), turns))


def test_judges_are_as_far_apart_as_few_sessions_leave_in_doubt() -> None:
    """One session alone did what the policy does, and earned by it: a judge whose sample lacks it cannot know."""
    chance = np.random.default_rng(0)
    one = Turn(episode="", step=0, state=np.ones(sailing.WIDTH, np.float32), reward=0.0, is_last=True)
    actions = sailing.unit(chance.normal(size=(8, sailing.WIDTH)))
    turns = [
        replace(one, episode=f"session-{number}", action=action, reward=float(number == 0))
        for number, action in enumerate(actions)
    ]
    constant: Act = lambda states: torch.from_numpy(actions[:1]).expand(len(states), -1)  # noqa: E731
    spreads = [earned(constant, several).std() for several in (turns, _again(turns, 12))]
    assert spreads[0] > 0.1
    assert spreads[1] < 0.6 * spreads[0]


def _again(turns: list[Turn], times: int) -> list[Turn]:
    return [replace(turn, episode=f"{turn.episode}, {time}") for turn in turns for time in range(times)]


def test_an_unsteered_turn_counts_as_the_cloned_action() -> None:
    planner = sailing.planner()
    logged, _ = sailing.sailed(sailing.adrift(4), 20)
    unsteered = [replace(turn, action=None) for turn in logged]
    with torch.no_grad():
        as_cloned = [
            replace(turn, action=planner.cloned_act(torch.from_numpy(turn.state)[None])[0].numpy()) for turn in logged
        ]
    found: list[Tensor] = []
    for turns in (unsteered, as_cloned):
        replay = Replay.of(turns, dimension=sailing.WIDTH)
        values = judged(planner, toward(0.5), replay, Beginnings.of(turns), replace(SETTINGS, judge_steps=20))
        found.append(torch.from_numpy(values))
    torch.testing.assert_close(*found)


def test_states_wider_than_judges_see_and_fewer_than_their_width_are_judged_by() -> None:
    chance = np.random.default_rng(0)
    planner = sailing.planner()
    wide = type(planner)(replace(planner.shape, width=200))
    turns = [
        Turn(
            episode=f"e{number}",
            step=0,
            state=chance.normal(size=200).astype(np.float32),
            action=sailing.unit(chance.normal(size=(1, sailing.WIDTH)))[0],
            reward=0.5,
            is_last=True,
        )
        for number in range(30)
    ]
    values = judged(
        wide,
        wide.act,
        Replay.of(turns, dimension=sailing.WIDTH),
        Beginnings.of(turns),
        replace(SETTINGS, judge_states=8),
    )
    assert values.mean() == pytest.approx(0.5, abs=0.15)


def test_a_simulated_session_counts_for_its_share() -> None:
    turns, _ = sailing.sailed(sailing.adrift(5), 8)
    light = [replace(turn, weight=1e-6 if turn.episode == "0-0" else 1.0) for turn in turns]
    without = [turn for turn in turns if turn.episode != "0-0"]
    replay = Replay.of(turns, dimension=sailing.WIDTH)
    values = [
        judged(sailing.planner(), toward(0.5), replay, Beginnings.of(found), replace(SETTINGS, judge_steps=20))
        for found in (light, without, turns)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-5)
    assert values[2] != pytest.approx(values[1], abs=1e-5)


def test_a_judge_expects_no_more_than_a_reward_can_be() -> None:
    """Every turn of an episode was given the whole reward: its sum would be three."""
    turns, _ = sailing.sailed(sailing.adrift(6), 60)
    full = [replace(turn, reward=1.0) for turn in turns]
    assert 0.8 < float(earned(toward(0.5), full).mean()) < 1.1


def test_a_cancel_is_heard_within_a_step() -> None:
    turns, _ = sailing.sailed(sailing.adrift(0), 5)
    replay = Replay.of(turns, dimension=sailing.WIDTH)
    with pytest.raises(Cancelled):
        judged(sailing.planner(), toward(1), replay, Beginnings.of(turns), SETTINGS, is_cancelled=lambda: True)
