"""The quantities that a text gives: how many, how much, which score, each under its unit.

A pure function of a text. Two texts of one event seldom give other numbers of the same things.
`assistant.stories.telling` asks.
"""

from __future__ import annotations

import re
from collections import defaultdict

MONEY = "money"
SCORE = "score"
BARE = ""
"""The unit of a number that no word follows."""

_COUNTED = {
    word: str(number)
    for number, word in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)  # noqa: SIM905
}
_COUNTED_WORD = re.compile(rf"\b(?:{'|'.join(_COUNTED)})\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<money>[$£€¥])?\s?(?<![\w.#])(?P<value>\d[\d,]*(?:\.\d+)?)(?:-(?P<other>\d+)(?!\d))?\s*(?P<unit>%|[^\W\d_]+)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SAME_UNIT = {"%": "percent", "pct": "percent", "per": "percent"}


def quantities(text: str) -> dict[str, frozenset[str]]:
    """The values by unit: what follows the number, or `MONEY`, `SCORE`, `BARE`. Years are none.

    >>> quantities("Two ships and 40% for $3.50, lost 21-7")
    {'ships': frozenset({'2'}), 'percent': frozenset({'40'}), 'money': frozenset({'3.50'}), 'score': frozenset({'21-7'})}
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for match in _NUMBER.finditer(_COUNTED_WORD.sub(lambda word: _COUNTED[word[0].lower()], text)):
        value = match["value"].replace(",", "")
        if match["other"]:
            found[SCORE].add(f"{value}-{match['other']}")
        elif not _YEAR.fullmatch(value):
            unit = (match["unit"] or BARE).casefold()
            found[MONEY if match["money"] else _SAME_UNIT.get(unit, unit)].add(value)
    return {unit: frozenset(values) for unit, values in found.items()}


def agreeing(one: dict[str, frozenset[str]], other: dict[str, frozenset[str]]) -> int:
    """Of how many units both give the same value; of a bare number only with two digits or more."""
    return sum(
        any(unit != BARE or len(value) > 1 for value in one[unit] & other[unit]) for unit in one.keys() & other.keys()
    )


def values(given: dict[str, frozenset[str]]) -> frozenset[str]:
    """Every value with two digits or more, whatever it counts."""
    return frozenset(value for found in given.values() for value in found if len(value) > 1)
