"""The travel game as a contest of `games`: its tables, which journey a talk agreed on, and the points that are due.

Plain code reads the words, once from what the assistant proposed last, once from what the traveller said to book. Knows no
arm. `travel` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from benchmarks.games.contest import Outcome, Part
from benchmarks.games.play import Game, Table
from benchmarks.travel_dialogues import YES, opening
from benchmarks.travel_world import Journey, journey_in, scenario_of, scenarios


@dataclass(slots=True)
class Travel:
    """Side 0 is the assistant, and the traveller speaks first. The score is the traveller's alone."""

    tokenizer: Any
    best: float = 1.0

    def tables(self, part: Part, games: int, *, seed: int) -> list[Table]:
        """Each game is over a scenario of its own."""
        found = []
        for number, scenario in enumerate(islice(scenarios(part, seed=seed), games)):
            told = (opening(scenario, is_assistant=True), opening(scenario, is_assistant=False))
            found.append(Table(scenario.key, told, 1, seed * 1_000_003 + number))
        return found

    def outcomes(self, games: Sequence[Game], *, second: bool = False) -> list[Outcome]:
        """By the traveller's first yes. Nothing better was possible at a score of 1."""
        found = []
        for game in games:
            said = [(side, self.tokenizer.decode(reply)) for side, reply in game.said]
            journey = agreed(said, by_traveller=second)
            score = scenario_of(game.table.key).score(journey)
            found.append(Outcome(score, journey is not None, score == 1))
        return found

    def context(self, table: Table) -> str:
        """Each scenario is one."""
        return table.key

    def words(self, prompt: Sequence[int]) -> str:
        """The talk as an embedder reads it, without the offers: the end of a message is the end of a line."""
        text: str = self.tokenizer.decode(list(prompt), skip_special_tokens=False)
        text = text.partition("<|end|>")[2]
        for mark, word in (("<|end|>", "\n"), ("<|user|>", "traveller:"), ("<|assistant|>", "assistant:")):
            text = text.replace(mark, word)
        return text.strip()


def agreed(said: Sequence[tuple[int, str]], *, by_traveller: bool = False) -> Journey | None:
    """The journey that a talk agreed on, by what the assistant (side 0) proposed, or by what the traveller said to book.

    There is none unless the traveller says yes to a message that names a whole journey; its first yes counts.
    """
    for before, (side, answer) in pairwise(said):
        if side == 1 and YES in answer.split() and before[0] == 0:
            proposed, booked = journey_in(before[1].split()), journey_in(answer.split())
            return None if proposed is None else booked if by_traveller else proposed
    return None
