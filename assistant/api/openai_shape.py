"""The shapes of OpenAI's API: what a chat completion asks, its answer and chunks, and failures as its clients read them.

https://platform.openai.com/docs/api-reference/chat. It knows no service; `v1` serves these, and `problems` answers with
`error_of` wherever a path under /v1 fails.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.answers.chat import Done, TurnUsage
from assistant.answers.problem import Problem
from assistant.errors import BadRequest
from assistant.version import VERSION

_NO_RETRY = {"x-should-retry": "false"}
"""Clients of OpenAI's own library would ask twice more by themselves; what fails here needs the user."""


class _Part(BaseModel):
    type: str
    text: str = ""


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """Raises: BadRequest for what is no text."""
        if self.role in ("tool", "function"):
            raise BadRequest(f"Telos calls no tools, so it takes no message of the role {self.role!r}.")
        if not isinstance(self.content, list):
            return self.content or ""
        for part in self.content:
            if part.type not in ("text", "input_text", "output_text"):
                raise BadRequest(f"Telos reads text alone; a part of the type {part.type!r} cannot be taken.")
        return "\n".join(part.text for part in self.content)


class _StreamOptions(BaseModel):
    include_usage: bool = False


class ChatRequest(BaseModel):
    """What is not named here is passed over, but for what would change the kind of answer: see `refuse_unsupported`."""

    model_config = ConfigDict(extra="allow")

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=4000)]
    stream: bool = False
    stream_options: _StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None

    @property
    def most_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in stops if stop]

    def refuse_unsupported(self) -> None:
        """Raises: BadRequest for a field that asks for another kind of answer than Telos gives."""
        if self.n is not None and self.n != 1:
            raise BadRequest(f"Telos gives one answer at a time, and n is {self.n}.", "Leave n out.")
        for name, why in _UNSUPPORTED.items():
            value = (self.model_extra or {}).get(name)
            if value and value != _HARMLESS.get(name):
                raise BadRequest(f"{why}, so {name} cannot be taken.", f"Leave {name} out.")


_UNSUPPORTED = {
    "tools": "Telos calls no tools of its clients",
    "functions": "Telos calls no functions of its clients",
    "response_format": "Telos answers in words",
    "logprobs": "Telos does not tell probabilities",
    "top_logprobs": "Telos does not tell probabilities",
    "logit_bias": "Telos takes no weights of tokens",
    "audio": "Telos does not speak aloud",
    "modalities": "Telos answers in text",
    "web_search_options": "Telos reads your sources, not the web",
}
_HARMLESS: dict[str, object] = {"response_format": {"type": "text"}, "modalities": ["text"]}


class Completion:
    """Answers and chunks of one reply, which carry its number, its model and where it is kept."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._created = int(time.time())
        self.id = "chatcmpl-telos"
        self.telos: dict[str, Any] = {}
        """Beyond OpenAI's API, for whoever looks: the conversation and turn that it is kept as, what it cites."""

    def whole(self, text: str, finish: str, usage: TurnUsage) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        return self._made("chat.completion", [{**choice, "logprobs": None}]) | {
            "usage": usage_of(usage),
            "telos": self.telos,
        }

    def chunk(self, delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        made = self._made("chat.completion.chunk", [choice])
        return made | {"telos": self.telos} if finish else made

    def cost(self, usage: TurnUsage) -> dict[str, Any]:
        return self._made("chat.completion.chunk", []) | {"usage": usage_of(usage)}

    def kept_as(self, conversation: int, turn: int) -> None:
        self.id = f"chatcmpl-{conversation}-{turn}"
        self.telos |= {"conversation": conversation, "turn": turn}

    def done(self, done: Done) -> None:
        self.telos["citations"] = [cited.model_dump(mode="json") for cited in done.turn.citations]
        self.telos["notices"] = done.notices

    def _made(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self._created,
            "model": self._model,
            "system_fingerprint": f"telos-{VERSION}",
            "choices": choices,
        }


def usage_of(usage: TurnUsage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.new_tokens,
        "total_tokens": usage.prompt_tokens + usage.new_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.prompt_reused},
    }


def error_of(problem: Problem) -> dict[str, Any]:
    """A problem in the shape of OpenAI's errors. The remedy follows the sentence: its clients show the message alone."""
    kinds = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
    kind = kinds.get(problem.status, "invalid_request_error" if problem.status < 500 else "server_error")
    message = f"{problem.detail} {problem.remedy}".strip()
    return {"error": {"message": message, "type": kind, "param": None, "code": problem.type.rpartition(":")[2]}}


def error_headers() -> dict[str, str]:
    return dict(_NO_RETRY)
