"""The shape of `config.toml`: what the user wants, typed and frozen. `load` reads it, `edit` changes the file.

Each `[[sources]]` table is read in two steps: `SourceSettings` takes the keys that belong to the service, and the rest
goes to the `Options` of its connector.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import tzlocal
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connectors.reading.links import is_web

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def zone_of_this_machine() -> str | None:
    """Its IANA name, `None` where the system does not tell it, or tells two."""
    try:
        return ZoneInfo(tzlocal.get_localzone_name() or "").key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UserSettings(_Section):
    name: str = ""
    email: str = ""
    """Where the digest goes, and the only address it ever goes to."""
    timezone: str = Field(default_factory=lambda: zone_of_this_machine() or "UTC")
    language: str = "en"
    """Of headings and of what Telos itself says in the digest: `en`, `de`, `fr`, `es`."""
    interests: tuple[str, ...] = ()
    """Phrases that the ranking starts from, such as "dialogue planning"."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no IANA time zone, such as Europe/Berlin or America/New_York")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class DigestSettings(_Section):
    at: time = time(7, 0)
    days: tuple[Weekday, ...] = WEEKDAYS
    entries: Annotated[int, Field(ge=1, le=50)] = 10
    reading_minutes: Annotated[float, Field(gt=0, le=60)] = 5.0
    """The whole digest is written to be read in so long, at 230 words a minute."""
    unproven_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """The share of entries given to items the ranking knows little about, marked as such."""
    per_source_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """No source fills more than this share of the entries while others have something to say."""
    section_share: Annotated[float, Field(gt=0, le=1)] = 0.7
    """No section fills more than this share of the entries while others have something to say."""
    catch_up_hours: Annotated[float, Field(ge=0, le=24)] = 12.0
    """A digest missed by sleep or downtime is still built and sent within so many hours, on its own local day."""
    give_up_hours: Annotated[float, Field(gt=0, le=72)] = 24.0
    """A digest that the mail server does not take is given up after so long, and that is said."""
    max_age_days: Annotated[int, Field(ge=1, le=30)] = 3
    """Nothing published longer ago is shown as new."""

    @field_validator("at", mode="before")
    @classmethod
    def _an_hour_of_the_day(cls, at: object) -> object:
        """Not a number, which would be taken for seconds, nor an hour with a zone: that stands under [user]."""
        if (isinstance(at, str) and not _HOUR.fullmatch(at)) or not isinstance(at, str | time):
            raise ValueError('write hours and minutes of your local day, such as "07:00"')
        return at


class ModelSettings(_Section):
    engine: Literal["extractive"] = "extractive"


class MemorySettings(_Section):
    embedder: str = "sentence-transformers/all-MiniLM-L6-v2"
    revision: str = "main"
    idle_minutes: Annotated[float, Field(gt=0)] = 10.0
    """The embedder's process ends after so long without work, and gives its memory back."""


class MailSettings(_Section):
    via: Literal["smtp", "file", "stdout"] = "file"
    """`file` writes each digest as .eml and .html under the home's `outbox/`; `stdout` prints it where `telos run` runs."""
    host: str = ""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr | None = None
    password_file: str = ""
    sender: str = ""
    """The From address; the user's own address when empty."""
    reply_to: str = ""
    """Where the feedback links of the digest write to; the user's own address when empty."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0


class NetworkSettings(_Section):
    allow_private: tuple[str, ...] = ()
    """Private networks or hosts that sources may reach, such as "192.168.1.10/32". None by default."""
    hosts: dict[str, str] = Field(default_factory=dict)
    """Reach a host elsewhere: `{"export.arxiv.org" = "http://127.0.0.1:8081"}` for a mirror or a test."""

    @field_validator("hosts")
    @classmethod
    def _addresses(cls, hosts: dict[str, str]) -> dict[str, str]:
        for host, base in hosts.items():
            if not is_web(base):
                raise ValueError(f"{host} is sent to {base!r}, which is no address such as http://127.0.0.1:8081")
        return hosts


class SourceSettings(_Section):
    """The keys of a `[[sources]]` table that belong to the service."""

    name: str
    kind: str
    paused: bool = False
    full_text: bool = False
    """Fetch each item's page and keep the article's text."""
    poll_minutes: Annotated[float, Field(ge=1)] | None = None
    """Instead of the connector's own rhythm."""
    section: str = ""
    """The digest's section for its items; by the kind of item when empty."""
    options: Any = None
    """The connector's own `Options`, validated."""


class Settings(_Section):
    """The whole file."""

    user: UserSettings = Field(default_factory=UserSettings)
    digest: DigestSettings = Field(default_factory=DigestSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    memory: MemorySettings = Field(default_factory=MemorySettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    sources: tuple[SourceSettings, ...] = ()

    def source(self, name: str) -> SourceSettings | None:
        return next((source for source in self.sources if source.name == name), None)
