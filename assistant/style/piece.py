"""A text taken apart: greeting, blocks of sentences, closing, signature; and put together again.

`parse(render(piece))` is the piece, and `render(parse(text))` says the same as the text. What others wrote (quoted,
forwarded) is set aside in `quoted`: no trait looks at it. Traits read and change pieces, and never texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.style.blocks import Block, BlockKind, parse_blocks, render_blocks
from assistant.style.endings import take_ending
from assistant.style.names import People, names_of
from assistant.style.quoted import set_apart
from assistant.style.salutations import take_greeting

__all__ = ["Block", "BlockKind", "People", "Piece", "parse", "render"]

_MOST_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    greeting: str = ""
    """Its line: "Dear Ms. Lee,"."""
    blocks: tuple[Block, ...] = ()
    closing: str = ""
    """Its line: "Best regards,"."""
    signature: str = ""
    """The lines under it."""
    postscript: str = ""
    quoted: str = ""
    _hashed: int | None = field(default=None, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Counted once: all that is read of a piece is remembered under it, and each of its words goes into the number."""
        if self._hashed is None:
            parts = (self.greeting, self.blocks, self.closing, self.signature, self.postscript, self.quoted)
            object.__setattr__(self, "_hashed", hash(parts))
        assert self._hashed is not None
        return self._hashed


def parse(text: str, people: People) -> Piece:
    """Any text at all, with any line ends. Every word of it stands in the piece, in its order."""
    piece = _taken_apart(text.replace("\r\n", "\n").replace("\r", "\n"), people)
    for _ in range(_MOST_ROUNDS):  # what comes together in one round may read otherwise in the next: "1.", "Buy milk"
        again = _taken_apart(render(piece), people)
        if again == piece:
            break
        piece = again
    return piece


def render(piece: Piece) -> str:
    closing = "\n".join(part for part in (piece.closing, piece.signature) if part)
    parts = (piece.greeting, render_blocks(piece.blocks), closing, piece.postscript, piece.quoted)
    return "\n\n".join(part for part in parts if part)


def _taken_apart(text: str, people: People) -> Piece:
    own, quoted = set_apart(text)
    reader = names_of(people.reader)
    ending = take_ending(own, names_of(people.writer), reader)
    is_signed = bool(ending.closing or ending.signature)
    greeting, body = take_greeting(ending.body.lstrip(), reader, is_signed=is_signed)
    return Piece(
        greeting=greeting,
        blocks=parse_blocks(body, may_have_titles=not (greeting or is_signed)),
        closing=ending.closing,
        signature=ending.signature,
        postscript=ending.postscript,
        quoted=quoted,
    )
