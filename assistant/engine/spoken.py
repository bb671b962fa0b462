"""What of a model's output is said: without the thinking at its beginning, and up to a stop string.

Pieces of text in, pieces of text out, and nothing is held back longer than it must be. It knows no model; engines that
are given text rather than tokens use it.
"""

from __future__ import annotations

from collections.abc import Sequence

_OPEN, _CLOSE = "<think>", "</think>"


class Spoken:
    """`stopped` once a stop string came; it and what follows are not said."""

    stopped = False

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self._state = "beginning"

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
            if _OPEN.startswith(begun[: len(_OPEN)]) and len(begun) < len(_OPEN):
                return False
            self._state = "thinking" if begun.startswith(_OPEN) else "speaking"
        if self._state == "thinking":
            thought, closed, rest = self._held.partition(_CLOSE)
            self._held = rest if closed else thought[-len(_CLOSE) :]
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
        places = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            self.stopped = True
            return self._held[: min(places)]
        kept = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        said, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return said


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
