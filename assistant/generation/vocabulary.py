"""A tokenizer's tokens as bytes, and matchers of llguidance over them.

It knows no model and no budget: `grammar` follows a matcher through a reply, `growth` asks what a text costs.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer

from assistant.engine.schema import Schema
from assistant.errors import BadRequest

COMMA, COLON = ", ", ": "
_OPTIONS: dict[str, Any] = {
    "whitespace_flexible": False,  # no white space but these two, or a model could write it for ever
    "item_separator": COMMA,
    "key_separator": COLON,
    "json_allowed_escapes": 'nt"\\',  # no \u: half a surrogate pair is no text
}


class Vocabulary:
    """A tokenizer's tokens as bytes, for any number of grammars. Making one takes a second for a large vocabulary."""

    def __init__(self, tokenizer: Any, size: int) -> None:
        """`size`: how many logits the model has."""
        self.size = size
        self._tokenizer: LLTokenizer = from_tokenizer(tokenizer, n_vocab=max(size, len(tokenizer)))
        self._bytes = [
            b"" if self._tokenizer.is_special_token(token) else self._tokenizer.decode_bytes([token])
            for token in range(min(len(tokenizer), size))
        ]

    def matcher(self, schema: Schema) -> LLMatcher:
        """Raises: BadRequest where llguidance does not take the schema."""
        try:
            grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=_OPTIONS)  # type: ignore[arg-type]
            matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        except ValueError as err:
            raise refused(str(err)) from err
        if matcher.is_error():
            raise refused(matcher.get_error())
        return matcher

    def bytes_of(self, token: int) -> bytes:
        return self._bytes[token] if token < len(self._bytes) else b""

    @property
    def is_complete(self) -> bool:
        """Whether every byte can be written on its own, without which an object cannot be finished for certain."""
        return all(bytes([byte]) in self._ids for byte in range(0x20, 0x7F))

    def single(self, byte: int) -> int | None:
        return self._ids.get(bytes([byte]))

    def spelled(self, text: bytes) -> list[int]:
        """`text` in the fewest tokens; none where a byte of it has no token."""
        first = self._spellings(text)[1]
        tokens: list[int] = []
        at = 0
        while at < len(text) and first[at] >= 0:
            tokens.append(first[at])
            at += len(self._bytes[first[at]])
        return tokens if at == len(text) else []

    def most(self, text: str) -> int:
        """Tokens for the rest of `text`, wherever one stands in it."""
        return max(self._spellings(text.encode())[0])

    def _spellings(self, text: bytes) -> tuple[list[int], list[int]]:
        """For each place in `text`, the fewest tokens from there to its end, and the first of them.

        A byte without a token counts as one, and its token is -1.
        """
        fewest, first = [0] * (len(text) + 1), [-1] * len(text)
        for at in reversed(range(len(text))):
            fewest[at] = fewest[at + 1] + 1
            for end in range(at + 1, min(at + self._longest, len(text)) + 1):
                token = self._ids.get(text[at:end])
                if token is not None and (first[at] < 0 or fewest[end] + 1 < fewest[at]):
                    fewest[at], first[at] = fewest[end] + 1, token
        return fewest, first

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        return {text: token for token, text in reversed(list(enumerate(self._bytes))) if text}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._ids))


def refused(why: str) -> BadRequest:
    """What is raised where a schema asks for what this tokenizer, or llguidance, cannot do."""
    why = why.strip().splitlines()[0] if why.strip() else "no reason given"
    return BadRequest(f"The schema cannot be followed: {why[:200]}.", "Use a simpler schema.")
