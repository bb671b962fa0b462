"""The source kind `nytimes`: sections of The New York Times, by RSS, or by the Top Stories API where a key is given.

Both show what stands in a section now; `reading` compares it with what it has taken. `sections` knows their names,
`feed` and `top_stories` read them, `bylines` tells the authors apart. Called like every connector.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import API_VERSION, Batch, Cursor, Options, asked
from connectors.transport import WaysOut

__all__ = ["NewYorkTimes", "NewYorkTimesOptions"]


class NewYorkTimesOptions(Options):
    sections: tuple[str, ...] = Field(
        default=("home",), json_schema_extra=asked("Which sections? (home, world, technology, science, ...)")
    )
    api_key: SecretStr | None = Field(
        default=None, json_schema_extra=asked("A key of developer.nytimes.com? (empty: by RSS, without one)")
    )
    """With a key, the Top Stories API is asked; without, the RSS of the sections."""
    api_key_file: str = ""

    @field_validator("sections")
    @classmethod
    def _are_known(cls, sections: tuple[str, ...]) -> tuple[str, ...]:
        if not sections:
            raise ValueError('name at least one section, such as ["home"]')
        from connectors.nytimes import sections as places  # weight: only who reads this newspaper needs its sections

        return tuple(dict.fromkeys(map(places.named, sections)))

    @model_validator(mode="after")
    def _can_be_read(self) -> NewYorkTimesOptions:
        from connectors.nytimes import sections as places  # weight

        address = places.api_address if self.key else places.feed_address
        missing = [section for section in self.sections if address(section) is None]
        if missing:
            way = "The Top Stories API has" if self.key else "Without an API key there is"
            raise ValueError(f"{way} no section {missing[0]!r}")
        return self

    @property
    def key(self) -> str:
        return self.api_key.get_secret_value().strip() if self.api_key else ""


class NewYorkTimes:
    """Sections of one newspaper."""

    kind: ClassVar[str] = "nytimes"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = NewYorkTimesOptions
    every: ClassVar[timedelta] = timedelta(minutes=30)
    quiet_after: ClassVar[timedelta] = timedelta(days=2)

    def __init__(self, options: NewYorkTimesOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.nytimes.reading import Reading  # weight: the readers, needed by a poll alone

        return Reading(self._options, self._ways_out, now).poll(cursor, limit, cancelled)
