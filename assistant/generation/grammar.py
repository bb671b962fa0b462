"""Which tokens may come next so that a reply becomes an object of a schema, and is whole when its budget ends.

llguidance says what the grammar admits. Beside it stands a bound on the tokens that would finish the object: near the
end of the budget a finish is looked up and written, token by token. Knows no model: `decoding` asks it through
`order.TokenMask`, `served` makes one for each reply.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import Any

import numpy as np
import torch
from llguidance import LLMatcher

from assistant.engine.contract import OutOfBudget
from assistant.engine.schema import Schema
from assistant.generation.growth import Growth
from assistant.generation.vocabulary import Vocabulary, refused

_CLOSING = b"}],n"
"""What ends things soonest, outside of a string; then null, which says that nothing was said."""
_FILLING = b"-.x0 "
"""What fills a string up to a least length. A number that may not be 0 is largest when it has the fewest digits."""
_FEW = 8
"""So many ways to go on are compared; among more there is a string's free text."""
_TRIALS = 60
"""The search for the shortest of several names looks at so many at most."""


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
        self._growth = Growth(vocabulary).of(schema)
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
        matcher, place = self._matcher.deep_copy(), replace(self._place)
        tokens: list[int] = []
        while not matcher.is_accepting():
            text = matcher.compute_ff_bytes()
            step = self._vocabulary.spelled(text) if text else [self._choice(matcher, place)]
            if not step or not matcher.consume_tokens(step):
                raise refused(f"this model has no tokens for {text!r} {matcher.get_error()}")
            for token in step:
                place.add(self._vocabulary.bytes_of(token))
            tokens += step
        return tokens

    def _choice(self, matcher: LLMatcher, place: _Place) -> int:
        """The byte that leads out soonest, as a token."""
        ways = self._ways(matcher)
        if not ways:
            raise refused("this model has no tokens to go on with")
        for byte in b'"' if place.is_text else _CLOSING:
            if byte in ways:
                return ways[byte]
        if len(ways) <= _FEW:
            name = self._soonest_name(matcher, ways) if place.is_text else None
            return name or min(ways.values(), key=lambda token: len(_after(matcher, token).compute_ff_bytes()))
        filling = _FILLING if place.is_text else b"9876543210" if place.is_number else b"0987654321"
        return next((ways[byte] for byte in filling if byte in ways), next(iter(ways.values())))

    def _ways(self, matcher: LLMatcher) -> dict[int, int]:
        """The bytes that may come next, each with its token."""
        allowed = self._allowed(matcher)
        singles = ((byte, self._vocabulary.single(byte)) for byte in range(256))
        return {byte: token for byte, token in singles if token is not None and allowed[token]}

    def _soonest_name(self, matcher: LLMatcher, ways: dict[int, int]) -> int | None:
        """The beginning of the name with the fewest tokens, among those that a string may have: Dijkstra's search.

        A way that forks into many is left: no names stand there, but digits of a pattern. None where all do.
        """
        order = count()
        paths = [(1, next(order), bytes([byte]), token) for byte, token in ways.items()]
        while paths:
            _, _, text, first = heappop(paths)
            if text.endswith(b'"'):
                return first
            state = matcher.deep_copy()
            state.consume_tokens(self._vocabulary.spelled(text))
            forced, quote, _ = state.compute_ff_bytes().partition(b'"')
            ends = [forced + quote] if forced or quote else [bytes([byte]) for byte in self._ways(state)]
            if next(order) > _TRIALS:
                return None
            for end in ends if len(ends) <= _FEW else []:
                heappush(paths, (len(self._vocabulary.spelled(text + end)), next(order), text + end, first))
        return None


@dataclass(slots=True)
class _Place:
    """Where the text so far ends: within a string, within a number."""

    is_text: bool = False
    is_number: bool = False
    is_escape: bool = False

    def add(self, text: bytes) -> None:
        for byte in text:
            if self.is_escape:
                self.is_escape = False
            elif byte == ord("\\"):
                self.is_escape = True
            elif byte == ord('"'):
                self.is_text = not self.is_text
            self.is_number = not self.is_text and byte in b"0123456789"


def _after(matcher: LLMatcher, token: int) -> LLMatcher:
    """The state one token later."""
    after = matcher.deep_copy()
    after.consume_token(token)
    return after
