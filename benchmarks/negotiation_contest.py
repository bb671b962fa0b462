"""The negotiation as a contest of `games`: its tables, what a reader makes of a talk, and the points that are due.

Knows no arm. `negotiation` builds it from two readers and the pairs of contexts of each part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.games.contest import Outcome, Part
from benchmarks.games.play import Game, Table
from benchmarks.negotiation_data import BEST, SELECTION, Pair, is_pareto, points
from benchmarks.negotiation_reader import Reader, Talk
from benchmarks.negotiation_talk import opening


@dataclass(slots=True)
class Negotiation:
    """Both sides share one reader; `second` confirms what it found."""

    pairs: Mapping[Part, Sequence[Pair]]
    reader: Reader
    second: Reader
    tokenizer: Any
    best: float = BEST

    def tables(self, part: Part, games: int, *, seed: int) -> list[Table]:
        """Each pair of contexts from both sides, either of them speaking first, then again with other luck.

        Fewer games than four for each pair are spread over all of them.
        """
        pairs, found = self.pairs[part], []
        step = max(1, 4 * len(pairs) // max(games, 1)) if games < 4 * len(pairs) else 1
        for number in range(games):
            place = number * step if step > 1 else number
            one = pairs[(place // 4) % len(pairs)]
            variety = (place + number // max(len(pairs), 1) if step > 1 else place) % 4
            pair, first = (one.turned() if variety % 2 else one), variety // 2
            told = (
                opening(pair, is_first=True, opens=first == 0),
                opening(pair, is_first=False, opens=first == 1),
            )
            found.append(Table(_key(pair), told, first, seed * 1_000_003 + number))
        return found

    def outcomes(self, games: Sequence[Game], *, second: bool = False) -> list[Outcome]:
        """A talk that did not end within its turns is no deal."""
        reader = self.second if second else self.reader
        pairs = [_pair(game.table.key) for game in games]
        splits = reader.splits([self._talk(pair, game) for pair, game in zip(pairs, games, strict=True)])
        found = []
        for pair, game, named in zip(pairs, games, splits, strict=True):
            split = named if game.is_over else None
            found.append(Outcome(points(pair, split)[0], split is not None, is_pareto(pair, split)))
        return found

    def context(self, table: Table) -> str:
        """The pair of contexts, whichever side is which."""
        return _pair(table.key).key

    def words(self, prompt: Sequence[int]) -> str:
        """A prompt as an embedder reads it: the end of a message is the end of a line."""
        text: str = self.tokenizer.decode(list(prompt), skip_special_tokens=False)
        for mark, word in (
            ("<|begin|>", ""),
            ("<|end|>", "\n"),
            ("<|system|>", ""),
            ("<|user|>", "them:"),
            ("<|assistant|>", "me:"),
        ):
            text = text.replace(mark, word)
        return text.strip()

    def _talk(self, pair: Pair, game: Game) -> Talk:
        said = [(side == 0, self.tokenizer.decode(reply)) for side, reply in game.said]
        return Talk(pair.counts, tuple((mine, text) for mine, text in said if text != SELECTION))


def _key(pair: Pair) -> str:
    return " ".join(map(str, (*pair.counts, *pair.first, *pair.second)))


def _pair(key: str) -> Pair:
    n = [int(word) for word in key.split()]
    return Pair((n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8]))
