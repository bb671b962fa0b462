"""Tokens of texts and prompts by a server's own tokenizer, each asked for once; estimated where it has no say.

`engine` asks; it knows of the server what `abilities` found.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

from assistant.engine.contract import Message, ModelFailed, TooLong, rough_length
from assistant.engine.server.abilities import Models, count_prompt, count_text
from assistant.engine.server.wire import Wire

_KEPT = 4096
_TEMPLATE_TOKENS = 8
"""What a template may put around a message, where the server does not count."""
_Counted = TypeVar("_Counted", str, tuple[Message, ...])


class Counts:
    """Of one server. `models` are None where it does not count, or cannot be reached. Safe between threads."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._turn = Lock()
        self._counts: OrderedDict[str | tuple[Message, ...], int] = OrderedDict()

    def lengths(self, models: Models | None, texts: Sequence[str]) -> list[int]:
        return [self._counted(models, text, count_text) or rough_length(text) for text in texts]

    def prompt(self, models: Models | None, messages: Sequence[Message]) -> int:
        exact = self._counted(models, tuple(messages), count_prompt)
        return exact or sum(self.lengths(models, [one.text for one in messages])) + _TEMPLATE_TOKENS * len(messages)

    def _counted(
        self, models: Models | None, what: _Counted, count: Callable[[Wire, Models, _Counted], int | None]
    ) -> int | None:
        """A count by the server, asked for once."""
        if models is None or not what:
            return None
        with self._turn:
            known = self._counts.get(what)
        if known is not None:
            return known
        try:
            counted = count(self._wire, models, what)
        except (ModelFailed, TooLong):
            return None
        with self._turn:
            if counted is not None:
                self._counts[what] = counted
            while len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
        return counted
