"""Tries what an engine says it can, one ability after the other, with requests that any model can answer.

It knows the contract alone, so that a model on this machine and one behind a server are tried alike. `assistant.models`
asks it for `telos model test`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from pydantic import BaseModel, Field

from assistant.engine.contract import (
    Capability,
    Engine,
    Message,
    ModelFailed,
    Piece,
    Prefix,
    Request,
    Sampling,
    Usage,
    complete,
)
from assistant.engine.structured import ask
from assistant.errors import TelosError

_SESSION = "trial"
_TEXT = " ".join(
    f"On day {day} the ferry to island {day * 7} leaves at {day % 12 + 6} and costs {day * 3}." for day in range(1, 21)
)
"""Some 400 tokens to read."""
_QUESTION = Message("user", f"{_TEXT}\n\nTell me in a few sentences what this is about.")
_SHORT = Message("user", "Say hello in one sentence.")
_REPLY_TOKENS = 48
_MEASURABLE_S = 0.005
"""What was written in less came all at once: it tells nothing of the speed."""


class _City(BaseModel):
    name: str = Field(max_length=30)
    country: str = Field(max_length=30)


@runtime_checkable
class Wide(Protocol):
    """An engine whose rows of embeddings are not as wide as the states that it shows."""

    @property
    def row_width(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one ability did: `sentence` says what came of it, or why nothing did."""

    capability: Capability
    works: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second for reading and writing, and the wait for the first; `None` where there was too little to tell."""

    first_token_s: float
    prompt_per_s: float | None
    reply_per_s: float | None


def measure(engine: Engine) -> tuple[str, Speed]:
    """A reply to a prompt of some 400 tokens, and how fast it came; a short one before it warms the engine.

    Raises: what `Engine.stream` raises.
    """
    complete(engine, Request(messages=[_SHORT], max_tokens=4))
    reply = complete(engine, Request(messages=[_QUESTION], max_tokens=_REPLY_TOKENS))
    usage = reply.usage
    read, wrote = usage.prompt_tokens - usage.prompt_reused, usage.new_tokens - 1
    writing_s = usage.total_s - usage.first_token_s
    return reply.text, Speed(
        first_token_s=usage.first_token_s,
        prompt_per_s=read / usage.first_token_s if read > 0 and usage.first_token_s > 0 else None,
        reply_per_s=wrote / writing_s if wrote > 0 and writing_s >= _MEASURABLE_S else None,
    )


def try_abilities(engine: Engine, *, is_ours: bool = True) -> Iterator[Outcome]:
    """Each ability but GENERATE, which `measure` tries. One that is not claimed is not tried.

    `is_ours`: its layers are on this machine; what a server keeps of a conversation is for the server to say.

    Raises: ModelFailed where the engine cannot be had at all.
    """
    trials: dict[Capability, Callable[[Engine], str]] = {
        Capability.SCHEMA: _schema,
        Capability.HIDDEN: _hidden,
        Capability.CROP: _crop,
        Capability.STEER_END: _steer,
        Capability.FOCUS: _focus,
    }
    claimed = engine.capabilities
    for capability, attempt in trials.items():
        if capability not in claimed:
            is_servers = capability is Capability.CROP and not is_ours
            yield Outcome(capability, False, _SERVER_KEEPS if is_servers else _MISSING[capability])
            continue
        try:
            yield Outcome(capability, True, attempt(engine))
        except TelosError as err:
            yield Outcome(capability, False, err.sentence)


_SERVER_KEEPS = "Nothing of its memory is in our hands; a server may keep a conversation by itself."
_MISSING = {
    Capability.SCHEMA: "It cannot be held to a schema; its answers are checked and asked for once more.",
    Capability.HIDDEN: "It does not show its hidden states, so nothing can be learnt from them.",
    Capability.CROP: "Its layers cannot be cut back, so every turn is read again from the beginning.",
    Capability.STEER_END: "It takes no action vectors, so it cannot be steered.",
    Capability.FOCUS: "Its attention is out of reach, so it cannot be held to its instructions by it.",
}


def _schema(engine: Engine) -> str:
    city = ask(engine, _City, [Message("user", "Name a city and its country.")], max_tokens=80)
    return f"It holds to a schema: {city.model_dump_json()[:80]}"


def _hidden(engine: Engine) -> str:
    return f"It shows its hidden states: {_state(engine).size} numbers a token."


def _crop(engine: Engine) -> str:
    """A second turn that begins as the first did, and goes on otherwise."""
    _ = _ask(engine, [_QUESTION])
    again = _ask(
        engine, [_QUESTION, Message("assistant", "It is about ferries."), Message("user", "Which is the last?")]
    )
    _claim(again.prompt_reused > 0, "It read the whole conversation again.")
    return f"It keeps a conversation: {again.prompt_reused} of {again.prompt_tokens} tokens were not read again."


def _steer(engine: Engine) -> str:
    width = engine.row_width if isinstance(engine, Wide) else _state(engine).size
    rows = np.zeros((2, width), dtype=np.float32)
    steered = complete(engine, Request(messages=[_SHORT], max_tokens=4, prefix=Prefix(rows)))
    _claim(steered.usage.new_tokens > 0, "It wrote nothing behind an action vector.")
    return "It takes action vectors at the end of its input."


def _focus(engine: Engine) -> str:
    told = [Message("system", "You answer in one sentence."), _SHORT]
    reply = complete(engine, Request(messages=told, max_tokens=4, focus=0.7, wants_attention=True))
    _claim(reply.attention is not None, "It did not say how much attention its instructions had.")
    return f"It can be held to its instructions: they had {reply.attention or 0:.0%} of its attention."


def _state(engine: Engine) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    pieces: Sequence[Piece] = list(engine.stream(Request(messages=[_SHORT], max_tokens=2, wants_hidden=True)))
    state = pieces[-1].hidden
    if state is None or not np.isfinite(state).all():
        raise ModelFailed("It gave no hidden state that can be used.")
    return state


def _ask(engine: Engine, messages: Sequence[Message]) -> Usage:
    request = Request(messages=messages, max_tokens=8, session=_SESSION, sampling=Sampling(seed=1))
    return complete(engine, request).usage


def _claim(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ModelFailed(otherwise)
