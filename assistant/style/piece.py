"""A text taken apart: greeting, blocks of sentences, closing, signature; and put together again.

`parse(render(piece))` is the piece, and `render(parse(text))` says the same as the text. What others wrote (quoted,
forwarded) is set aside in `quoted`: no trait looks at it. Traits read and change pieces, and never texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["prose", "bullets", "numbered", "heading", "verbatim"]


@dataclass(frozen=True, slots=True)
class Block:
    """`parts` are the sentences of a paragraph, the items of a list, the one line of a heading, the lines of what is kept
    as it stands (code, tables)."""

    kind: BlockKind
    parts: tuple[str, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whose names stand in greetings and signatures, so that `{first}`, `{last}` and `{name}` can stand for them.

    `reader` may be empty (a document, several readers); `language` is a code such as `en`, or empty.
    """

    writer: str = ""
    reader: str = ""
    language: str = ""
