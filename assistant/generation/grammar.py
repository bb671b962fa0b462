"""Which tokens may come next so that a reply becomes an object of a schema, and is whole when its budget ends.

llguidance says what the grammar admits. Beside it stands a bound on the tokens that would finish the object: near the
end of the budget a finish is looked up and written, token by token. Knows no model: `decoding` asks it through
`order.TokenMask`, `served` makes one for each reply.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer

from assistant.engine.contract import OutOfBudget
from assistant.engine.schema import Schema
from assistant.errors import BadRequest

_COMMA, _COLON = ", ", ": "
_OPTIONS: dict[str, Any] = {
    "whitespace_flexible": False,  # no white space but these two, or a model could write it for ever
    "item_separator": _COMMA,
    "key_separator": _COLON,
    "json_allowed_escapes": 'nt"\\',  # no \u: half a surrogate pair is no text
}
_CLOSING = b"}],n"
"""What ends things soonest, outside of a string; then null, which says that nothing was said."""
_FILLING = b"-.x0 "
"""What fills a string up to a least length."""
_FEW = 16
"""So many ways to go on are tried out; among more there is a string's free text."""
_SLACK = 4
"""Bytes of a character or an escape that was begun."""


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
            raise _refused(str(err)) from err
        if matcher.is_error():
            raise _refused(matcher.get_error())
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


class Grammar:
    """A `TokenMask` for one reply of `max_tokens`.

    Finishing takes at most `_finish` tokens now, and one more token of the reply adds at most `_growth` to that: so long
    as both fit, the model is free. Then the finish is looked up and the bound becomes exact; if that does not fit either,
    it is written. The first finish is the shortest object there is: a smaller budget is refused at once.
    """

    def __init__(self, vocabulary: Vocabulary, schema: Schema, max_tokens: int) -> None:
        """`schema` is a bounded one. Raises: OutOfBudget, BadRequest."""
        self._vocabulary = vocabulary
        self._matcher = vocabulary.matcher(schema)
        self._place = _Place()
        self._growth = _Growth(vocabulary).of(schema)
        self._forced: list[int] = []
        shortest = len(self._way_out())
        self._finish = shortest
        if max_tokens < shortest:
            raise OutOfBudget(
                f"The shortest answer of this form has {shortest} tokens, and the reply may have {max_tokens}.",
                "Allow more tokens, or ask for less.",
            )

    @property
    def is_done(self) -> bool:
        return bool(self._matcher.is_accepting())

    def bias(self, remaining: int) -> torch.Tensor | None:
        """Bool of shape (vocabulary,)."""
        if not self._forced and self._finish + self._growth >= remaining:
            way_out = self._way_out()
            self._finish = len(way_out)
            if self._finish + self._growth >= remaining:
                self._forced = way_out[::-1]
        if self._forced:
            allowed = torch.zeros(self._vocabulary.size, dtype=torch.bool)
            allowed[self._forced[-1]] = True
            return allowed
        return torch.from_numpy(self._allowed(self._matcher))

    def accept(self, token: int) -> None:
        if not self._matcher.consume_token(token):
            raise AssertionError(f"a token that the mask forbids: {token}, {self._matcher.get_error()}")
        self._place.add(self._vocabulary.bytes_of(token))
        self._finish += self._growth
        if self._forced:
            self._forced.pop()

    def _allowed(self, matcher: LLMatcher) -> np.ndarray[Any, np.dtype[np.bool_]]:
        bits = np.frombuffer(matcher.compute_bitmask(), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little")[: self._vocabulary.size].astype(bool)

    def _way_out(self) -> list[int]:
        """Tokens that finish the object from here: what is forced in its fewest tokens, and the shortest choice between."""
        matcher, place = self._matcher.deep_copy(), self._place.copy()
        tokens: list[int] = []
        while not matcher.is_accepting():
            text = matcher.compute_ff_bytes()
            step = self._vocabulary.spelled(text) if text else [self._choice(matcher, place)]
            if not step or not matcher.consume_tokens(step):
                raise _refused(f"this model has no tokens for {text!r} {matcher.get_error()}")
            for token in step:
                place.add(self._vocabulary.bytes_of(token))
            tokens += step
        return tokens

    def _choice(self, matcher: LLMatcher, place: _Place) -> int:
        """The byte that leads out soonest, as a token."""
        allowed = self._allowed(matcher)
        singles = ((byte, self._vocabulary.single(byte)) for byte in range(256))
        ways = {byte: token for byte, token in singles if token is not None and allowed[token]}
        if not ways:
            raise _refused("this model has no tokens to go on with")
        for byte in b'"' if place.is_text else _CLOSING:
            if byte in ways:
                return ways[byte]
        if len(ways) <= _FEW:
            return min(ways.values(), key=lambda token: self._length_after(matcher, token))
        return next((ways[byte] for byte in _FILLING if byte in ways), next(iter(ways.values())))

    def _length_after(self, matcher: LLMatcher, token: int) -> int:
        """Of what is forced once `token` is there: the rest of a name among names."""
        tried = matcher.deep_copy()
        tried.consume_token(token)
        return len(tried.compute_ff_bytes())


class _Place:
    """Whether the text so far ends within a string."""

    def __init__(self, *, is_text: bool = False, is_escape: bool = False) -> None:
        self.is_text = is_text
        self._is_escape = is_escape

    def copy(self) -> _Place:
        return _Place(is_text=self.is_text, is_escape=self._is_escape)

    def add(self, text: bytes) -> None:
        for byte in text:
            if self._is_escape:
                self._is_escape = False
            elif byte == ord("\\"):
                self._is_escape = True
            elif byte == ord('"'):
                self.is_text = not self.is_text


class _Growth:
    """By how many tokens one more token can put the finish off: by what it opens, and where it cuts what is forced.

    `least` bounds the finish of a value that was not begun, `most` that of one begun anywhere. A way out takes what
    closes first, but among the alternatives of a choice any, so that the worst of them counts.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._most = vocabulary.most

    def of(self, schema: Schema) -> int:
        opened = max((self.most(child) for child in _children(schema)), default=0)
        return opened + self._cuts(schema) + _SLACK

    def least(self, schema: Schema) -> int:
        if "anyOf" in schema:
            return max(self.least(one) for one in schema["anyOf"])
        if schema.get("type") == "object" and "properties" in schema:
            return 2 + sum(self._name(name) + self.least(value) for name, value in schema["properties"].items())
        if schema.get("type") in ("object", "array"):
            return 2 + self._required(schema)
        return self._scalar(schema)

    def most(self, schema: Schema) -> int:
        """Within the value of a property, those after it are still to come, at their least."""
        if "anyOf" in schema:
            return max(self.most(one) for one in schema["anyOf"])
        if schema.get("type") == "object" and "properties" in schema:
            worst = later = 0
            for name, value in reversed(schema["properties"].items()):
                worst = max(worst, self._name(name) + self.most(value) + later)
                later += self._name(name) + self.least(value)
            return 2 + worst
        if schema.get("type") in ("object", "array"):
            inside = max((self.most(child) for child in _children(schema)), default=0)
            return 2 + self._required(schema) + self._between(schema) + inside
        return self._scalar(schema)

    def _required(self, schema: Schema) -> int:
        """Of a list or map: the elements that it has to have."""
        if "prefixItems" in schema:
            return sum(self.least(one) + self._most(_COMMA) for one in schema["prefixItems"])
        count = int(schema.get("minItems") or schema.get("minProperties") or 0)
        return count * (max(self.least(child) for child in _children(schema)) + self._between(schema)) if count else 0

    def _between(self, schema: Schema) -> int:
        """A comma, and in a map a name of one character or what is left of one."""
        return self._most(_COMMA) + (3 + self._most(_COLON) if schema.get("type") == "object" else 0)

    def _scalar(self, schema: Schema) -> int:
        if "enum" in schema:
            return max(self._most(_written(value)) for value in schema["enum"])
        if schema["type"] == "string" and "pattern" in schema:
            width = 1 if str(schema["pattern"]).isascii() else 4
            return 2 + _SLACK + width * int(schema["maxLength"])
        if schema["type"] == "string":
            return 2 + _SLACK + int(schema["minLength"])
        if schema["type"] in ("integer", "number"):
            bounds = [value for word, value in schema.items() if word.lower().endswith("imum")]
            return 8 + max(len(str(int(value))) for value in bounds)  # and a sign, a point and four digits
        return self._most("false")

    def _name(self, name: str) -> int:
        return self._most(_COMMA + _written(name) + _COLON)

    def _cuts(self, schema: Schema) -> int:
        """The longest rest of a name that a token can end in the middle of."""
        own = max((self._name(name) for name in schema.get("properties", ())), default=0)
        return max([own, *(self._cuts(child) for child in _children(schema))])


def _children(schema: Schema) -> Sequence[Schema]:
    """The schemas of what is directly inside a value."""
    found: list[Schema] = [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    for word in ("properties", "patternProperties"):
        found += schema.get(word, {}).values()
    if isinstance(items := schema.get("items"), Mapping):
        found.append(dict(items))
    return found


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(_COMMA, _COLON))


def _refused(why: str) -> BadRequest:
    why = why.strip().splitlines()[0] if why.strip() else "no reason given"
    return BadRequest(f"The schema cannot be followed: {why[:200]}.", "Use a simpler schema.")
