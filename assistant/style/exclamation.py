"""Whether sentences end with "!": yes or no, in any language.

Written, `yes` gives one to a sentence that thanks, welcomes or is glad, and only without such a one to the last. A name
with one ("Yahoo! has") keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.splitting import SMILEY
from assistant.style.trait import Difference, Form, Reading, Setting, Trait
from assistant.style.wording import masked, quoted_from, replaced, reworded, running

YES, NO = "yes", "no"
_ABSENT = 0.3
"""Most texts have none, whatever their writers like."""
_END = rf"(?=[\"'”’)\]]*(?:(?: ?{SMILEY})*\s*$|\s+(?:[\"'“‘(\[]|[^\W\d_a-zß-ÿ])|\s*\n))"
_LOUD = re.compile(rf"(?P<before>\w|[)\]\"'”’%])(?P<asks>\?*)[!！]+(?P<after>\?*)[!！]*{_END}", re.MULTILINE)
_STOP = re.compile(rf"(?<=\w)\.(?=[\"'”’)\]]*(?: ?{SMILEY})*\s*$)")
_WARM = re.compile(
    r"\b(?:thank(?:s| you)|glad|happy|delighted|pleased|excited|great|wonderful|congratulations|welcome|enjoy|"
    r"look(?:ing)? forward|danke|vielen dank|freue|freuen|merci|ravie?|gracias|encantad[oa])\b",
    re.IGNORECASE,
)


class Exclamation(Trait):
    name: ClassVar[str] = "exclamation"
    reach: ClassVar[float] = 0.02

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        text = running(piece)
        if not text:
            return {}
        found = _LOUD.search(text)
        if not found:
            return {self.name: Reading(value=NO, strength=_ABSENT)}
        line = text.rfind("\n", 0, found.start()) + 1
        return {self.name: Reading(value=YES, quote=quoted_from(text, line))}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """What was taken out says more than what was never there."""
        return [
            replace(one, after=replace(one.after, strength=1.0))
            for one in super().compare(before, after, people)
            if one.before
        ]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        shown = self.read(piece, people).get(self.name)
        if setting is None or shown is None or shown.value == setting.value:
            return piece
        if setting.value == NO:
            return reworded(piece, calm)
        return _louder(piece) if setting.value == YES else piece

    def say(self, dimension: str, setting: Setting) -> str:
        return "use an exclamation mark where you are glad" if setting.value == YES else "no exclamation marks"


EXCLAMATION = Exclamation()


def calm(text: str) -> str:
    """ "Great!!" as "Great.", "Really?!" as "Really?"."""
    if "!" not in text and "！" not in text:
        return text
    return replaced(text, _LOUD, lambda match: match["before"] + ("?" if match["asks"] or match["after"] else "."))


def _louder(piece: Piece) -> Piece:
    parts = [
        (number, place)
        for number, block in enumerate(piece.blocks)
        if block.kind == "prose"
        for place in range(len(block.parts))
    ]
    able = [(number, place) for number, place in parts if _STOP.search(masked(piece.blocks[number].parts[place]))]
    if not able:
        return piece
    warm = [(number, place) for number, place in able if _WARM.search(masked(piece.blocks[number].parts[place]))]
    number, place = warm[0] if warm else able[-1]
    block = piece.blocks[number]
    louder = replaced(block.parts[place], _STOP, lambda match: "!")
    blocks = list(piece.blocks)
    blocks[number] = replace(block, parts=(*block.parts[:place], louder, *block.parts[place + 1 :]))
    return replace(piece, blocks=tuple(blocks))
