"""The travel game as a contest of `games`: its tables, which journey a talk agreed on, and the points that are due.

Plain code reads the words, once from what the assistant offered last, once from what the traveller said to book. Knows no
arm. `travel` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from benchmarks.games.contest import Outcome, Part
from benchmarks.games.play import Game, Table
from benchmarks.travel_dialogues import YES, opening
from benchmarks.travel_world import TOWNS, scenario_of, scenarios


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
        """A talk that did not end within its turns is no agreement. Nothing better was possible at a score of 1."""
        found = []
        for game in games:
            said = [(side, self.tokenizer.decode(reply)) for side, reply in game.said]
            town = agreed(said, by_traveller=second) if game.is_over else None
            score = scenario_of(game.table.key).score(town)
            found.append(Outcome(score, town is not None, score == 1))
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


def agreed(said: Sequence[tuple[int, str]], *, by_traveller: bool = False) -> str | None:
    """The town that a talk agreed on, by what the assistant (side 0) offered last, or by what the traveller said to book.

    There is none unless the traveller's last words are a yes to a message that names a town.
    """
    heard = [place for place, (side, _) in enumerate(said) if side == 1]
    if not heard or heard[-1] == 0 or YES not in said[heard[-1]][1].split():
        return None
    offered, booked = (_last_town(said[place][1]) for place in (heard[-1] - 1, heard[-1]))
    return None if offered is None else booked if by_traveller else offered


def _last_town(said: str) -> str | None:
    return next((word for word in reversed(said.split()) if word in TOWNS), None)
