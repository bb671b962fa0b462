"""The language model as its process serves it: messages in, pieces of text out, and memory that runs short survived.

It joins the parts of this room: files are loaded, messages become ids, the decoder writes, ids become text. It knows
nothing of tasks, goals or the daemon; `workers.language` speaks with it over a pipe.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.engine.contract import Capability, Floats, Message, Piece, Reply, Request, Usage, no_model
from assistant.engine.schema import bounded
from assistant.engine.utterance import Spoken, only_thought
from assistant.errors import BadRequest
from assistant.generation.grammar import Grammar
from assistant.generation.memory import is_short_of_memory, named_failures, nothing_left_to_free
from assistant.generation.order import Finished, Order, Token, Written
from assistant.generation.running import Running
from assistant.generation.text import Detokenizer, decode
from assistant.progress import Cancelled
from assistant.steering.choosing import appraised
from assistant.workers.model_pipe import Appraisal, Description, Loading, ModelOrder, Working
from connectors.child.served import Line

AHEAD_TOKENS = 128
"""So many are read ahead between two looks at whether the model is wanted for something else."""
BEAT_S = 1.0
"""So often the parent hears that work goes on, while there is nothing to say."""
_PURPOSES = {
    Capability.SCHEMA: "An answer in a fixed form",
    Capability.HIDDEN: "Reading hidden states",
    Capability.STEER_END: "Steering",
    Capability.FOCUS: "Holding a reply to its instructions",
}


class LanguageModel:
    """One model. Loaded at the first call, on one thread from then on."""

    def __init__(self, order: ModelOrder) -> None:
        self._order = order
        self._line: Line | None = None
        self._beat_at = 0.0
        self._running: Running | None = None

    def use_line(self, line: Line) -> None:
        """Taken from the process that serves this: for progress, and to hear of a cancel."""
        self._line = line

    def load(self) -> Iterator[Loading | Working]:
        """Load the model. Its progress goes over the line as it comes. Raises: ModelFailed."""
        _ = self._model
        yield Working()

    def describe(self) -> Description:
        return self._model.description

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self._model.prompts.lengths(texts)

    def count(self, messages: Sequence[Message]) -> int:
        return len(self._model.prompts.ids(messages))

    def forget(self, session: str) -> None:
        self._model.decoder.forget(session)

    def stream(self, request: Request) -> Iterator[Piece]:
        """The reply as it is written; the last piece has what it cost.

        Raises: TooLong, OutOfBudget, BadRequest, Unavailable, ModelFailed.
        """
        with named_failures(self._order.name):
            self._require(request)
            if request.guidance != 1:
                raise BadRequest("A reply that is streamed cannot be guided.", "Ask for it with `batch`.")
            yield from _Writing(self, self._model, request).pieces()

    def prepare(self, messages: Sequence[Message], session: str) -> Iterator[Usage]:
        """Read what later prompts of a session begin with into its cache, in small parts; after each, the cost so far.

        Without memory for it, it ends early. Raises: ModelFailed.
        """
        with named_failures(self._order.name):
            model, begun = self._model, time.perf_counter()
            ids = model.prompts.lasting(messages)[: model.description.context_tokens]
            reused = read = model.decoder.held(session, ids)
            focus = model.focus(messages, model.decoder.exponent_of(session))
            while read < len(ids):
                read = min(read + AHEAD_TOKENS, len(ids))
                try:
                    list(model.decoder.stream(ids[:read], Order(max_tokens=0, session=session, focus=focus)))
                except (RuntimeError, MemoryError) as err:
                    if not is_short_of_memory(err):
                        raise
                    model.free_caches()
                    return
                took_s = time.perf_counter() - begun
                yield Usage(
                    prompt_tokens=read, prompt_reused=reused, new_tokens=0, first_token_s=took_s, total_s=took_s
                )

    def appraise(self, planner: Path, states: Floats, actions: Floats | None) -> Appraisal:
        """What the planner in a file thinks of actions in states. Raises: Conflict, BadRequest."""
        with named_failures(self._order.name):
            return appraised(self._model.planners.get(planner), states, actions)

    def batch(self, requests: Sequence[Request]) -> Iterator[list[Reply]]:
        """All replies, once they are all written. Raises: as `stream`."""
        with named_failures(self._order.name):
            for request in requests:
                self._require(request)
            yield self._together(list(requests))

    @property
    def _model(self) -> Running:
        if self._running is None:
            with named_failures(self._order.name):
                self._running = Running(self._order, on_progress=self._report)
        return self._running

    def is_cancelled(self) -> bool:
        """Asked by the decoder as it goes on: whether the parent still listens, who hears a sign of life on the way."""
        if self._line is None:
            return False
        if time.monotonic() - self._beat_at > BEAT_S:
            self._beat_at = time.monotonic()
            self._line.say(Working())
        return self._line.is_cut

    def _report(self, done: int, total: int | None, what: str) -> None:
        if self._line is not None:
            self._line.say(Loading(done, total, what))
            if self._line.is_cut:
                raise Cancelled

    def _require(self, request: Request) -> None:
        """Refuse what this model cannot do."""
        needed: set[Capability] = set()
        if request.schema is not None:
            needed.add(Capability.SCHEMA)
        if request.prefix is not None:
            needed.add(Capability.STEER_END if request.prefix.place == "end" else Capability.HIDDEN)
        if request.wants_hidden:
            needed.add(Capability.HIDDEN)
        if request.steer is not None:
            needed |= {Capability.HIDDEN, Capability.STEER_END}
        if request.focus != 1 or request.wants_attention:
            needed.add(Capability.FOCUS)
        for capability in sorted(needed - self._model.description.capabilities):
            raise no_model(self._order.name, capability, _PURPOSES[capability])

    def _together(self, requests: list[Request], notice: str = "", failures: int = 0) -> list[Reply]:
        if not requests:
            return []
        model, begun = self._model, time.perf_counter()
        asked = [_Asked(model, request) for request in requests]
        prompts, orders = [one.ids for one in asked], [one.order for one in asked]
        try:
            written = model.decoder.batch(prompts, orders, is_cancelled=self.is_cancelled)
        except (RuntimeError, MemoryError) as err:
            if not is_short_of_memory(err):
                raise
            if len(requests) > 1:
                notice = model.free_caches()
                half = len(requests) // 2
                return self._together(requests[:half], notice, 1) + self._together(requests[half:], notice, 1)
            needed = len(prompts[0]) + orders[0].rows + orders[0].max_tokens
            return self._together(
                requests, model.make_room(err, failures=failures, needed=needed), failures=failures + 1
            )
        share_s = (time.perf_counter() - begun) / len(requests)
        return [
            self._reply(request, one, reply, share_s, " ".join(filter(None, (notice, one.notice))))
            for request, one, reply in zip(requests, asked, written, strict=True)
        ]

    def _reply(self, request: Request, asked: _Asked, written: Written, share_s: float, notice: str) -> Reply:
        text = decode(self._model.loaded.tokenizer, written.tokens)
        spoken = Spoken([*request.stop, *self._model.prompts.stop_strings])
        shown = spoken.push(text) + spoken.flush()
        is_whole = len(written.tokens) < asked.order.max_tokens
        usage = Usage(
            prompt_tokens=len(asked.ids),
            prompt_reused=0,
            new_tokens=len(written.tokens),
            first_token_s=share_s,
            total_s=share_s,
            finish="stop" if spoken.stopped else "end" if is_whole else "length",
            notice=notice,
        )
        return Reply(shown, usage, written.hidden, written.steered, written.attention)


class _Asked:
    """A request as the decoder takes it: the prompt's tokens, and an order. `notice` says what it could not have."""

    def __init__(self, model: Running, request: Request) -> None:
        steer, self.notice = model.chooser(request.steer)
        order = Order(
            max_tokens=0,
            sampling=request.sampling,
            session=request.session,
            prefix=request.prefix,
            steer=steer,
            wants_hidden=request.wants_hidden,
            focus=model.focus(request.messages, request.focus, is_measured=request.wants_attention),
            wants_attention=request.wants_attention,
            guide=model.guide(request.messages, request.guidance),
        )
        self.ids = model.fitting(request.messages, order.rows)
        most = model.room(request, self.ids, order.rows)
        mask = None if request.schema is None else Grammar(model.vocabulary, bounded(request.schema), most)
        self.order = replace(order, max_tokens=most, mask=mask)


class _Writing:
    """One reply under way: what came of it so far, so that it can go on elsewhere when memory runs short."""

    def __init__(self, served: LanguageModel, model: Running, request: Request) -> None:
        self._served, self._model, self._request = served, model, request
        self._begun = time.perf_counter()
        asked = _Asked(model, request)
        self._ids, self._order, self._notice = asked.ids, asked.order, asked.notice
        self._text = Detokenizer(model.loaded.tokenizer)
        self._spoken = Spoken([*request.stop, *model.prompts.stop_strings])
        self._tokens: list[int] = []
        self._first_token_s = 0.0
        self._failures = 0

    def pieces(self) -> Iterator[Piece]:
        while True:
            try:
                finished = yield from self._attempt()
            except (RuntimeError, MemoryError) as err:
                if not is_short_of_memory(err):
                    raise
                self._recover(err)
                self._failures += 1
            else:
                break
        rest = self._spoken.push(self._text.flush()) + self._spoken.flush()
        if self._spoken.is_thinking and finished.reason == "length":
            raise only_thought(self._model.description.name)
        yield Piece(rest, self._usage(finished), finished.hidden, finished.steered, finished.attention)

    def _recover(self, err: Exception) -> None:
        """Make room after memory ran out. A reply that has begun goes on without the rows that steered it, and without
        its prompt's state, which is read no second time.

        Raises: ModelFailed where the rest cannot be written as it was asked for.
        """
        if self._tokens and self._request.prefix is not None:
            raise nothing_left_to_free(self._model.description.name) from err
        was_steered = self._order.steer is not None
        # No steer: a device that is left is not held on to.
        wants_hidden = self._request.wants_hidden and not self._tokens
        self._order = replace(self._order, steer=None, wants_hidden=wants_hidden)
        needed = len(self._ids) + self._order.rows + self._order.max_tokens
        self._notice = self._model.make_room(err, failures=self._failures, needed=needed)
        if was_steered and self._tokens:
            self._notice += " The rest of the reply is not steered."
        elif was_steered:
            steer, notice = self._model.chooser(self._request.steer)
            self._order = replace(self._order, steer=steer)
            self._notice = f"{self._notice} {notice}".strip()

    def _attempt(self) -> Any:
        """Write from where the reply stands; gives back how it finished."""
        left = self._order.max_tokens - len(self._tokens)
        order = replace(self._order, max_tokens=left)
        for event in self._model.decoder.stream([*self._ids, *self._tokens], order, is_cancelled=self._is_over):
            if isinstance(event, Finished):
                return event
            self._first_token_s = self._first_token_s or time.perf_counter() - self._begun
            if text := self._heard(event):
                yield Piece(text)
        raise AssertionError("the decoder ended without saying how")

    def _heard(self, token: Token) -> str:
        self._tokens.append(token.id)
        return self._spoken.push(self._text.push(token.id))

    def _is_over(self) -> bool:
        return self._spoken.stopped or self._served.is_cancelled()

    def _usage(self, finished: Finished) -> Usage:
        return Usage(
            prompt_tokens=len(self._ids),
            prompt_reused=finished.reused,
            new_tokens=len(self._tokens),
            first_token_s=self._first_token_s,
            total_s=time.perf_counter() - self._begun,
            finish="stop" if self._spoken.stopped else "length" if finished.reason == "length" else "end",
            notice=self._notice,
        )
