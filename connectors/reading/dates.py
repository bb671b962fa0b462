"""Dates as publishers write them, to aware instants in UTC. Knows no feed format; the document readers call it.

`parse` says what a date means and not whether to believe it: 1970 and 2090 are for `is_credible`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_HOURS_OF_ZONE: dict[str, float] = {
    "WET": 0,
    "BST": 1,
    "CET": 1,
    "MEZ": 1,
    "WEST": 1,
    "CEST": 2,
    "EET": 2,
    "MESZ": 2,
    "EEST": 3,
}
_HOURS_OF_ZONE |= {"MSK": 3, "IST": 5.5, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11}
HALF_DAY = re.compile(r"\b[ap]\.?m\b", re.IGNORECASE)
"""Marks a twelve-hour clock, whose afternoons most date readers take for mornings."""
_NAMED_ZONE = re.compile(r"\s*\b([A-Z]{3,4})$")
_FORMATS = (
    "%a, %b %d %Y %I:%M:%S %p",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y",
    "%d %B %Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def parse(text: str) -> datetime | None:
    """The instant that a date of RFC 3339, RFC 822 or a known habit of publishers names; UTC where it has no zone."""
    text, zone = _without_zone(" ".join(text.split()))
    for reader in (datetime.fromisoformat, _by_rfc_822, _by_habit):
        try:
            instant = reader(text)
            aware = instant if instant.tzinfo else instant.replace(tzinfo=zone)
            return aware.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def is_credible(instant: datetime | None, now: datetime) -> bool:
    """Whether something can have been published then: not before the web, nor later than tomorrow."""
    return instant is not None and _EARLIEST <= instant <= now + _AHEAD


def _without_zone(text: str) -> tuple[str, timezone]:
    """Zones that the standard library does not know are taken off here."""
    match = _NAMED_ZONE.search(text)
    hours = _HOURS_OF_ZONE.get(match[1]) if match else None
    if match is None or hours is None:
        return text, UTC
    return text[: match.start()], timezone(timedelta(hours=hours))


def _by_rfc_822(text: str) -> datetime:
    if HALF_DAY.search(text):
        raise ValueError(f"{text!r} is of a twelve-hour clock")
    return parsedate_to_datetime(text)


def _by_habit(text: str) -> datetime:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  (`parse` adds the zone)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is no date")
