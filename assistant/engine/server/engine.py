"""The engine behind any OpenAI-compatible server: its chat completions as a stream, and what it can as it was tried.

It knows no prompt and no session; `steering` has what makes rows for one. `engine.making` builds it; nothing is asked of the server before the
first call, and what the trials found is kept until `close`, or until the server refuses what it took before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TypeVar

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import (
    Capability,
    Floats,
    Message,
    ModelFailed,
    Piece,
    Reply,
    Request,
    Steered,
    TooLong,
    Usage,
    complete,
    no_model,
    rough_length,
)
from assistant.engine.server.abilities import (
    CHAT,
    COMPLETIONS,
    Abilities,
    Models,
    as_sent,
    find_models,
    response_format,
    try_out,
)
from assistant.engine.server.counting import Counts
from assistant.engine.server.outgoing import Outgoing
from assistant.engine.server.refusals import Refused, no_sense, shown, unknown_model
from assistant.engine.server.steering import Embeds, Fit, ServerSteering
from assistant.engine.server.streamed import StreamedReply
from assistant.engine.server.wire import Json, Wire
from assistant.engine.utterance import only_thought
from assistant.errors import Unavailable
from assistant.workers.model_pipe import Appraisal
from assistant.workers.rows_pipe import Beginning, Embedded, Fitted

_AT_ONCE = 4
"""Requests of a batch that are under way together."""
_MOST_STOPS = 4
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class Asked:
    """What is sent, where to, and what the last piece of its reply carries. `plain` is the same without rows, as a chat,
    in case that those are refused."""

    path: str
    body: Json
    plain: Json | None = None
    state: Floats | None = None
    steered: Steered | None = None
    notice: str = ""


class ServerEngine:
    def __init__(
        self, choice: Choice, settings: ModelSettings, *, embedder: Callable[[], Embeds] | None = None
    ) -> None:
        self._choice = choice
        self._settings = settings
        key = choice.api_key.get_secret_value() if choice.api_key else ""
        self._wire = Wire(choice.address, key, settings.silence_s)
        self._key = key
        self._outgoing = Outgoing(choice.address)
        self._turn = Lock()
        self._models: Models | None = None
        self._abilities: Abilities | None = None
        self._counts = Counts(self._wire)
        self._steering = ServerSteering(choice, embedder, settings.idle_minutes * 60)

    @property
    def name(self) -> str:
        return self._choice.name or (self._models.model if self._models else "server")

    @property
    def models(self) -> Models:
        """Raises: ModelFailed."""
        with self._turn:
            if self._models is None:
                self._models = find_models(self._wire, self._choice.name)
            return self._models

    @property
    def abilities(self) -> Abilities:
        """What it was found to be able to, tried at the first call. Raises: ModelFailed."""
        models = self.models
        with self._turn:
            if self._abilities is None:
                self._abilities = self._naming(models, lambda: try_out(self._wire, models.model))
            return self._abilities

    @property
    def capabilities(self) -> frozenset[Capability]:
        strict = {Capability.SCHEMA} if self.abilities.shape == "json_schema" else set()
        steered = {Capability.STEER_END} if self.fit.fitted else set()
        return frozenset({Capability.GENERATE, *strict, *steered})

    @property
    def fit(self) -> Fit:
        """Whether it can be steered, or why not. Raises: ModelFailed."""
        models, abilities = self.models, self.abilities
        with self._turn:
            return self._steering.fit(self._wire, models.model, abilities)

    def why_unsteered(self) -> str:
        """A sentence, empty where it can be steered. Raises: ModelFailed."""
        fit = self.fit
        return f"{fit.why} {fit.remedy}".strip()

    @property
    def row_width(self) -> int:
        """How wide its rows of embeddings are; its states are the embedder's vectors. 0 where it cannot be steered."""
        return self._steering.row_width

    def describe(self) -> Fitted:
        """What its planners are made for. Raises: ModelFailed; Unavailable where it cannot be steered."""
        fit = self.fit
        if fit.fitted is None:
            raise Unavailable(fit.why, fit.remedy)
        return fit.fitted

    @property
    def context_tokens(self) -> int:
        """As configured, or what the server says it takes where that is less."""
        told = self.models.context_tokens
        return min(told, self._settings.context_tokens) if told else self._settings.context_tokens

    @property
    def notes(self) -> list[str]:
        """What was found, a sentence each. Raises: ModelFailed."""
        models, abilities = self.models, self.abilities
        shapes = {"": "ignores response_format", "json_object": "holds its text to JSON, not to a schema"}
        return [
            f"It lists {len(models.listed)} models." if models.listed else "It does not list its models.",
            f"It takes {models.context_tokens} tokens."
            if models.context_tokens
            else "It does not say how much it takes.",
            "Tokens are counted by its own tokenizer." if models.counter else "Tokens of a prompt are estimated.",
            "It says what a reply cost." if abilities.counts else "What a reply cost is estimated.",
            f"It {shapes.get(abilities.shape, 'holds its text to a schema')}.",
            "It takes prompts as embeddings." if abilities.prompt_embeddings else "It takes no prompts as embeddings.",
            *([self.why_unsteered() or "It can be steered."] if self._choice.embeddings else []),
            *([f"It does not take {', '.join(sorted(abilities.refused))}."] if abilities.refused else []),
        ]

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return self._counts.lengths(self._counting(), [self._outgoing.text(text) for text in texts])

    def count(self, messages: Sequence[Message]) -> int:
        return self._counts.prompt(self._counting(), self._outgoing.messages(messages))

    def stream(self, request: Request) -> Iterator[Piece]:
        abilities = self.abilities
        told = self._outgoing.messages(request.messages)
        masked = self._outgoing.notice(request.messages, told)
        request = replace(request, messages=told)
        heard = StreamedReply(request, time.monotonic())
        asked = self._asked(request, abilities)
        with closing(self._events(asked)) as events:
            while (event := self._next(events, heard)) is not None:
                self._refuse_failure(event)
                if text := heard.said(event):
                    yield Piece(text)
                if heard.is_over or (heard.finish and not abilities.counts):
                    break
        if not heard.finish:
            raise ModelFailed(
                f"The model's server at {self._wire.server} broke off in the middle of the reply.",
                "What was asked is kept; ask again.",
            )
        if heard.is_thinking and heard.finish == "length":
            raise only_thought(self.name)
        usage = self._usage(request, heard)
        if asked.notice or masked:
            usage = replace(usage, notice=" ".join(filter(None, [masked, asked.notice, usage.notice])))
        yield Piece(heard.rest(), usage, asked.state, asked.steered)

    def appraise(self, planner: Path, states: Floats, actions: Floats | None = None) -> Appraisal:
        """What the planner in a file thinks of `actions`, (n, dimension), or of its own, in `states`, (n, width).

        Raises: ModelFailed, Unavailable; Conflict where the planner cannot be used; BadRequest for other shapes.
        """
        return self._steering.appraise(planner, self.describe(), states, actions)

    def states(self, prompts: Sequence[Sequence[Message]]) -> Floats:
        """What conversations leave a planner in: (n, width). Raises: TelosError where the embedder cannot be had."""
        return self._steering.states(prompts)

    def begin(self, path: Path, wanted: Beginning, states: Floats, action: Floats | None) -> str:
        """Put a planner for this model in `path` that has learnt nothing; its lineage. See `workers.rows`.

        Raises: ModelFailed; Unavailable where it cannot be steered.
        """
        return self._steering.begin(path, self.describe(), wanted, states, action)

    def surprise(self, messages: Sequence[Message], reply: str) -> tuple[float, int]:
        """Nats of a reply under the unsteered model, and of how many tokens. Raises: ModelFailed where it does not say."""
        prompt, told = self._outgoing.messages(messages), self._outgoing.text(reply)
        return self._steering.surprise(self._wire, self.models.model, prompt, told)

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        with ThreadPoolExecutor(_AT_ONCE, "batch") as pool:
            return list(pool.map(lambda request: complete(self, request), requests))

    def prepare(self, messages: Sequence[Message], session: str) -> None:
        """What a server keeps of a conversation is its own affair; to have it read ahead would cost a reply."""

    def close(self) -> None:
        self._wire.close()
        self._steering.close()
        self._forget()

    def _asked(self, request: Request, abilities: Abilities) -> Asked:
        """What is sent for a request: a chat, or a prompt of embeddings where rows are to be put in.

        Raises: Unavailable where that is not to be had, nor guidance, nor attention; BadRequest.
        """
        if request.guidance != 1:
            raise Unavailable(
                f"{self.name} is behind a server, which guides no reply away from another.",
                "Use a model on this machine for it: `telos model use NAME`.",
            )
        if request.focus != 1 or request.wants_attention:
            raise no_model(self.name, Capability.FOCUS, "Raising attention to the instructions")
        wants_rows = request.prefix is not None or request.steer is not None
        if not wants_rows and not request.wants_hidden:
            return Asked(CHAT, self._body(request, abilities))
        if (fitted := self.fit.fitted) is None:
            lacks = Capability.STEER_END if wants_rows else Capability.HIDDEN
            raise no_model(self.name, lacks, "Steering" if wants_rows else "Reading hidden states")
        try:
            state = None if request.prefix is not None else self._steering.states([request.messages])[0]
            prompt = self._steering.embedded(request, fitted, state) if wants_rows else None
        except (ModelFailed, Unavailable) as err:
            if request.prefix is not None:
                raise
            notice = f"The reply is not steered: {err.sentence}" if request.steer is not None else ""
            return Asked(CHAT, self._body(request, abilities), notice=notice)
        if prompt is None or prompt.notice:
            return Asked(CHAT, self._body(request, abilities), state=state, notice=prompt.notice if prompt else "")
        body = self._body(request, abilities, prompt)
        plain = None if request.prefix is not None else self._body(request, abilities)
        return Asked(COMPLETIONS, body, plain, state=state, steered=prompt.steered)

    def _events(self, asked: Asked) -> Generator[Json, None, None]:
        try:
            yield from self._wire.events(asked.path, asked.body)
        except Refused as err:
            if asked.plain is not None:
                self._forget()  # it took such prompts before
                asked.steered, asked.notice = None, f"The reply is not steered: {err.sentence}"
                yield from self._wire.events(CHAT, asked.plain)
                return
            if "response_format" not in asked.body:
                raise
            # This very schema is beyond it; whoever asked validates the answer all the same.
            plain = {name: value for name, value in asked.body.items() if name != "response_format"}
            yield from self._wire.events(asked.path, plain)

    def _next(self, events: Iterator[Json], heard: StreamedReply) -> Json | None:
        """The next event. A refusal means that the server is not what it was found to be: it is tried anew next time."""
        try:
            return self._naming(self.models, lambda: next(events, None))
        except Refused:
            self._forget()
            raise
        except ModelFailed:
            if heard.finish:  # the reply is whole; only what it cost is not known
                return None
            raise

    def _forget(self) -> None:
        with self._turn:
            self._models = self._abilities = None
            self._steering.forget()

    def _naming(self, models: Models, ask: Callable[[], _Answer]) -> _Answer:
        """What `ask` gives; a refusal because of the model's name says which names there are."""
        try:
            return ask()
        except Refused as err:
            if err.code in (400, 404) and models.listed and models.model not in models.listed:
                raise unknown_model(self._wire.server, models.model, models.listed) from err
            raise

    def _body(self, request: Request, abilities: Abilities, prompt: Embedded | None = None) -> Json:
        """The request as a chat, or with its prompt as rows of embeddings."""
        sampling = request.sampling
        stops = [*request.stop, *(prompt.stop_strings if prompt else ())]
        wanted: Json = {
            "top_p": None if sampling.top_p == 1 else sampling.top_p,
            "min_p": sampling.min_p or None,
            "repetition_penalty": None if sampling.repetition_penalty == 1 else sampling.repetition_penalty,
            "seed": sampling.seed,
            "stop": stops[:_MOST_STOPS] or None,
            "stream_options": {"include_usage": True},
        }
        body: Json = {
            "model": self.models.model,
            "stream": True,
            "temperature": sampling.temperature,
            **{name: value for name, value in wanted.items() if value is not None and name not in abilities.refused},
        }
        if prompt is None:
            body |= {"messages": as_sent(request.messages), abilities.length_field: self._most_tokens(request)}
        else:
            most = min(request.max_tokens, self._left(prompt.tokens))
            body |= {"prompt_embeds": prompt.payload, "max_tokens": most, "stop_token_ids": list(prompt.stop_ids)}
        if request.schema is not None and abilities.shape:
            body["response_format"] = response_format(request.schema, abilities.shape)
        elif request.is_object and abilities.shape == "json_object":
            body["response_format"] = response_format({}, abilities.shape)
        return body

    def _most_tokens(self, request: Request) -> int:
        """Servers that count refuse a reply that could go beyond the context; so it is cut to what is left of it."""
        if not self.models.counter:
            return request.max_tokens
        return min(request.max_tokens, self._left(self.count(request.messages)))

    def _left(self, prompt: int) -> int:
        """Tokens that are left for a reply behind so many. Raises: TooLong."""
        if (left := self.context_tokens - prompt) < 1:
            raise TooLong(
                f"The prompt has {prompt} tokens, and {self.name} takes {self.context_tokens}.",
                "Shorten what is asked.",
            )
        return left

    def _refuse_failure(self, event: Json) -> None:
        """A failure in the middle of a stream comes as an event."""
        if failure := event.get("error"):
            words = failure.get("message", failure) if isinstance(failure, dict) else failure
            raise ModelFailed(
                f"The model's server at {self._wire.server} failed in the middle of the reply: "
                f"{shown(str(words), self._key)}.",
                "What was asked is kept; ask again.",
            )
        if not isinstance(event.get("choices", []), list):
            raise no_sense(self._wire.server, "an event that is no part of a reply")

    def _usage(self, request: Request, heard: StreamedReply) -> Usage:
        told = heard.usage
        details = told.get("prompt_tokens_details")
        prompt, new = told.get("prompt_tokens"), told.get("completion_tokens")
        is_estimated = not (isinstance(prompt, int) and isinstance(new, int))
        return Usage(
            prompt_tokens=prompt if isinstance(prompt, int) else self.count(request.messages),
            prompt_reused=int((details.get("cached_tokens") if isinstance(details, dict) else 0) or 0),
            new_tokens=new if isinstance(new, int) else rough_length("x" * heard.length),
            first_token_s=(heard.first_at or time.monotonic()) - heard.began_at,
            total_s=time.monotonic() - heard.began_at,
            finish=heard.finish or "end",
            notice=heard.notice,
            is_estimated=is_estimated,
        )

    def _counting(self) -> Models | None:
        """The server as one that counts; None where it does not, or cannot be reached: then tokens are estimated."""
        try:
            return self.models if self.models.counter else None
        except ModelFailed:
            return None
