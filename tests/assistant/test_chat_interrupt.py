"""Ctrl-C while a reply comes: it interrupts at once, and is remembered where its exception is lost."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from assistant.cli.chat.interrupt import interrupts


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_interrupts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts():
        press()


def test_a_lost_interrupt_is_raised_when_it_is_next_asked_for() -> None:
    with interrupts() as check:
        check()
        with suppress(KeyboardInterrupt):
            press()
        with pytest.raises(KeyboardInterrupt):
            check()


def test_what_heard_ctrl_c_before_hears_it_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with suppress(KeyboardInterrupt), interrupts():
        press()
    assert signal.getsignal(signal.SIGINT) is before
