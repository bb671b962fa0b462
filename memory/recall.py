"""Finds what was kept: by words, by meaning and by filters, each hit with its reasons.

Chunks are scored twice, by their words (BM25) and by their meaning (cosine). Both scores are divided by the best of the
search and added; an item counts with its best chunk. It knows the embedder's contract and no model. Nothing is learned
from what it finds. `assistant.memories` asks it, and `assistant.sessions` will.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlmodel import Session

from memory import languages, lexical, scripts
from memory.embed import Embedder, Ids, NoEmbedder, Rows
from memory.store import lookup
from memory.store.connection import Database
from memory.store.items import ItemFilter
from memory.store.lookup import Passage
from memory.vectors import Vectors

BY_WORDS, BY_MEANING = 200, 60
"""Chunks taken from each of the two ways, at least."""
WORDS_SHARE = 0.4
"""Of the words in the sum, the rest is meaning's: the best of a trial on long conversations, flat from .3 to .5."""
CLOSE = 0.35
"""A cosine from which a hit is called close in meaning."""
SNIPPET = 280
"""Characters."""

_LATIN = re.compile(f"[{scripts.LATIN}]")


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that answers. `ref` is its id at its source, `snippet` its best part, `score` in [0, 1]."""

    item_id: int
    ref: str
    title: str
    snippet: str
    score: float
    reasons: tuple[str, ...]
    source: str
    kind: str
    url: str
    authors: tuple[str, ...]
    language: str
    published: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """The hits, best first, and sentences on what limited the search."""

    hits: tuple[Hit, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the words, their vector where there is an embedder, which items may answer, and how many."""

    words: str
    vector: Rows | None
    filters: ItemFilter
    limit: int


@dataclass(frozen=True, slots=True)
class _Scored:
    chunk_id: int
    score: float
    cosine: float | None


class Recall:
    """Searches one home's memory. Safe to share between threads."""

    def __init__(self, database: Database, embedder: Embedder, vectors: Vectors) -> None:
        self._database = database
        self._embedder = embedder
        self._vectors = vectors

    def search(self, query: str, *, filters: ItemFilter | None = None, limit: int = 10) -> Found:
        """The `limit` items that answer best among those that `filters` let through, never hidden or deleted ones."""
        notices: list[str] = []
        question = Question(query, self._encode(query, notices), filters or ItemFilter(), limit)
        hits = self.answer(question)
        strange = [] if question.vector is None else self._strange_languages(hits)
        return Found(hits, tuple(notices + strange))

    def answer(self, question: Question) -> tuple[Hit, ...]:
        """The hits for a question that is encoded already."""
        with self._database.read() as session:
            allowed = None if question.filters == ItemFilter() else lookup.chunk_ids(session, question.filters)
            hits = self._hits(session, question, allowed)
            if len(hits) < question.limit and allowed is None:
                # Hidden and superseded chunks took the places of others: ask again among what may be shown.
                hits = self._hits(session, question, lookup.chunk_ids(session, question.filters))
        return hits

    def _encode(self, query: str, notices: list[str]) -> Rows | None:
        """The query's vector; `None`, with a notice, where there is no embedder or it cannot read the query's script."""
        language = "" if _LATIN.search(query) else languages.detect(query)
        try:
            if self._embedder.knows_language(language):
                return np.asarray(self._embedder.encode([query])[0], dtype=np.float32)
        except NoEmbedder as failure:
            notices.append(f"Found by words alone: {failure.sentence} {failure.remedy}".strip())
        else:
            notices.append(f"Found by words alone: the embedder does not know the query's language ({language}).")
        return None

    def _strange_languages(self, hits: Iterable[Hit]) -> list[str]:
        try:
            strange = sorted({hit.language for hit in hits if not self._embedder.knows_language(hit.language)})
        except NoEmbedder:
            return []
        return [f"The embedder does not know {', '.join(strange)}: trust the words of those hits."] if strange else []

    def _hits(self, session: Session, question: Question, allowed: Ids | None) -> tuple[Hit, ...]:
        """The best chunk of each item, best item first."""
        terms = [term.strip('"*') for term in lexical.terms(question.words)]
        hits: dict[int, Hit] = {}
        scored, page_size = self._scored(session, question, allowed), 2 * question.limit
        for start in range(0, len(scored), page_size):
            page = scored[start : start + page_size]
            passages = lookup.passages(session, [chunk.chunk_id for chunk in page], question.filters)
            for chunk in page:
                passage = passages.get(chunk.chunk_id)
                if passage is not None and passage.item_id not in hits:
                    hits[passage.item_id] = _hit(passage, chunk, terms)
                if len(hits) == question.limit:
                    return tuple(hits.values())
        return tuple(hits.values())

    def _scored(self, session: Session, question: Question, allowed: Ids | None) -> list[_Scored]:
        """Candidates from both ways with the sum of their normalised scores, best first."""
        words = dict(lexical.search(session, question.words, max(BY_WORDS, 4 * question.limit), allowed))
        meaning = self._meaning(question, allowed, words)
        best_word = max(words.values(), default=0.0) or 1.0
        best_meaning = max(meaning.values(), default=0.0) or 1.0
        words_share = WORDS_SHARE if meaning else 1.0
        scored = [
            _Scored(
                chunk_id,
                words_share * words.get(chunk_id, 0.0) / best_word
                + (1 - words_share) * max(meaning.get(chunk_id, 0.0), 0.0) / best_meaning,
                meaning.get(chunk_id),
            )
            for chunk_id in words.keys() | meaning.keys()
        ]
        return sorted(scored, key=lambda chunk: (-chunk.score, chunk.chunk_id))

    def _meaning(self, question: Question, allowed: Ids | None, words: Iterable[int]) -> dict[int, float]:
        """Cosines of the nearest chunks, and of those that the words found."""
        if question.vector is None:
            return {}
        nearest, cosines = self._vectors.nearest(question.vector, max(BY_MEANING, 4 * question.limit), allowed)
        found = dict(zip(nearest.tolist(), cosines.tolist(), strict=True))
        others = np.array([chunk_id for chunk_id in words if chunk_id not in found], dtype=np.int64)
        return found | self._vectors.matrix.scores(question.vector, others)


def _hit(passage: Passage, chunk: _Scored, terms: Iterable[str]) -> Hit:
    return Hit(
        item_id=passage.item_id,
        ref=passage.external_id,
        title=passage.title,
        snippet=snippet(passage.text, terms),
        score=round(min(chunk.score, 1.0), 4),
        reasons=tuple(_reasons(passage, chunk, terms)),
        source=passage.source,
        kind=passage.kind,
        url=passage.url,
        authors=passage.authors,
        language=passage.language,
        published=passage.published,
    )


def _reasons(passage: Passage, chunk: _Scored, terms: Iterable[str]) -> Iterable[str]:
    text = f"{passage.title}\n{passage.text}".casefold()
    said = [term for term in dict.fromkeys(terms) if term in text]
    if said:
        yield "says " + ", ".join(f"“{term}”" for term in said)
    if chunk.cosine is not None and chunk.cosine >= CLOSE:
        yield f"close in meaning ({chunk.cosine:.2f})"
    elif not said:
        yield "nearest of what there is"


def snippet(text: str, terms: Iterable[str], length: int = SNIPPET) -> str:
    """The part of `text` around the first of `terms` that it says, on one line, cut at words."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    folded = line.casefold()
    places = [place for term in terms if (place := folded.find(term)) >= 0]
    start = max(min(places, default=0) - length // 4, 0)
    start = line.rfind(" ", 0, start) + 1 if start else 0
    part = line[start : start + length]
    if start + length < len(line):
        part = part[: part.rfind(" ") if " " in part[length // 2 :] else length].rstrip() + " …"
    return f"… {part}" if start else part
