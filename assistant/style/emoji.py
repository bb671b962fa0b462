"""Whether a text has emoji (yes or no), and which one stands where (`emoji/usual`: "🙂 end").

Written, `no` takes them out and `yes` sets the usual one at the first or the last sentence; where the usual one is not
known, nothing is set. Smileys such as ":)" count; check marks and arrows are signs and do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from assistant.style.blocks import joined
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, Trait
from assistant.style.wording import masked, quoted_from, reworded, running, spliced

YES, NO = "yes", "no"
START, END = "start", "end"
_ABSENT = 0.3
_USUAL = "emoji/usual"
_SIGN = (
    r"(?:[\U0001F1E6-\U0001F1FF]{2}|[\U0001F300-\U0001FAFF☀-☄☕☘♥✨✌✊✋❣❤⭐☺☹⚡⛄⚽🎉][\uFE0F\U0001F3FB-\U0001F3FF]*"
    r"(?:\u200D[\U0001F300-\U0001FAFF♀♂❤⚕✈]\uFE0F?)*|(?:(?<=\s)|(?<=^)|(?<=[.!?,]))(?:[:;]-?[)(DP]|<3)(?![\w)]))"
)
_EMOJI = re.compile(_SIGN)
_MAYBE = re.compile(r"[^\x00-\u1fff]|[:;<]")
_RUN = re.compile(rf"(?P<gap>[ \t]*)(?:{_SIGN}[ \t]*)+(?<![ \t])")
_CLOSES = re.compile(rf"{_SIGN}[\"'”’)\]]*\s*$")
_ENDED = re.compile(r"[.!?…:;,\"'”’)\]。！？]$")


class Emoji(Trait):
    name: ClassVar[str] = "emoji"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        text = running(piece)
        found = list(_EMOJI.finditer(text))
        if not text:
            return {}
        if not found:
            return {self.name: Reading(value=NO, strength=_ABSENT)}
        line = text.rfind("\n", 0, found[0].start()) + 1
        shown = {self.name: Reading(value=YES, quote=quoted_from(text, line) or found[0][0])}
        usual = _usual(piece, [match[0] for match in found])
        return shown | ({_USUAL: Reading(value=usual, strength=0.8, quote=found[0][0])} if usual else {})

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """What was taken out says more than what was never there."""
        found = [one for one in super().compare(before, after, people) if one.before or one.dimension != self.name]
        return [replace(one, after=replace(one.after, strength=1.0)) for one in found]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        shown = self.read(piece, people).get(self.name)
        if setting is None or shown is None or shown.value == setting.value:
            return piece
        if setting.value == NO:
            return _without(piece)
        sign, _, place = form.get(_USUAL, Setting("")).value.rpartition(" ")
        return _set(piece, sign, place) if setting.value == YES and _EMOJI.fullmatch(f"{sign}") else piece

    def say(self, dimension: str, setting: Setting) -> str:
        if dimension == _USUAL:
            sign, _, place = setting.value.rpartition(" ")
            return f"where an emoji stands, {sign} after the {'first' if place == START else 'last'} sentence"
        return "use an emoji" if setting.value == YES else "no emoji"


EMOJI = Emoji()


def plain(text: str) -> str:
    """`text` without emoji; a sentence that one ended gets its full stop."""
    if not _MAYBE.search(text):
        return text
    changes = {match.start(): (match.end(), _between(text, match)) for match in _RUN.finditer(masked(text))}
    if not changes:
        return text
    bare = spliced(text, changes).strip()
    return f"{bare}." if _CLOSES.search(masked(text)) and bare and not _ENDED.search(bare) else bare


def _between(text: str, match: re.Match[str]) -> str:
    return match["gap"] if text[match.end() :][:1].isalnum() else ""


def _without(piece: Piece) -> Piece:
    """The piece without emoji, and without the sentences that were nothing else."""
    piece = reworded(piece, plain)
    blocks = (replace(block, parts=tuple(part for part in block.parts if part)) for block in piece.blocks)
    return replace(piece, blocks=tuple(joined(block for block in blocks if block.parts)))


def _usual(piece: Piece, found: list[str]) -> str:
    """The commonest one with its place, where that is the end of the first or of the last sentence."""
    parts = [part for block in piece.blocks if block.kind == "prose" for part in block.parts]
    sign, _ = Counter(found).most_common(1)[0]
    for place, part in ((END, parts[-1:]), (START, parts[:1])):
        if part and _CLOSES.search(part[0]) and sign in part[0]:
            return f"{sign} {place}"
    return ""


def _set(piece: Piece, sign: str, place: str) -> Piece:
    prose = [number for number, block in enumerate(piece.blocks) if block.kind == "prose"]
    if not prose:
        return piece
    number = prose[0] if place == START else prose[-1]
    parts = list(piece.blocks[number].parts)
    at = 0 if place == START else len(parts) - 1
    parts[at] = f"{parts[at].rstrip()} {sign}"
    blocks = list(piece.blocks)
    blocks[number] = replace(blocks[number], parts=tuple(parts))
    return replace(piece, blocks=tuple(blocks))
