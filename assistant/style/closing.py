"""How a text closes: "Best regards,", "Thanks {first},", or `none`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from assistant.style.names import abstract, fill, names_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings

_READER = re.compile(r",?\s*\{(?:first|name|last)\}")


class Closing:
    name = "closing"
    reach = 0.03

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not piece.closing:
            return {self.name: Reading(value="none", strength=1.0 if piece.blocks else 0.3)}
        value = abstract(piece.closing, names_of(people.reader))
        return {self.name: Reading(value=value, quote=piece.closing)}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        return compare_readings(self.read(before, people), self.read(after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None:
            return piece
        if setting.value == "none":
            return replace(piece, closing="")
        line = fill(setting.value, names_of(people.reader))
        return replace(piece, closing=line if line is not None else _READER.sub("", setting.value))

    def say(self, dimension: str, setting: Setting) -> str:
        return "end without a closing" if setting.value == "none" else f'close with "{setting.value}"'


CLOSING = Closing()
