"""What planners of a game learn from: games that were played, as arrays, and from them the replays of `steering.training.replay`.

`before` is the state that a turn of side 0 began in, `behind` the one its reply left. It knows no arm and no network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.steering.training.replay import Replay, Turn
from benchmarks.games.contest import Contest
from benchmarks.games.kept import Arrays
from benchmarks.games.play import Game, Policy, Room, Table

LINEAGE = "game"
AT_ONCE = 1000
"""Games that are played side by side: more would not be faster."""


def played(room: Room, tables: Sequence[Table], policy: Policy) -> list[Game]:
    """All tables, in portions."""
    games: list[Game] = []
    for start in range(0, len(tables), AT_ONCE):
        games += room.play(tables[start : start + AT_ONCE], policy)
    return games


def as_arrays(contest: Contest, room: Room, games: Sequence[Game], dimension: int) -> Arrays:
    """Each turn of side 0: `before` and `behind` (turns, width), `actions` (turns, dimension; 0 where nothing steered),
    `steered`, `game` and `text`, the prompt in words, (turns,); and `reward` (games,), the score over the best one."""
    reads = room.read(games)
    outcomes = contest.outcomes(games)
    actions = [action for game in games for action in game.actions]
    nothing = np.zeros(dimension, np.float32)
    return {
        "before": np.concatenate([read.before for read in reads]),
        "behind": np.concatenate([read.behind for read in reads]),
        "actions": np.stack([nothing if action is None else action for action in actions]),
        "steered": np.array([action is not None for action in actions]),
        "game": np.repeat(np.arange(len(games)), [len(game.actions) for game in games]),
        "text": np.array(texts(contest, room, games)),
        "reward": np.array([outcome.score / contest.best for outcome in outcomes], np.float32),
    }


def texts(contest: Contest, room: Room, games: Sequence[Game]) -> list[str]:
    """The prompt of each turn of side 0 in words, in the order of `as_arrays`."""
    return [contest.words(prompt) for game in games for prompt in room.prompts(game)]


def replay(parts: Sequence[Arrays], *, states: Sequence[NDArray[np.float32]] | None = None) -> Replay:
    """All turns of several collections; `states` stand in for the model's own where they are given.

    The reward comes with the last turn of a game.
    """
    turns: list[Turn] = []
    for number, part in enumerate(parts):
        turns += _turns(f"{number}", part, part["before"] if states is None else states[number])
    return Replay.of(turns, dimension=parts[0]["actions"].shape[1], lineage=LINEAGE)


@dataclass(frozen=True, slots=True)
class Returns:
    """States behind replies (n, width), and the reward that came of them, discounted by the turns that followed."""

    behind: NDArray[np.float32]
    rewards: NDArray[np.float32]


def returns(part: Arrays, gamma: float) -> Returns:
    """What the critic of samples learns from."""
    game = part["game"]
    ends = np.searchsorted(game, game, side="right") - 1
    left = ends - np.arange(len(game))
    return Returns(part["behind"], (part["reward"][game] * gamma**left).astype(np.float32))


def _turns(name: str, part: Arrays, states: NDArray[np.float32]) -> Iterator[Turn]:
    game, is_last = part["game"], np.r_[part["game"][1:] != part["game"][:-1], True]
    steps = np.arange(len(game)) - np.searchsorted(game, game)
    for place in range(len(game)):
        yield Turn(
            episode=f"{name}-{game[place]}",
            step=int(steps[place]),
            state=states[place],
            action=part["actions"][place] if part["steered"][place] else None,
            lineage=LINEAGE,
            reward=float(part["reward"][game[place]]) if is_last[place] else None,
            is_last=bool(is_last[place]),
        )
