"""The loop that writes: it reads what is new of a prompt, then draws one token after another until it may stop.

It knows token ids only, nothing of text. What it read is kept for the session's next turn (`cache`), rows of embeddings
are put in where an order marks them and never kept, and on a GPU the step from token to token runs compiled
(`compiled`). `served` calls it, always from one thread: CUDA graphs belong to the thread that recorded them.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from assistant.engine.contract import Capability, Steered
from assistant.errors import BadRequest
from assistant.generation.batching import write_together
from assistant.generation.cache import Past, Sessions
from assistant.generation.compiled import CompiledSteps, Step, warmed
from assistant.generation.forward import Forward
from assistant.generation.order import Finished, IsCancelled, Order, Reason, Token, Written, never
from assistant.generation.probing import capabilities
from assistant.generation.sampling import Sampler
from assistant.steering.choosing import choose
from assistant.steering.split_softmax import Split

CHUNK, CHUNK_ON_CPU = 1024, 256
"""Tokens of a prompt that are read at once: a cancel is heard between two chunks."""
LEAST_CHUNK = 64

Part = tuple[Sequence[int], Tensor | None]
"""Tokens to read at once, and the rows behind them."""


class Decoder:
    """A model at work for several sessions, one call at a time."""

    def __init__(
        self,
        model: Any,
        *,
        device: torch.device | str,
        sessions: int,
        cache_bytes: int,
        stop_ids: Set[int],
        compile: bool = False,
        bos_id: int | None = None,
    ) -> None:
        """`sessions` caches are kept, of `cache_bytes` bytes in all. `compile` is for a GPU, and takes effect in `probe`.

        `bos_id` is the token behind which rows at `start` go; without one, the model's configuration names it.
        """
        self._config = model.config
        self._forward = Forward(model, device)
        self._sessions = Sessions(model.config, limit=sessions, limit_bytes=cache_bytes)
        self._stop_ids = frozenset(stop_ids)
        self._bos_id = bos_id if bos_id is not None else getattr(model.config.get_text_config(), "bos_token_id", None)
        self._chunk = CHUNK_ON_CPU if torch.device(device).type == "cpu" else CHUNK
        self._is_to_be_compiled = compile
        self._compiled: CompiledSteps | None = None
        self.notice = ""
        """Why the step from token to token is not compiled, where it was to be."""

    def probe(self) -> frozenset[Capability]:
        """What the model can do, found by trying: some of GENERATE, HIDDEN, CROP, STEER_END and FOCUS.

        The step is compiled here, too, once, so that no reply waits for it.
        """
        found = capabilities(self._forward, self._config)
        if self._is_to_be_compiled and Capability.GENERATE in found:
            self._is_to_be_compiled = False
            self._compiled, self.notice = warmed(self._forward, self._config)
        return found

    @property
    def is_compiled(self) -> bool:
        """Whether the step from token to token is compiled."""
        return self._compiled is not None

    def stream(
        self, ids: Sequence[int], order: Order, *, is_cancelled: IsCancelled = never
    ) -> Iterator[Token | Finished]:
        """The reply to a prompt, token by token, `Finished` last. Closed early, it keeps what was read all the same.

        Raises: BadRequest for an empty prompt, and for rows that are not as wide as the model's.
        """
        begun = time.perf_counter()
        checked(ids, order, self._forward.width)
        past = self._sessions.take(order.session, ids, order.exponent)
        shares: list[Tensor] = []
        reused, first_token_s, read = 0 if order.place == "start" else len(past.tokens), 0.0, None
        reason: Reason = "cancelled"
        try:
            read = self._read_prompt(past, ids, order, is_cancelled)
            if read is not None:
                self._forward.wait()
                first_token_s = time.perf_counter() - begun
                reason = yield from self._write(read, ids, order, shares, is_cancelled)
        finally:
            self._sessions.put(order.session, past, order.exponent)
        yield Finished(
            reason=reason,
            reused=reused,
            first_token_s=first_token_s,
            total_s=time.perf_counter() - begun,
            hidden=None if read is None or read.hidden is None else read.hidden.float().cpu().numpy(),
            steered=None if read is None else read.steered,
            attention=float(torch.cat(shares).mean()) if shares else None,
        )

    def batch(
        self, prompts: Sequence[Sequence[int]], orders: Sequence[Order], *, is_cancelled: IsCancelled = never
    ) -> list[Written]:
        """Replies to several prompts side by side.

        Orders have no session and no mask here. Cancelled, each reply is what was written of it.

        Raises: BadRequest as `stream`.
        """
        for ids, order in zip(prompts, orders, strict=True):
            checked(ids, order, self._forward.width)
        return write_together(
            self._forward, prompts, orders, stop_ids=self._stop_ids, bos_id=self._bos_id, is_cancelled=is_cancelled
        )

    def forget(self, session: str) -> None:
        """Drop what was kept of a session."""
        self._sessions.forget(session)

    def forget_all(self) -> None:
        """Drop what was kept of every session: the first thing to do when memory is short."""
        self._sessions.clear()

    def held(self, session: str, ids: Sequence[int]) -> int:
        """How many tokens of a prompt are kept of a session already, as it was read the last time."""
        return self._sessions.common(session, ids, self._sessions.exponent_of(session))

    def exponent_of(self, session: str) -> float:
        """How far attention to its instructions was raised the last time that a session was read."""
        return self._sessions.exponent_of(session)

    def economise(self) -> None:
        """Take less memory from now on: prompts are read in smaller parts, and nothing is compiled over a fixed cache."""
        self._chunk = max(self._chunk // 4, LEAST_CHUNK)
        self._compiled = None

    def _read_prompt(self, past: Past, ids: Sequence[int], order: Order, is_cancelled: IsCancelled) -> Read | None:
        """Read what is new of the prompt; None if it was cancelled on the way.

        Rows at the start change every state behind them. So that prompt is read apart from the session, and a second
        time, without them, only for the hidden state.
        """
        rows = None if order.prefix is None else self._forward.rows_of(order.prefix)
        if order.place == "start" and not order.needs_state:
            return self._read_with_start(ids, rows, order, is_cancelled)
        new = ids[len(past.tokens) :]
        with_them = rows if order.place == "end" else None
        read = self._read(past, parts(new, self._chunk, with_them), order, is_cancelled)
        if read is None or order.place is None or with_them is not None:
            return read
        steered: Steered | None = None
        if order.steer is not None:
            assert read.hidden is not None
            (chosen,) = choose([order.steer], read.hidden[None])
            rows, steered = chosen.rows, chosen.steered
        assert rows is not None
        if order.place == "end":
            return replace(read, logits=self._forward.feed(past, [], rows), steered=steered)
        again = self._read_with_start(ids, rows, order, is_cancelled)
        return None if again is None else replace(again, hidden=read.hidden, steered=steered)

    def _read_with_start(
        self, ids: Sequence[int], rows: Tensor | None, order: Order, is_cancelled: IsCancelled
    ) -> Read | None:
        """The whole prompt, with rows behind BOS, or before everything without one."""
        behind = 1 if ids[0] == self._bos_id else 0
        unwatched = replace(order, wants_hidden=False, steer=None)
        if order.focus is not None and order.focus.start >= behind and rows is not None:
            unwatched = replace(unwatched, focus=order.focus.shifted(len(rows)))
        return self._read(Past(self._config), parts(ids, self._chunk, rows, behind), unwatched, is_cancelled)

    def _read(self, past: Past, pieces: Iterable[Part], order: Order, is_cancelled: IsCancelled) -> Read | None:
        states: list[Tensor] = []
        pieces = list(pieces)
        with self._forward.watched(states) if order.needs_state else nullcontext():
            for number, (ids, rows) in enumerate(pieces, 1):
                if is_cancelled():
                    return None
                past.split = self._split(order, is_last=number == len(pieces))
                states.clear()  # only the last part's are asked for
                logits = self._forward.feed(past, ids, rows)
        return Read(past, logits, states[-1][0, len(ids) - 1] if states and ids else None)

    def _split(self, order: Order, *, is_last: bool) -> Split | None:
        """How a part of the prompt attends to the instructions; only the last column of it has to be measured."""
        is_apart = order.focus is not None and (order.exponent != 1 or (is_last and order.wants_attention))
        return Split([order.focus], self._forward.device) if is_apart and order.focus is not None else None

    def _write(
        self, read: Read, ids: Sequence[int], order: Order, shares: list[Tensor], is_cancelled: IsCancelled
    ) -> Generator[Token, None, Reason]:
        """Draw tokens until there is a reason to end. The last one drawn is not read: the next turn does that.

        `shares` gets the attention on the instructions, for each column that a token was drawn behind.
        """
        if order.max_tokens < 1:
            return "length"
        sampler, logits, mask, split = Sampler(order.sampling, ids), read.logits, order.mask, read.past.split
        if order.exponent == 1:
            read.past.split = None  # where the reply begins was measured, which is enough, and the rest costs nothing
        with self._steps(read.past, order.max_tokens) as step:
            for remaining in range(order.max_tokens, 0, -1):
                if order.wants_attention and split is not None and split.share is not None:
                    shares.append(split.share)
                token = int(sampler.next(logits, None if mask is None else mask.bias(remaining)))
                if token in self._stop_ids:
                    return "end"
                if mask is not None:
                    mask.accept(token)
                yield Token(token)
                if mask is not None and mask.is_done:
                    return "end"
                if is_cancelled():
                    return "cancelled"
                if remaining > 1:
                    logits = step(token)
        return "length"

    def _steps(self, past: Past, tokens: int) -> AbstractContextManager[Step]:
        """How the next token is read: compiled where that is to be had and there is room, else as the prompt was."""
        if self._compiled is not None and past.split is None and len(past.tokens) + tokens <= self._compiled.length:
            return self._compiled.over(past)
        return nullcontext(lambda token: self._forward.feed(past, [token]))


@dataclass(frozen=True, slots=True)
class Read:
    """A prompt that was read: where the reply goes on, logits of shape (vocabulary,), and (width,) if it was asked for."""

    past: Past
    logits: Tensor
    hidden: Tensor | None
    steered: Steered | None = None


def checked(ids: Sequence[int], order: Order, width: int) -> None:
    """Raises: BadRequest for what a model that reads rows of `width` numbers cannot do."""
    if not ids:
        raise BadRequest("The prompt has no tokens.", "Say something.")
    if order.prefix is not None and order.steer is not None:
        raise BadRequest("A reply has rows of its own or is steered, not both.", "Leave one of them out.")
    if order.prefix is not None and (order.prefix.rows.ndim != 2 or order.prefix.rows.shape[1] != width):
        raise BadRequest(
            f"The rows of a prefix have the shape {order.prefix.rows.shape}; the model reads rows of {width}.",
            "Make them for this model.",
        )
    if order.steer is not None and order.steer.width != width:
        raise BadRequest(
            f"The planner is for a model with {order.steer.width} numbers a row; this one has {width}.",
            "Train one for this model.",
        )


def parts(ids: Sequence[int], size: int, rows: Tensor | None, behind: int | None = None) -> Iterator[Part]:
    """`ids` in order, at most `size` at once; `rows` with the part that ends `behind` that many of them, or all."""
    place = len(ids) if behind is None or rows is None else behind
    starts = [*range(0, place, size)] or ([0] if rows is not None else [])
    for start in starts:
        yield ids[start : min(start + size, place)], rows if start == starts[-1] else None
    for start in range(place, len(ids), size):
        yield ids[start : start + size], None
