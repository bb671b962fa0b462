"""Whether a heading stands over a document: yes or no. Written, `no` takes it away.

A heading that is not there cannot be made from a piece: who drafts gives one, and this leaves it where it is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, compare_readings


class Heading:
    name = "heading"
    reach = 0.04

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        """A letter says nothing of documents, and of two lines nobody expects a heading."""
        if not piece.blocks:
            return {}
        if piece.blocks[0].kind == "heading":
            return {self.name: Reading(value="yes", quote=piece.blocks[0].parts[0])}
        is_letter = bool(piece.greeting or piece.closing or piece.signature)
        return {self.name: Reading(value="no", strength=0.3 if is_letter else 0.6)}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        return compare_readings(self.read(before, people), self.read(after, people))

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value != "no" or len(piece.blocks) < 2 or piece.blocks[0].kind != "heading":
            return piece
        return replace(piece, blocks=piece.blocks[1:])

    def say(self, dimension: str, setting: Setting) -> str:
        return "put a heading over it" if setting.value == "yes" else "write no heading"


HEADING = Heading()
