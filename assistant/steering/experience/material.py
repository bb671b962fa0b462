"""What there is to learn from, as the training worker takes it: rows of one model become the turns of a replay.

A stretch ends with the first reply whose reward is known, and is an episode of its own: what a state is worth is what the
next verdict on it will be, so that a thumb down is less than nothing said, and a long conversation no more than a short
one. What no verdict follows is left out. It knows numpy and rows, no planner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlmodel import Session

from assistant.steering.training.replay import PART, Turn
from memory.embed import unpack_one
from memory.models import Transition
from memory.store import transitions

LineageOf = Callable[[int], str]
"""The lineage of a planner by its number: which up-mapping its actions go through."""
STRETCH = PART
"""Between an episode's name and the number of its stretch: one conversation's are held out together."""


def turns(session: Session, fingerprint: str, lineage_of: LineageOf, most: Callable[[int], int]) -> list[Turn]:
    """Those that count, of the latest episodes, these last. `most` says how many, from the bytes of one."""
    width = transitions.state_bytes(session, fingerprint)
    told = [
        [_turn(row, number, lineage_of) for number, stretch in enumerate(_stretches(episode)) for row in stretch]
        for episode in transitions.episodes(session, fingerprint, most(width))
    ]
    return [turn for episode in reversed(told) for turn in episode]


def most_of(memory_mb: int) -> Callable[[int], int]:
    """So many transitions take no more memory, from the bytes of a state: each is held with the state after it, twice."""
    return lambda state_bytes: max(1, memory_mb * 2**20 // max(4 * state_bytes, 1))


def _stretches(episode: Sequence[Transition]) -> Iterator[list[Transition]]:
    held: list[Transition] = []
    for row in episode:
        held.append(row)
        if row.reward is not None:
            yield held
            held = []


def _turn(row: Transition, stretch: int, lineage_of: LineageOf) -> Turn:
    return Turn(
        episode=f"{row.episode}{STRETCH}{stretch}",
        step=row.step,
        state=unpack_one(row.state),
        action=None if row.action is None else unpack_one(row.action),
        lineage="" if row.planner is None else lineage_of(row.planner),
        reward=row.reward,
        is_last=row.reward is not None,
        weight=row.weight,
    )
