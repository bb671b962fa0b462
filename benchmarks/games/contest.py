"""What a game must tell the course of its proof: its tables, its score, what describes a reply, and its words.

`negotiation` and `travel` each are one. It knows no arm and no planner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from benchmarks.games.play import Game, Table

Part = Literal["train", "validation", "held_out"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a game ended for side 0: `score` in the game's own units, whether they agreed, whether nothing better for one
    was possible without loss for the other."""

    score: float
    agreed: bool
    pareto: bool


class Contest(Protocol):
    """A game over contexts that are parted into train, validation and held out."""

    best: float
    """The score that counts 1 as a reward."""

    def tables(self, part: Part, games: int, *, seed: int) -> list[Table]:
        """So many tables over the contexts of a part, as evenly as it goes, with their luck."""
        ...

    def outcomes(self, games: Sequence[Game], *, second: bool = False) -> list[Outcome]:
        """By the reader that training sees, or by the second one."""
        ...

    def context(self, table: Table) -> str:
        """What a table is played over: intervals draw contexts, not games."""
        ...

    def words(self, prompt: Sequence[int]) -> str:
        """A prompt in words, for an embedder."""
        ...
