"""A conversation of Slack as a timeline for `connectors.timelines`: its pages, what is gone from it, and the threads in it.

Knows `conversations.history`, and no cursor of ours. What it meets of threads stands in `heads`, for
`connectors.slack.threads`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.base import Item
from connectors.slack.messages import Place, is_deleted, item_of, moment, people_in
from connectors.slack.web import Absent, Answer, MissingScope, StaleCursor, following, rows_of
from connectors.slack.workspace import Workspace
from connectors.timelines import Entry, Page

PAGE = 100


@dataclass
class Channel:
    """A `Timeline`; `name` is the conversation's id. `heads` has of each thread met, by the ts of its first message, the ts of its last answer and how
    many answers there are."""

    name: str
    workspace: Workspace
    place: Place
    window: int
    page_size: int = PAGE
    is_ranked: bool = False
    heads: dict[str, tuple[str, int]] = field(default_factory=dict)
    is_closed: bool = False
    """It was found that this token may not read it."""

    def page(self, at: str | None, most: int) -> Page:
        client = self.workspace.web.client
        cursor, _, below = (at or "").partition("|")
        try:
            try:
                answer = self.workspace.web.ask(
                    client.conversations_history, channel=self.name, limit=most, cursor=cursor or None
                )
            except StaleCursor:  # Slack keeps them for a while only; where the last page ended is known all the same
                answer = self.workspace.web.ask(
                    client.conversations_history, channel=self.name, limit=most, latest=below or None
                )
        except (Absent, MissingScope) as err:
            return Page(notices=self._closed(err))
        rows = rows_of(answer, "messages")
        entries, unread = self._entries(rows)
        lowest = min([entry.key for entry in entries], default=below)
        next_page = following(answer)
        notices = (f"{unread} messages in {self._shown} cannot be read and were left out.",) if unread else ()
        return Page(entries=tuple(entries), following=f"{next_page}|{lowest}" if next_page else None, notices=notices)

    def gone(self, external_ids: Sequence[str]) -> set[str]:
        return {one for one in external_ids if not self.is_closed and self._is_gone(one.partition("/")[2])}

    def completed(self, items: Sequence[Item]) -> tuple[Item, ...]:
        return tuple(items)

    def _entries(self, rows: Sequence[Answer]) -> tuple[list[Entry], int]:
        """Newest first, those that can be read, and how many cannot."""
        names = self.workspace.called(people_of(rows, self.place))
        entries: list[Entry] = []
        unread = 0
        for row in rows:
            try:
                if not is_deleted(row):
                    ts = str(row["ts"])
                    item = item_of(row, self.place, names)
                    entries.append(
                        Entry(key=ts, order=ts, at=moment(ts), external_id=self.place.external_id(ts), item=item)
                    )
                self._note_thread(row)
            except (KeyError, TypeError, ValueError, AttributeError):
                unread += 1
        return sorted(entries, key=lambda entry: entry.order, reverse=True), unread

    def _note_thread(self, row: Answer) -> None:
        if row.get("reply_count") and row.get("latest_reply"):
            self.heads[str(row["ts"])] = (str(row["latest_reply"]), int(row["reply_count"]))

    def _is_gone(self, ts: str) -> bool:
        ask, client = self.workspace.web.ask, self.workspace.web.client
        try:
            answer = ask(client.conversations_history, channel=self.name, latest=ts, oldest=ts, inclusive=True, limit=1)
        except (Absent, MissingScope):
            return False
        return not any(row.get("ts") == ts and not is_deleted(row) for row in rows_of(answer, "messages"))

    def _closed(self, err: Absent | MissingScope) -> tuple[str, ...]:
        """What is said of a conversation that cannot be read, of a missing scope once."""
        self.is_closed = True
        if isinstance(err, Absent):
            return (f"{self._shown} cannot be read: {err} Invite the app there, or leave it out of channels.",)
        is_known = err.scope in self.workspace.refused
        self.workspace.refused.add(err.scope)
        return () if is_known else (str(err),)

    @property
    def _shown(self) -> str:
        conversation = self.place.conversation
        return "a direct message" if conversation.is_direct else conversation.name


def people_of(rows: Sequence[Answer], place: Place) -> list[str]:
    """The users that these messages, and their place, need names for."""
    found: dict[str, None] = {}
    for row in rows:
        if isinstance(row, dict):
            found |= dict.fromkeys(people_in(row))
    if rows and place.conversation.user:
        found[place.conversation.user] = None
    return list(found)
