"""The source kind `mastodon`: a user's home timeline, lists, tags, accounts and mentions, on any server with that API.

Here are the options and the order of a poll. `connectors.mastodon.server` asks the server through Mastodon.py, which is
imported when first polled, `connectors.mastodon.statuses` turns its posts into items, `connectors.timelines` reads.
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


class MastodonOptions(Options):
    server: str = Field(json_schema_extra=asked("The server of your account, such as mastodon.social"))
    token: SecretStr | None = Field(
        default=None,
        json_schema_extra=asked("An access token (Preferences > Development > New application; scopes read:...)"),
    )
    token_file: str = ""
    lists: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Lists to read, by name"))
    tags: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Hashtags to read"))
    accounts: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked("Accounts to read, such as Gargron@mastodon.social")
    )
    home: bool = True
    """All that the home timeline shows."""
    mentions: bool = True
    """Posts that name the user, from anybody."""

    @field_validator("server")
    @classmethod
    def _is_a_host(cls, server: str) -> str:
        return secure_host(server, such_as="mastodon.social")

    @field_validator("tags")
    @classmethod
    def _without_hash(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(tag.strip().lstrip("#") for tag in tags)
        for tag in named:
            if not re.fullmatch(r"\w+", tag):
                raise ValueError(f"{tag!r} is no hashtag: letters, digits and _ alone")
        return named

    @field_validator("accounts")
    @classmethod
    def _without_at(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(account.strip().lstrip("@") for account in accounts if account.strip("@ "))

    @model_validator(mode="after")
    def _reads_something(self) -> MastodonOptions:
        if not (self.home or self.mentions or self.lists or self.tags or self.accounts):
            raise ValueError("nothing is to be read: set home or mentions to true, or name lists, tags or accounts")
        return self


class Mastodon:
    """One account on one server."""

    kind: ClassVar[str] = "mastodon"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = MastodonOptions
    every: ClassVar[timedelta] = timedelta(minutes=15)
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: MastodonOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        if not self._options.token:
            raise NeedsLogin(
                f"{self._options.server} shows timelines only with an access token: make one there under Preferences > "
                "Development, and put it into the file that token_file names."
            )
        from connectors import timelines  # weight: this module is loaded at each start, for its options
        from connectors.mastodon.server import Server  # weight: Mastodon.py, 12 MB

        server = Server(self._options.server, self._options.token.get_secret_value(), self._ways_out)
        account = f"{server.me}@{self._options.server}"
        kept: dict[str, Any] = {"account": account, "ids": {}}
        if cursor and cursor.get("account") == account:  # else all ids would be another's
            kept |= cursor
        ids = kept["ids"] = server.account_ids(self._options.accounts, kept["ids"])
        wanted = []
        if self._options.mentions:
            wanted.append(server.mentions())
        if self._options.home:
            wanted.append(server.home())
        wanted += [server.list_named(name) for name in self._options.lists]
        wanted += [server.tag(name) for name in self._options.tags]
        wanted += [server.account(name, ids[name]) for name in self._options.accounts]
        yield from timelines.read(wanted, kept, self._options, now=now, limit=limit, cancelled=cancelled)
