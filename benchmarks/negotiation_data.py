"""The human negotiations: two people split books, hats and balls that they value differently (Lewis et al. 2017).

It reads the published lines and parts them by the unordered pair of contexts, so that no side of a dialogue and no other
dialogue over the same values is in two parts. Knows no model. `negotiation` and its readers are built on it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import product
from pathlib import Path
from typing import Literal

ITEMS = ("book", "hat", "ball")
SELECTION = "<selection>"
"""What a side says when it takes the talk to be over."""
BEST = 10
"""What all items together are worth to a side."""

Triple = tuple[int, int, int]
Split = Triple | None
"""How many of each item the first side gets; None is no deal."""
Part = Literal["train", "validation", "held_out"]
Ending = Literal["agree", "no_deal", "disagree", "disconnect"]

_ITEM_WORD = re.compile(r"(book|hat|ball)(s?)")
_LINE = re.compile(
    r"(?P<mine>(?:\d+ ){6})(?P<talk>.*) <eos> (?:YOU|THEM): <selection> (?P<split>.*?) <eos> "
    r"reward=(?P<reward>.*?) (?P<verdict>agree|disagree) (?P<theirs>(?:\d+ ?){6})$"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What is on the table, and what an item of each kind is worth to either side; 10 in all for each."""

    counts: Triple
    first: Triple
    second: Triple

    def turned(self) -> Pair:
        """The same table, seen from its other side."""
        return Pair(self.counts, self.second, self.first)

    @property
    def key(self) -> str:
        """The same for both sides."""
        one, other = sorted((self.first, self.second))
        return " ".join(map(str, (*self.counts, *one, *other)))


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One side's view: `turns` are (whether I speak, what is said), without the word that ended it. `split` is mine."""

    pair: Pair
    turns: tuple[tuple[bool, str], ...]
    i_end: bool
    ending: Ending
    split: Split


def read(path: Path) -> list[Dialogue]:
    """Both sides of every dialogue in a published file.

    Raises: ValueError for a line that is in no known form.
    """
    return [_parsed(line, number) for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]


def pairs_in(path: Path) -> list[Pair]:
    """Lines of twelve numbers: my count and value of each item in turn, then the partner's.

    Raises: ValueError for a line that is none.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        numbers = [int(word) for word in line.split()]
        if len(numbers) != 12 or numbers[0:6:2] != numbers[6:12:2]:
            raise ValueError(f"line {number} of {path}: not two contexts over the same items, twelve numbers in all")
        found.append(_pair(numbers[:6], numbers[6:]))
    return found


def part_of(pair: Pair) -> Part:
    """8 of 10 pairs of contexts train, one validates, one is held out: by a hash, so that it never changes."""
    place = int.from_bytes(blake2b(pair.key.encode(), digest_size=4).digest(), "big") % 10
    return "validation" if place == 8 else "held_out" if place == 9 else "train"


def parts(dialogues: Iterable[Dialogue]) -> dict[Part, list[Dialogue]]:
    """The dialogues of each part, in their order."""
    found: dict[Part, list[Dialogue]] = {"train": [], "validation": [], "held_out": []}
    for dialogue in dialogues:
        found[part_of(dialogue.pair)].append(dialogue)
    return found


def distinct(dialogues: Sequence[Dialogue]) -> list[Pair]:
    """Each pair of contexts once, the side first that is first in the data."""
    seen: dict[str, Pair] = {}
    for dialogue in dialogues:
        seen.setdefault(dialogue.pair.key, dialogue.pair)
    return list(seen.values())


@cache
def feasible(counts: Triple) -> tuple[Triple, ...]:
    """Every way to share out the items: how many of each the first side gets."""
    return tuple(product(*(range(count + 1) for count in counts)))  # type: ignore[arg-type]


def points(pair: Pair, split: Split) -> tuple[int, int]:
    """What a split is worth to either side: 0 for both without a deal."""
    if split is None:
        return 0, 0
    mine = sum(number * value for number, value in zip(split, pair.first, strict=True))
    left = (count - number for count, number in zip(pair.counts, split, strict=True))
    return mine, sum(number * value for number, value in zip(left, pair.second, strict=True))


def is_pareto(pair: Pair, split: Split) -> bool:
    """Whether no other split is better for one side and no worse for the other."""
    mine, theirs = points(pair, split)
    rivals = (points(pair, rival) for rival in feasible(pair.counts))
    return split is not None and not any(
        one >= mine and other >= theirs and (one, other) != (mine, theirs) for one, other in rivals
    )


def permuted(numbers: Triple, order: Sequence[int]) -> Triple:
    """`numbers` of the items, each at the place of the item it has become: item n becomes item `order[n]`."""
    found = [0, 0, 0]
    for place, number in zip(order, numbers, strict=True):
        found[place] = number
    return found[0], found[1], found[2]


def permuted_words(said: str, order: Sequence[int]) -> str:
    """The words of the items changed as their places are. People call the balls basketballs, too."""
    becomes = {item: ITEMS[place] for item, place in zip(ITEMS, order, strict=True)}
    return " ".join(
        becomes[match[1]] + match[2] if (match := _ITEM_WORD.fullmatch(word)) else word
        for word in said.replace("basketball", "ball").split()
    )


def human_scores(dialogues: Iterable[Dialogue]) -> dict[str, list[int]]:
    """The points that people made, by pair of contexts. A talk whose two selections disagree made none."""
    found: dict[str, list[int]] = defaultdict(list)
    for dialogue in dialogues:
        if dialogue.ending != "disconnect":
            split = dialogue.split if dialogue.ending == "agree" else None
            found[dialogue.pair.key].append(points(dialogue.pair, split)[0])
    return dict(found)


def _parsed(line: str, number: int) -> Dialogue:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"line {number} of the negotiations is in no known form")
    mine, theirs = ([int(word) for word in match[name].split()] for name in ("mine", "theirs"))
    turns = []
    for turn in match["talk"].split(" <eos> "):
        who, _, said = turn.partition(" ")
        turns.append((who == "YOU:", said.strip()))
    ending = _ending(match["split"], match["verdict"])
    numbers = re.findall(r"item\d=(\d+)", match["split"])
    split = tuple(int(one) for one in numbers[:3]) or None
    i_end = " <eos> YOU: <selection> " in line
    return Dialogue(_pair(mine, theirs), tuple(turns), i_end, ending, split)  # type: ignore[arg-type]


def _ending(split: str, verdict: str) -> Ending:
    if "disconnect" in split:
        return "disconnect"
    if "no agreement" in split:
        return "no_deal" if verdict == "agree" else "disagree"
    return "agree" if verdict == "agree" else "disagree"


def _pair(mine: Sequence[int], theirs: Sequence[int]) -> Pair:
    counts, first, second = (tuple(numbers) for numbers in (mine[0::2], mine[1::2], theirs[1::2]))
    return Pair(counts, first, second)  # type: ignore[arg-type]
