"""What the loop is asked for and what it answers: token ids, an end, and never a character.

`decoding` and `batching` answer it; `served` asks, and turns text into ids and back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch

from assistant.engine.contract import Floats, Place, Prefix, Sampling, Steered
from assistant.steering.choosing import Chooser
from assistant.steering.split_softmax import Focus

IsCancelled = Callable[[], bool]
Reason = Literal["end", "length", "cancelled"]


class TokenMask(Protocol):
    """Which tokens may come next: a grammar, asked before each token and told the one that was drawn."""

    @property
    def is_done(self) -> bool:
        """Nothing more may come: the reply ends without a stop token."""
        ...

    def bias(self, remaining: int) -> torch.Tensor | None:
        """Allowed tokens, bool of shape (vocabulary,) on any device, at least one of them; None allows all.

        `remaining` tokens are left for the reply, the next one counted. Tokens past the end of a shorter mask are not
        allowed.
        """
        ...

    def accept(self, token: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Guide:
    """Classifier-free guidance away from the prompt `ids`: log-probabilities there plus `strength` times how far those of the
    prompt proper lie beyond them (arXiv 2306.17806). For replies of a batch."""

    ids: Sequence[int]
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One reply. `session` names the cache that is kept for the next turn, empty keeps none.

    No tokens at all (`max_tokens` 0) only read the prompt: into the session's cache, and for its hidden state. `steer` is
    asked for rows once the prompt is read; an order has a prefix or is steered. `focus` says where its instructions stand
    and how far attention to them is raised; `wants_attention` asks how much it was before that.
    """

    max_tokens: int
    sampling: Sampling = field(default_factory=Sampling)
    session: str = ""
    prefix: Prefix | None = None
    steer: Chooser | None = None
    mask: TokenMask | None = None
    wants_hidden: bool = False
    focus: Focus | None = None
    wants_attention: bool = False
    guide: Guide | None = None

    @property
    def exponent(self) -> float:
        """What its states depend on beside its tokens: 1 where attention is left as it is."""
        return 1.0 if self.focus is None else self.focus.exponent

    @property
    def is_split(self) -> bool:
        """Whether attention to its instructions is looked at apart."""
        return self.focus is not None and (self.wants_attention or self.focus.exponent != 1)

    @property
    def place(self) -> Place | None:
        """Where its rows go, if it has any."""
        given = self.steer or self.prefix
        return None if given is None else given.place

    @property
    def rows(self) -> int:
        """How many rows of embeddings it has."""
        if self.steer is not None:
            return self.steer.rows
        return 0 if self.prefix is None else len(self.prefix.rows)

    @property
    def needs_state(self) -> bool:
        """Whether the prompt is read for its hidden state."""
        return self.wants_hidden or self.steer is not None


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the reply. Stop tokens are none: they end it."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How it ended: `end` by a stop token or a mask that is done, `length` by `max_tokens`, or `cancelled`.

    `reused` of the prompt's tokens came from the session's cache. `first_token_s` passed until the prompt was read and
    the first token could be drawn. `hidden` is float32 of shape (width,): the state of the prompt's
    last token after the final norm, read without any prefix; there is one where it was wanted or steered by. `attention`
    is the share on the instructions where it was wanted, a mean over the columns that chose a token.
    """

    reason: Reason
    reused: int
    first_token_s: float
    total_s: float
    hidden: Floats | None = None
    steered: Steered | None = None
    attention: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A reply of a batch: its tokens, without the stop token that ended it, and what `Finished` says of its prompt."""

    tokens: list[int]
    hidden: Floats | None = None
    steered: Steered | None = None
    attention: float | None = None


def never() -> bool:
    """Nobody cancels."""
    return False
