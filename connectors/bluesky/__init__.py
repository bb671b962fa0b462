"""The source kind `bluesky`: a user's timeline, feeds, lists, authors and mentions, by an app password.

Here are the options and the order of a poll. `connectors.bluesky.account` speaks XRPC, `connectors.bluesky.places` says what
each timeline is asked for, `connectors.bluesky.posts` reads the answers with atproto's models in the reader child, so that the
daemon never holds their 40 MB, and `connectors.timelines` does the reading on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import Any, ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import API_VERSION, Batch, Cursor, NeedsLogin, Options, asked
from connectors.reading.links import secure_host
from connectors.transport import WaysOut

_HANDLE = re.compile(r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*|did:[a-z]+:[\w.:%-]+")


class BlueskyOptions(Options):
    handle: str = Field(json_schema_extra=asked("Your handle, such as ada.bsky.social"))
    password: SecretStr | None = Field(
        default=None, json_schema_extra=asked("An app password (Settings > Privacy and security > App passwords)")
    )
    password_file: str = ""
    feeds: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Feeds to read, by their addresses on bsky.app"))
    lists: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked("Lists to read, by name, or by their addresses on bsky.app")
    )
    authors: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Accounts to read, by handle"))
    server: str = "bsky.social"
    """Where the account is; another only for who hosts their own."""
    timeline: bool = True
    """All that the timeline of followed accounts shows."""
    mentions: bool = True
    """Posts that name, answer or quote the user, from anybody."""

    @field_validator("handle")
    @classmethod
    def _is_a_handle(cls, handle: str) -> str:
        return _handle(handle)

    @field_validator("authors")
    @classmethod
    def _are_handles(cls, authors: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_handle, authors))

    @field_validator("server")
    @classmethod
    def _is_a_host(cls, server: str) -> str:
        return secure_host(server, such_as="bsky.social")

    @model_validator(mode="after")
    def _reads_something(self) -> BlueskyOptions:
        if not (self.timeline or self.mentions or self.feeds or self.lists or self.authors):
            raise ValueError("nothing is to be read: set timeline or mentions to true, or name feeds, lists or authors")
        return self


class Bluesky:
    """One account."""

    kind: ClassVar[str] = "bluesky"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = BlueskyOptions
    every: ClassVar[timedelta] = timedelta(minutes=15)
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: BlueskyOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        options = self._options
        if not options.password:
            raise NeedsLogin(
                f"Bluesky shows {options.handle} nothing without an app password: make one under Settings > Privacy and "
                "security > App passwords, and put it into the file that password_file names."
            )
        from connectors import timelines  # weight: this module is loaded at each start, for its options
        from connectors.bluesky.account import Account
        from connectors.bluesky.places import Places

        account = Account(options.server, options.handle, options.password, self._ways_out)
        kept: dict[str, Any] = {"account": account.did, "uris": {}}
        if cursor and cursor.get("account") == account.did:  # else what is known would be another's
            kept |= cursor
        places = Places(account, self._ways_out)
        kept["uris"] = places.uris(options.feeds, options.lists, kept["uris"])
        wanted: list[timelines.Timeline] = [places.mentions()] if options.mentions else []
        wanted += [places.timeline()] if options.timeline else []
        wanted += [places.list_(name, kept["uris"][name]) for name in options.lists]
        wanted += [places.author(handle) for handle in options.authors]
        wanted += [places.feed(name, kept["uris"][name]) for name in options.feeds]
        yield from timelines.read(wanted, kept, options, now=now, limit=limit, cancelled=cancelled)


def _handle(handle: str) -> str:
    plain = handle.strip().removeprefix("@").lower()
    plain = plain.removeprefix("https://bsky.app/profile/").rstrip("/")
    if not _HANDLE.fullmatch(plain):
        raise ValueError(f"{handle!r} is no handle, such as ada.bsky.social")
    return plain
