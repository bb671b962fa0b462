"""A reply as another program gets it, part by part: masked as if it had come whole.

The last words are held back until it is certain that nothing private and no secret begins in them, so that none leaves a
token at a time. It knows no route and no session; `conversations` puts it between a turn and a guest.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from assistant.answers.chat import Done, Event, Text
from assistant.withheld import Withheld


class Growing:
    """A text that comes in parts. What was given on is never taken back."""

    def __init__(self, held: Withheld) -> None:
        self._held = held
        self._waiting = ""

    def add(self, part: str) -> str:
        """What may be given on now, masked; often nothing."""
        self._waiting += part
        cut = self._held.certain(self._waiting)
        told, self._waiting = self._waiting[:cut], self._waiting[cut:]
        return self._held.without(told)

    def rest(self) -> str:
        """Nothing more comes: what was held back, masked."""
        told, self._waiting = self._waiting, ""
        return self._held.without(told)


def as_told(events: Generator[Event, None, None], held: Withheld) -> Generator[Event, None, None]:
    """The events of a turn for a guest. Closing this closes `events`."""
    growing, is_again = Growing(held), False
    with closing(events):
        for event in events:
            is_new = isinstance(event, Text) and event.is_again
            if (is_new or isinstance(event, Done)) and (rest := growing.rest()):
                yield Text(text=rest, is_again=is_again)
                is_again = False
            is_again = is_again or is_new
            if isinstance(event, Text):
                if part := growing.add(event.text):
                    yield Text(text=part, is_again=is_again)
                    is_again = False
            elif isinstance(event, Done):
                turn = event.turn.model_copy(update={"reply": held.without(event.turn.reply)})
                yield event.model_copy(update={"turn": turn})
            else:
                yield event
