"""What the ranking learns from: the user's answers to entries, and the drafts they made of what was read.

It reads feedback rows that still hold; of several answers to one entry the last counts. A draft that was approved says
that its items were worth writing about. Items that were forgotten or erased teach nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from assistant.digest.candidates import Article, article_of, mean_vector, subject
from assistant.ranking.taste import REPLAYED, Lesson
from memory.models import DraftKind, Verb
from memory.store import digests, drafts, feedback, items, sources, vectors

FROM_ITEMS = (DraftKind.MAIL, DraftKind.REPLY, DraftKind.DOCUMENT, DraftKind.NOTE)


@dataclass(frozen=True, slots=True)
class _Said:
    """A word on items as they stood at `seen_at`. `group` is the digest that it answers; negative, the draft."""

    verb: Verb
    at: datetime
    item_ids: Sequence[int]
    seen_at: datetime
    group: int


def lessons(session: Session, embedder_slug: str | None) -> list[Lesson]:
    """One lesson an entry that was answered to, and one a draft that was approved, in the order of their times."""
    said = sorted([*_answers(session), *_drafts(session)], key=lambda one: one.at)[-REPLAYED:]
    item_ids = {item_id for one in said for item_id in one.item_ids}
    articles = _articles(session, item_ids)
    packed = vectors.lead_vectors(session, item_ids, embedder_slug) if embedder_slug else {}
    found: list[Lesson] = []
    for one in said:
        told = [articles[item_id] for item_id in one.item_ids if item_id in articles]
        if told:
            vector = mean_vector(packed[article.item_id] for article in told if article.item_id in packed)
            found.append(Lesson(subject(told, vector, one.seen_at), one.verb, one.at, one.group))
    return found


def _answers(session: Session) -> list[_Said]:
    last = {answer.entry_id: answer for answer in feedback.effective(session)}
    answers = sorted(last.values(), key=lambda answer: (answer.at, answer.id or 0))[-REPLAYED:]
    entries = digests.entries_by_ids(session, [answer.entry_id for answer in answers])
    cited = digests.citations(session, list(entries))
    built_at = digests.built_at(session, {entry.digest_id for entry in entries.values()})
    groups = {entry_id: entry.digest_id for entry_id, entry in entries.items()}
    return [
        _Said(one.verb, one.at, cited.get(one.entry_id, ()), built_at[groups[one.entry_id]], groups[one.entry_id])
        for one in answers
    ]


def _drafts(session: Session) -> list[_Said]:
    decided = [one.draft for one in drafts.decided(session) if one.draft.kind in FROM_ITEMS and one.draft.item_ids]
    return [
        _Said(Verb.MORE, draft.decided_at or draft.changed_at, draft.item_ids, draft.created_at, -(draft.id or 0))
        for draft in decided[-REPLAYED:]
    ]


def _articles(session: Session, item_ids: set[int]) -> dict[int, Article]:
    visible = {item.id: item for item in items.by_ids(session, item_ids) if item.id is not None and not item.hidden_at}
    versions = items.current_versions(session, list(visible))
    origins = sources.by_ids(session, sorted({item.source_id for item in visible.values()}))
    return {item_id: article_of(item, versions[item_id], origins[item.source_id]) for item_id, item in visible.items()}
