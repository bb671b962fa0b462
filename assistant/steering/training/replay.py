"""What planners learn from: transitions as arrays, sampled by episode, and split by episode into seen and held out.

The daemon makes a `Replay` of the turns it has kept and sends it to the training worker; the benchmarks make one of
their games. Plain numpy: it knows no planner, no model and no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from assistant.engine.contract import Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
PART = "#"
"""Episodes that are called alike up to it are parts of one session, and stay on one side of a split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One reply as it was logged. `state` has shape (width,); `action`, a unit vector of shape (dimension,), is None
    where nothing steered.

    `lineage` names the up-mapping that gave the action its meaning. `reward` in [0, 1] is None until something is known
    of it; `is_last` says that the episode ended with this turn.
    """

    episode: str
    step: int
    state: Floats
    action: Floats | None = None
    lineage: str = ""
    reward: float | None = None
    is_last: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """n transitions. `states` and `next_states` (n, width), `actions` (n, dimension), all others (n,).

    `is_cloned`: no action was logged, because nothing steered. Such a turn counts as the cloned action of its state,
    which is what self-cloning makes of it; the row in `actions` is 0 until a planner puts it there. `next_states` are 0
    where an episode is `done`. `episodes` numbers them, `keys` has their names.
    """

    states: Floats
    actions: Floats
    rewards: Floats
    next_states: Floats
    done: Bools
    is_cloned: Bools
    is_first: Bools
    episodes: Ints
    weights: Floats
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rewards)

    @classmethod
    def of(cls, turns: Sequence[Turn], *, dimension: int, lineage: str = "") -> Replay:
        """From turns, an episode's together or not; episodes stay in the order in which they are met.

        A reward that nobody knows counts 0 where a turn follows. An episode's last known turn ends it: with its reward;
        it is left out where that is unknown. A turn that was steered through another up-mapping is left out, for its action
        means nothing here, though its state is still where the turn before it led.
        """
        rows: list[tuple[Turn, Turn | None, bool]] = []
        keys: list[str] = []
        episodes: list[int] = []
        for key, group in by_episode(turns).items():
            found = list(_transitions(group, lineage))
            if found:
                rows += found
                episodes += [len(keys)] * len(found)
                keys.append(key)
        width = len(turns[0].state) if turns else 0
        nothing = np.zeros(dimension, np.float32), np.zeros(width, np.float32)
        return cls(
            states=_stacked([turn.state for turn, _, _ in rows], width),
            actions=_stacked([nothing[0] if turn.action is None else turn.action for turn, _, _ in rows], dimension),
            rewards=np.array([turn.reward or 0.0 for turn, _, _ in rows], np.float32),
            next_states=_stacked([nothing[1] if after is None else after.state for _, after, _ in rows], width),
            done=np.array([after is None for _, after, _ in rows], np.bool_),
            is_cloned=np.array([turn.action is None for turn, _, _ in rows], np.bool_),
            is_first=np.array([is_first for _, _, is_first in rows], np.bool_),
            episodes=np.array(episodes, np.int64),
            weights=np.array([turn.weight for turn, _, _ in rows], np.float32),
            keys=tuple(keys),
        )

    def chances(self) -> NDArray[np.float64]:
        """How likely each transition is drawn, (n,): an episode by its mean weight, then one of its turns."""
        lengths = np.bincount(self.episodes, minlength=len(self.keys))
        chances: NDArray[np.float64] = self.weights.astype(np.float64) / lengths[self.episodes]
        total = chances.sum()
        return chances / total if total > 0 else np.full(len(self), 1.0 / max(len(self), 1))

    def split(self, held_out: float) -> tuple[Replay, Replay]:
        """What is learnt from, and the share `held_out` of the episodes that is not (`is_held_out`)."""
        is_held = np.array([is_held_out(key, held_out) for key in self.keys], np.bool_)
        of_each = is_held[self.episodes] if len(self) else np.zeros(0, np.bool_)
        return self.only(~of_each), self.only(of_each)

    def only(self, chosen: Bools) -> Replay:
        """The transitions that `chosen`, (n,), says; episodes are numbered anew."""
        left, numbers = np.unique(self.episodes[chosen], return_inverse=True)
        kept = {field.name: getattr(self, field.name)[chosen] for field in fields(self) if field.name != "keys"}
        kept["episodes"] = numbers.astype(np.int64)
        return Replay(**kept, keys=tuple(self.keys[number] for number in left))

    def newest(self, most_bytes: int) -> Replay:
        """The last episodes that take no more than so many bytes together."""
        if not len(self) or self.bytes <= most_bytes:
            return self
        each = self.bytes / len(self)
        lengths = np.bincount(self.episodes, minlength=len(self.keys))
        fits = np.cumsum(lengths[::-1])[::-1] * each <= most_bytes
        return self.only(fits[self.episodes])

    @property
    def sessions(self) -> int:
        """How many there are."""
        return len({session_of(key) for key in self.keys})

    @property
    def bytes(self) -> int:
        return sum(getattr(self, field.name).nbytes for field in fields(self) if field.name != "keys")

    @property
    def digest(self) -> str:
        """Two replays with the same one are the same."""
        found = sha256("\0".join(self.keys).encode())
        for field in fields(self):
            if field.name != "keys":
                found.update(np.ascontiguousarray(getattr(self, field.name)).data)
        return found.hexdigest()


def by_episode(turns: Sequence[Turn]) -> dict[str, list[Turn]]:
    """The turns of each episode by their steps; episodes in the order in which they are met."""
    found: dict[str, list[Turn]] = {}
    for turn in turns:
        found.setdefault(turn.episode, []).append(turn)
    return {key: sorted(group, key=lambda turn: turn.step) for key, group in found.items()}


def session_of(episode: str) -> str:
    """The session that an episode is a part of, or the whole."""
    return episode.partition(PART)[0]


def is_held_out(episode: str, share: float) -> bool:
    """Whether training never sees an episode. Its session's name decides, so that it stays on its side for good."""
    return int.from_bytes(sha256(f"held out: {session_of(episode)}".encode()).digest()[:8], "big") / 2**64 < share


def _transitions(turns: list[Turn], lineage: str) -> Iterator[tuple[Turn, Turn | None, bool]]:
    """Each turn of one episode that can be learnt from, the turn it led to, and whether it was the first."""
    ends = next((place for place, turn in enumerate(turns) if turn.is_last), len(turns) - 1)
    for place, turn in enumerate(turns[: ends + 1]):
        after = turns[place + 1] if place < ends else None
        if turn.action is not None and turn.lineage != lineage:
            continue
        if after is None and turn.reward is None:
            continue
        yield turn, after, place == 0


def _stacked(rows: list[Floats], width: int) -> Floats:
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, width), np.float32)
