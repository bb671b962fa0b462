"""From token ids to text as it comes: whole characters only.

It knows tokenizers and no model. `generation.served` puts every reply through it; the sums are exact: what comes out in
pieces is what the tokenizer makes of the whole.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from typing import Any

_BYTE_PIECE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_REPLACEMENT = "\ufffd"
_LONGEST_HELD = 4
"""Tokens that may make up one character of UTF-8."""


class Detokenizer:
    """The text of token ids, in the whole characters that each one completes; special tokens have none.

    Byte-level tokens are bytes, decoded here as they come. Elsewhere a piece is asked of the tokenizer behind an anchor,
    so that it keeps its leading space; a run of byte pieces (SentencePiece's fall-back) is held until it ends, because
    one wrong byte changes all of it.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._silent = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._is_byte_level = _decoders(tokenizer) == ["ByteLevel"]
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self._held: list[int] = []
        self._anchor: list[int] = []
        """Empty before the first piece: what begins a text may lose its leading space."""

    def push(self, token_id: int) -> str:
        """The characters that are whole now, often none."""
        piece = self._tokenizer.convert_ids_to_tokens(token_id)
        if token_id in self._silent or piece is None:
            return ""
        if self._is_byte_level:
            return self._bytes.decode(_bytes_of(piece))
        self._held.append(token_id)
        if _BYTE_PIECE.fullmatch(piece):
            return ""
        text = self._text_of_held()
        if text.endswith(_REPLACEMENT) and len(self._held) < _LONGEST_HELD:
            return ""
        return self._let_go(text)

    def flush(self) -> str:
        """What is left at the end: an unfinished character as the tokenizer shows it."""
        if self._is_byte_level:
            return self._bytes.decode(b"", final=True)
        return self._let_go(self._text_of_held()) if self._held else ""

    def _text_of_held(self) -> str:
        return self._decode([*self._anchor, *self._held])[len(self._decode(self._anchor)) :]

    def _let_go(self, text: str) -> str:
        self._held.clear()
        if not self._anchor:
            self._anchor = _anchor(self._tokenizer)
        return text

    def _decode(self, ids: list[int]) -> str:
        return decode(self._tokenizer, ids)


def decode(tokenizer: Any, ids: Sequence[int]) -> str:
    """The text of a whole reply, without special tokens and without beautification."""
    text: str = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text


def _decoders(tokenizer: Any) -> list[str]:
    """The kinds of decoder that a tokenizer applies, in order."""
    decoder = tokenizer.backend_tokenizer.decoder
    if decoder is None:
        return []
    state = json.loads(decoder.__getstate__())
    return [part["type"] for part in state.get("decoders", [state])]


def _bytes_of(piece: str) -> bytes:
    """The bytes that a byte-level token stands for; an added token that is no such writing stands for itself."""
    try:
        return bytes(_BYTES[character] for character in piece)
    except KeyError:
        return piece.encode("utf-8", "replace")


def _byte_alphabet() -> dict[str, int]:
    """The character that stands for each byte in GPT-2's byte-level writing: printable ones for themselves."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {chr(byte): byte for byte in printable}
    return letters | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTES = _byte_alphabet()


def _anchor(tokenizer: Any) -> list[int]:
    """An ordinary token whose text stays the same whatever follows it."""
    for text in ("a", "1", "."):
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
        if ids and decode(tokenizer, ids[-1:]).strip() == text:
            return ids[-1:]
    return []
