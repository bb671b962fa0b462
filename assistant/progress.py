"""How long work tells how far it is. The API streams it to the client; the command line draws it.

A listener may raise `Cancelled` from a report to end the work it reports: nobody waits for its result any more.
"""

from __future__ import annotations

from typing import Protocol


class Cancelled(Exception):
    """The work is no longer wanted. Raised out of a progress report; every step before it stays done."""


class Progress(Protocol):
    def __call__(self, done: int, total: int | None, what: str) -> None:
        """`done` of `total` (`None` while that is not known); `what` names the present step in a few words."""
        ...


def unheard(done: int, total: int | None, what: str) -> None:
    """The report of work that nobody watches."""
