"""The engine behind any OpenAI-compatible server: its chat completions as a stream, and what it can as it was tried.

It knows no prompt and no session. `workers.language.make_engine` builds it; nothing is asked of the server before the
first call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Capability, Message, ModelFailed, Piece, Reply, Request, complete, rough_length


class ServerEngine:
    def __init__(self, choice: Choice, settings: ModelSettings) -> None:
        self._choice = choice
        self._settings = settings

    @property
    def name(self) -> str:
        return self._choice.name or "server"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.GENERATE})

    @property
    def context_tokens(self) -> int:
        return self._settings.context_tokens

    def lengths(self, texts: Sequence[str]) -> list[int]:
        return [rough_length(text) for text in texts]

    def count(self, messages: Sequence[Message]) -> int:
        return sum(self.lengths([message.text for message in messages])) + 8 * len(messages)

    def stream(self, request: Request) -> Iterator[Piece]:
        raise ModelFailed(f"The server at {self._choice.address} cannot be asked yet.", "Use a local model.")

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        return [complete(self, request) for request in requests]

    def close(self) -> None:
        """It runs nothing."""
