"""Ctrl-C that is not lost while a reply comes.

Python raises KeyboardInterrupt wherever the main thread happens to be. Where C code looks something up in that moment, the
exception may be cleared there, and nobody hears of it. So it is remembered as well, and asked for between two events.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts() -> Iterator[Callable[[], None]]:
    """A function that raises KeyboardInterrupt if Ctrl-C was pressed since, even where its exception was lost."""
    is_asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        is_asked.set()
        raise KeyboardInterrupt

    def check() -> None:
        if is_asked.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only the main thread hears signals
        yield check
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
