"""The source kind `reddit`: subreddits, multireddits and the user's front page.

Without credentials it reads Reddit's feeds (`connectors.reddit.by_feed`), with them the API (`connectors.reddit.by_api`, which loads
praw and so is imported by a poll). An item has the same id both ways, so credentials may be added later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import API_VERSION, Batch, Cursor, Options, asked
from connectors.transport import WaysOut

_SUBREDDIT = re.compile(r"(?:https?://(?:www\.|old\.)?reddit\.com)?/?(?:r/)?(?P<name>[A-Za-z0-9_]{2,21})/?")
_MULTIREDDIT = re.compile(
    r"(?:https?://(?:www\.|old\.)?reddit\.com)?/?(?:u/|user/)?(?P<user>[\w-]{3,20})/(?:m/)?(?P<name>\w{1,50})/?"
)


class RedditOptions(Options):
    subreddits: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Which subreddits? Such as r/python"))
    multireddits: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Which multireddits? As USER/m/NAME"))
    front: bool = False
    """The user's own front page: that of their subscriptions."""
    sort: Literal["new", "hot", "top"] = "new"
    """`new` is everything; `hot` and `top` (of the day) are what Reddit puts first, 100 posts of each at most."""
    top_comments: int = Field(default=3, ge=0, le=10)
    """So many of the best comments are kept beside a post, where the API is used."""

    client_id: str = Field(
        default="",
        json_schema_extra=asked("The id of an app of yours (reddit.com/prefs/apps); empty to read the feeds"),
    )
    client_secret: SecretStr | None = Field(default=None, json_schema_extra=asked("Its secret"))
    client_secret_file: str = ""
    username: str = ""
    """For the front page; what mentions it speaks to the user."""
    password: SecretStr | None = None
    password_file: str = ""
    refresh_token: SecretStr | None = None
    """Instead of a password, with the scope `read`."""
    refresh_token_file: str = ""

    @field_validator("subreddits")
    @classmethod
    def _named(cls, subreddits: tuple[str, ...]) -> tuple[str, ...]:
        for written in subreddits:
            if not _SUBREDDIT.fullmatch(written.strip()):
                raise ValueError(f"{written!r} is no subreddit, such as r/python")
        return tuple(dict.fromkeys(_SUBREDDIT.sub(r"\g<name>", written.strip()) for written in subreddits))

    @field_validator("multireddits")
    @classmethod
    def _paths(cls, multireddits: tuple[str, ...]) -> tuple[str, ...]:
        for written in multireddits:
            if not _MULTIREDDIT.fullmatch(written.strip()):
                raise ValueError(f"{written!r} is no multireddit, such as USER/m/NAME")
        return tuple(
            dict.fromkeys(_MULTIREDDIT.sub(r"\g<user>/m/\g<name>", written.strip()) for written in multireddits)
        )

    @field_validator("username")
    @classmethod
    def _bare(cls, username: str) -> str:
        return username.strip().removeprefix("/").removeprefix("u/")

    @model_validator(mode="after")
    def _can_be_read(self) -> RedditOptions:
        if not (self.subreddits or self.multireddits or self.front):
            raise ValueError("name at least one of subreddits or multireddits, or set front = true")
        if bool(self.client_id) != (self.client_secret is not None):
            raise ValueError("an app has both a client_id and a client_secret; without either, the feeds are read")
        if self.password and not self.username:
            raise ValueError("a password needs its username")
        has_user = self.refresh_token is not None or self.password is not None
        if self.front and not (self.client_id and has_user):
            raise ValueError(
                "the front page needs client_id and client_secret, and a refresh_token or username and password"
            )
        return self


class Reddit:
    kind: ClassVar[str] = "reddit"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = RedditOptions
    every: ClassVar[timedelta] = timedelta(minutes=30)
    quiet_after: ClassVar[timedelta] = timedelta(days=14)

    def __init__(self, options: RedditOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        if self._options.client_id:
            from connectors.reddit import by_api  # weight: praw

            yield from by_api.poll(self._options, self._ways_out, cursor, now=now, limit=limit, cancelled=cancelled)
            return
        from connectors.reddit import by_feed  # weight: what reads feeds

        yield from by_feed.poll(self._options, self._ways_out, cursor, now=now, limit=limit, cancelled=cancelled)
