"""What stands under a text: "{first}", "{name}", "-- {first}", a block of lines (with ` / ` between them), or `none`.

Names are the writer's. Where the writer is not known, the signature itself is the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.style.names import abstract, fill, names_of
from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings

_BETWEEN = " / "


class Signature:
    name = "signature"
    reach = 0.03

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not piece.signature:
            return {self.name: Reading(value="none", strength=1.0 if piece.blocks else 0.3)}
        names = names_of(people.writer)
        lines = [abstract(line, names, any_case=False) for line in piece.signature.split("\n")]
        return {self.name: Reading(value=_BETWEEN.join(lines), quote=piece.signature)}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        return compare_readings(self.read(before, people), self.read(after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None:
            return piece
        if setting.value == "none":
            return replace(piece, signature="")
        lines = fill(setting.value, names_of(people.writer))
        return piece if lines is None else replace(piece, signature=lines.replace(_BETWEEN, "\n"))

    def say(self, dimension: str, setting: Setting) -> str:
        return "do not sign" if setting.value == "none" else f'sign as "{setting.value}"'


SIGNATURE = Signature()
