"""How many sentences stand in a paragraph. Written, sentences are only put together otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median_high

from assistant.style.blocks import Block
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings


class Paragraphs:
    name = "paragraphs"
    reach = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        """The middle one of the sizes. The last paragraph takes what is left over, and tells nothing where there are others."""
        sizes = [len(block.parts) for block in piece.blocks if block.kind == "prose"]
        if sum(sizes) < 2:
            return {}
        amount = median_high(sizes[:-1] or sizes)
        strength = 1.0 if len(sizes) > 2 else 0.7 if len(sizes) == 2 or amount > 4 else 0.4
        return {self.name: Reading(value=str(amount), amount=float(amount), strength=strength)}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """Only where as much is told: a shorter text has shorter paragraphs by itself."""
        was = sum(len(block.parts) for block in before.blocks if block.kind == "prose")
        now = sum(len(block.parts) for block in after.blocks if block.kind == "prose")
        if abs(was - now) * 2 > max(was, now):
            return []
        return compare_readings(self.read(before, people), self.read(after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        shown = self.read(piece, people).get(self.name)
        if setting is None or setting.amount is None or shown is None:
            return piece
        size = max(1, round(setting.amount))
        if shown.amount == size:
            return piece
        return replace(piece, blocks=tuple(_regrouped(piece.blocks, size)))

    def say(self, dimension: str, setting: Setting) -> str:
        amount = max(1, round(setting.amount)) if setting.amount is not None else setting.value
        return f"write paragraphs of {amount} sentence{'' if amount == 1 else 's'}"


PARAGRAPHS = Paragraphs()


def _regrouped(blocks: tuple[Block, ...], size: int) -> Iterator[Block]:
    run: list[str] = []
    for block in blocks:
        if block.kind == "prose":
            run += block.parts
            continue
        yield from _grouped(run, size)
        run = []
        yield block
    yield from _grouped(run, size)


def _grouped(run: list[str], size: int) -> Iterator[Block]:
    for start in range(0, len(run), size):
        yield Block("prose", tuple(run[start : start + size]))
