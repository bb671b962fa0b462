"""What planners learn from: turns become transitions, sampled and split by episode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.contract import Floats
from assistant.steering.training.replay import Replay, Turn, is_held_out

WIDTH, DIMENSION = 3, 2
ACTION = np.array([0.6, 0.8], np.float32)


def state(number: float) -> Floats:
    return np.full(WIDTH, number, np.float32)


def turn(episode: str, step: int, **facts: object) -> Turn:
    usual: dict[str, object] = {"state": state(step), "action": ACTION}
    return Turn(episode=episode, step=step, **(usual | facts))  # type: ignore[arg-type]


def replay_of(*turns: Turn, lineage: str = "") -> Replay:
    return Replay.of(turns, dimension=DIMENSION, lineage=lineage)


def test_each_turn_leads_to_the_next_one_of_its_episode_and_the_last_to_none() -> None:
    replay = replay_of(
        turn("a", 2, reward=1.0, is_last=True), turn("b", 1, reward=0.5, is_last=True), turn("a", 0), turn("a", 1)
    )
    assert replay.keys == ("a", "b")
    assert replay.states[:, 0].tolist() == [0, 1, 2, 1]
    assert replay.next_states[:, 0].tolist() == [1, 2, 0, 0]
    assert replay.done.tolist() == [False, False, True, True]
    assert replay.rewards.tolist() == [0, 0, 1, 0.5]
    assert replay.is_first.tolist() == [True, False, False, True]
    assert replay.episodes.tolist() == [0, 0, 0, 1]


def test_an_episode_whose_end_nobody_judged_loses_its_last_turn_alone() -> None:
    replay = replay_of(turn("a", 0), turn("a", 1), turn("b", 0))
    assert replay.keys == ("a",)
    assert replay.states[:, 0].tolist() == [0]
    assert replay.next_states[:, 0].tolist() == [1]
    assert not replay.done.any()


def test_what_follows_the_end_of_an_episode_is_not_learnt_from() -> None:
    replay = replay_of(turn("a", 0, reward=1.0, is_last=True), turn("a", 1, reward=0.0))
    assert replay.rewards.tolist() == [1.0]
    assert replay.done.tolist() == [True]


def test_an_action_of_another_up_mapping_is_left_out_but_its_state_is_still_where_the_turn_before_led() -> None:
    replay = replay_of(
        turn("a", 0, lineage="mine"),
        turn("a", 1, lineage="other"),
        turn("a", 2, action=None, reward=1.0, is_last=True),
        lineage="mine",
    )
    assert replay.states[:, 0].tolist() == [0, 2]
    assert replay.next_states[:, 0].tolist() == [1, 0]
    assert replay.is_cloned.tolist() == [False, True]
    assert replay.actions.tolist() == [pytest.approx(ACTION.tolist()), [0, 0]]


def test_an_episode_is_drawn_by_its_weight_and_its_turns_alike() -> None:
    replay = replay_of(
        *(turn("long", step) for step in range(4)),
        turn("long", 4, reward=1.0, is_last=True),
        turn("short", 0, reward=1.0, is_last=True),
        turn("simulated", 0, reward=1.0, is_last=True, weight=0.25),
    )
    assert replay.chances().sum() == pytest.approx(1)
    by_episode = np.bincount(replay.episodes, replay.chances())
    assert by_episode.tolist() == pytest.approx([4 / 9, 4 / 9, 1 / 9])
    assert len(set(replay.chances()[:5].tolist())) == 1


@given(st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=30), st.floats(0, 1))
def test_an_episode_is_on_one_side_and_stays_there_whatever_comes(names: set[str], share: float) -> None:
    turns = [turn(name, step, reward=1.0) for name in sorted(names) for step in range(2)]
    seen, held = replay_of(*turns).split(share)
    assert set(seen.keys) | set(held.keys) == names
    assert not set(seen.keys) & set(held.keys)
    assert len(seen) + len(held) == len(turns)
    assert set(held.keys) == {name for name in names if is_held_out(name, share)}
    first = sorted(names)[0]
    assert (first in replay_of(turn(first, 0, reward=1.0)).split(share)[1].keys) == (first in held.keys)


def test_all_parts_of_a_session_are_on_one_side() -> None:
    turns = [turn(f"s{session}#{part}", 0, reward=1.0) for session in range(40) for part in range(3)]
    seen, held = replay_of(*turns).split(0.3)
    sessions = [{key.partition("#")[0] for key in side.keys} for side in (seen, held)]
    assert len(held.keys) == 3 * held.sessions > 0
    assert not sessions[0] & sessions[1]


def test_the_share_that_is_held_out_is_the_one_asked_for() -> None:
    assert sum(is_held_out(f"conversation-{number}", 0.2) for number in range(2000)) == pytest.approx(400, abs=60)


def test_the_newest_episodes_are_kept_where_not_all_have_room() -> None:
    replay = replay_of(*(turn(f"e{number}", step, reward=1.0) for number in range(10) for step in range(3)))
    half = replay.newest(replay.bytes // 2)
    assert half.keys == ("e5", "e6", "e7", "e8", "e9")
    assert half.bytes <= replay.bytes // 2
    assert replay.newest(replay.bytes) is replay
    assert len(replay.newest(1)) == 0


def test_nothing_makes_an_empty_replay() -> None:
    empty = replay_of()
    assert len(empty) == 0
    seen, held = empty.split(0.2)
    assert len(seen) == len(held) == 0
    assert len(empty.chances()) == 0
