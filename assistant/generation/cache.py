"""What a model has read: the keys and values of a few sessions, the least recently used of them let go first.

A `Past` is one sequence of tokens with the states a model made of them; `Sessions` keeps some of them under a bound in
bytes. What may be cut is found by looking at the layers after a cut, never by the model's family. Knows no loop and no
text; `decoding` asks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor
from transformers import DynamicCache

from assistant.engine.contract import ASIDE
from assistant.steering.split_softmax import Split

ASIDES = 3
"""So many sessions beside conversations are kept."""
ROW = -1
"""Stands among the tokens for a row of embeddings: it equals no token, so nothing behind it is ever reused."""


class Past:
    """A sequence that was read: `tokens`, and in `states` their keys and values, layer by layer.

    `is_whole` is off while a forward pass is under way; what is left of one that failed is of no use. `split` is how the
    next pass attends to the instructions, if they are looked at apart.
    """

    def __init__(self, config: Any) -> None:
        self.tokens: list[int] = []
        self.is_whole = True
        self.split: Split | None = None
        self.states: Any = DynamicCache(config=config)
        # Sliding layers then keep what left their window until the next cut, which can so be made anywhere behind the
        # one before: a session that only moves on is cut as if all its layers saw everything.
        self.states.activate_past_recording()

    def cut(self, length: int) -> bool:
        """Forget all but the first `length` tokens; False, and of no use any more, where its layers cannot do that."""
        surplus = len(self.tokens) - length
        if surplus <= 0:
            return True
        self.is_whole = False
        if all(layer.is_croppable for layer in self.states.layers):
            self.states.crop(-surplus)  # transformers 5.23 takes the number to remove, as a negative one
            del self.tokens[length:]
            self.is_whole = all(_holds_its_window(layer) for layer in self.states.layers)
        return self.is_whole

    @property
    def bytes(self) -> int:
        """Memory that its states hold; a cut one holds what it had until it grows again."""
        return sum(tensor.untyped_storage().nbytes() for tensor in _tensors(self.states.layers))


class Sessions:
    """The pasts of at most `limit` conversations and a few asides by their name, in at most `limit_bytes` together.

    What was read with attention raised by an exponent is of use for that exponent alone, and kept beside the rest. No
    conversation is let go for the sake of an aside.
    """

    def __init__(self, config: Any, *, limit: int, limit_bytes: int) -> None:
        self._config = config
        self._limit, self._limit_bytes = limit, limit_bytes
        self._kept: OrderedDict[tuple[str, float], Past] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, session: str, ids: Sequence[int], exponent: float = 1.0) -> Past:
        """What the session has in common with the prompt `ids`, short of its last token, which has to be read anyway.

        It is no longer kept until it is put back, so that a pass that fails leaves nothing half read behind.
        """
        past = self._kept.pop((session, exponent), None)
        if past is not None and past.cut(min(common_prefix(past.tokens, ids), len(ids) - 1)):
            return past
        return Past(self._config)

    def put(self, session: str, past: Past, exponent: float = 1.0) -> None:
        """Keep it as the latest one, without the rows in it, if it is whole and there is room."""
        if not session or not past.is_whole:
            return
        if ROW in past.tokens and not past.cut(past.tokens.index(ROW)):
            return
        past.split = None
        self._kept[session, exponent] = past
        self._kept.move_to_end((session, exponent))
        while (surplus := self._surplus()) is not None:
            del self._kept[surplus]

    def common(self, session: str, ids: Sequence[int], exponent: float = 1.0) -> int:
        """How many tokens of the prompt `ids` the session holds already."""
        past = self._kept.get((session, exponent))
        return 0 if past is None else common_prefix(past.tokens, ids)

    def exponent_of(self, session: str) -> float:
        """The exponent that the session was read with the last time."""
        return next((exponent for name, exponent in reversed(self._kept) if name == session), 1.0)

    def forget(self, session: str) -> None:
        for name in [name for name in self._kept if name[0] == session]:
            del self._kept[name]

    def clear(self) -> None:
        self._kept.clear()

    def _surplus(self) -> tuple[str, float] | None:
        """The session to let go of next, while there are too many or they take too much."""
        asides = [name for name in self._kept if name[0].startswith(ASIDE)]
        conversations = [name for name in self._kept if not name[0].startswith(ASIDE)]
        if self.bytes > self._limit_bytes:
            return (asides or conversations)[0]
        if len(conversations) > self._limit:
            return conversations[0]
        return asides[0] if len(asides) > min(ASIDES, self._limit) else None

    @property
    def bytes(self) -> int:
        return sum(past.bytes for past in self._kept.values())


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    shorter = min(len(first), len(second))
    return next((place for place in range(shorter) if first[place] != second[place]), shorter)


def _holds_its_window(layer: Any) -> bool:
    """Whether a layer that was cut still has every state that its attention mask is going to show."""
    if hasattr(layer, "conv_states"):  # how far a convolution looks back, no mask tells
        return False
    keys = layer.keys
    return keys is None or keys.shape[-2] >= layer.get_mask_sizes(1)[0] - 1


def _tensors(layers: Iterable[Any]) -> Iterable[Tensor]:
    for layer in layers:
        for held in vars(layer).values():
            if isinstance(held, Tensor):
                yield held
            elif isinstance(held, dict):
                yield from (state for state in held.values() if isinstance(state, Tensor))
