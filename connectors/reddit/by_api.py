"""Reddit by its API, through praw over the guarded session: listings as `timelines.Timeline`, and the best comments.

praw logs in, renews tokens and knows the paths; a `Requestor` of ours sees each answer first and says what a refusal means,
so praw neither retries nor sleeps. Imported by a poll, for praw's weight.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite
from threading import Event
from typing import TYPE_CHECKING, Any

import praw
import prawcore
import requests

from connectors import timelines
from connectors.base import Batch, Cursor, Item, Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.reddit.listings import Listing, Locked, listings_of, poll_each
from connectors.reddit.submissions import Submission, children, comments_of, entry_of, is_gone
from connectors.timelines import Page
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status

if TYPE_CHECKING:
    from connectors.reddit import RedditOptions

PAUSE_S = 0.7
"""Reddit allows an app 100 requests a minute."""

_PAGE = 100
_WINDOW = 200
_SETTLED_AFTER = timedelta(hours=8)
_THREADS = 20
"""So many threads are asked for their comments in a poll, those with the most comments first."""
_LONGEST_WAIT_S = 600
"""Reddit counts requests over ten minutes."""


def poll(
    options: RedditOptions, ways_out: WaysOut, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event
) -> Iterator[Batch]:
    """What `Connector.poll` yields."""
    api = Api(options, ways_out, now)
    listings = listings_of(options)
    shared = options.model_copy(update={"first_run_items": max(1, options.first_run_items // len(listings))})

    def read(listing: Listing, kept: Cursor | None, room: int) -> Iterator[Batch]:
        timeline = ListingTimeline(listing.path, api, listing, options.sort)
        return timelines.read([timeline], kept, shared, now=now, limit=room, cancelled=cancelled)

    yield from poll_each(listings, cursor, read, limit=limit, cancelled=cancelled)


class Api:
    """Reddit, asked as the user's app. Raises NeedsLogin, TryLater or Misconfigured wherever it asks."""

    def __init__(self, options: RedditOptions, ways_out: WaysOut, now: datetime) -> None:
        self._options = options
        self._settled_before = now - _SETTLED_AFTER
        self._threads_left = _THREADS
        self._reddit = praw.Reddit(
            "DEFAULT",  # or the environment could name another section of a praw.ini
            **_settings(options, ways_out.policy.user_agent),
            requestor_class=_Requestor,
            requestor_kwargs={"session": ways_out.requests_session(pause_s=PAUSE_S)},
        )

    def page(self, listing: Listing, sort: str, after: str | None, most: int) -> Page:
        asked: dict[str, str | int] = {"limit": most}
        if after:
            asked["after"] = after
        if sort == "top":
            asked["t"] = "day"
        answer = self._get(f"{listing.path.lstrip('/')}/{sort}".lstrip("/"), asked, listing)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("children"), list):
            raise TryLater("Reddit answered with something other than a listing; it will be asked again later.")
        entries, unread = self._entries(answer)
        following = data.get("after")
        notices = (f"{unread} posts of {listing.shown} cannot be read and were left out.",) if unread else ()
        return Page(
            entries=tuple(entries), following=following if isinstance(following, str) else None, notices=notices
        )

    def gone(self, names: Sequence[str]) -> set[str]:
        """Those of the submissions that were deleted or removed."""
        answer = self._get("api/info", {"id": ",".join(names)}, None)
        return set(names) - {str(data.get("name")) for _, data in children(answer) if not is_gone(data)}

    def with_comments(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """The items, those most talked about with their best comments in `details`."""
        by_talk = sorted(items, key=lambda item: item.details.get("comments", 0), reverse=True)
        wanted = self._options.top_comments
        chosen = [item.external_id for item in by_talk if item.details.get("comments")][: self._threads_left]
        if not wanted:
            return tuple(items)
        self._threads_left -= len(chosen)
        return tuple(self._with_comments(item, wanted) if item.external_id in chosen else item for item in items)

    def _with_comments(self, item: Item, most: int) -> Item:
        asked: dict[str, str | int] = {"sort": "top", "limit": most + 2, "depth": 1}
        try:
            thread = self._get(f"comments/{item.external_id.removeprefix('t3_')}", asked, None)
        except Misconfigured:  # it is gone meanwhile
            return item
        comments = comments_of(thread, most)
        return replace(item, details={**item.details, "top_comments": comments}) if comments else item

    def _entries(self, answer: Any) -> tuple[list[Submission], int]:
        entries: list[Submission] = []
        unread = 0
        for kind, data in children(answer):
            if kind != "t3":
                continue
            try:
                entry = entry_of(data, me=self._options.username.lower(), settled_before=self._settled_before)
            except (KeyError, TypeError, ValueError, OverflowError):
                unread += 1
                continue
            if entry:
                entries.append(entry)
        return entries, unread

    def _get(self, path: str, asked: dict[str, str | int], listing: Listing | None) -> Any:
        try:
            return self._reddit.request(method="GET", path=path, params=asked)
        except _Refused as refused:
            raise _failure(refused, listing) from None
        except prawcore.OAuthException as err:
            raise Locked(
                f"Reddit refuses the login ({err.error}): check username and password, or the refresh_token."
            ) from None
        except (prawcore.PrawcoreException, KeyError, TypeError, ValueError) as err:  # or a token that is none
            raise TryLater("Reddit sent an answer that cannot be read; it will be asked again later.") from err


def _settings(options: RedditOptions, user_agent: str) -> dict[str, Any]:
    """All that praw would else look for in the environment and in files named praw.ini."""
    secrets = {
        "client_secret": options.client_secret,
        "password": options.password,
        "refresh_token": options.refresh_token,
    }
    return {
        **{name: secret.get_secret_value() if secret else None for name, secret in secrets.items()},
        "client_id": options.client_id,
        "username": options.username if options.password else None,
        "user_agent": user_agent,
        "redirect_uri": None,
        "oauth_url": "https://oauth.reddit.com",
        "reddit_url": "https://www.reddit.com",
        "check_for_updates": False,
        "check_for_async": False,
    }


@dataclass
class ListingTimeline:
    """One listing. `hot` and `top` are no order of time: their first page is read."""

    name: str
    api: Api
    listing: Listing
    sort: str
    page_size: int = _PAGE
    window: int = _WINDOW
    is_ranked: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_ranked = self.sort != "new"

    def page(self, at: str | None, most: int) -> Page:
        return self.api.page(self.listing, self.sort, at, most)

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        return self.api.gone(external_ids)

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return self.api.with_comments(items)


# What Reddit refuses


class _Refused(Exception):
    """An answer that is none, before praw sees it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"{response.status_code}")
        self.response = response


class _Requestor(prawcore.Requestor):
    """Lets our failures through as they are, and keeps praw from waiting: its own pause may last minutes."""

    _pause: timedelta | None = None

    def request(self, *args: Any, timeout: float | None = None, **how: Any) -> requests.Response:
        if self._pause:
            raise _asked_enough(self._pause)
        how["timeout"] = timeout or self.timeout
        response = self._http.request(*args, **how)
        remaining = response.headers.pop("x-ratelimit-remaining", None)  # praw must not see it
        if remaining is not None and _number(remaining, 1.0) < 1:
            self._pause = _until_reset(response)
        if not 200 <= response.status_code < 300:
            raise _Refused(response)
        return response


def _failure(refused: _Refused, listing: Listing | None) -> SourceFailure:
    """What a refusal means for the source; `listing` is what was asked for, if it was one."""
    response = refused.response
    status = response.status_code
    if "/api/v1/access_token" in str(response.url) and status in (400, 401, 403):
        return Locked(
            "Reddit refuses the app: check client_id and client_secret (reddit.com/prefs/apps), and the refresh_token if "
            "there is one."
        )
    if status == 401:
        return Locked("Reddit does not take the login any more: check the password or the refresh_token.")
    shown = listing.shown if listing else "what was asked"
    if status == 403:
        return NeedsLogin(
            f"Reddit does not show {shown} to this app{_reason(response)}. A private subreddit wants the login of one of "
            "its members; a refresh_token needs the scope read."
        )
    if status in (301, 302, 404):
        return Misconfigured(f"Reddit has no {shown}{_reason(response)}. Check its name.")
    if status == 429 and "Retry-After" not in response.headers:
        return _asked_enough(_until_reset(response))
    failure = failure_of_status(status, response.headers, str(response.url).partition("?")[0])
    return failure or TryLater(f"Reddit answered {status}; it will be asked again later.")


def _asked_enough(after: timedelta) -> TryLater:
    return TryLater("Reddit was asked often enough for now; it will be asked again later.", after)


def _until_reset(response: requests.Response) -> timedelta:
    left_s = _number(response.headers.get("x-ratelimit-reset"), _LONGEST_WAIT_S)
    return timedelta(seconds=min(max(left_s, 1.0), _LONGEST_WAIT_S))


def _number(written: str | None, otherwise: float) -> float:
    try:
        number = float(written or "")
    except ValueError:
        return otherwise
    return number if isfinite(number) else otherwise


def _reason(response: requests.Response) -> str:
    """Reddit's own word: private, banned, quarantined, gold_only."""
    try:
        reason = response.json().get("reason")
    except (ValueError, AttributeError):
        return ""
    return f" ({reason})" if isinstance(reason, str) and reason.isidentifier() else ""
