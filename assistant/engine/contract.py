"""What every engine offers: capabilities that are probed, messages in, a stream of text out with its cost.

Three stand behind it: `extractive` (no model), `local` (transformers in a worker) and `server` (any OpenAI-compatible
one). It knows no prompt, no digest and no session. Callers ask `capabilities` first, or call `require`, which says in
one sentence what is missing and the command that sets it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import BadRequest, Unavailable

Floats = NDArray[np.float32]
ASIDE = "aside-"
"""Begins the name of a session that is no conversation: what is asked often with the same instructions before it."""
Place = Literal["start", "end"]
"""Where rows of embeddings go: after BOS, or after the prompt's last token."""
Task = Literal["chat", "digest", "drafts"]
"""What a model is asked for; each may have one of its own, and its own ceilings."""
TASKS: tuple[Task, ...] = ("chat", "digest", "drafts")


class Capability(StrEnum):
    GENERATE = "generate"
    """Writes text of its own."""
    SCHEMA = "schema"
    """Holds its text to a JSON schema."""
    HIDDEN = "hidden"
    """Gives its hidden states, which steering reads."""
    CROP = "crop"
    """Takes back the end of a conversation without reading the rest again."""
    STEER_END = "steer_end"
    """Takes action vectors at the end of its input."""
    FOCUS = "focus"
    """Raises the attention paid to its instructions, and says how much it was."""


class ModelFailed(Unavailable):
    """The model did not answer, for its own sake: its process died, it ran out of memory, its server went away.

    What was asked may be asked again.
    """


class OutOfBudget(Unavailable):
    """There are fewer tokens left than the shortest answer needs: for this reply, or for this day and task."""


class TooLong(BadRequest):
    """The prompt does not fit into what the model reads at once."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Rows of input embeddings, float32 of shape (L, width), put in at a marked place.

    `start` is after BOS, or before everything where the tokenizer has none; `end` is after the last token of the prompt,
    just before the reply. Rows never reach the cache that a session keeps: it is cut back before them.
    """

    rows: Floats
    place: Place = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steer:
    """A planner is to choose the rows of a reply, from the state that its prompt leaves the model in.

    `planner` is its file; `action`, a unit vector of shape (dimension,), stands in for its choice. `noise` explores: the
    standard deviation of what is added to the unit action, along a random direction, before it is a unit vector again.
    `place` is the planner's own where it is None.
    """

    planner: Path
    action: Floats | None = None
    noise: float = 0.0
    seed: int | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """How a reply was steered. `action` is a unit vector, float32 of shape (dimension,).

    `value` and `value_cloned` are the lesser of both critics' expectations of it and of the cloned behaviour, `angle` how
    far the two actions are apart, in radians.
    """

    action: Floats
    value: float
    value_cloned: float
    angle: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn. A temperature of 0 is greedy; the same `seed` gives the same text.

    `top_p` and `min_p` in [0, 1]: the nucleus that is kept, and the least probability as a share of the best one's.
    A `repetition_penalty` over 1 makes what was said less likely (CTRL, arXiv 1909.05858, section 4.1).
    """

    temperature: float = 0.0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One reply to be written.

    `schema` needs `Capability.SCHEMA`, `prefix` STEER_END (at `end`) or HIDDEN (at `start`), `wants_hidden` HIDDEN,
    `steer` both; a request has a prefix or is steered. `focus` below 1 needs FOCUS: the attention paid to the first
    system message is raised by split-softmax with this exponent (arXiv 2402.10962); `wants_attention` asks how much it was. `guidance` over 1 draws away from
    what would be said without that message (arXiv 2306.17806); it reads everything twice, and is for `batch` alone.
    `session` names the conversation whose cache is kept for its next turn; empty keeps none. One that begins with
    `ASIDE` takes no conversation's place, and goes first when memory is short. `is_object` says that the reply is to be
    a JSON object, to engines that can hold it to that and to no schema. `item_ids` are the items whose text is in the
    messages: the log of calls keeps them, engines do not look at them.
    """

    messages: Sequence[Message]
    max_tokens: int = 512
    sampling: Sampling = Sampling()
    stop: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    is_object: bool = False
    session: str = ""
    prefix: Prefix | None = None
    steer: Steer | None = None
    wants_hidden: bool = False
    focus: float = 1.0
    wants_attention: bool = False
    guidance: float = 1.0
    item_ids: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a reply cost. `prompt_reused` of the prompt's tokens came from a cache.

    `finish` says why it ended: the model was done, a stop string came, or `max_tokens` were written. `notice` is a
    sentence on what was done otherwise than asked, such as going on without the GPU. `is_estimated`: a server that does
    not count was counted for.
    """

    prompt_tokens: int
    prompt_reused: int
    new_tokens: int
    first_token_s: float
    total_s: float
    finish: Literal["end", "stop", "length"] = "end"
    notice: str = ""
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the reply as it comes; the last one has `usage`, and `hidden` where it was wanted or steered by.

    `hidden` is the last layer's state (after the final norm) of the prompt's last token, read without any prefix:
    float32 of shape (width,). `attention` is the share of attention on the first system message before split-softmax raised
    it: a mean over layers and heads, in [0, 1], where the reply begins, and with a `focus` below 1 over all its tokens.
    """

    text: str
    usage: Usage | None = None
    hidden: Floats | None = None
    steered: Steered | None = None
    attention: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, with what the last `Piece` of a stream has."""

    text: str
    usage: Usage
    hidden: Floats | None = None
    steered: Steered | None = None
    attention: float | None = None


def rough_length(text: str) -> int:
    """Tokens of a text where no tokenizer is at hand: one for each three bytes, which few texts exceed."""
    return -(-len(text.encode(errors="replace")) // 3)


class Engine(Protocol):
    """`name` says who writes: `extractive`, or the model's name. Safe to share between threads, which take turns."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do; asking may load the model.

        Raises: ModelFailed where there is a model configured and it cannot be had.
        """
        ...

    @property
    def context_tokens(self) -> int:
        """Prompt and reply together have at most so many tokens; 0 without a model."""
        ...

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text is by the model's own tokenizer, without what a template puts around it.

        An engine without one overestimates: a token for each three bytes of UTF-8.
        """
        ...

    def count(self, messages: Sequence[Message]) -> int:
        """How many tokens the whole prompt is, with its template, up to where the reply begins."""
        ...

    def stream(self, request: Request) -> Iterator[Piece]:
        """The reply as it is written. Closing the iterator cancels it within one token.

        Raises: ModelFailed, OutOfBudget, TooLong; Unavailable if there is no model or it lacks a capability.
        """
        ...

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        """Replies to several prompts, side by side where that is faster. None of them has a session or a schema.

        Raises: as `stream`, for any of them.
        """
        ...

    def prepare(self, messages: Sequence[Message], session: str) -> Usage | None:
        """Read a conversation ahead, so that a prompt that goes on from it finds it in the session's cache.

        Returns once it is read; sooner where the engine is wanted for anything else, which waits for no more than the
        part that is being read. None where nothing is kept between calls, or where the engine is at work.

        Raises: ModelFailed, TooLong. Nobody waits for what it does, so a failure may be passed over.
        """
        ...

    def close(self) -> None:
        """End what it runs. A later call starts it again."""
        ...


def complete(engine: Engine, request: Request) -> Reply:
    """The whole reply at once.

    Raises: what `stream` raises.
    """
    text: list[str] = []
    for piece in engine.stream(request):
        text.append(piece.text)
        if piece.usage is not None:
            return Reply("".join(text), piece.usage, piece.hidden, piece.steered, piece.attention)
    raise ModelFailed(f"The reply of {engine.name} ended before it was whole.", "Ask again.")


def require(engine: Engine, capability: Capability, purpose: str) -> None:
    """Go on only if `engine` can do it.

    Raises: Unavailable with the sentence and the remedy.
    """
    if capability not in engine.capabilities:
        raise no_model(engine.name, capability, purpose)


def no_model(name: str, capability: Capability, purpose: str) -> Unavailable:
    """The one sentence that everything without a model says."""
    return Unavailable(
        f"{purpose} needs a language model that can {_ABILITY[capability]}, and the engine {name!r} cannot.",
        "Run `telos model use NAME` to set one up; `telos model --help` names some.",
    )


_ABILITY = {
    Capability.GENERATE: "write text",
    Capability.SCHEMA: "follow a schema",
    Capability.HIDDEN: "show its hidden states",
    Capability.CROP: "take back the end of a conversation",
    Capability.STEER_END: "be steered",
    Capability.FOCUS: "be held to its instructions by its attention",
}
