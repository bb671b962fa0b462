"""A host is asked politely: not too often, and not while it asked to be left alone."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport.pacing import LONGEST_WAIT, LeftAlone, Pace, Stopped, retry_after

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"

WAITS = [
    ("120", DATE, timedelta(minutes=2)),
    ("0", DATE, timedelta(0)),
    ("Wed, 21 Oct 2015 07:30:00 GMT", DATE, timedelta(minutes=2)),
    ("Wed, 21 Oct 2015 07:00:00 GMT", DATE, timedelta(0)),
    ("Wed, 21 Oct 2015 07:30:00 -0000", DATE, timedelta(minutes=2)),
    ("99999999999999999999", DATE, LONGEST_WAIT),
    ("Fri, 31 Dec 9999 23:59:59 GMT", DATE, LONGEST_WAIT),
    ("", DATE, None),
    ("soon", DATE, None),
    ("-5", DATE, None),
    ("1.5", DATE, None),
    ("²", DATE, None),
]


@pytest.mark.parametrize(("asked", "date", "wait"), WAITS, ids=[asked or "nothing" for asked, _, _ in WAITS])
def test_retry_after_is_read_in_seconds_and_as_a_date(asked: str, date: str, wait: timedelta | None) -> None:
    assert retry_after({"Retry-After": asked, "Date": date}) == wait


@given(st.text(), st.text())
def test_any_retry_after_is_a_wait_within_bounds_or_none(asked: str, date: str) -> None:
    wait = retry_after({"Retry-After": asked, "Date": date})
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


def test_turns_at_one_host_are_a_pause_apart_and_other_hosts_do_not_wait() -> None:
    pace = Pace(0.1)
    started = time.monotonic()
    for _ in range(3):
        pace.take_turn("one.example")
    assert time.monotonic() - started >= 0.2
    patient = Pace(3600)
    patient.take_turn("one.example")
    patient.take_turn("two.example")


def test_a_connector_may_ask_for_a_longer_pause() -> None:
    pace = Pace(0.01)
    started = time.monotonic()
    pace.take_turn("one.example", 0.2)
    pace.take_turn("one.example", 0.2)
    assert time.monotonic() - started >= 0.2


def test_a_pause_of_nothing_is_no_pause_whatever_is_asked() -> None:
    pace = Pace(0.0)
    for _ in range(3):
        pace.take_turn("one.example", 3600)


def test_a_host_that_asked_for_it_is_left_alone_until_then() -> None:
    present = 1000.0
    pace = Pace(0.0, now=lambda: present)
    pace.leave_alone("one.example", timedelta(minutes=5))
    with pytest.raises(LeftAlone) as caught:
        pace.take_turn("one.example")
    assert caught.value.after == timedelta(minutes=5)
    pace.take_turn("two.example")
    present += 300
    pace.take_turn("one.example")


def test_nobody_is_left_alone_for_ever() -> None:
    pace = Pace(0.0)
    pace.leave_alone("one.example", timedelta(days=10_000))
    with pytest.raises(LeftAlone) as caught:
        pace.take_turn("one.example")
    assert caught.value.after <= LONGEST_WAIT


def test_stopping_wakes_whoever_waits_for_a_turn() -> None:
    pace = Pace(3600)
    pace.take_turn("one.example")
    threading.Timer(0.1, pace.stop).start()
    with pytest.raises(Stopped):
        pace.take_turn("one.example")
