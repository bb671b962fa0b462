"""When the scheduled digest is due: hours, days, zones, changes of the clock, sleep, pauses, travel."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clock import local_day
from assistant.config.schema import WEEKDAYS, Settings, Weekday
from assistant.digest.schedule import Pause, Timetable, due_day, is_late, missed_days, next_instant

BERLIN, NEW_YORK, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
WORKDAYS: tuple[Weekday, ...] = WEEKDAYS[:5]
FRIDAY = date(2026, 11, 20)


def table(
    at: time = time(7),
    *,
    days: tuple[Weekday, ...] = WEEKDAYS,
    zone: ZoneInfo = BERLIN,
    catch_up_hours: float = 12,
    pause: Pause | None = None,
    since: datetime | None = None,
) -> Timetable:
    return Timetable(at, days, zone, timedelta(hours=catch_up_hours), pause, since)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("timetable", "now", "due"),
    [
        pytest.param(table(), "2026-11-20T06:59:59", None, id="a second before its hour"),
        pytest.param(table(), "2026-11-20T07:00:00", FRIDAY, id="at its hour"),
        pytest.param(table(), "2026-11-20T18:59:00", FRIDAY, id="after sleep, within the bound"),
        pytest.param(table(), "2026-11-20T19:00:00", None, id="after sleep, past the bound"),
        pytest.param(table(catch_up_hours=24), "2026-11-21T06:59:00", None, id="never on another local day"),
        pytest.param(table(catch_up_hours=0), "2026-11-20T07:09:00", FRIDAY, id="no catch-up, but a late tick"),
        pytest.param(table(catch_up_hours=0), "2026-11-20T07:10:00", None, id="no catch-up"),
        pytest.param(table(days=WORKDAYS), "2026-11-21T08:00:00", None, id="a day that is not wanted"),
        pytest.param(table(pause=Pause(FRIDAY, date(2026, 11, 23))), "2026-11-22T08:00:00", None, id="in a pause"),
        pytest.param(
            table(pause=Pause(FRIDAY, date(2026, 11, 23))),
            "2026-11-23T08:00:00",
            date(2026, 11, 23),
            id="on the day a pause ends",
        ),
        pytest.param(table(since=berlin("2026-11-20T15:00")), "2026-11-20T15:01", None, id="set up after its hour"),
        pytest.param(table(since=berlin("2026-11-20T06:00")), "2026-11-20T15:01", FRIDAY, id="set up before its hour"),
        pytest.param(table(time(2, 30)), "2027-03-28T03:29:00", None, id="before an hour that the spring change skips"),
        pytest.param(
            table(time(2, 30)), "2027-03-28T03:30:00", date(2027, 3, 28), id="an hour that the spring change skips"
        ),
    ],
)
def test_a_digest_is_due_on_its_own_day_from_its_hour_until_its_bound(
    timetable: Timetable, now: str, due: date | None
) -> None:
    assert due_day(timetable, berlin(now), made=()) == due


def test_an_hour_that_occurs_twice_in_autumn_brings_one_digest() -> None:
    timetable = table(time(2, 30))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert first.astimezone(BERLIN).time() == second.astimezone(BERLIN).time() == time(2, 30)
    day = due_day(timetable, first, made=())
    assert day == date(2026, 10, 25)
    assert due_day(timetable, second, made=[day]) is None


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        pytest.param(NEW_YORK, datetime(2026, 11, 20, 12, 0, tzinfo=UTC), id="west, where it is 7 again"),
        pytest.param(ZoneInfo("Pacific/Pago_Pago"), datetime(2026, 11, 20, 18, 30, tzinfo=UTC), id="far west"),
        pytest.param(TOKYO, datetime(2026, 11, 20, 9, 0, tzinfo=UTC), id="east, later the same day"),
    ],
)
def test_travel_cannot_make_a_second_digest(zone: ZoneInfo, now: datetime) -> None:
    assert due_day(table(zone=zone), now, made=[FRIDAY]) is None


def test_flying_west_over_midnight_does_not_go_back_to_the_day_before() -> None:
    just_made_in_tokyo = datetime(2026, 11, 19, 22, 5, tzinfo=UTC)
    assert due_day(table(zone=TOKYO), just_made_in_tokyo, made=()) == FRIDAY
    assert local_day(just_made_in_tokyo, NEW_YORK) == date(2026, 11, 19)
    assert due_day(table(zone=NEW_YORK), just_made_in_tokyo, made=[FRIDAY]) is None


def test_a_digest_from_a_clock_that_was_years_ahead_does_not_silence_today() -> None:
    assert due_day(table(), berlin("2026-11-20T08:00"), made=[date(2090, 1, 1)]) == FRIDAY


@given(
    at=st.times(),
    zones=st.lists(st.sampled_from([BERLIN, NEW_YORK, TOKYO, ZoneInfo("Pacific/Kiritimati")]), min_size=1),
    steps=st.lists(st.integers(min_value=0, max_value=60 * 30), max_size=80),
)
def test_whatever_the_travel_and_the_sleep_no_day_has_two_digests_and_dates_only_grow(
    at: time, zones: list[ZoneInfo], steps: list[int]
) -> None:
    now = datetime(2026, 10, 20, tzinfo=UTC)
    made: list[date] = []
    for number, minutes in enumerate(steps):
        now += timedelta(minutes=minutes)
        timetable = table(at, zone=zones[number % len(zones)])
        day = due_day(timetable, now, made)
        if day is not None:
            assert all(day > earlier for earlier in made)
            assert next_instant(timetable, now, made) == now
            made.append(day)
            assert due_day(timetable, now, made) is None


def test_days_without_a_digest_are_missed_and_counted_within_a_bound() -> None:
    made = [date(2026, 11, 13)]
    timetable = table(days=WORKDAYS)
    assert missed_days(timetable, berlin("2026-11-20T08:00"), made) == tuple(
        date(2026, 11, day) for day in (16, 17, 18, 19)
    )
    assert missed_days(timetable, berlin("2026-11-20T20:00"), made)[-1] == FRIDAY
    long_ago = missed_days(table(), berlin("2026-11-20T08:00"), [date(2026, 1, 1)])
    assert (long_ago[0], long_ago[-1], len(long_ago)) == (date(2026, 11, 6), date(2026, 11, 19), 14)


@pytest.mark.parametrize(
    ("made", "pause"),
    [
        pytest.param([], None, id="a new home"),
        pytest.param([date(2026, 11, 19)], None, id="yesterday had one"),
        pytest.param([date(2026, 11, 13)], Pause(date(2026, 11, 14), FRIDAY), id="the user paused"),
    ],
)
def test_nothing_is_missed_when(made: list[date], pause: Pause | None) -> None:
    assert missed_days(table(pause=pause), berlin("2026-11-20T08:00"), made) == ()


@pytest.mark.parametrize(
    ("timetable", "made", "expected"),
    [
        pytest.param(table(), [], "2026-11-20T12:00", id="now, if one is due"),
        pytest.param(table(), [FRIDAY], "2026-11-21T07:00", id="tomorrow"),
        pytest.param(table(time(18)), [], "2026-11-20T18:00", id="later today"),
        pytest.param(table(days=WORKDAYS), [FRIDAY], "2026-11-23T07:00", id="after the weekend"),
        pytest.param(table(pause=Pause(FRIDAY, date(2027, 2, 1))), [], "2027-02-01T07:00", id="after a long pause"),
    ],
)
def test_the_next_digest_comes(timetable: Timetable, made: list[date], expected: str) -> None:
    assert next_instant(timetable, berlin("2026-11-20T12:00"), made) == berlin(expected)


def test_no_digest_comes_when_no_day_is_wanted() -> None:
    assert next_instant(table(days=()), berlin("2026-11-20T12:00"), made=()) is None


def test_a_digest_after_sleep_knows_that_it_is_late() -> None:
    assert not is_late(table(), berlin("2026-11-20T07:02"), FRIDAY)
    assert is_late(table(), berlin("2026-11-20T09:00"), FRIDAY)


def test_the_timetable_is_what_the_configuration_says() -> None:
    settings = Settings.model_validate(
        {"user": {"timezone": "Asia/Tokyo"}, "digest": {"at": "06:30", "days": ["mon"], "catch_up_hours": 3}}
    )
    assert Timetable.of(settings) == table(time(6, 30), days=("mon",), zone=TOKYO, catch_up_hours=3)
