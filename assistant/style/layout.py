"""Whether a body is prose, bullets or a numbered list.

Written, sentences become items and items sentences; what frames the matter ("Thanks for your mail.") stays prose around
the list, unless `layout/frames` has it among the items; a line that leads to what follows stays before it. There and back
nothing is lost. Lists with lists in them, headings and tables stay as they are, and a list that is there keeps its items.
`layout/stops` is whether items end in a full stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from assistant.style.blocks import Block, BlockKind
from assistant.style.body import LISTS, capitalised
from assistant.style.kinds import FRAMING, kind_of
from assistant.style.piece import People, Piece
from assistant.style.splitting import sentences, tail
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings, shown

_VALUES: tuple[BlockKind, ...] = ("prose", "bullets", "numbered")
_STOPS, _FRAMES = "layout/stops", "layout/frames"
_STOPPED = re.compile(r"(?<![.…])\.$")
_SHORT_FORM = re.compile(
    r"(?:\b(?:etc|usw|bzw|e\.g|i\.e|a\.m|p\.m|z\.\s?B|Inc|Ltd|Co|Corp|Jr|Sr|Nr|no)|\b\w)\.$", re.IGNORECASE
)
_ENDS = ".!?…:;。！？؟"
_PLAIN_IN_PROSE = 5
"""Sentences from which on a text shows that it might have been a list."""


class Layout:
    name = "layout"
    reach = 0.2

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        return self._shape(piece) | _stops(piece) | _frames(piece)

    def _shape(self, piece: Piece) -> dict[str, Reading]:
        counts = dict.fromkeys(_VALUES, 0)
        quote = ""
        for block in piece.blocks:
            if block.kind in LISTS:
                counts[block.kind] += len(block.parts)
                quote = quote or block.parts[0]
            elif block.kind == "prose":
                counts["prose"] += sum(not _is_frame(part) for part in block.parts)
        total = sum(counts.values())
        if not total:
            return {}
        items = counts["bullets"] + counts["numbered"]
        if items * 2 >= total:
            value = "numbered" if counts["numbered"] > counts["bullets"] else "bullets"
            return {self.name: Reading(value=value, strength=min(1.0, 0.4 + 0.2 * items), quote=quote)}
        return {self.name: Reading(value="prose", strength=round(min(1.0, total / _PLAIN_IN_PROSE), 3))}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """That thanks stayed beside a new list is as usual, and no change."""
        found = compare_readings(shown(self, before, people), shown(self, after, people))
        return [one for one in found if (one.dimension, one.before, one.after.value) != (_FRAMES, "", "prose")]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        shown = self._shape(piece).get(self.name)
        if setting is not None and shown is not None and setting.value in _VALUES and shown.value != setting.value:
            frames = form.get(_FRAMES)
            is_framed = frames is None or frames.value != "items"
            blocks = (
                _as_prose(piece.blocks)
                if setting.value == "prose"
                else _as_list(piece.blocks, setting.value, is_framed=is_framed)
            )
            piece = replace(piece, blocks=tuple(blocks))
        return _with_stops(piece, form[_STOPS].value) if _STOPS in form else piece

    def say(self, dimension: str, setting: Setting) -> str:
        if dimension == _STOPS:
            return f"end the items of a list {'with a' if setting.value == 'yes' else 'without a'} full stop"
        if dimension == _FRAMES:
            return f"write thanks and the like {'as items of' if setting.value == 'items' else 'beside'} a list"
        return {"prose": "write in prose, without lists", "bullets": "write in bullets"}.get(
            setting.value, "write a numbered list"
        )


LAYOUT = Layout()


def _stops(piece: Piece) -> dict[str, Reading]:
    """What items that could end in a full stop show of it: not questions, not "etc."."""
    items = [item for block in piece.blocks if block.kind in LISTS and not _is_nested(block) for item in block.parts]
    stopped = [item for item in items if _STOPPED.search(item) and not _SHORT_FORM.search(item)]
    bare = [item for item in items if not _is_ended(item)]
    total = len(stopped) + len(bare)
    if total < 2 or min(len(stopped), len(bare)) * 3 > total:
        return {}
    more, value = (stopped, "yes") if len(stopped) > len(bare) else (bare, "no")
    return {_STOPS: Reading(value=value, strength=round(len(more) / total, 3), quote=more[0])}


def _frames(piece: Piece) -> dict[str, Reading]:
    """Where thanks and the like stand that begin or end a list, or what is said around it. What a line leads from to a list
    has no choice."""
    items = [block.parts for block in piece.blocks if block.kind in LISTS and not _is_nested(block)]
    within = [part for parts in items for part in dict.fromkeys((parts[0], parts[-1])) if _is_framing(part)]
    around = [block.parts for block in piece.blocks if block.kind == "prose" and not block.parts[-1].endswith(":")]
    beside = [part for parts in around for part in parts if _is_framing(part)]
    if not items or len(within) == len(beside):
        return {}
    more, value = (within, "items") if len(within) > len(beside) else (beside, "prose")
    return {_FRAMES: Reading(value=value, quote=more[0])}


def _with_stops(piece: Piece, value: str) -> Piece:
    return replace(
        piece,
        blocks=tuple(
            replace(block, parts=tuple(_stopped(item, value) for item in block.parts))
            if block.kind in LISTS and not _is_nested(block)
            else block
            for block in piece.blocks
        ),
    )


def _stopped(item: str, value: str) -> str:
    if value == "yes":
        return item if _is_ended(item) else item + "."
    is_one = len(sentences(item)) == 1
    return item[:-1] if value == "no" and is_one and _STOPPED.search(item) and not _SHORT_FORM.search(item) else item


def _is_ended(text: str) -> bool:
    return any(mark in tail(text) for mark in _ENDS)


def _is_frame(sentence: str) -> bool:
    return sentence.endswith(":") or _is_framing(sentence)


def _is_framing(sentence: str) -> bool:
    return kind_of(sentence) in FRAMING


def _is_nested(block: Block) -> bool:
    return any("\n" in part for part in block.parts)


def _as_prose(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Each list as a paragraph; one that a line leads to goes on with that line."""
    pending: Block | None = None
    for block in blocks:
        if block.kind in LISTS and not _is_nested(block):
            if pending is not None and pending.parts[-1].endswith(":"):
                pending = replace(pending, parts=(*pending.parts[:-1], *_led(pending.parts[-1], block.parts)))
                continue
            block = Block("prose", tuple(_sentences(block.parts)))
        if pending is not None:
            yield pending
        pending = block if block.kind == "prose" else None
        if pending is None:
            yield block
    if pending is not None:
        yield pending


def _led(lead: str, items: tuple[str, ...]) -> list[str]:
    """ "We need: bread; milk." Items that are sentences stay sentences."""
    if any(_is_ended(item) or ";" in item for item in items) or len(items) < 2:
        return [lead, *_sentences(items)]
    return [f"{lead} {'; '.join(items)}."]


def _sentences(items: tuple[str, ...]) -> Iterator[str]:
    for item in items:
        ended = capitalised(item) if _is_ended(item) else capitalised(item) + "."
        yield from sentences(ended)


def _as_list(blocks: tuple[Block, ...], value: str, *, is_framed: bool) -> Iterator[Block]:
    """Paragraphs and lists one after another become one list, with what frames them before and after it, or in it."""
    kind: BlockKind = "numbered" if value == "numbered" else "bullets"
    run: list[Block] = []
    for block in blocks:
        if block.kind == "prose" or (block.kind in LISTS and not _is_nested(block)):
            run.append(block)
            continue
        yield from _listed(run, kind, is_framed=is_framed)
        run = []
        yield block
    yield from _listed(run, kind, is_framed=is_framed)


def _listed(run: list[Block], kind: BlockKind, *, is_framed: bool) -> Iterator[Block]:
    parts = [part for block in run for part in block.parts]
    start = next((number for number, part in enumerate(parts) if not _is_frame(part)), len(parts))
    end = next((number for number in range(len(parts), start, -1) if not _is_frame(parts[number - 1])), start)
    if start == end:
        yield from run
        return
    if not is_framed:
        leads = [number for number, part in enumerate(parts[:start], start=1) if part.endswith(":")]
        start = start if _unled(parts[start])[0] else max(leads, default=0)
        end = next(number for number in range(len(parts), 0, -1) if not parts[number - 1].endswith(":"))
    items: list[str] = []
    head = parts[:start]
    for part in parts[start:end]:
        lead, led = _unled(part)
        if led and not items:
            head.append(lead)
            items += led
        else:
            items.append(part)
    if head:
        yield Block("prose", tuple(head))
    yield Block(kind, tuple(items))
    if parts[end:]:
        yield Block("prose", tuple(parts[end:]))


def _unled(sentence: str) -> tuple[str, list[str]]:
    """A sentence that `_led` made, taken apart again."""
    lead, colon, rest = sentence.partition(": ")
    items = rest.removesuffix(".").split("; ")
    return (lead + ":", items) if colon and len(items) > 1 and all(items) else ("", [])
