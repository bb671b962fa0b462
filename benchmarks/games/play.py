"""Two sides of one frozen model talk, in many games at once; one side may be steered.

A turn of all games is one call of the voice. Chances are drawn from a game's own seed, so that each arm meets the same
luck. It knows tokens, sides and turns, and no score; `arms` decides how the first side speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.games.scratch_model import ROLES, Role
from benchmarks.games.voice import Drawing, Place, Read, Voice, read_back

Messages = Sequence[tuple[Role, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """A game to be played: what each side is told, who speaks first (0 or 1), and its luck. Side 0 may be steered.

    `key` names the context, which intervals are drawn over.
    """

    key: str
    told: tuple[Messages, Messages]
    first: int
    seed: int


@dataclass(slots=True)
class Game:
    """As it was played: who said which tokens, and the actions of side 0 in its turns (None where nothing steered)."""

    table: Table
    said: list[tuple[int, list[int]]] = field(default_factory=list)
    actions: list[NDArray[np.float32] | None] = field(default_factory=list)
    is_over: bool = False


class Policy(Protocol):
    """How side 0 speaks."""

    @property
    def place(self) -> Place: ...

    @property
    def temperature(self) -> float: ...

    @property
    def samples(self) -> int:
        """Replies drawn, of which `best` picks one where there are several."""
        ...

    def choose(self, states: Tensor, prompts: Sequence[Sequence[int]], games: Sequence[Game]) -> Tensor | None:
        """Actions (n, dimension) for the states (n, width); None steers nothing."""
        ...

    def rows(self, actions: Tensor) -> Tensor:
        """(n, dimension) -> (n, L, width)."""
        ...

    def best(self, behind: NDArray[np.float32]) -> NDArray[np.int64]:
        """Of states behind each sample, (n, samples, width), the place of the best."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What ends a talk: a reply that is the token `ends`, one that holds a token of `closing`, or too many turns."""

    ends: int | None
    stop: int
    begin: int
    most_turns: int = 20
    longest: int = 40
    temperature: float = 1.0
    closing: frozenset[int] = frozenset()


class Room:
    """Plays tables with one voice."""

    def __init__(self, voice: Voice, tokenizer: Any, rules: Rules) -> None:
        self.voice, self.rules = voice, rules
        self._encode: Callable[[str], list[int]] = lambda text: tokenizer.encode(text, add_special_tokens=False)
        self._marks: dict[str, int] = {role: tokenizer.convert_tokens_to_ids(mark) for role, mark in ROLES.items()}

    def play(self, tables: Sequence[Table], policy: Policy) -> list[Game]:
        """All of them to their end."""
        games = [Game(table) for table in tables]
        heard = [[self._told(table.told[side]) for side in (0, 1)] for table in tables]
        for turn in range(self.rules.most_turns):
            going = [place for place, game in enumerate(games) if not game.is_over]
            if not going:
                break
            speakers = [(games[place].table.first + turn) % 2 for place in going]
            prompts = [
                [*heard[place][side], self._marks["assistant"]] for place, side in zip(going, speakers, strict=True)
            ]
            replies = self._turn(turn, [games[place] for place in going], speakers, prompts, policy)
            for place, side, reply in zip(going, speakers, replies, strict=True):
                games[place].said.append((side, reply))
                heard[place][side] += [self._marks["assistant"], *reply, self.rules.stop]
                heard[place][1 - side] += [self._marks["user"], *reply, self.rules.stop]
                games[place].is_over = reply == [self.rules.ends] or not self.rules.closing.isdisjoint(reply)
        return games

    def read(self, games: Sequence[Game]) -> list[Read]:
        """Side 0's conversations read again, without prefixes."""
        rows = []
        for game in games:
            ids, spans = self._told(game.table.told[0]), []
            for side, said in game.said:
                ids.append(self._marks["assistant" if side == 0 else "user"])
                begin = len(ids)
                ids += [*said, self.rules.stop]
                if side == 0:
                    spans.append((begin, len(ids)))
            rows.append((ids, spans))
        found: list[Read] = read_back(self.voice.model, rows)
        return found

    def prompts(self, game: Game) -> list[list[int]]:
        """What side 0 had read before each of its replies."""
        ids, found = self._told(game.table.told[0]), []
        for side, said in game.said:
            ids = [*ids, self._marks["assistant" if side == 0 else "user"]]
            if side == 0:
                found.append(ids)
            ids = [*ids, *said, self.rules.stop]
        return found

    def _turn(
        self, turn: int, games: Sequence[Game], speakers: Sequence[int], prompts: Sequence[list[int]], policy: Policy
    ) -> list[list[int]]:
        """What each game's speaker says."""
        copies = [policy.samples if side == 0 else 1 for side in speakers]
        places = [place for place, many in enumerate(copies) for _ in range(many)]
        chances = np.concatenate([self._chances(game, turn, many) for game, many in zip(games, copies, strict=True)])
        is_mine = np.array([speakers[place] == 0 for place in places])
        temperatures = np.where(is_mine, policy.temperature, self.rules.temperature)

        def choose(states: Tensor, which: Sequence[int]) -> Tensor | None:
            asked = [places[one] for one in which]
            actions = policy.choose(states, [prompts[one] for one in asked], [games[one] for one in asked])
            for n, one in enumerate(asked):
                games[one].actions.append(None if actions is None else actions[n].numpy().astype(np.float32))
            return None if actions is None else policy.rows(actions)

        replies = self.voice.write(
            [prompts[place] for place in places],
            Drawing(temperatures, chances),
            steered=[bool(mine) and policy.samples == 1 for mine in is_mine],
            choose=choose,
            place=policy.place,
        )
        return self._picked(copies, prompts, replies, policy) if policy.samples > 1 else replies

    def _picked(
        self, copies: Sequence[int], prompts: Sequence[list[int]], replies: list[list[int]], policy: Policy
    ) -> list[list[int]]:
        """Of several samples, the one whose end state the policy likes best."""
        chosen, start, asked, rows = [], 0, [], []
        for place, many in enumerate(copies):
            chosen.append(replies[start])
            if many > 1:
                asked.append((place, start))
                for reply in replies[start : start + many]:
                    ids = [*prompts[place], *reply, self.rules.stop]
                    rows.append((ids, [(len(prompts[place]), len(ids))]))
            start += many
        if asked:
            behind = np.stack([one.behind[0] for one in read_back(self.voice.model, rows)])
            best = policy.best(behind.reshape(len(asked), policy.samples, -1))
            for (place, start), one in zip(asked, best.tolist(), strict=True):
                chosen[place] = replies[start + one]
        return chosen

    def _chances(self, game: Game, turn: int, many: int) -> NDArray[np.float64]:
        return np.random.default_rng([game.table.seed, turn]).random((many, self.rules.longest))

    def _told(self, messages: Messages) -> list[int]:
        ids = [self.rules.begin]
        for role, said in messages:
            ids += [self._marks[role], *self._encode(said), self.rules.stop]
        return ids
