"""Dates as publishers write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reading.dates import is_credible, parse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-02-14T09:30:00Z", datetime(2026, 2, 14, 9, 30, tzinfo=UTC)),
        ("2026-02-14T09:30:00.123+02:00", datetime(2026, 2, 14, 7, 30, 0, 123000, tzinfo=UTC)),
        ("2026-02-14", datetime(2026, 2, 14, tzinfo=UTC)),
        ("Sat, 14 Feb 2026 09:30:00 GMT", datetime(2026, 2, 14, 9, 30, tzinfo=UTC)),
        ("14 Feb 2026 09:30 -0500", datetime(2026, 2, 14, 14, 30, tzinfo=UTC)),
        ("Sat, 14 Feb 2026 09:30:00 PST", datetime(2026, 2, 14, 17, 30, tzinfo=UTC)),
        ("Sat, 14 Feb 2026 09:30:00 CEST", datetime(2026, 2, 14, 7, 30, tzinfo=UTC)),
        ("  Sat,  14 Feb 2026\n 09:30:00 Z ", datetime(2026, 2, 14, 9, 30, tzinfo=UTC)),
        ("Sat, Feb 14 2026 02:02:33 PM", datetime(2026, 2, 14, 14, 2, 33, tzinfo=UTC)),
        ("February 14, 2026", datetime(2026, 2, 14, tzinfo=UTC)),
        ("14.02.2026 09:30", datetime(2026, 2, 14, 9, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_understood(written: str, meant: datetime | None) -> None:
    assert parse(written) == meant


@given(st.text())
def test_no_text_is_too_odd_to_be_asked(written: str) -> None:
    found = parse(written)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("instant", "is_so"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), False, id="1970"),
        pytest.param(datetime(2090, 1, 1, tzinfo=UTC), False, id="2090"),
        pytest.param(NOW + timedelta(hours=20), True, id="a clock that runs ahead"),
        pytest.param(NOW - timedelta(days=9000), True, id="an old page"),
        pytest.param(None, False, id="no date"),
    ],
)
def test_only_dates_of_the_web_are_credible(instant: datetime | None, is_so: bool) -> None:
    assert is_credible(instant, NOW) is is_so
