"""How long it takes to build a digest from 2,000 stories, with a year's worth of answers to learn from.

Rows and vectors are synthetic; the embedder is left out (interests come as vectors), since it runs in its own process and
`benchmarks.ingest` measures it. Bar: `build_s` at most 3 on 2 cores, the slowest of three builds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sqlmodel import Session

from assistant.config.schema import Settings, SourceSettings, UserSettings
from assistant.digest import record
from assistant.digest.build import Edition, Parts, build
from assistant.digest.render import render
from assistant.engine.extractive import Extractive
from assistant.stories.placing import place
from benchmarks.report import arguments, report, say
from memory.chunks import Span
from memory.embed import Rows, pack
from memory.identity import NewItem
from memory.models import DeliveryState, Stage, Verb
from memory.store import chunks, digests, feedback, items, outbox, sources, vectors
from memory.store.connection import Database

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
ME = "me@example.org"
DIMENSION = 384
SOURCES = tuple(f"source {number}" for number in range(20))
_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "na", "pe", "ri", "so", "ta")
_ENDINGS = ("den", "fel", "gor", "hus", "kam", "lin")
WORDS = tuple("".join(parts) for parts in product(_SYLLABLES, _SYLLABLES, _SYLLABLES, _ENDINGS))
"""So many that two texts of random ones share hardly any, and stay two stories."""


class Vectors:
    """An embedder's face over random unit vectors around forty topics."""

    slug = "bench"
    dimension = DIMENSION

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._topics = random.standard_normal((40, DIMENSION))

    def knows_language(self, code: str) -> bool:
        return True

    def encode(self, texts: Sequence[str]) -> Rows:
        rows = self._topics[self._random.integers(0, 40, len(texts))]
        rows = rows + self._random.standard_normal(rows.shape)
        unit: Rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit


def main() -> None:
    args = arguments("digest")
    started = time.perf_counter()
    stories, days = (300, 5) if args.quick else (2000, 100)
    random = np.random.default_rng(args.seed)
    embedder = Vectors(random)
    settings = Settings(
        user=UserSettings(timezone="UTC", interests=("tides and power", "chess endgames")),
        sources=tuple(SourceSettings(name=name, kind="feeds") for name in SOURCES),
    )
    parts = Parts(settings, Extractive(), embedder)
    with TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "telos.db")
        for day in range(days, 0, -1):
            say(f"history: {day} days to go")
            _live_a_day(database, parts, random, NOW - timedelta(days=day + 4))
        say(f"{stories} stories of today")
        _publish(database, embedder, random, stories, NOW)
        times = [_timed(database, parts) for _ in range(3)]
        with database.read() as session:
            view = build(session, parts, Edition(NOW.date(), ME), NOW)
        render_start = time.perf_counter()
        render(view)
        render_s = time.perf_counter() - render_start
        database.close()
    report(
        "digest",
        seed=args.seed,
        quick=args.quick,
        started=started,
        n=view.candidates,
        build_s=round(max(times), 3),
        build_s_each=[round(one, 3) for one in times],
        render_s=round(render_s, 3),
        answers=days * 10,
        entries=len(view.entries),
    )


def _timed(database: Database, parts: Parts) -> float:
    with database.read() as session:
        start = time.perf_counter()
        build(session, parts, Edition(NOW.date(), ME), NOW)
        return time.perf_counter() - start


def _live_a_day(database: Database, parts: Parts, random: np.random.Generator, at: datetime) -> None:
    """A dozen stories, a digest of them, an answer to each entry."""
    assert isinstance(parts.embedder, Vectors)
    _publish(database, parts.embedder, random, 12, at)
    with database.write() as session:
        kept = record.keep(session, build(session, parts, Edition(date.fromordinal(at.toordinal()), ME), at))
        assert kept.id is not None
        delivery = outbox.queue(session, kept.id, now=at, give_up_at=at)
        delivery.state = DeliveryState.SENT
        session.add(delivery)
        for entry in digests.entries(session, kept.id):
            assert entry.id is not None
            feedback.add(session, Verb.MORE if random.random() < 0.5 else Verb.LESS, entry.id, at)


def _publish(database: Database, embedder: Vectors, random: np.random.Generator, count: int, at: datetime) -> None:
    """`count` items of random words over the sources, with vectors and stories."""
    with database.write() as session:
        _keep(session, embedder, random, count, at)
    place(database, embedder_slug=embedder.slug, now=at)


def _keep(session: Session, embedder: Vectors, random: np.random.Generator, count: int, at: datetime) -> None:
    share = -(-count // len(SOURCES))
    for name in SOURCES[: -(-count // share)]:
        source = sources.ensure(session, name, "feeds", at)
        assert source.id is not None
        new = [_item(random, at) for _ in range(share)]
        ids = items.save(session, source.id, new, at).new_ids
        versions = items.current_versions(session, ids)
        spans = [(versions[one].id or 0, [Span(0, 400)]) for one in ids]
        chunk_ids = [found[0] for found in chunks.put(session, spans)]
        vectors.put(session, embedder.slug, list(zip(chunk_ids, pack(embedder.encode([""] * len(ids))), strict=True)))
        items.advance(session, [version.id or 0 for version in versions.values()], Stage.EMBEDDED)


def _item(random: np.random.Generator, at: datetime) -> NewItem:
    """A title of eight words and ten sentences of fifteen."""
    words = random.choice(WORDS, 160)
    sentences = [" ".join(words[start : start + 15]).capitalize() + "." for start in range(8, 158, 15)]
    return NewItem(
        external_id=f"{random.integers(1 << 60)}",
        title=" ".join(words[:8]).capitalize(),
        text=" ".join(sentences),
        authors=(f"author {random.integers(200)}",),
        topics=(f"topic {random.integers(30)}",),
        language="en",
        published=at - timedelta(minutes=int(random.integers(1, 2000))),
    )


if __name__ == "__main__":
    main()
