"""The user's answers as the ranking learns from them: each with the story as it stood when it was shown.

It reads feedback rows that still hold; of several answers to one entry the last counts. Items that were forgotten or
erased teach nothing.
"""

from __future__ import annotations

from sqlmodel import Session

from assistant.digest.candidates import Article, article_of, mean_vector, subject
from assistant.ranking.taste import REPLAYED, Lesson
from memory.store import digests, feedback, items, sources, vectors


def lessons(session: Session, embedder_slug: str | None) -> list[Lesson]:
    """One lesson an entry that was answered to, in the order of the answers."""
    last = {answer.entry_id: answer for answer in feedback.effective(session)}
    answers = sorted(last.values(), key=lambda answer: (answer.at, answer.id or 0))[-REPLAYED:]
    entries = digests.entries_by_ids(session, [answer.entry_id for answer in answers])
    cited = digests.citations(session, list(entries))
    built_at = digests.built_at(session, {entry.digest_id for entry in entries.values()})
    item_ids = {item_id for ids in cited.values() for item_id in ids}
    articles = _articles(session, item_ids)
    packed = vectors.lead_vectors(session, item_ids, embedder_slug) if embedder_slug else {}
    found: list[Lesson] = []
    for answer in answers:
        told = [articles[item_id] for item_id in cited.get(answer.entry_id, ()) if item_id in articles]
        if told:
            digest_id = entries[answer.entry_id].digest_id
            vector = mean_vector(packed[one.item_id] for one in told if one.item_id in packed)
            found.append(Lesson(subject(told, vector, built_at[digest_id]), answer.verb, answer.at, digest_id))
    return found


def _articles(session: Session, item_ids: set[int]) -> dict[int, Article]:
    visible = {item.id: item for item in items.by_ids(session, item_ids) if item.id is not None and not item.hidden_at}
    versions = items.current_versions(session, list(visible))
    origins = sources.by_ids(session, sorted({item.source_id for item in visible.values()}))
    return {item_id: article_of(item, versions[item_id], origins[item.source_id]) for item_id, item in visible.items()}
