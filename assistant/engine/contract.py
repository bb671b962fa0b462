"""What every engine offers: capabilities that are probed, messages in, a stream of text out with its cost.

Three stand behind it: `extractive` (no model), `local` (transformers in a worker) and `server` (any OpenAI-compatible
one). It knows no prompt and no digest. Callers ask `capabilities` first, or call `require`, which says in one
sentence what is missing and the command that sets it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from assistant.errors import Unavailable


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


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One turn to be written. `schema` needs `Capability.SCHEMA`."""

    messages: Sequence[Message]
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    stop: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a turn cost. `prompt_reused` of the prompt's tokens came from a cache."""

    prompt_tokens: int
    prompt_reused: int
    new_tokens: int
    first_token_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the answer as it comes; the last one has `usage`."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to write from, and the item it belongs to."""

    item_id: int
    title: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence and the items it stands on: never none."""

    text: str
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What to write of one story: from `passages`, in at most `max_words`, without repeating what is `known`."""

    title: str
    passages: Sequence[Passage]
    max_words: int
    known: Sequence[str] = field(default=())


class Engine(Protocol):
    """`name` says who wrote (`extractive`, or the model's name)."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    def stream(self, request: Request) -> Iterator[Piece]:
        """The answer as it is written. Closing the iterator cancels it.

        Raises: Unavailable if there is no model, or it does not answer.
        """
        ...

    def summarise(self, brief: Brief) -> tuple[Claim, ...]:
        """Sentences on one story, each with the items it was taken from; none if nothing is worth saying."""
        ...


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
        "Run `telos init` to set one up.",
    )


_ABILITY = {
    Capability.GENERATE: "write text",
    Capability.SCHEMA: "follow a schema",
    Capability.HIDDEN: "show its hidden states",
    Capability.CROP: "take back the end of a conversation",
    Capability.STEER_END: "be steered",
}
