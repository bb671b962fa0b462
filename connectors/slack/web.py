"""Slack's Web API through slack-sdk, over the guarded way out; its errors as the failures, each with its remedy.

slack-sdk brings urllib: `_GuardedClient` overrides the one call through which all its requests go. It knows no channel
and no message; `connectors.slack.workspace` and what stands on it ask through `Web.ask`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from connectors.base import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status, translated

Answer = Mapping[str, Any]

_DEAD_TOKENS = {
    "invalid_auth": "Slack does not know this token",
    "not_authed": "Slack got no token",
    "account_inactive": "the account of this token is closed, or its app was removed",
    "token_revoked": "this token was revoked",
    "token_expired": "this token has expired; turn token rotation off for the app",
    "org_login_required": "the organisation asks its members to log in anew",
    "ekm_access_denied": "the administrators have suspended access",
    "access_denied": "Slack denies access to this token",
    "team_access_not_granted": "the app is not allowed in this workspace",
}
_PASSING = frozenset(("internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"))
_ABSENT = frozenset(("channel_not_found", "not_in_channel", "is_archived", "thread_not_found", "message_not_found"))
_ABSENT |= {"user_not_found", "user_not_visible"}
_REMEDY = (
    "Take a fresh one at https://api.slack.com/apps (your app > OAuth & Permissions), and put it into the token's file."
)


class MissingScope(NeedsLogin):
    """The token may not read this. `scope` is what it lacks."""

    def __init__(self, scope: str, has: str) -> None:
        super().__init__(
            f"Slack lets this token not read everything: it lacks the scope {scope}. Add it at https://api.slack.com/apps "
            "(your app > OAuth & Permissions > Scopes) and install the app again"
            + (f"; the token has {has}." if has else ".")
        )
        self.scope = scope


class Absent(Misconfigured):
    """A conversation, thread or message that is not there, or not for this token."""


class StaleCursor(TryLater):
    """A page's name that Slack no longer knows."""


class Web:
    """Logged in with one token."""

    def __init__(self, token: str, ways_out: WaysOut) -> None:
        self.client = _GuardedClient(token, ways_out)

    def ask(self, method: Callable[..., Any], **arguments: Any) -> Answer:
        """The body of Slack's answer to a method of `client`; arguments that are None are left out.

        Raises: NeedsLogin (MissingScope), TryLater (StaleCursor), Misconfigured (Absent).
        """
        try:
            answer: Answer = method(**{name: value for name, value in arguments.items() if value is not None}).data
        except SlackApiError as err:
            raise _refusal(err.response.data if isinstance(err.response.data, dict) else {}) from None
        except SlackClientError as err:
            raise TryLater("Slack answered with something that is no answer; it will be asked again later.") from err
        return answer

    def pages(self, method: Callable[..., Any], key: str, *, most: int, **arguments: Any) -> list[Answer]:
        """The rows under `key` of up to `most` pages, by Slack's cursor."""
        rows: list[Answer] = []
        at: str | None = None
        for _ in range(most):
            answer = self.ask(method, cursor=at, **arguments)
            rows += rows_of(answer, key)
            at = following(answer)
            if not at:
                break
        return rows


class _GuardedClient(WebClient):
    def __init__(self, token: str, ways_out: WaysOut) -> None:
        silent = logging.getLogger(f"{__name__}.library")
        silent.setLevel(logging.CRITICAL)  # what goes wrong is raised; its debug lines hold messages
        super().__init__(token=token, retry_handlers=[], logger=silent)
        self._http = ways_out.http()
        self._policy = ways_out.policy

    def _perform_urllib_http_request(self, *, url: str, args: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """The one call of the library's that opens a connection, made over the guarded client."""
        headers = {"Authorization": args["headers"]["Authorization"]}
        with translated(url, self._policy):
            answer = self._http.post(url, data=args["params"], headers=headers)
        if answer.status_code in (401, 403):
            raise NeedsLogin(f"Slack refuses the token. {_REMEDY}")
        if failure := failure_of_status(answer.status_code, answer.headers, url):
            raise failure
        try:
            is_answer = isinstance(json.loads(answer.content), dict)
        except ValueError:
            is_answer = False
        if not is_answer:
            raise TryLater("Slack answered with something that is no answer; it will be asked again later.")
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": answer.text}


def rows_of(answer: Answer, key: str) -> list[Answer]:
    """Raises: TryLater if the answer has no list there."""
    rows = answer.get(key)
    if not isinstance(rows, list):
        raise TryLater(f"Slack answered without {key}; it will be asked again later.")
    return rows


def following(answer: Answer) -> str | None:
    """The name of the next page, if there is one."""
    metadata = answer.get("response_metadata")
    name = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return str(name) if name else None


def _refusal(answer: Answer) -> SourceFailure:
    """What an answer that is not `ok` asks of the user."""
    error = str(answer.get("error") or "an error without a name")[:80]
    if error == "missing_scope":
        return MissingScope(str(answer.get("needed") or "that this needs"), str(answer.get("provided") or ""))
    if error in _DEAD_TOKENS:
        return NeedsLogin(f"Slack refuses the token: {_DEAD_TOKENS[error]}. {_REMEDY}")
    if error in ("not_allowed_token_type", "no_permission"):
        return NeedsLogin(
            f"Slack does not allow this to a token of this kind ({error}): take the app's user token (xoxp-)."
        )
    if error == "ratelimited":
        return TryLater("Slack asks to be left alone for a while; it will be asked again later.", timedelta(minutes=1))
    if error == "invalid_cursor":
        return StaleCursor("Slack no longer knows where the last page ended; it will be asked again later.")
    if error in _ABSENT:
        return Absent(f"Slack says {error}.")
    if error in _PASSING:
        return TryLater(f"Slack answered {error}; it will be asked again later.")
    return Misconfigured(f"Slack answered {error}: check channels, direct_messages and the token's scopes.")
