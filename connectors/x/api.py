"""X's API v2 by tweepy, over the guarded session: pages of posts as plain JSON, and refusals by their remedy.

It knows no cursor and no budget; `connectors.x.reading` asks. Imported at the first poll, because tweepy is heavy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
import tweepy  # type: ignore[import-untyped]  # it has no types
from pydantic import SecretStr

from connectors.base import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status
from connectors.x.options import XOptions
from connectors.x.place import Feed, is_id

MOST = 100
"""The largest page."""

_POST_FIELDS = [
    "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "in_reply_to_user_id", "lang",
    "note_tweet", "public_metrics", "referenced_tweets",
]  # fmt: skip
_EXPANSIONS = ["author_id", "referenced_tweets.id", "referenced_tweets.id.author_id"]
_USER_FIELDS = ["name", "username", "protected"]
_LONGEST_WAIT_S = 15 * 60
"""X counts requests in quarters of an hour."""

Json = Mapping[str, Any]


class Locked(NeedsLogin):
    """X lets these keys read nothing at all."""


class PlaceLost(Misconfigured):
    """X does not take the token of a page any more: the listing has to begin anew."""


@dataclass(frozen=True, slots=True)
class Page:
    """Posts, newest first, with the users and posts that they speak of, by id. `problems` is what X says it could not give."""

    posts: tuple[Json, ...] = ()
    users: Mapping[str, Json] = field(default_factory=dict)
    referenced: Mapping[str, Json] = field(default_factory=dict)
    token: str = ""
    problems: tuple[Json, ...] = ()

    @property
    def ids(self) -> list[int]:
        """All posts that the answer held: those count."""
        return [int(post["id"]) for post in (*self.posts, *self.referenced.values())]


class Api:
    """One for a poll. Raises NeedsLogin, TryLater or Misconfigured from every method."""

    def __init__(self, options: XOptions, ways_out: WaysOut) -> None:
        for chatty in ("tweepy", "requests_oauthlib", "oauthlib"):
            logging.getLogger(chatty).setLevel(logging.INFO)  # what they say at DEBUG holds the keys
        self._client = _Client(
            _open(options.bearer_token),
            _open(options.api_key),
            _open(options.api_secret),
            _open(options.access_token),
            _open(options.access_secret),
            return_type=dict,
        )
        self._client.session = ways_out.requests_session()
        self._client.session.hooks["response"].append(_refuse)
        self._as_user = options.has_user_keys

    @property
    def own_id(self) -> str:
        """The user's id, where their own keys are used."""
        return self._client.access_token.partition("-")[0] if self._as_user else ""

    def page(self, feed: Feed, identity: str, size: int, *, since: int, until: int, token: str) -> Page:
        """One page of a feed: posts newer than `since` and, if that is not 0, older than `until`."""
        asked: dict[str, Any] = {
            "max_results": size,
            "tweet_fields": _POST_FIELDS,
            "expansions": _EXPANSIONS,
            "user_fields": _USER_FIELDS,
            "user_auth": self._as_user,
        }
        if token:
            asked["next_token" if feed.kind == "search" else "pagination_token"] = token
        if feed.knows_ids:
            asked |= {name: value for name, value in (("since_id", since), ("until_id", until)) if value}
        method: Callable[..., Any] = {
            "user": lambda **rest: self._client.get_users_tweets(identity, **rest),
            "list": lambda **rest: self._client.get_list_tweets(identity, **rest),
            "search": lambda **rest: self._client.search_recent_tweets(identity, **rest),
            "home": lambda **rest: self._client.get_home_timeline(**rest),
        }[feed.kind]
        return _page(method(**asked))

    def posts(self, ids: Sequence[int]) -> Page:
        """What is still there of these posts, 100 at most, without what they speak of."""
        return _page(self._client.get_tweets(list(ids), user_auth=self._as_user))

    def users(self, handles: Sequence[str]) -> dict[str, str]:
        """The ids of users, by handle in lower case; those that X does not know, or has suspended, are missing."""
        found = self._client.get_users(usernames=list(handles), user_auth=self._as_user)
        return {
            user["username"].lower(): user["id"]
            for user in _objects(found.get("data"))
            if isinstance(user.get("username"), str)
        }

    def list_name(self, identity: str) -> str | None:
        """What a list is called, or None where it does not exist for this user."""
        found = self._client.get_list(identity, user_auth=self._as_user).get("data")
        if not isinstance(found, Mapping):
            return None
        return str(found.get("name") or identity)


class _Client(tweepy.Client):  # type: ignore[misc]
    def _get_authenticating_user_id(self, *, oauth_1: bool = False) -> str:
        """As tweepy does it, but without its cache, which would keep each client with its keys for ever."""
        return str(self.access_token).partition("-")[0]


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _page(answer: Json) -> Page:
    includes = answer.get("includes")
    included: Json = includes if isinstance(includes, Mapping) else {}
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, Mapping) else None
    return Page(
        posts=tuple(_objects(answer.get("data"))),
        users={user["id"]: user for user in _objects(included.get("users"))},
        referenced={post["id"]: post for post in _objects(included.get("tweets"))},
        token=token if isinstance(token, str) else "",
        problems=tuple(problem for problem in _list(answer.get("errors")) if isinstance(problem, Mapping)),
    )


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The members that are objects with an id as X makes them."""
    for member in _list(value):
        if isinstance(member, dict) and is_id(member.get("id")):
            yield member


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


# What X refuses


def _refuse(response: requests.Response, **_: Any) -> None:
    """Raise what an answer means unless it is one."""
    body = _body(response)
    status = response.status_code
    if 200 <= status < 300:
        if body is None:
            raise TryLater("X sent an answer that cannot be read; it will be asked again later.")
        return
    said = _said(body)
    if status in (400, 404) and "_token=" in str(response.url) and "token" in str(body):
        raise PlaceLost(f"X does not take the token of a page: {said}")
    raise _REFUSALS.get(status, _unforeseen)(response, said)


def _not_known(_: requests.Response, said: str) -> SourceFailure:
    return Locked(
        f"X does not take the keys{_because(said)}. Make new ones in the developer console, under Keys and tokens, "
        "and give them as bearer_token_file, or as the four keys of a user."
    )


def _not_allowed(_: requests.Response, said: str) -> SourceFailure:
    return NeedsLogin(
        f"X does not let these keys read this{_because(said)}. The app must belong to a project whose plan reads posts; "
        "what is protected, and the home timeline, want a user's four keys."
    )


def _unpaid(_: requests.Response, said: str) -> SourceFailure:
    return Locked(f"X wants to be paid{_because(said)}. Buy credits in the developer console, or pause the source.")


def _too_many(response: requests.Response, said: str) -> SourceFailure:
    if "UsageCapExceeded" in response.text or "usage cap" in response.text.lower():
        return TryLater(
            "X says that the posts of your plan are used up for this month. Lower posts_a_month to what the plan gives, "
            "so that they last.",
            timedelta(hours=12),
        )
    failure = failure_of_status(response.status_code, response.headers, response.url)
    if isinstance(failure, TryLater) and failure.after is None:
        return TryLater("X was asked often enough for now; it will be asked again later.", _until_reset(response))
    return failure or _unforeseen(response, said)


def _bad_request(_: requests.Response, said: str) -> SourceFailure:
    return Misconfigured(f"X refuses what is asked{_because(said)}. Check the users, lists and searches.")


def _unforeseen(response: requests.Response, said: str) -> SourceFailure:
    failure = failure_of_status(response.status_code, response.headers, response.url)
    return failure or TryLater(f"X answered {response.status_code}{_because(said)}.")


_REFUSALS: dict[int, Callable[[requests.Response, str], SourceFailure]] = {
    400: _bad_request,
    401: _not_known,
    402: _unpaid,
    403: _not_allowed,
    404: _bad_request,
    429: _too_many,
}


def _until_reset(response: requests.Response) -> timedelta:
    reset = str(response.headers.get("x-rate-limit-reset", ""))
    left_s = float(reset) - time.time() if reset.isdecimal() else _LONGEST_WAIT_S
    return timedelta(seconds=min(max(left_s, 1.0), _LONGEST_WAIT_S))


def _body(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _said(body: dict[str, Any] | None) -> str:
    """X's own words for what is wrong."""
    problems = [problem for problem in _list((body or {}).get("errors")) if isinstance(problem, Mapping)]
    words = [problem.get("message") or problem.get("detail") for problem in problems]
    words += [(body or {}).get("detail"), (body or {}).get("title")]
    return next((" ".join(word.split())[:200] for word in words if isinstance(word, str) and word.strip()), "")


def _because(said: str) -> str:
    return f" ({said.rstrip('.')})" if said else ""
