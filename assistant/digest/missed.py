"""The section "what you missed": conversations, told by who spoke, what it was about and the words that say it best.

What speaks to the user comes first, then where most was said. A message is told once: in the first digest after it came,
unless the user has written after it in the same place. It takes no entry's room. `build` asks for it; `record` keeps the
ids of what was told and has the rest read from the rows again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.digest.candidates import Article, Muted, article_of
from assistant.digest.quoting import about, quoted
from assistant.digest.view import NOTHING_MISSED, ConversationView, MissedView
from assistant.stories.threads import Said, grouped
from memory.models import Item, Source, Version
from memory.store import items, messages, sources, vectors

MOST_READ = 4000
MOST_TO_ME = 8
"""Conversations that speak to the user; what is beyond is counted."""
MOST_OTHERS = 5
MOST_PEOPLE = 5

Rows = Sequence["Message"]


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message as it is told. `room` is one for all of a channel, `thread` for the answers to one message."""

    article: Article
    author: str
    room: tuple[str, str]
    place: str
    is_direct: bool
    thread: str
    by_me: bool
    mentions: frozenset[str]
    first_seen: datetime
    story_id: int
    vector: NDArray[np.float32] | None = None


def gather(session: Session, settings: Settings, embedder_slug: str | None, since: datetime) -> MissedView:
    """What was said at `since` or later that no digest has told."""
    names = {source.name for source in settings.sources}
    found = [
        one for one in _read(session, messages.since(session, since, MOST_READ), embedder_slug) if one.room[0] in names
    ]
    told_until = messages.told_until(session)
    muted = Muted.read(session)
    conversations: list[Rows] = []
    seen = hidden = 0
    for conversation in _conversations(found):
        last_own = max((one.article.published for one in conversation if one.by_me), default=None)
        news = [one for one in conversation if not one.by_me and (told_until is None or one.first_seen > told_until)]
        unseen = [one for one in news if last_own is None or one.article.published > last_own]
        audible = [one for one in unseen if not muted.hides(one.article, one.story_id)]
        seen += len(news) - len(unseen)
        hidden += len(unseen) - len(audible)
        if audible:
            conversations.append(audible)
    to_me = sorted((one for one in conversations if _speaks_to_me(one)), key=_newest, reverse=True)
    others = sorted((one for one in conversations if not _speaks_to_me(one)), key=_weight, reverse=True)
    shown = [*to_me[:MOST_TO_ME], *others[:MOST_OTHERS]]
    left_out = [*to_me[MOST_TO_ME:], *others[MOST_OTHERS:]]
    return MissedView(
        conversations=tuple(_view(one, found) for one in shown),
        left_out=len(left_out),
        left_out_messages=sum(map(len, left_out)),
        seen=seen,
        muted=hidden,
    )


def kept(view: MissedView) -> dict[str, Any]:
    """What a row keeps of it: no text."""
    if view == NOTHING_MISSED:
        return {}
    return {
        "conversations": [list(one.item_ids) for one in view.conversations],
        "left_out": view.left_out,
        "left_out_messages": view.left_out_messages,
        "seen": view.seen,
        "muted": view.muted,
    }


def load(session: Session, row: Mapping[str, Any]) -> MissedView:
    """The section as it was told; what was erased or deleted since is not in it."""
    if not row:
        return NOTHING_MISSED
    ids = {item_id for conversation in row["conversations"] for item_id in conversation}
    there = [item for item in items.by_ids(session, ids) if item.deleted_at is None and item.hidden_at is None]
    found = {one.article.item_id: one for one in _read(session, there, None)}
    conversations = [[found[one] for one in conversation if one in found] for conversation in row["conversations"]]
    everything = list(found.values())
    return MissedView(
        conversations=tuple(_view(one, everything) for one in conversations if one),
        left_out=row["left_out"],
        left_out_messages=row["left_out_messages"],
        seen=row["seen"],
        muted=row["muted"],
    )


def _read(session: Session, rows: Sequence[Item], embedder_slug: str | None) -> list[Message]:
    """In the order of their publication."""
    item_ids = [item.id for item in rows if item.id is not None]
    of = sources.by_ids(session, sorted({item.source_id for item in rows}))
    versions = items.current_versions(session, item_ids)
    near = vectors.lead_vectors(session, item_ids, embedder_slug) if embedder_slug else {}
    found = [_message(item, versions[item.id], of[item.source_id], near.get(item.id)) for item in rows if item.id]
    return sorted(found, key=lambda one: (one.article.published, one.article.item_id))


def _message(item: Item, version: Version, source: Source, packed: bytes | None) -> Message:
    author = item.authors[0] if item.authors else ""
    place = str(item.details.get("conversation") or (item.topics[0] if item.topics else source.name))
    return Message(
        article=article_of(item, version, source),
        author=author,
        room=(source.name, item.external_id.rpartition("/")[0] or place),
        place=place,
        is_direct=bool(item.details.get("direct")),
        thread=item.thread_id or item.external_id,
        by_me=item.by_me,
        mentions=frozenset(map(str, item.details.get("mentions", ()))),
        first_seen=item.first_seen_at,
        story_id=item.story_id or 0,
        vector=None if packed is None else np.frombuffer(packed, dtype="<f4"),
    )


def _conversations(found: Rows) -> Iterable[list[Message]]:
    """A thread is one, and so is a direct message; what stands alone in a channel is grouped by what it says."""
    threads: defaultdict[tuple[str, ...], list[Message]] = defaultdict(list)
    for one in found:
        threads[(*one.room,) if one.is_direct else (*one.room, one.thread)].append(one)
    alone: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
    for thread in threads.values():
        if len(thread) > 1 or thread[0].is_direct:
            yield thread
        else:
            alone[thread[0].room].append(thread[0])
    for room in alone.values():
        numbers = grouped([_said(one) for one in room])
        of: defaultdict[int, list[Message]] = defaultdict(list)
        for number, one in zip(numbers, room, strict=True):
            of[number].append(one)
        yield from of.values()


def _said(one: Message) -> Said:
    return Said(one.article.published, one.author, one.article.text, one.mentions, one.vector)


def _speaks_to_me(conversation: Rows) -> bool:
    return any(one.article.to_me for one in conversation)


def _newest(conversation: Rows) -> datetime:
    return max(one.article.published for one in conversation)


def _weight(conversation: Rows) -> tuple[int, int, datetime]:
    """Where more people say more, there is more to say of it."""
    people = len({one.author for one in conversation})
    return min(people, 3) * len(conversation), people, _newest(conversation)


def _view(conversation: Rows, everything: Rows) -> ConversationView:
    first, last = conversation[0].article, conversation[-1].article
    said: defaultdict[str, int] = defaultdict(int)
    for one in conversation:
        said[one.author] += 1
    return ConversationView(
        source=first.source,
        place=conversation[0].place,
        is_direct=conversation[0].is_direct,
        is_to_me=_speaks_to_me(conversation),
        people=tuple(sorted((name for name in said if name), key=lambda name: -said[name])),
        about=about([one.article.text for one in conversation], [one.article.text for one in everything]),
        quotes=quoted([(one.article, one.author) for one in conversation]),
        item_ids=tuple(one.article.item_id for one in conversation),
        url=first.url,
        began=first.published,
        ended=last.published,
    )
