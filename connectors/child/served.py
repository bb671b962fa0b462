"""The child's side: makes the object that the first message orders, and answers calls until the parent is gone.

It knows the pipe and the object's methods by their names, nothing of what they do; `parent` starts it. An object that has
long work to do within one item takes the `Line` that it is offered: `use_line(line)`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import select
import traceback
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from connectors.child.pipe import DONE, FAILED, ITEM, STOP, ChildRaised

MEBIBYTE = 1024 * 1024
_SIGNS_OF_NO_MEMORY = ("failed to map segment from shared object", "annot allocate memory")
"""In what the loader of libraries and the kernel say."""


def serve(pipe: int, lifeline: int) -> None:
    """Make the object that the first message orders, then answer calls until the parent is gone. Takes file descriptors."""
    logging.disable(logging.WARNING)  # libraries say much on import, and stderr may be the terminal of a conversation
    _end_with_parent(lifeline)
    with Connection(pipe) as parent, contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        factory, memory_mb, nice = parent.recv()
        if memory_mb:
            _limit_memory(memory_mb)
        os.nice(nice)
        try:
            served = factory()
        except Exception as error:  # noqa: BLE001  (it is raised again in the parent)
            parent.send((FAILED, MemoryError() if _wants_memory(error) else _portable(error)))
            return
        parent.send((DONE, None))
        line = Line(parent)
        if hasattr(served, "use_line"):
            served.use_line(line)
        while True:
            order = parent.recv()
            if order == STOP:  # for a stream that had ended
                continue
            method, args, is_streamed = order
            work = partial(getattr(served, method), *args)
            parent.send_bytes(_outcome(partial(line.send_all, work) if is_streamed else work))


class Line:
    """The child's end of a stream. What is said on it while none is open is heard by nobody."""

    def __init__(self, parent: Connection) -> None:
        self._parent = parent
        self._incoming = select.poll()  # a tenth of what `Connection.poll` takes, which is asked at every item
        self._incoming.register(parent.fileno(), select.POLLIN)
        self._is_open = False
        self._is_cut = False

    @property
    def is_cut(self) -> bool:
        """Whether the parent wants no more of the stream."""
        if self._is_open and not self._is_cut and self._incoming.poll(0):
            self._parent.recv()
            self._is_cut = True
        return self._is_cut

    def say(self, item: object) -> None:
        """Send an item at once, from within the work on another one."""
        if self._is_open:
            self._parent.send_bytes(pickle.dumps((ITEM, item)))

    def send_all(self, work: Callable[[], Any]) -> None:
        """Send what `work()` yields, until it ends or the parent sends STOP."""
        self._is_open, self._is_cut = True, False
        try:
            with contextlib.closing(work()) as items:
                for item in items:
                    self.say(item)
                    if self.is_cut:
                        return
        finally:
            self._is_open = self._is_cut = False


def _outcome(work: Callable[[], Any]) -> bytes:
    """The answer to a call, pickled here so that a value which cannot be is the call's own failure."""
    try:
        return pickle.dumps((DONE, work()))
    except Exception as error:  # noqa: BLE001  (it is raised again in the parent)
        return pickle.dumps((FAILED, _portable(error)))


def _wants_memory(error: Exception) -> bool:
    """Whether a library could not be loaded for want of memory, for which the loader has no error of its own."""
    return isinstance(error, ImportError | OSError) and any(sign in str(error) for sign in _SIGNS_OF_NO_MEMORY)


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, or a plain one in its place where it would not survive the journey."""
    error.add_note("".join(["In the child process:\n", *traceback.format_exception(error)]))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  (our own bytes)
    except Exception:  # noqa: BLE001  (pickle calls the error's own code)
        return ChildRaised(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent(lifeline: int) -> None:
    """Ask the kernel for SIGIO, whose default is to end us, once the parent's end of `lifeline` closes.

    Unlike a thread that waits for the end, this works while a C library holds the interpreter; unlike PR_SET_PDEATHSIG
    it does not fire when the thread that started us ends.
    """
    import fcntl

    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _limit_memory(memory_mb: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MEBIBYTE, memory_mb * MEBIBYTE))
