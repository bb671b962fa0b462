"""Finds what was kept: by words, by meaning and by filters, each hit with its reasons.

Candidates come from full text (BM25), from the vectors, and from what stands beside both in a conversation;
`memory.relevance` weighs them, and an item counts with its best chunk. It knows the embedder's contract and no model.
Nothing is learned from what it finds. `assistant.memories` asks it, and so do `assistant.sessions` and `drafting`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from sqlmodel import Session

from memory import languages, lexical, relevance, scripts, spoken
from memory.embed import Embedder, NoEmbedder, Rows
from memory.moments import moments
from memory.reach import Reach
from memory.relevance import FEATURES, WEIGHTS, Asked, Known, Table, vector_of, word_of
from memory.spoken import Said, Sought
from memory.store import lookup
from memory.store.connection import Database
from memory.store.items import ItemFilter
from memory.vectors import Vectors

BY_WORDS, BY_MEANING = 200, 60
"""Chunks taken from each of the two ways, at least."""
WIDENED = 60
"""Of the best of each way so many are weighed, and bring what stands beside them in a conversation."""
FEW = 8
"""Chunks; a word that stands in no more of them may be one that a single item says."""
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
    """The hits, best first, and sentences on what limited the search.

    `support` says in [0, 1] whether they hold an answer, see `relevance.support`; `terms` what was looked for.
    """

    hits: tuple[Hit, ...]
    notices: tuple[str, ...] = ()
    support: float = 0.0
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the words, their vector where there is an embedder, which items may answer, and how many."""

    words: str
    vector: Rows | None
    filters: ItemFilter
    limit: int
    today: date | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A question as full text reads it: its terms, the chunks that hold them, those of each of its `rare` terms, and the
    names of those who speak there."""

    terms: tuple[str, ...]
    chunks: Mapping[int, float]
    rare: Mapping[str, frozenset[int]]
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What was weighed for a question: chunks that may answer, and `table`, (chunks, `relevance.FEATURES`)."""

    chunks: tuple[lookup.Passage, ...]
    table: Table


class Recall:
    """Searches one home's memory. Safe to share between threads. `weights` are those of `memory.relevance`, by name."""

    def __init__(
        self, database: Database, embedder: Embedder, vectors: Vectors, *, weights: Mapping[str, float] = WEIGHTS
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._vectors = vectors
        self._weights = vector_of(weights)

    def search(
        self, query: str, *, filters: ItemFilter | None = None, limit: int = 10, today: date | None = None
    ) -> Found:
        """The `limit` items that answer best among those that `filters` let through, never hidden or deleted ones.

        "Last week" and the like are counted back from `today`.
        """
        notices: list[str] = []
        question = Question(query, None, filters or ItemFilter(), limit, today)
        with self._database.read() as session:
            reach = Reach.of(session, question.filters)
            question, read = self._encoded(session, question, reach, notices)
            found = self._found(session, question, read, reach)
        hits = self._best(question, read, found)
        strange = [] if question.vector is None else self._strange_languages(hits)
        terms = tuple(word_of(term) for term in read.terms)
        return Found(hits, tuple(notices + strange), self._support(query, found), terms)

    def answer(self, question: Question) -> tuple[Hit, ...]:
        """The hits for a question that is encoded already."""
        with self._database.read() as session:
            reach = Reach.of(session, question.filters)
            read = self._read(session, question, reach)
            return self._best(question, read, self._found(session, question, read, reach))

    def spoken(self, query: str, *, limit: int, today: date | None = None) -> list[Said]:
        """The turns of Telos's own conversations that answer best, whoever may see them."""
        vector = self._encode(query, [])
        sought = Sought(query, vector, "" if vector is None else self._embedder.slug, today)
        with self._database.read() as session:
            return spoken.search(session, sought, self._weights, limit)

    def candidates(self, query: str, *, today: date | None = None) -> Candidates:
        """What `search` weighs for a query, for whoever chooses the weights."""
        question = Question(query, None, ItemFilter(), 20, today)
        with self._database.read() as session:
            reach = Reach.of(session, question.filters)
            question, read = self._encoded(session, question, reach, [])
            return self._candidates(session, question, read, reach)

    def _read(self, session: Session, question: Question, reach: Reach) -> _Read:
        terms = tuple(lexical.telling(session, question.words))
        limit = max(BY_WORDS, 4 * question.limit)
        found = dict(self._vectors.frequent.best(session, question.words, reach.wanted(limit), reach.allowed))
        chunks = {chunk_id: found[chunk_id] for chunk_id in reach.passing(session, found, limit)}
        return _Read(terms, chunks, lexical.holders(session, terms, FEW))

    def _encoded(
        self, session: Session, question: Question, reach: Reach, notices: list[str]
    ) -> tuple[Question, _Read]:
        """The question with its vector, from which the names of those who speak were taken out."""
        read = self._read(session, question, reach)
        read = replace(read, names=relevance.names_in(question.words, lookup.speakers(session, read.chunks)))
        vector = self._encode(relevance.without_names(question.words, read.names), notices)
        return replace(question, vector=vector), read

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

    def _support(self, query: str, found: Candidates) -> float:
        """As `relevance.support`; who only wrote articles is nobody who was asked for what they said."""
        speakers = {name for chunk in found.chunks if chunk.thread_id for name in chunk.authors}
        if found.chunks and not relevance.names_in(query, speakers):
            return 1.0
        return relevance.support(found.table, self._weights)

    def _strange_languages(self, hits: Iterable[Hit]) -> list[str]:
        try:
            strange = sorted({hit.language for hit in hits if not self._embedder.knows_language(hit.language)})
        except NoEmbedder:
            return []
        return [f"The embedder does not know {', '.join(strange)}: trust the words of those hits."] if strange else []

    def _found(self, session: Session, question: Question, read: _Read, reach: Reach) -> Candidates:
        found = self._candidates(session, question, read, reach)
        if reach.allowed is None and len({chunk.item_id for chunk in found.chunks}) < question.limit:
            # Hidden and superseded chunks took the places of others: ask again among what may be shown.
            reach = Reach.named(session, question.filters)
            found = self._candidates(session, question, self._read(session, question, reach), reach)
        return found

    def _best(self, question: Question, read: _Read, found: Candidates) -> tuple[Hit, ...]:
        """The best chunk of each item, best item first. An item that alone says a word of the question is among them."""
        weighed = found.table @ self._weights
        terms = [word_of(term) for term in read.terms]
        has_meaning = question.vector is not None
        places: dict[int, int] = {}
        for place in np.lexsort((np.array([chunk.chunk_id for chunk in found.chunks]), -weighed)).tolist():
            places.setdefault(found.chunks[place].item_id, place)
        hits = []
        for place in (places[item_id] for item_id in _chosen(list(places), _only(read, found.chunks), question.limit)):
            cosine = float(found.table[place, FEATURES.index("meaning")]) if has_meaning else None
            hits.append(_hit(found.chunks[place], float(weighed[place]), cosine, terms))
        return tuple(hits)

    def _candidates(self, session: Session, question: Question, read: _Read, reach: Reach) -> Candidates:
        """What words and meaning find, and what stands beside the best of that in its conversation."""
        nearest = self._nearest(session, question, reach)
        rare = frozenset[int]().union(*read.rare.values())
        around = lookup.beside(session, {*read.chunks, *nearest, *rare})
        most = max(WIDENED, 2 * question.limit)
        best = [*list(read.chunks)[:most], *nearest[:most]]
        likely = {*best, *(read.chunks.keys() & set(nearest)), *rare}
        more = {beside for one in best for beside in around.get(one, ())} - around.keys()
        around |= lookup.beside(session, more)
        shown = lookup.passages(session, {*read.chunks, *nearest, *rare, *more} if around else likely, question.filters)
        passages = [_passage(chunk, around.get(chunk.chunk_id, ())) for chunk in shown.values()]
        ids = list({*shown, *(beside for one in passages for beside in one.around)})
        # Outside conversations the sum that is there already serves: a term at a time is needed for what stands beside.
        terms = self._vectors.frequent.scores(session, read.terms, ids) if around else {question.words: read.chunks}
        vectors = {} if question.vector is None else self._vectors.matrix.gather(np.array(ids, dtype=np.int64))
        asked = Asked(
            words=question.words,
            terms=tuple(terms),
            names=read.names | relevance.names_in(question.words, {name for one in passages for name in one.authors}),
            moments=moments(question.words, question.today),
            vector=question.vector,
        )
        return Candidates(tuple(shown.values()), relevance.features(asked, passages, Known(terms, vectors)))

    def _nearest(self, session: Session, question: Question, reach: Reach) -> list[int]:
        """The chunks nearest in meaning, the best first."""
        if question.vector is None:
            return []
        limit = max(BY_MEANING, 4 * question.limit)
        nearest, _ = self._vectors.nearest(question.vector, reach.wanted(limit), reach.allowed)
        return reach.passing(session, nearest.tolist(), limit)


def _only(read: _Read, chunks: Iterable[lookup.Passage]) -> frozenset[int]:
    """The items that alone say a word of the question, but for the names of those who speak."""
    item_of = {chunk.chunk_id: chunk.item_id for chunk in chunks}
    saying = (
        {item_of[one] for one in holders & item_of.keys()}
        for term, holders in read.rare.items()
        if word_of(term) not in read.names
    )
    return frozenset(item_id for items in saying if len(items) == 1 for item_id in items)


def _chosen(ranked: Sequence[int], only: Collection[int], limit: int) -> list[int]:
    """The first `limit` of the items, in their order; those that alone say a word of the question come before the others
    for the last third of the places, so that no likeness in meaning of many hides what was asked for by its name."""
    firm = limit - limit // 3
    chosen = {*ranked[:firm], *sorted(ranked[firm:], key=lambda item_id: item_id not in only)[: limit - firm]}
    return [item_id for item_id in ranked if item_id in chosen]


def _passage(chunk: lookup.Passage, around: tuple[int, ...]) -> relevance.Passage:
    return relevance.Passage(
        id=chunk.chunk_id,
        text=chunk.text,
        authors=chunk.authors,
        at=chunk.published,
        around=around,
        is_spoken=bool(chunk.thread_id),
    )


def _hit(passage: lookup.Passage, weighed: float, cosine: float | None, terms: Iterable[str]) -> Hit:
    return Hit(
        item_id=passage.item_id,
        ref=passage.external_id,
        title=passage.title,
        snippet=snippet(passage.text, terms),
        score=round(relevance.share(weighed), 4),
        reasons=tuple(_reasons(passage, cosine, terms)),
        source=passage.source,
        kind=passage.kind,
        url=passage.url,
        authors=passage.authors,
        language=passage.language,
        published=passage.published,
    )


def _reasons(passage: lookup.Passage, cosine: float | None, terms: Iterable[str]) -> Iterable[str]:
    text = f"{passage.title}\n{passage.text}".casefold()
    said = [term for term in dict.fromkeys(terms) if term in text]
    if said:
        yield "says " + ", ".join(f"“{term}”" for term in said)
    if cosine is not None and cosine >= CLOSE:
        yield f"close in meaning ({cosine:.2f})"
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
