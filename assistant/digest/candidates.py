"""What a digest may show: the stories that are new, or that moved since they were shown, without what is muted.

It reads rows and builds what ranking and writing need of each story. It knows no score and no length.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.digest.view import Citation
from assistant.ranking.features import Subject
from assistant.stories.revision import added
from memory.models import Goal, GoalItem, Item, MuteKind, Source, Version
from memory.store import digests, goals, items, messages, mutes, private, sources, stories, vectors

MOST_CITED, MOST_VOICES = 6, 12
"""A story told by more items cites the best of them, but one of each source as far as there is room for voices."""
SPOKEN = ("post", "mail", messages.KIND)
"""Kinds whose source says where something was said, and not by whom."""
MOST_OF_A_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An item as the digest sees it."""

    item_id: int
    source: str
    kind: str
    title: str
    text: str
    url: str
    authors: tuple[str, ...]
    topics: tuple[str, ...]
    language: str
    published: datetime
    to_me: bool = False
    private: bool = False
    revised: datetime | None = None
    """When its source rewrote it, where only that is news; `text` is what was added then."""

    def cited_as(self, number: int) -> Citation:
        return Citation(
            number=number,
            item_id=self.item_id,
            source=self.source,
            title=self.title,
            url=self.url,
            published=self.published,
            authors=self.authors,
            said_by=" ".join(self.authors[0].split())[:MOST_OF_A_NAME] if self.authors and self.kind in SPOKEN else "",
        )


@dataclass(frozen=True, slots=True)
class Wanting:
    """The open goal that waited for a story, and the words in common; none where meaning alone joins them."""

    statement: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story with the articles to tell, the lead first. `known` is what the user has been told of it."""

    story_id: int
    section: str
    articles: tuple[Article, ...]
    subject: Subject
    known: tuple[str, ...] = ()
    is_follow_up: bool = False
    goal: Wanting | None = None

    @property
    def lead(self) -> Article:
        return self.articles[0]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The candidates, and how many items mutes kept out."""

    candidates: tuple[Candidate, ...]
    muted: int = 0

    def without_sections(self, keys: Collection[str]) -> Gathered:
        """Without the stories of these sections, but for what open goals wait for."""
        kept = tuple(one for one in self.candidates if one.section not in keys or one.goal is not None)
        gone = sum(len(one.articles) for one in self.candidates) - sum(len(one.articles) for one in kept)
        return Gathered(kept, self.muted + gone)


@dataclass(frozen=True, slots=True)
class Muted:
    """What the user never wants to see, ready to be asked."""

    words: re.Pattern[str] | None
    authors: frozenset[str]
    sources: frozenset[str]
    stories: frozenset[int]

    @classmethod
    def read(cls, session: Session) -> Muted:
        of: dict[MuteKind, set[str]] = {kind: set() for kind in MuteKind}
        for mute in mutes.effective(session):
            of[mute.kind].add(mute.value)
        phrases = sorted(map(_whole_word, of[MuteKind.WORD]))
        return cls(
            words=re.compile("|".join(phrases), re.IGNORECASE) if phrases else None,
            authors=frozenset(name.casefold() for name in of[MuteKind.AUTHOR]),
            sources=frozenset(of[MuteKind.SOURCE]),
            stories=frozenset(int(value) for value in of[MuteKind.STORY]),
        )

    def hides(self, article: Article, story_id: int) -> bool:
        return (
            story_id in self.stories
            or article.source in self.sources
            or any(name.casefold() in self.authors for name in article.authors)
            or (self.words is not None and self.words.search(f"{article.title}\n{article.text}") is not None)
        )


@dataclass(slots=True)
class _Rows:
    """The rows behind a set of stories, read once."""

    sources: Mapping[int, Source]
    versions: Mapping[int, Version]
    shown_at: Mapping[int, datetime]
    cited: Collection[int]
    told: Mapping[int, list[str]]
    earlier: Mapping[int, list[Version]]
    vectors: Mapping[int, bytes] = field(default_factory=dict)
    goals: Mapping[int, list[tuple[Goal, GoalItem]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Since:
    """From when on something is news: not before `oldest`, and of a story shown before, after `shown_at`."""

    oldest: datetime
    shown_at: datetime | None


def gather(session: Session, settings: Settings, embedder_slug: str | None, since: datetime, now: datetime) -> Gathered:
    """Every story with something to tell: published at `since` or later and not shown, or moved since it was.

    What the user wrote is no news to them; what others say in the same story is.
    """
    section_of = {source.name: source.section for source in settings.sources}
    moved = {story.id: story for story in stories.open_stories(session, since) if story.id is not None}
    members = stories.members(session, moved)
    every = [item for group in members.values() for item in group]
    rows = _read(session, every, moved, embedder_slug)
    muted, marked = Muted.read(session), private.marked(session).items
    found: list[Candidate] = []
    hidden = 0
    for story_id, group in members.items():
        live = [
            item
            for item in group
            if rows.sources[item.source_id].name in section_of and not item.by_me and item.id not in marked
        ]
        shown_at = rows.shown_at.get(story_id)
        if shown_at is not None and moved[story_id].moved_at <= shown_at:
            continue
        visible: list[Article] = []
        for item in live:
            article = _article(item, rows)
            news = _news(item, article, rows, _Since(since, shown_at))
            if news is not None and muted.hides(article, story_id):
                hidden += news.kind != messages.KIND  # `digest.missed` counts those
            elif news is not None:
                visible.append(news)
        candidate = _candidate(story_id, visible, rows, section_of, now) if visible else None
        if candidate is not None and not _is_talk(candidate):
            found.append(candidate)
    return Gathered(tuple(sorted(found, key=lambda candidate: candidate.story_id)), hidden)


def subject(articles: Sequence[Article], vector: NDArray[np.float32] | None, at: datetime) -> Subject:
    """A story as the ranking sees it at `at`."""
    newest = max(article.revised or article.published for article in articles)
    return Subject(
        vector=vector,
        title=articles[0].title,
        text=articles[0].text[:2000],
        sources=_each_once(article.source for article in articles),
        authors=_each_once(name for article in articles for name in article.authors)[:8],
        topics=_each_once(topic for article in articles for topic in article.topics)[:8],
        age_days=max((at - newest).total_seconds() / 86_400, 0.0),
        size=len({article.source for article in articles}),
    )


def article_of(item: Item, version: Version, source: Source) -> Article:
    assert item.id is not None
    return Article(
        item_id=item.id,
        source=source.name,
        kind=item.kind,
        title=" ".join(version.title.split()) or _first_words(version.text),
        text=version.text,
        url=item.url,
        authors=tuple(item.authors),
        topics=tuple(item.topics),
        language=item.language,
        published=item.published_at,
        to_me=item.to_me,
        private=item.private,
    )


def mean_vector(packed: Iterable[bytes]) -> NDArray[np.float32] | None:
    """The direction between the vectors, of unit length; `None` if there is none."""
    rows = [np.frombuffer(data, dtype="<f4") for data in packed]
    if not rows:
        return None
    total: NDArray[np.float32] = np.sum(rows, axis=0, dtype=np.float32)
    length = float(np.linalg.norm(total))
    return total / np.float32(length) if length else None


def _read(session: Session, every: Sequence[Item], moved: Collection[int], embedder_slug: str | None) -> _Rows:
    item_ids = [item.id for item in every if item.id is not None]
    shown_at = {story: at for story, at in digests.stories_shown(session).items() if story in moved}
    cited = digests.items_shown(session, item_ids) if shown_at else set()
    return _Rows(
        sources=sources.by_ids(session, sorted({item.source_id for item in every})),
        versions=items.current_versions(session, item_ids),
        shown_at=shown_at,
        cited=cited,
        told=digests.told(session, shown_at) if shown_at else {},
        earlier=items.earlier_versions(session, cited),
        vectors=vectors.lead_vectors(session, item_ids, embedder_slug) if embedder_slug else {},
        goals=goals.wanting(session, item_ids),
    )


def _news(item: Item, article: Article, rows: _Rows, since: _Since) -> Article | None:
    """The article as far as it is news: whole while it was never shown, then what a new version of it says more.

    `None` if it is too old, or was known when its story was shown.
    """
    if item.id in rows.cited:
        return _revision(article, rows, since)
    is_unseen = since.shown_at is None or item.first_seen_at > since.shown_at
    return article if is_unseen and item.published_at >= since.oldest else None


def _revision(article: Article, rows: _Rows, since: _Since) -> Article | None:
    version = rows.versions[article.item_id]
    if since.shown_at is None or version.seen_at <= max(since.oldest, since.shown_at):
        return None
    shown = [earlier for earlier in rows.earlier.get(article.item_id, ()) if earlier.seen_at <= since.shown_at]
    news = added(shown[-1].text, version.text) if shown else []
    return replace(article, text="\n\n".join(news), revised=version.seen_at) if news else None


def _candidate(
    story_id: int, visible: list[Article], rows: _Rows, section_of: Mapping[str, str], now: datetime
) -> Candidate:
    cited = voices(visible)
    lead = cited[0]
    packed = [rows.vectors[article.item_id] for article in cited if article.item_id in rows.vectors]
    return Candidate(
        story_id=story_id,
        section=section_of[lead.source] or lead.kind,
        articles=cited,
        subject=subject(cited, mean_vector(packed), now),
        known=tuple(rows.told.get(story_id, ())),
        is_follow_up=story_id in rows.shown_at,
        goal=next((_wanting(rows.goals[one.item_id]) for one in cited if one.item_id in rows.goals), None),
    )


def _is_talk(candidate: Candidate) -> bool:
    """Whether there is nothing in it but messages that no goal waits for: `digest.missed` tells of those."""
    return candidate.goal is None and all(article.kind == messages.KIND for article in candidate.articles)


def voices(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Those that a story cites, the lead first: what is public before what is private, so that a title or a link that
    is taken on comes from nobody's letters; then the fuller. Each source has its best one before any has a second."""
    ordered = sorted(
        articles, key=lambda one: (one.private, -min(len(one.text), 1500) // 300, one.published, one.item_id)
    )
    first = list({one.source: one for one in reversed(ordered)}.values())[::-1]
    chosen = sorted(first, key=ordered.index)[:MOST_VOICES]
    chosen += [one for one in ordered if one not in chosen][: max(MOST_CITED - len(chosen), 0)]
    return tuple(sorted(chosen, key=ordered.index))


def _wanting(matches: Sequence[tuple[Goal, GoalItem]]) -> Wanting:
    """The goal that an item matches best."""
    goal, match = matches[0]
    return Wanting(goal.statement, match.reason)


def _article(item: Item, rows: _Rows) -> Article:
    assert item.id is not None
    return article_of(item, rows.versions[item.id], rows.sources[item.source_id])


def _whole_word(phrase: str) -> str:
    """A pattern for `phrase` that does not match inside a longer word (in scripts that have spaces)."""
    start = r"\b" if phrase[:1].isascii() and phrase[:1].isalnum() else ""
    end = r"\b" if phrase[-1:].isascii() and phrase[-1:].isalnum() else ""
    return f"{start}{re.escape(phrase)}{end}"


def _first_words(text: str) -> str:
    first = " ".join(text.split())
    return first if len(first) <= 90 else first[:90].rsplit(" ", 1)[0] + "…"


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
