"""Whoever asks first is served first, also beside one who asks again at once."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from connectors.child.turns import Turns
from tests.waiting import wait_until

PATIENCE_S = 10.0


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


def test_those_who_wait_are_served_in_the_order_of_their_asking() -> None:
    turns, served = Turns(), list[int]()

    def ask(number: int) -> None:
        with turns:
            served.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda number=number: waiting(turns) == number + 1)  # type: ignore[misc]
    for thread in threads:
        thread.join(PATIENCE_S)
    assert served == list(range(8))


def test_who_asks_again_at_once_comes_behind_the_one_who_waits() -> None:
    """With a plain lock the busy one wins most of the time."""
    turns, over = Turns(), threading.Event()
    answered, waited, passed_over = list[int](), list[int](), list[int]()

    def work_on() -> None:
        owed = 0
        while not over.is_set():
            with turns:
                if len(answered) < owed:
                    passed_over.append(owed)
                time.sleep(0.02)
                if waiting(turns):
                    owed = len(answered) + 1
                    waited.append(owed)

    busy = threading.Thread(target=work_on)
    busy.start()
    try:
        while len(waited) < 10:
            with turns:
                answered.append(len(answered))
    finally:
        over.set()
        busy.join(PATIENCE_S)
    assert passed_over == []


def test_it_is_not_waited_for_where_that_is_not_wanted() -> None:
    turns = Turns()
    assert turns.acquire(blocking=False)
    assert not turns.acquire(blocking=False)
    turns.release()
    assert turns.acquire(blocking=False)


def test_one_who_is_interrupted_while_waiting_is_passed_over() -> None:
    """As Ctrl-C does with whoever waits in the main thread."""

    class Interrupted(Exception):
        pass

    def interrupt(_signal: int, _frame: object) -> None:
        raise Interrupted

    def acquire_until_interrupted() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        turns.acquire()

    turns, before = Turns(), signal.signal(signal.SIGALRM, interrupt)
    try:
        turns.acquire()
        with pytest.raises(Interrupted):
            acquire_until_interrupted()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert waiting(turns) == 0
    turns.release()
    assert turns.acquire(blocking=False)
