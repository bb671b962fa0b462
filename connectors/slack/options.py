"""What a `[[sources]]` table of the kind `slack` may say, and which conversations it means. Knows no network."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import Misconfigured, NeedsLogin, Options, asked

_PAGE = "https://api.slack.com/apps"
_WRONG_TOKENS = {
    "xapp-": "is an app-level token: it goes into app_token. token wants a user's token (xoxp-) or a bot's (xoxb-)",
    "xoxe-": "is a refresh token, which reads nothing: turn token rotation off, and take the user's token (xoxp-)",
    "xoxc-": "was taken from a browser, and dies with its session: make an app, and take its user token (xoxp-)",
    "xoxd-": "was taken from a browser, and dies with its session: make an app, and take its user token (xoxp-)",
    "xoxs-": "was taken from a browser, and dies with its session: make an app, and take its user token (xoxp-)",
    "https:": "is an incoming webhook, which can only write: take the app's user token (xoxp-)",
}


class SlackOptions(Options):
    token: SecretStr | None = Field(
        default=None,
        json_schema_extra=asked("The token of your Slack app (a user's, xoxp-..., or a bot's, xoxb-...)"),
    )
    token_file: str = ""
    channels: tuple[str, ...] = Field(
        default=("*",), json_schema_extra=asked("Channels to read, by name (empty: all that you are in)")
    )
    """Names, with or without #; `*` stands for any letters, and `!random` leaves one out."""
    direct_messages: tuple[str, ...] = Field(
        default=("*",), json_schema_extra=asked("People whose direct messages are read, by name (empty: all)")
    )
    me: str = Field(default="", json_schema_extra=asked("Your name in Slack (needed with a bot's token alone)"))
    app_token: SecretStr | None = Field(
        default=None,
        json_schema_extra=asked("The app-level token (xapp-...), if messages are to come at once (Socket Mode)"),
    )
    app_token_file: str = ""
    bots: bool = False
    """Messages of bots and apps too."""

    @field_validator("channels", "direct_messages")
    @classmethod
    def _without_marks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        bare = (name.strip().casefold() for name in names)
        return tuple(name.replace("#", "", 1).replace("@", "", 1) for name in bare if name)

    @model_validator(mode="after")
    def _reads_something(self) -> SlackOptions:
        if not (self.channels or self.direct_messages):
            raise ValueError("nothing is to be read: name channels or direct_messages, or * for all")
        return self

    def usable_token(self) -> str:
        """Raises: NeedsLogin if there is none, or one that cannot read."""
        token = self.token.get_secret_value().strip() if self.token else ""
        if not token:
            raise NeedsLogin(
                f"Slack is read with a token: make an app at {_PAGE}, install it, and put its User OAuth Token (xoxp-) into "
                "the file that token_file names. docs/sources/slack.md has the steps and the scopes."
            )
        for start, flaw in _WRONG_TOKENS.items():
            if token.startswith(start):
                raise NeedsLogin(f"What token holds {flaw}.")
        return token

    def usable_app_token(self) -> str:
        """Raises: Misconfigured if it is of another kind."""
        token = self.app_token.get_secret_value().strip() if self.app_token else ""
        if token and not token.startswith("xapp-"):
            raise Misconfigured(
                f"What app_token holds is no app-level token (xapp-): make one at {_PAGE}, under Basic Information > "
                "App-Level Tokens, with the scope connections:write."
            )
        return token


def is_wanted(names: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether something that goes by these names is meant by the patterns; what one leaves out, no other brings back."""
    known = [name.casefold() for name in names if name]
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")]
    unwanted = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    return _any_match(known, wanted or ["*"]) and not _any_match(known, unwanted)


def unmatched(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """The plain names among the patterns that nothing goes by."""
    known = [name.casefold() for name in names]
    plain = [pattern for pattern in patterns if not pattern.startswith("!") and "*" not in pattern]
    return [pattern for pattern in plain if not _any_match(known, [pattern])]


def _any_match(names: list[str], patterns: list[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
