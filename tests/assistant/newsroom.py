"""A small newsroom for the tests of stories, ranking and digests: rows as ingest and indexing would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from assistant.config.schema import DigestSettings, Settings, SourceSettings, UserSettings
from assistant.digest import record
from assistant.digest.build import Edition, Parts, build
from assistant.digest.view import DigestView
from assistant.engine.contract import Engine
from assistant.engine.extractive import Extractive
from assistant.stories.placing import place
from memory.chunks import Span
from memory.embed import pack
from memory.identity import NewItem
from memory.models import Delivery, DeliveryState, Stage, Verb
from memory.store import chunks, digests, feedback, items, outbox, sources, vectors
from tests.databases import open_empty
from tests.fakes import WordEmbedder

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
ANNA = "anna@example.org"


@dataclass
class Newsroom:
    """Publish items, build digests, answer to them. `embedder` is `None` for one that works by words alone."""

    folder: Path
    embedder: WordEmbedder | None = field(default_factory=WordEmbedder)
    engine: Engine = field(default_factory=Extractive)
    now: datetime = NOW
    digest: DigestSettings = field(default_factory=DigestSettings)
    user: UserSettings = field(default_factory=lambda: UserSettings(timezone="UTC"))
    sources: dict[str, str] = field(default_factory=dict)
    """The configured sources with their sections."""

    def __post_init__(self) -> None:
        self.database = open_empty(self.folder / "telos.db")

    def publish(self, source: str, *published: NewItem) -> list[int]:
        """Keep items of a source, embed them and put them into stories; the ids of those that are new or rewritten."""
        self.sources.setdefault(source, "")
        with self.database.write() as session:
            row = sources.ensure(session, source, "feeds", self.now)
            assert row.id is not None
            saved = items.save(session, row.id, published, self.now)
            ids = [*saved.new_ids, *saved.updated_ids]
            if self.embedder is not None:
                embed(session, self.embedder, ids)
        place(self.database, embedder_slug=self.embedder.slug if self.embedder else None, now=self.now)
        return ids

    def item(self, title: str, text: str = "", *, hours_ago: float = 1.0, **facts: Any) -> NewItem:
        published = self.now - timedelta(hours=hours_ago)
        return NewItem(
            external_id=facts.pop("external_id", title), title=title, text=text, published=published, **facts
        )

    def story_of(self, item_id: int) -> int | None:
        with self.database.read() as session:
            found = items.get(session, item_id)
            return None if found is None else found.story_id

    @property
    def settings(self) -> Settings:
        named = tuple(SourceSettings(name=name, kind="feeds", section=key) for name, key in self.sources.items())
        return Settings(user=self.user, digest=self.digest, sources=named)

    def build(self, **edition: Any) -> DigestView:
        """A preview as of now."""
        day = edition.pop("day", None) or self.today
        with self.database.read() as session:
            parts = Parts(self.settings, self.engine, self.embedder)
            return build(session, parts, Edition(day, ANNA, **edition), self.now)

    def send(self, state: DeliveryState = DeliveryState.SENT, **edition: Any) -> DigestView:
        """Build, keep and deliver a digest with this outcome."""
        view = self.build(**edition)
        with self.database.write() as session:
            kept = record.keep(session, view)
            assert kept.id is not None
            delivery: Delivery = outbox.queue(session, kept.id, now=self.now, give_up_at=self.now + timedelta(days=1))
            delivery.state, delivery.done_at = state, self.now
            session.add(delivery)
        return kept

    def answer(self, view: DigestView, number: int, verb: Verb) -> None:
        assert view.id is not None
        with self.database.write() as session:
            entry = digests.entry(session, view.id, number)
            assert entry is not None
            assert entry.id is not None
            feedback.add(session, verb, entry.id, self.now)

    def undo(self) -> None:
        with self.database.write() as session:
            said = feedback.last(session)
            assert said is not None
            feedback.undo(session, said, self.now)

    def wait(self, **step: float) -> None:
        self.now += timedelta(**step)

    @property
    def today(self) -> date:
        return self.now.date()


def embed(session: Session, embedder: WordEmbedder, item_ids: Sequence[int]) -> None:
    """One chunk an item with its vector, as indexing leaves them before stories are made."""
    versions = items.current_versions(session, item_ids)
    spans = [(versions[one].id or 0, [Span(0, len(versions[one].text))]) for one in item_ids]
    chunk_ids = [found[0] for found in chunks.put(session, spans)]
    texts = [f"{versions[one].title}\n{versions[one].text}" for one in item_ids]
    if texts:
        rows = pack(embedder.encode(texts))
        vectors.put(session, embedder.slug, list(zip(chunk_ids, rows, strict=True)))
    items.advance(session, [version.id or 0 for version in versions.values()], Stage.EMBEDDED)
