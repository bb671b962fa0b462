"""One Mastodon server, asked through Mastodon.py over the guarded session; each of its timelines as `timelines.Timeline`.

The library says what a request and an answer look like. What goes wrong is found before it sees the answer, because it
keeps neither `Retry-After` nor what the server says about scopes. Imported when a poll needs it, for the library's weight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import mastodon
import requests

from connectors.base import Item, Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.mastodon.statuses import entry_of
from connectors.reading import dates
from connectors.timelines import Entry, Page
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status

PAGE = 40
"""The most posts that a server gives at once."""
_WINDOW = 100
_CONTEXTS = 10
"""So many conversations are looked up in a poll, to learn where they began."""
_SCOPES = "read:accounts, read:statuses, read:lists and read:notifications"
_SAFE_SENTENCE = re.compile(r"[\w ,.:'()/-]{1,200}")

Record = Mapping[str, Any]


class Server:
    """Logged in as the user. Raises wherever it asks: NeedsLogin, TryLater, Misconfigured."""

    def __init__(self, host: str, token: str, ways_out: WaysOut) -> None:
        session = ways_out.requests_session()
        session.hooks["response"].append(self._refuse)
        self._host = host
        self._library = mastodon.Mastodon(
            access_token=token, api_base_url=f"https://{host}", session=session, ratelimit_method="throw"
        )
        self._contexts_left = _CONTEXTS
        self._roots: dict[str, str] = {}
        self.me = self._id(self._ask(self._library.account_verify_credentials))

    def home(self) -> StatusTimeline:
        return StatusTimeline("home", self, lambda **where: self._library.timeline("home", **where))

    def tag(self, name: str) -> StatusTimeline:
        return StatusTimeline(f"#{name}", self, lambda **where: self._library.timeline(f"tag/{name}", **where))

    def account(self, name: str, account_id: str) -> StatusTimeline:
        return StatusTimeline(f"@{name}", self, lambda **where: self._library.account_statuses(account_id, **where))

    def list_named(self, name: str) -> StatusTimeline:
        lists = {str(found["title"]): self._id(found) for found in self._ask(self._library.lists)}
        found = next((title for title in lists if title.casefold() == name.strip().casefold()), None)
        if found is None:
            there = ", ".join(sorted(lists)) or "none"
            raise Misconfigured(f"There is no list {name!r} on {self._host}; there are: {there}. Correct lists.")
        return StatusTimeline(
            f"list {found}", self, lambda **where: self._library.timeline(f"list/{lists[found]}", **where), found
        )

    def mentions(self) -> StatusTimeline:
        return StatusTimeline("mentions", self, lambda **where: self._library.notifications(types=["mention"], **where))

    def account_ids(self, names: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
        """The ids of accounts, those that are known already without asking."""
        return {name: known.get(name) or self._account_id(name) for name in names}

    def entries(self, records: Any, topic: str) -> tuple[list[Entry], list[str]]:
        """Posts, or notifications of posts, as entries, and a sentence about those that cannot be read."""
        if not isinstance(records, list):
            raise TryLater(f"{self._host} answered with something other than posts; it will be asked again later.")
        entries: list[Entry] = []
        unread = 0
        for record in records:
            try:
                entries.append(entry_of(record, host=self._host, me=self.me, topic=topic))
            except (KeyError, TypeError, ValueError, AttributeError):
                unread += 1
        if unread and not entries:
            raise TryLater(f"{self._host} sent posts that cannot be read; it will be asked again later.")
        return entries, [f"{unread} posts of {self._host} cannot be read and were left out."] if unread else []

    def ask_page(self, ask: Callable[..., Any], at: str | None, most: int) -> Any:
        return self._ask(ask, limit=most, max_id=at)

    def is_gone(self, status_id: str) -> bool:
        try:
            self._ask(self._library.status, status_id)
        except _NotFound:
            return True
        return False

    def with_thread(self, item: Item) -> Item:
        """`item` in its thread, which is named by the address of its first post."""
        parent = item.details.get("in_reply_to")
        if not parent:
            self._roots[item.external_id] = item.thread_id
            return item
        if parent not in self._roots and self._contexts_left:
            self._contexts_left -= 1
            with suppress(_NotFound, IndexError, KeyError, TypeError):
                ancestors = self._ask(self._library.status_context, item.external_id)["ancestors"]
                root = str(ancestors[0]["uri"])
                self._roots.update({str(ancestor["id"]): root for ancestor in ancestors})
        thread_id = self._roots.get(parent, item.thread_id)
        self._roots[item.external_id] = thread_id
        return replace(item, thread_id=thread_id)

    def _account_id(self, name: str) -> str:
        try:
            return self._id(self._ask(self._library.account_lookup, name))
        except _NotFound as err:
            raise Misconfigured(f"{self._host} knows no account {name!r}. Correct accounts (name@server).") from err

    def _id(self, record: Any) -> str:
        if not isinstance(record, Mapping) or not record.get("id"):
            raise TryLater(f"{self._host} answered with something other than Mastodon does; it will be asked again.")
        return str(record["id"])

    def _ask(self, ask: Callable[..., Any], *args: Any, **how: Any) -> Any:
        """The library's answer; its errors as ours."""
        try:
            return ask(*args, **how)
        except mastodon.MastodonNotFoundError as err:
            raise _NotFound(
                f"{self._host} does not have what was asked for: check server, lists and accounts."
            ) from err
        except mastodon.MastodonError as err:
            if isinstance(err.__context__, SourceFailure):  # raised below it, by the session or by `_refuse`
                raise err.__context__ from None
            raise TryLater(
                f"{self._host} answered with something other than Mastodon does; it will be asked again."
            ) from err

    def _refuse(self, response: requests.Response, **_: Any) -> None:
        """Raise what an answer means, unless it is one that the library understands."""
        status = response.status_code
        if status < 400 or status == 404:
            return
        if status in (401, 403, 422):
            raise NeedsLogin(
                f"{self._host} refuses the access token ({_said(response)}). Make one with the scopes {_SCOPES} "
                "under Preferences > Development, and put it into the file that token_file names."
            )
        headers = response.headers.copy()
        if status == 429 and "Retry-After" not in headers:
            headers["Retry-After"] = str(_seconds_until(headers.get("X-RateLimit-Reset", "")))
        if failure := failure_of_status(status, headers, f"https://{self._host}"):
            raise failure


class _NotFound(Misconfigured):
    """A 404: what it means depends on what was asked."""


@dataclass
class StatusTimeline:
    """A timeline of posts. Its pages are told apart by the id of their last entry."""

    name: str
    server: Server
    ask: Callable[..., Any]
    topic: str = ""
    page_size: int = PAGE
    window: int = _WINDOW
    is_ranked: bool = False

    def page(self, at: str | None, most: int) -> Page:
        entries, notices = self.server.entries(self.server.ask_page(self.ask, at, most), self.topic)
        following = entries[-1].key if entries else None
        return Page(entries=tuple(entries), following=following, notices=tuple(notices))

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        return {external_id for external_id in external_ids if self.server.is_gone(external_id)}

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(
            reversed([self.server.with_thread(item) for item in reversed(items)])
        )  # the first of a thread first


def _said(response: requests.Response) -> str:
    """What the server says is wrong, if that is a plain sentence."""
    with suppress(ValueError, AttributeError):
        said = str(response.json().get("error", ""))
        if _SAFE_SENTENCE.fullmatch(said):
            return said.rstrip(".")
    return f"status {response.status_code}"


def _seconds_until(instant: str) -> int:
    """How long it is until a server's limit is lifted; a quarter of an hour where it does not say."""
    until = dates.parse(instant)
    return max(1, round((until - datetime.now(UTC)).total_seconds())) if until else 900
