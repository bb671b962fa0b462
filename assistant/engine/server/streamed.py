"""A reply of a model's server as its events come: what is said of it, why it ended, what it cost.

It knows the shape of completions, chats or not, and their chunks, and no connection; `engine.server` feeds it.
"""

from __future__ import annotations

import time
from typing import Literal

from assistant.engine.contract import Request
from assistant.engine.server.wire import Json
from assistant.engine.utterance import Spoken

_MOST_BYTES_A_TOKEN = 256
"""A server that sends more than this for each token it may write does not heed the limit."""


class StreamedReply:
    """A reply as its events come. `finish` is why it ended, empty until then."""

    def __init__(self, request: Request, began_at: float) -> None:
        self.began_at = began_at
        self.first_at: float | None = None
        self.finish: Literal["", "end", "stop", "length"] = ""
        self.notice = ""
        self.usage: Json = {}
        self.length = 0
        self._most = request.max_tokens * _MOST_BYTES_A_TOKEN + 4096
        self._spoken = Spoken(request.stop)

    @property
    def is_over(self) -> bool:
        """Nothing more needs to be heard."""
        return self._spoken.stopped or self.length > self._most or bool(self.finish and self.usage)

    @property
    def is_thinking(self) -> bool:
        """Its thoughts have not ended yet."""
        return self._spoken.is_thinking

    def said(self, event: Json) -> str:
        """What an event adds to the reply."""
        if isinstance(event.get("usage"), dict):
            self.usage = event["usage"]
        choices = event.get("choices") or [{}]
        choice = choices[0] if isinstance(choices[0], dict) else {}
        part = choice.get("delta") or choice.get("message") or {}
        content = part.get("content") if isinstance(part, dict) else None
        content = choice.get("text") if content is None else content  # of a completion that is no chat
        text = content if isinstance(content, str) else ""
        if text and self.first_at is None:
            self.first_at = time.monotonic()
        self.length += len(text.encode(errors="replace"))
        said = self._spoken.push(text)
        self._look_at_the_end(choice)
        return said

    def rest(self) -> str:
        return self._spoken.flush()

    def _look_at_the_end(self, choice: Json) -> None:
        reason = choice.get("finish_reason")
        if self._spoken.stopped:
            self.finish = "stop"
        elif self.length > self._most:
            self.finish = "length"
            self.notice = "The server wrote more than it was asked for, so the reply was cut."
        elif reason == "length":
            self.finish = "length"
        elif isinstance(reason, str) and reason:
            self.finish = "stop" if isinstance(choice.get("stop_reason"), str) else "end"
            if reason == "content_filter":
                self.notice = "The server withheld the rest of the reply (its content filter)."
