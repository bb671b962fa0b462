"""The answers in threads, which Slack shows apart from their channel: new ones, edited ones, deleted ones.

A thread is read again when its first message, as the channel shows it, has another last answer or count of them; a few of
those that are out of the channel's sight, or might have been edited, by turns. What is known of them is kept in the cursor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from threading import Event
from typing import Any

from connectors.base import Batch, Item
from connectors.slack.channel import Channel, people_of
from connectors.slack.messages import is_deleted, item_of, moment
from connectors.slack.web import Absent, Answer, MissingScope, following, rows_of

_PAGE = 200
_MOST_PAGES = 10
"""Of one thread at one poll; the rest comes with the next."""
_MOST_THREADS = 100
_MOST_WAITING = 150
_MOST_KNOWN = 250
"""Answers, of all threads together, that are looked at again for edits and deletions."""
_KNOWN_EACH = 25
_BY_TURNS = 3
_LIVELY = timedelta(days=7)
_BATCH = 100


@dataclass
class _Thread:
    """What is known of one. Answers up to `floor` are done with; `known` has a print of each above it. `head` is the last
    answer and `count` the number of them when it was read last."""

    floor: str = ""
    head: str = ""
    count: int = 0
    known: dict[str, str] = field(default_factory=dict)

    def kept(self) -> list[Any]:
        return [self.floor, self.head, self.count, dict(self.known)]

    def trim(self, most: int) -> None:
        if len(self.known) > most:
            newest = sorted(self.known)
            done = len(newest) - most
            self.floor = max(self.floor, newest[done - 1])
            self.known = {ts: self.known[ts] for ts in newest[done:]}


@dataclass
class Bound:
    """What one poll may do. `left` items may still be yielded; of those, `first` by a first poll, which takes nothing from
    before `oldest`. `first` is None once that is over."""

    left: int
    cancelled: Event
    now: datetime
    oldest: str
    first: int | None
    follow_deletions: bool

    def spend(self, count: int) -> None:
        self.left -= count
        if self.first is not None:
            self.first = max(0, self.first - count)


@dataclass
class Threads:
    """Those of all channels. `waiting` are heads that are to be read, by channel and thread."""

    known: dict[str, _Thread]
    waiting: dict[str, tuple[str, int]]
    notices: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Threads:
        known = {
            key: _Thread(state[0], state[1], state[2], dict(state[3])) for key, state in kept.get("threads", {}).items()
        }
        return cls(known, {key: (head[0], head[1]) for key, head in kept.get("waiting", {}).items()})

    def kept(self) -> dict[str, Any]:
        return {
            "threads": {key: thread.kept() for key, thread in self.known.items()},
            "waiting": {key: list(head) for key, head in self.waiting.items()},
        }

    def note(self, channel: Channel) -> None:
        """Take over what the pages of a channel told of its threads."""
        for ts, head in channel.heads.items():
            key = channel.place.external_id(ts)
            thread = self.known.get(key)
            if thread is None or (thread.head, thread.count) != head:
                self.waiting[key] = head
        surplus = sorted(self.waiting, key=lambda key: self.waiting[key])[: max(0, len(self.waiting) - _MOST_WAITING)]
        for key in surplus:
            del self.waiting[key]
        if surplus:
            self.notices.append(f"{len(surplus)} older threads were left out: more had answers than are read at once.")

    def read(self, channels: Mapping[str, Channel], bound: Bound) -> Iterator[Batch]:
        """The answers that are new, changed or gone, without a cursor; what is not read yet stays in `waiting`."""
        self.waiting = {key: head for key, head in self.waiting.items() if key.partition("/")[0] in channels}
        by_turns = self._by_turns(channels, bound)
        for key in [*sorted(self.waiting, key=lambda key: self.waiting[key]), *by_turns]:
            if bound.left <= 0 or bound.cancelled.is_set():
                return
            yield from self._read(key, channels[key.partition("/")[0]], bound)
        self._trim()

    def _by_turns(self, channels: Mapping[str, Channel], bound: Bound) -> list[str]:
        """The threads whose turn it is to be looked at although nothing speaks for it. They go to the end of the row."""
        lively = f"{(bound.now - _LIVELY).timestamp():.6f}"
        idle = [
            key
            for key, thread in self.known.items()
            if key not in self.waiting and thread.head > lively and key.partition("/")[0] in channels
        ][:_BY_TURNS]
        for key in idle:
            self.known[key] = self.known.pop(key)
        return idle

    def _read(self, key: str, channel: Channel, bound: Bound) -> Iterator[Batch]:
        thread = self.known.get(key) or _Thread()
        rows, is_whole = _answers(channel, key.partition("/")[2], thread.floor)
        if rows is None:
            self.waiting.pop(key, None)
            return
        if bound.first is not None and key not in self.known:
            rows = _bounded(rows, thread, bound)
        self.known[key] = thread
        names = channel.workspace.called(people_of(rows, channel.place))
        deleted: list[str] = []
        if is_whole and bound.follow_deletions:
            deleted = sorted(thread.known.keys() - {str(row["ts"]) for row in rows})
            thread.known = {ts: said for ts, said in thread.known.items() if ts not in deleted}
        news: list[Item] = []
        for row in rows:
            item = self._item(row, channel, names)
            said = _print(item)
            if thread.known.get(str(row["ts"])) == said:
                continue
            if item is not None:
                if len(news) >= bound.left:
                    is_whole = False
                    break
                news.append(item)
            thread.known[str(row["ts"])] = said
        self._note_read(key, thread, rows, is_whole)
        gone = tuple(channel.place.external_id(ts) for ts in deleted)
        bound.spend(len(news))
        for start in range(0, max(1, len(news)), _BATCH):
            yield Batch(items=tuple(news[start : start + _BATCH]), deleted=gone if start == 0 else ())

    def _item(self, row: Answer, channel: Channel, names: Mapping[str, str]) -> Item | None:
        """None for what nobody is to see, and for what cannot be read: one such answer holds up no other."""
        try:
            return item_of(row, channel.place, names)
        except (KeyError, TypeError, ValueError, AttributeError):
            notice = "An answer in a thread cannot be read and was left out."
            self.notices += [notice] if notice not in self.notices else []
            return None

    def _note_read(self, key: str, thread: _Thread, rows: Sequence[Answer], is_whole: bool) -> None:
        if not is_whole:
            return
        head = self.waiting.pop(key, None)
        last = max((str(row["ts"]) for row in rows), default=thread.head)
        thread.head, thread.count = head or (max(thread.head, last), thread.count)

    def _trim(self) -> None:
        """Forget what is too much: threads that have been silent longest, and their older answers first."""
        newest = sorted(self.known, key=lambda key: self.known[key].head, reverse=True)
        for key in newest[_MOST_THREADS:]:
            del self.known[key]
        left = _MOST_KNOWN
        for key in newest[:_MOST_THREADS]:
            self.known[key].trim(min(_KNOWN_EACH, left))
            left -= len(self.known[key].known)


def _answers(channel: Channel, ts: str, floor: str) -> tuple[list[Answer] | None, bool]:
    """The readable answers above `floor`, oldest first, and whether these are all; None where the thread cannot be read.

    Slack puts the thread's first message on its first page: an answer without it says nothing of what is gone.
    """
    web = channel.workspace.web
    rows: list[Answer] = []
    at: str | None = None
    has_first = False
    for _ in range(_MOST_PAGES):
        try:
            answer = web.ask(
                web.client.conversations_replies,
                channel=channel.name,
                ts=ts,
                oldest=floor or None,
                limit=_PAGE,
                cursor=at,
            )
        except (Absent, MissingScope):
            return None, False
        page = rows_of(answer, "messages")
        has_first = has_first or any(isinstance(row, dict) and str(row.get("ts")) == ts for row in page)
        rows += page
        at = following(answer)
        if not at:
            break
    found = {str(row["ts"]): row for row in rows if _is_answer(row, ts) and str(row["ts"]) > floor}
    return [found[one] for one in sorted(found)], has_first and not at


def _is_answer(row: Answer, ts: str) -> bool:
    """Whether it is one, and one that can be read; the thread's first message comes with every page."""
    try:
        moment(str(row["ts"]))
    except (KeyError, TypeError, ValueError):
        return False
    return str(row["ts"]) != ts and not is_deleted(row)


def _bounded(rows: list[Answer], thread: _Thread, bound: Bound) -> list[Answer]:
    """What a first poll may take; the rest is done with."""
    recent = [row for row in rows if str(row["ts"]) >= bound.oldest]
    taken = recent[len(recent) - min(len(recent), bound.first or 0) :]
    left_out = rows[: len(rows) - len(taken)]
    thread.floor = str(left_out[-1]["ts"]) if left_out else thread.floor
    return taken


def _print(item: Item | None) -> str:
    return blake2b((item.text if item else "").encode(), digest_size=4).hexdigest()
