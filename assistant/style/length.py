"""How long a text is: its sentences (or items), and its words. Greeting, closing and what is quoted do not count.

Written, both only shorten, by whole sentences: what frames the matter first, then from the end. To lengthen a text takes
more material, which a piece does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.style.body import Unit, units, without, words_of
from assistant.style.kinds import FRAMING, kind_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings, shown

_SENTENCES = "sentences"
_WORDS = "words"
_SLACK = 1.3
"""Where both are set, words are seen to only beyond so many times their number."""
_FEW = 3
"""So many words more or fewer in the same sentences come with another date or name, and are no other length."""


class Length:
    """Of one measure: how much a unit counts for."""

    reach = 0.5

    def __init__(self, name: str, counts: Callable[[Unit], int], least_change: float) -> None:
        self.name = name
        self._counts = counts
        self._least_change = least_change

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        amount = self._total(units(piece))
        return {self.name: Reading(value=str(amount), amount=float(amount))} if amount else {}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """A word changed here and there is no other length."""
        old, new = units(before), units(after)
        was, now = self._total(old), self._total(new)
        share = abs(now - was) / max(now, was, 1)
        if not now or share < self._least_change or (len(old) == len(new) and abs(now - was) <= _FEW):
            return []
        differences = compare_readings(shown(self, before, people), shown(self, after, people))
        strength = round(min(1.0, 0.3 + 2 * share), 3)
        return [_weighed(difference, strength) for difference in differences]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.amount is None or setting.amount <= 0:
            return piece
        limit = setting.amount * (_SLACK if self.name == _WORDS and _SENTENCES in form else 1.0)
        standing = _standing(form)
        texts = {unit.text for unit in units(piece)}
        to_come = sum(self._counts(Unit(0, 0, text, is_item=False)) for text in standing if text not in texts)
        return self._shortened(piece, max(limit - to_come, 1.0), _kept(form, standing))

    def say(self, dimension: str, setting: Setting) -> str:
        amount = round(setting.amount) if setting.amount is not None else setting.value
        return f"write about {amount} {self.name.removesuffix('s') if amount == 1 else self.name}"

    def _total(self, found: list[Unit]) -> int:
        return sum(self._counts(unit) for unit in found)

    def _shortened(self, piece: Piece, limit: float, is_kept: Callable[[Unit], bool]) -> Piece:
        every = units(piece)
        total = self._total(every)
        dropped: set[tuple[int, int]] = set()
        for unit in sorted(every[1:] if every else [], key=_dispensable):
            count = self._counts(unit)
            if total <= limit:
                break
            if is_kept(unit) or abs(total - count - limit) >= abs(total - limit):
                continue
            dropped.add((unit.block, unit.part))
            total -= count
        return without(piece, _with_leads(piece, dropped)) if dropped else piece


SENTENCES = Length(_SENTENCES, lambda unit: 1, 0.01)
WORDS = Length(_WORDS, lambda unit: words_of(unit.text), 0.1)


def _weighed(difference: Difference, strength: float) -> Difference:
    reading = Reading(value=difference.after.value, amount=difference.after.amount, strength=strength)
    return Difference(dimension=difference.dimension, before=difference.before, after=reading)


def _standing(form: Form) -> list[str]:
    """Standing sentences that the form asks for: they are part of the length."""
    return [setting.value for name, setting in form.items() if name.startswith("stock/") and setting.value != "none"]


def _kept(form: Form, standing: list[str]) -> Callable[[Unit], bool]:
    wanted = {
        name.removeprefix("sentence/")
        for name, setting in form.items()
        if name.startswith("sentence/") and setting.value == "yes"
    }
    return lambda unit: unit.text in standing or (bool(wanted) and kind_of(unit.text) in wanted)


def _dispensable(unit: Unit) -> tuple[bool, int, int]:
    """What goes first: frames, then from the end."""
    kind = kind_of(unit.text)
    return (kind not in FRAMING and kind != "summary", -unit.block, -unit.part)


def _with_leads(piece: Piece, dropped: set[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """A line that leads to a list goes with the last of its items."""
    leads = set()
    for number, block in enumerate(piece.blocks[:-1]):
        below = piece.blocks[number + 1]
        is_lead = block.kind == "prose" and block.parts[-1].endswith(":") and below.kind in ("bullets", "numbered")
        if is_lead and all((number + 1, place) in dropped for place in range(len(below.parts))):
            leads.add((number, len(block.parts) - 1))
    return frozenset(dropped | leads)
