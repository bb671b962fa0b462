"""What the source kind `x` is told: whose posts, with which keys, and how many of them in a month.

It knows no protocol. The class stands apart from the connector, because `connectors.x.api` needs it as well.
"""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import Options, asked

_HANDLE = re.compile(r"(?:https?://(?:www\.)?(?:x|twitter)\.com/|@)?(?P<name>[A-Za-z0-9_]{1,15})/?")
_LIST = re.compile(r"(?:https?://(?:www\.)?(?:x|twitter)\.com/i/lists/)?(?P<id>\d{1,20})/?")


class XOptions(Options):
    """Posts of `users` and `lists`, those that `searches` find, and the user's own home timeline.

    Either `bearer_token` (an app's own: users, lists and searches), or the four keys of a user's app, which read the
    home timeline too.
    """

    users: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Whose posts? Handles, such as @ada"))
    lists: tuple[str, ...] = Field(default=(), json_schema_extra=asked("Which lists? Their addresses or numbers"))
    searches: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked('Which searches? Such as "tidal energy" -is:retweet')
    )
    home: bool = Field(default=False, json_schema_extra=asked("Your home timeline, which needs a user's four keys?"))
    posts_a_month: int = Field(
        ge=1,
        json_schema_extra=asked("How many posts may be read in a month? Each counts toward your plan, or costs money"),
    )
    """The budget. It is spread over the month; what a day leaves is there on the next."""
    handle: str = ""
    """Your own, so that what is meant for you is known. The four keys tell it by themselves."""

    bearer_token: SecretStr | None = Field(
        default=None, json_schema_extra=asked("The bearer token of your app; empty if you have a user's four keys")
    )
    bearer_token_file: str = ""
    api_key: SecretStr | None = Field(default=None, json_schema_extra=asked("API key, the first of the four"))
    api_key_file: str = ""
    api_secret: SecretStr | None = Field(default=None, json_schema_extra=asked("API key secret"))
    api_secret_file: str = ""
    access_token: SecretStr | None = Field(default=None, json_schema_extra=asked("Access token"))
    access_token_file: str = ""
    access_secret: SecretStr | None = Field(default=None, json_schema_extra=asked("Access token secret"))
    access_secret_file: str = ""

    @field_validator("users")
    @classmethod
    def _handles(cls, users: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(_handle(user) for user in users))

    @field_validator("handle")
    @classmethod
    def _own_handle(cls, handle: str) -> str:
        return _handle(handle) if handle.strip() else ""

    @field_validator("lists")
    @classmethod
    def _list_ids(cls, lists: tuple[str, ...]) -> tuple[str, ...]:
        found = [(name, _LIST.fullmatch(name.strip())) for name in lists]
        for name, match in found:
            if match is None:
                raise ValueError(f"{name!r} is no list: give its address (https://x.com/i/lists/NUMBER) or its number")
        return tuple(dict.fromkeys(match["id"] for _, match in found if match))

    @field_validator("searches")
    @classmethod
    def _queries(cls, searches: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(query.strip() for query in searches if query.strip()))

    @model_validator(mode="after")
    def _can_be_read(self) -> XOptions:
        if not (self.users or self.lists or self.searches or self.home):
            raise ValueError("name at least one of users, lists or searches, or set home = true")
        keys = (self.api_key, self.api_secret, self.access_token, self.access_secret)
        if any(keys) and not all(keys):
            raise ValueError("a user's keys are four: api_key, api_secret, access_token and access_secret")
        if not any(keys) and self.bearer_token is None:
            raise ValueError("give a bearer_token, or the four keys api_key, api_secret, access_token, access_secret")
        if self.home and not all(keys):
            raise ValueError(
                "the home timeline is read with a user's four keys (api_key, api_secret, access_token, access_secret), "
                "not with a bearer token"
            )
        return self

    @property
    def has_user_keys(self) -> bool:
        return self.access_secret is not None


def _handle(written: str) -> str:
    match = _HANDLE.fullmatch(written.strip())
    if match is None:
        raise ValueError(f"{written!r} is no handle on X, such as @ada")
    return match["name"].lower()
