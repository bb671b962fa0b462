"""What of a model's output is said: without the thinking at its beginning, and up to a stop string.

Pieces of text in, pieces of text out, and nothing is held back longer than it must be. It knows no model; every engine
that writes puts its replies through it.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.contract import OutOfBudget

THINKING = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"))
"""How models write thoughts that are no part of a reply."""


def only_thought(name: str) -> OutOfBudget:
    """A reply whose tokens were used up before its thoughts ended."""
    return OutOfBudget(
        f"{name} used all the tokens of its reply for thinking, and said nothing.",
        "Raise reply_tokens under [chat], or choose a model that answers at once.",
    )


class Spoken:
    """`stopped` once a stop string came; it and what follows are not said."""

    stopped = False

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self._state = "beginning"
        self._close = ""

    @property
    def is_thinking(self) -> bool:
        return self._state == "thinking"

    def push(self, text: str) -> str:
        """What may be said now."""
        if self.stopped:
            return ""
        self._held += text
        if self._state != "speaking" and not self._is_past_thinking():
            return ""
        return self._up_to_stop()

    def flush(self) -> str:
        """The rest, when no more comes. A thought that never ended is not said."""
        said = "" if self.stopped or self._state == "thinking" else self._held
        self._held = ""
        return said

    def _is_past_thinking(self) -> bool:
        if self._state == "beginning":
            begun = self._held.lstrip()
            if any(opening.startswith(begun) and begun != opening for opening, _ in THINKING):
                return False
            self._close = next((closing for opening, closing in THINKING if begun.startswith(opening)), "")
            self._state = "thinking" if self._close else "speaking"
        if self._state == "thinking":
            thought, closed, rest = self._held.partition(self._close)
            self._held = rest if closed else thought[-len(self._close) :]
            if not closed:
                return False
            self._state = "after thinking"
        if self._state == "after thinking":
            self._held = self._held.lstrip()
            if not self._held:
                return False
            self._state = "speaking"
        return True

    def _up_to_stop(self) -> str:
        found = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            return self._held[: min(found)[1]]  # the one that is whole first, however the text came
        kept = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        said, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return said


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
