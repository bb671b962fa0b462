"""What the two sides of a child process say to each other, and the failures that a call may bring.

The parent sends `(method, arguments, is_streamed)`, the child answers `(DONE, value)` or `(FAILED, error)`. Before these
two a streamed answer has an `(ITEM, value)` for each item; the parent may send STOP meanwhile, which the child looks for
between items, and ignores where it comes too late. The child's first message is the outcome of `factory()`.
"""

from __future__ import annotations

DONE, FAILED, ITEM, STOP = "done", "failed", "item", "stop"


class ChildFailure(Exception):
    """A call that brought no answer, for the child's own sake."""


class ChildTimedOut(ChildFailure):
    """The call passed its deadline, and the child was killed."""


class ChildDied(ChildFailure):
    """The child ended before it answered: it crashed, ran out of memory, or was closed."""


class ChildRaised(ChildFailure):
    """The call raised an error that cannot travel between processes; this names it."""
