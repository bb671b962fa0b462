"""A `World`: the server of a source as a test plays it, in the source's own protocol, on loopback.

Its test publishes, edits, deletes and breaks things there. It knows no connector beyond building it. The worlds stand in
`tests/connectors/worlds/KIND.py`, so that `tests/integration/test_every_source.py` can run them all at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, get_args

from connectors.base import Connector, Options
from connectors.transport import WaysOut

NOW = datetime(2026, 4, 13, 12, tzinfo=UTC)
"""The moment at which connectors are polled here. What a world publishes unasked is from the day before."""

Trouble = Literal["busy", "broken", "login", "malformed", "empty_page", "duplicate_page"]
"""What may go wrong with the next answers: 429 with `Retry-After: 30`, 500, 401, a body that is no answer, a page without
items that says that others follow (or, where the protocol cannot say so, just one without items), and a page that repeats
the one before it (the first: itself) while what it should have brought still follows."""

ALL_TROUBLES: frozenset[Trouble] = frozenset(get_args(Trouble))

EVERYTHING: dict[str, Any] = {"first_run_items": 20_000, "first_run_days": 30_000}
"""Options that leave nothing out at the first poll."""


class World(Protocol):
    """A source's server, played by a test. One object is one server; it outlives every connector built on it."""

    page_size: int
    """Items in a page as the connector asks for it by default."""
    window: int | None
    """How many of the newest items the source ever shows, None where all can be paged through."""
    deletes: bool
    """Whether it can be seen that an item is gone."""
    edits: bool
    """Whether it can be seen that an item has another text."""
    troubles: frozenset[Trouble]
    """Those that can befall this source; a folder knows no 429."""

    def options(self, **changes: Any) -> Options:
        """Options that read this server, as a user would have them, with `changes` on top."""

    def connector(self, **changes: Any) -> Connector:
        """A new connector on new ways out, as after a restart: it remembers nothing, not even a `Retry-After`."""

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        """New ways out that lead to this server: hosts mapped, no pauses. `monotonic` is what pauses are counted by."""

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        """The external ids of `count` new items, oldest first, a second apart, the last of them published at `at`;
        without `at`, just after the newest so far. No two have the same text. `Timeline` counts this out."""

    def edit(self, external_id: str) -> None:
        """Give an item another text, just after the newest so far."""

    def delete(self, external_id: str) -> None:
        """Take an item away."""

    def fail(self, what: Trouble, times: int = 1) -> None:
        """Answer the next `times` requests for items so. Logins and look-ups of names go on working, but for "login"."""

    def close(self) -> None:
        """End the server."""


@dataclass
class Timeline:
    """The instants at which a world publishes."""

    newest: datetime = NOW - timedelta(days=1)

    def take(self, count: int = 1, at: datetime | None = None) -> list[datetime]:
        """`count` instants in whole seconds, a second apart, oldest first, as `World.publish` wants them."""
        last = at or self.newest + timedelta(seconds=count)
        self.newest = max(self.newest, last)
        return [last - timedelta(seconds=count - 1 - number) for number in range(count)]
