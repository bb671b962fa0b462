"""Where the reading of one timeline stands, and what the id of a post says of its time.

X lists newest first, a page at a time. Everything from `newest` down is known or was left out; a listing under way began at
`head` and goes on at `token`. Pure; kept in the cursor by `connectors.x.reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["user", "list", "search", "home"]

_EPOCH_MS = 1_288_834_974_657
"""X counts the time in its ids from here on, in milliseconds, above 22 bits of other things."""
_LEAST: dict[Kind, int] = {"user": 5, "list": 1, "search": 10, "home": 1}


def id_at(instant: datetime) -> int:
    """The least id that a post of this instant can have; 0 for what was before there were such ids."""
    return max(0, int(instant.timestamp() * 1000) - _EPOCH_MS) << 22


def instant_of(identity: int) -> datetime:
    return datetime.fromtimestamp(((identity >> 22) + _EPOCH_MS) / 1000, UTC)


def is_id(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19


@dataclass(frozen=True, slots=True)
class Feed:
    """A timeline: `name` is a handle, the number of a list, a query, or empty for the user's home."""

    kind: Kind
    name: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"

    @property
    def shown(self) -> str:
        return {"user": f"@{self.name}", "list": f"the list {self.name}", "search": self.name, "home": "home"}[
            self.kind
        ]

    @property
    def least(self) -> int:
        """The smallest page that X serves of it."""
        return _LEAST[self.kind]

    @property
    def knows_ids(self) -> bool:
        """Whether it can be asked for what lies between two ids. A list cannot, it is read until known posts come."""
        return self.kind != "list"


@dataclass(frozen=True, slots=True)
class Place:
    """`below` is not 0 while the rest of a page is to be read: only posts with smaller ids then count. `lowest` is the
    smallest id of the listing so far. `left` is what the first poll may still take, None once it is over. `is_starved`
    says that the budget broke the listing off."""

    newest: int = 0
    head: int = 0
    token: str = ""
    below: int = 0
    lowest: int = 0
    left: int | None = None
    is_starved: bool = False

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Place:
        names = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in names})

    def kept(self) -> dict[str, Any]:
        """The place as JSON, without what is as usual."""
        usual = asdict(Place())
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @property
    def is_under_way(self) -> bool:
        return self.head > 0 or bool(self.token)

    def after(self, taken: list[int], shown: list[int], *, token: str, cut: bool) -> Place:
        """After a page that held the ids `shown` and of which `taken` were taken, `cut` off if not all."""
        left = None if self.left is None else self.left - len(taken)
        lowest = min([*taken, self.lowest] if self.lowest else taken, default=self.lowest)
        is_above = min(shown, default=self.below) >= self.below  # what was read already is still being passed over
        below = min(taken, default=self.below) if cut else self.below if is_above else 0
        return replace(
            self,
            head=max([self.head, *shown]),
            token=self.token if cut else token,
            below=below,
            lowest=lowest,
            left=left,
            is_starved=False,
        )

    def at_the_end(self, floor: int) -> Place:
        """The listing is through, or given up: all from its head down is known, or from `floor` if nothing was there."""
        return Place(newest=max(self.newest, self.head, floor))

    def without_token(self) -> Place:
        """For a token that X takes no more: the listing begins again, and what was read of it is passed over."""
        return replace(self, token="", below=self.lowest)
