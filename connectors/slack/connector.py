"""The class of the kind `slack`: the order of a poll, and its cursor. slack-sdk is imported when first polled.

A poll reads each conversation from its newest message down to what it knows (`connectors.timelines`), then the threads that
have moved. Of very many conversations it reads a part, and the next poll the next part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from connectors import timelines
from connectors.base import API_VERSION, Batch, Cursor, NeedsLogin, Options
from connectors.slack.options import SlackOptions
from connectors.transport import WaysOut

if TYPE_CHECKING:
    from connectors.slack.channel import Channel
    from connectors.slack.threads import Bound, Threads
    from connectors.slack.workspace import Conversation, Workspace

_AT_ONCE = 40
"""Conversations read by a poll: Slack answers about fifty requests a minute."""
_LEAST_WINDOW = 10
_LARGEST_WINDOW = 200
_WINDOWS = 350
"""Messages, of all conversations together, that each poll looks at again for edits and deletions."""


class Slack:
    """One account in one workspace."""

    kind: ClassVar[str] = "slack"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = SlackOptions
    every: ClassVar[timedelta] = timedelta(minutes=5)
    quiet_after: ClassVar[timedelta] = timedelta(days=7)

    def __init__(self, options: SlackOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.slack.threads import Bound  # weight: slack-sdk, for a poll alone
        from connectors.slack.web import Web  # weight: the same
        from connectors.slack.workspace import Workspace  # weight: the same

        web = Web(self._options.usable_token(), self._ways_out)
        kept: dict[str, Any] = dict(cursor or {})
        workspace = Workspace.entered(web, self._options, kept)
        account = f"{workspace.team}/{workspace.me}"
        if kept.get("account") != account:  # else all ids would be another's
            kept = {"account": account, "first": self._options.first_run_items}
        kept["team"] = workspace.team
        conversations = workspace.conversations(self._options)
        there = {one.id for one in conversations}
        kept["timelines"] = {name: place for name, place in kept.get("timelines", {}).items() if name in there}
        bound = Bound(
            left=limit,
            cancelled=cancelled,
            now=now,
            oldest=f"{(now - timedelta(days=self._options.first_run_days)).timestamp():.6f}",
            first=kept.get("first"),
            follow_deletions=self._options.follow_deletions,
        )
        turn, following = _turn(conversations, str(kept.get("next", "")))
        channels = self._channels(workspace, turn, kept)
        yield from self._read(_Reading(workspace, channels, kept, following), bound)
        if channels and all(channel.is_closed for channel in channels.values()):
            raise NeedsLogin(
                "Slack lets this token read none of the conversations. Give it channels:history, groups:history, im:history "
                "and mpim:history (your app > OAuth & Permissions > Scopes), and install the app again."
            )

    def listen(self, heard: Callable[[], None], *, cancelled: Event) -> None:
        """Returns at once where there is no app token to listen with."""
        token = self._options.usable_app_token()
        if token:
            from connectors.slack.bell import listen  # weight: slack-sdk and websockets, for those who listen

            listen(token, self._ways_out, heard, cancelled)

    def _channels(
        self, workspace: Workspace, turn: Sequence[Conversation], kept: Mapping[str, Any]
    ) -> dict[str, Channel]:
        from connectors.slack.channel import Channel  # weight: slack-sdk, for a poll alone
        from connectors.slack.messages import Place  # weight: the same

        counts = [len(place["known"]) for place in kept["timelines"].values()]
        window = _window([*counts, *[_WINDOWS] * (len(turn) - len(counts))])
        return {
            one.id: Channel(one.id, workspace, Place(one, workspace.url, workspace.me, self._options.bots), window)
            for one in turn
        }

    def _read(self, reading: _Reading, bound: Bound) -> Iterator[Batch]:
        """First the conversations, then their threads, then a batch that says whether more waits."""
        from connectors.slack.threads import Threads  # weight: slack-sdk, for a poll alone

        kept, channels = reading.kept, reading.channels
        threads = Threads.of(kept)
        others = dict(kept["timelines"])
        options = self._options
        if bound.first is not None:
            options = options.model_copy(update={"first_run_items": max(1, bound.first)})
        pages = timelines.read(
            list(channels.values()), kept, options, now=bound.now, limit=bound.left, cancelled=bound.cancelled
        )
        is_whole = False
        for batch in pages:
            for channel in channels.values():
                threads.note(channel)
            bound.spend(len(batch.items))
            kept["timelines"] = {**others, **batch.cursor["timelines"]}
            is_whole = not batch.more
            if batch.more:
                yield reading.with_cursor(batch, threads, bound)
        if is_whole:
            for batch in threads.read(channels, bound):
                yield reading.with_cursor(batch, threads, bound)
            kept["next"] = reading.following
        is_whole = is_whole and not threads.waiting
        if is_whole and not reading.following:
            bound.first = None
        notices = (*reading.workspace.notices, *threads.notices)
        yield reading.with_cursor(Batch(notices=notices), threads, bound, more=not is_whole)


@dataclass(frozen=True)
class _Reading:
    """What a poll reads: the conversations whose turn it is. `following` is the first of the next turn, empty when all
    have had theirs; `kept` what the cursor will say."""

    workspace: Workspace
    channels: Mapping[str, Channel]
    kept: dict[str, Any]
    following: str

    def with_cursor(self, batch: Batch, threads: Threads, bound: Bound, more: bool = True) -> Batch:
        cursor = {**self.kept, **threads.kept(), "names": self.workspace.remembered()}
        cursor.pop("first", None)
        if bound.first is not None:
            cursor["first"] = bound.first
        return replace(batch, cursor=cursor, more=more)


def _turn(conversations: Sequence[Conversation], first: str) -> tuple[list[Conversation], str]:
    """The conversations to read now, beginning with `first`, and the id of the one to begin with next time."""
    start = next((place for place, one in enumerate(conversations) if one.id == first), 0)
    end = start + _AT_ONCE
    return list(conversations[start:end]), conversations[end].id if end < len(conversations) else ""


def _window(counts: Sequence[int]) -> int:
    """How many messages of a conversation are looked at again, so that all together keep within what a cursor may hold.

    `counts` are those that are known of each now: who has fewer leaves the rest to others.
    """
    left, share = _WINDOWS, _WINDOWS
    for place, count in enumerate(sorted(counts)):
        share = left // (len(counts) - place)
        if count > share:
            break
        left -= count
    return min(max(_LEAST_WINDOW, share), _LARGEST_WINDOW)
