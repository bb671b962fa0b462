"""The clock is put forward and back, the zone and the summer time change at the hour of the digest: one digest a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from assistant.jobs.duties import DELIVER, DIGEST, MAINTAIN, duty
from tests.chaos.house import MINUTE, House, house
from tests.mail_server import MailServer
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

YEARS = timedelta(days=3 * 365)


def runs(home: House, *names: str) -> None:
    """What a tick would start of these."""
    for name in names:
        at = duty(home.service, name).at
        if at is not None and at <= home.clock.now():
            home.runner.run(name)


def days(home: House) -> list[object]:
    return [day for (day,) in home.rows("SELECT local_date FROM digest ORDER BY id")]


def test_a_clock_that_was_years_ahead_keeps_no_job_waiting_for_years(tmp_path: Path) -> None:
    with house(tmp_path, zone="UTC", at="07:00") as home:
        home.clock.advance(YEARS)
        runs(home, MAINTAIN)
        home.configure(zone="UTC", at="07:00")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("assistant.digests.queue_scheduled", _fails)
            home.clock.advance(timedelta(hours=3))
            with pytest.raises(RuntimeError):
                home.runner.run(DIGEST)
        home.clock.advance(-YEARS)
        for name in (MAINTAIN, DIGEST):
            at = duty(home.service, name).at
            assert at is not None
            assert at <= home.clock.now(), f"{name} waits until {at}"
        runs(home, DIGEST)
        assert days(home) == ["2026-11-20"]


def _fails(*_: object) -> None:
    raise RuntimeError("the model has gone")


def test_the_clock_back_and_forward_around_its_hour_makes_no_second_digest(tmp_path: Path) -> None:
    with house(tmp_path, zone="UTC", at="07:00") as home:
        home.clock.advance(timedelta(hours=2, minutes=1))
        runs(home, DIGEST)
        for jump in (-timedelta(minutes=30), -timedelta(hours=6), timedelta(hours=7), -timedelta(minutes=31)):
            home.clock.advance(jump)
            runs(home, "poll:north", DIGEST)
            home.restart()
            runs(home, DIGEST)
        assert days(home) == ["2026-11-20"]
        home.clock.set(datetime(2026, 11, 21, 7, 0, tzinfo=UTC))
        runs(home, DIGEST)
        assert days(home) == ["2026-11-20", "2026-11-21"]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Pago_Pago", "Asia/Tokyo"])
def test_a_zone_that_changes_at_the_hour_of_the_digest_makes_one_digest_a_local_day(tmp_path: Path, zone: str) -> None:
    with house(tmp_path) as home:
        home.clock.set(datetime(2026, 11, 20, 6, 0, tzinfo=UTC))  # seven in Berlin
        runs(home, DIGEST)
        home.configure(zone=zone)
        assert home.service.reload()
        for _ in range(22):
            home.clock.advance(timedelta(hours=1))
            runs(home, DIGEST)
        assert len(days(home)) == len(set(days(home)))
        assert days(home)[0] == "2026-11-20"
        assert len(days(home)) <= 2


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(date(2027, 3, 27), id="its hour is skipped"),
        pytest.param(date(2027, 10, 30), id="its hour comes twice"),
    ],
)
def test_summer_time_neither_takes_a_digest_nor_brings_a_second(tmp_path: Path, first: date) -> None:
    with house(tmp_path, at="02:30") as home:
        home.clock.set(datetime.combine(first, time(0), UTC))
        for _ in range(3 * 24 * 2 - 4):  # until the evening of the third day in Berlin
            home.clock.advance(30 * MINUTE)
            runs(home, DIGEST)
        assert days(home) == [str(first + timedelta(days=later)) for later in range(3)]


def test_a_clock_that_is_put_back_keeps_no_mail_waiting_for_the_hour_of_its_next_attempt(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        home.clock.set(datetime(2026, 11, 20, 6, 0, tzinfo=UTC))
        runs(home, "poll:north", DIGEST, DELIVER)  # no server is there yet
        assert home.rows("SELECT state, attempts FROM delivery") == [("QUEUED", 1)]
        home.clock.advance(-timedelta(days=1))
        with MailServer() as mail:
            home.configure(mail_port=mail.port)
            assert home.service.reload()
            runs(home, DELIVER)
        assert mail.transactions == 1
        assert home.rows("SELECT state FROM delivery") == [("SENT",)]


def test_a_mail_server_that_is_down_for_eight_hours_gets_the_digest_once_and_the_user_is_told_meanwhile(
    tmp_path: Path,
) -> None:
    with house(tmp_path) as home:
        home.configure(mail_port=free_port())
        assert home.service.reload()
        home.clock.set(datetime(2026, 11, 20, 6, 0, tzinfo=UTC))
        runs(home, "poll:north", DIGEST)
        for hour in range(8):
            for _ in range(12):
                runs(home, "deliver")
                home.clock.advance(5 * MINUTE)
            if hour == 4:
                home.restart()
            [told] = [line for line in home.attention if "waits to be sent" in line]
            assert "2026-11-20" in told
            assert "Connection refused" in told
        with MailServer() as mail:
            home.configure(mail_port=mail.port)
            assert home.service.reload()
            for _ in range(8):
                runs(home, "deliver", DIGEST)
                home.clock.advance(5 * MINUTE)
            wait_until(lambda: bool(mail.received), "the digest arrives")
        assert mail.transactions == 1
        assert home.rows("SELECT state FROM delivery") == [("SENT",)]
        assert not any("waits to be sent" in line for line in home.attention)
