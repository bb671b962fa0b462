"""A Telos of the benchmark's own: a real service in a temporary home, with an embedder that embeds each text once.

The clock stands at the round that is played, five drafts a day, so that what fades with time does so as in a life. It knows
no simulated user. `edits_arms` drafts and edits with it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import numpy as np

from assistant.answers.drafts import NewDraft
from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings, ModelSettings, Settings, UserSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Engine
from assistant.home import Home
from assistant.service import Service
from assistant.workers.embedder import WorkerEmbedder
from benchmarks.edits_texts import WRITER, Text
from memory.embed import Embedder, NoEmbedder, Rows
from memory.models import IMPORT
from memory.store import items, sources
from memory.store.items import NewItem

BEGINNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
DRAFTS_A_DAY = 5
RAM_DISK = Path("/dev/shm")  # noqa: S108 - the rows of a benchmark need not outlive it
ADDRESS = "robin.marlow@northfield.example"


class HashingEmbedder:
    """Texts that share words lie near each other. It stands in where no model is at hand."""

    slug, dimension = "hashed-words-256", 256

    def knows_language(self, code: str) -> bool:
        return True

    def encode(self, texts: Sequence[str]) -> Rows:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                place = int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "little")
                row[place % self.dimension] += 1 if place & 512 else -1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return rows


class Remembering:
    """An embedder that asks another for each text once."""

    def __init__(self, asked: Embedder) -> None:
        self._asked = asked
        self._rows: dict[str, Rows] = {}

    @property
    def slug(self) -> str:
        return self._asked.slug

    @property
    def dimension(self) -> int:
        return self._asked.dimension

    def knows_language(self, code: str) -> bool:
        return self._asked.knows_language(code)

    def encode(self, texts: Sequence[str]) -> Rows:
        new = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if new:
            self._rows.update(zip(new, self._asked.encode(new), strict=True))
        return np.array([self._rows[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dimension)


def best_embedder() -> tuple[Remembering, str]:
    """The one that Telos is delivered with; where it is missing the hashing one, and why."""
    real = WorkerEmbedder(MemorySettings())
    try:
        real.encode(["warm"])
    except NoEmbedder as failure:
        return Remembering(HashingEmbedder()), f"Texts were embedded by their words alone: {failure.sentence}"
    return Remembering(real), ""


class Household:
    """A service, its clock, and the numbers under which its memory knows the documents."""

    def __init__(self, service: Service, clock: FakeClock) -> None:
        self.service = service
        self.clock = clock
        self._items: dict[str, int] = {}

    def keep(self, texts: Sequence[Text]) -> None:
        """Put the documents among `texts` into memory."""
        new = [text for text in texts if text.body and text.key not in self._items]
        if not new:
            return
        with self.service.database.write() as session:
            source = sources.ensure(session, IMPORT, IMPORT, self.clock.now())
            assert source.id is not None
            wanted = [
                NewItem(external_id=text.key, title=text.case.title, text=text.body, language="en") for text in new
            ]
            saved = items.save(session, source.id, wanted, self.clock.now())
        self._items |= zip((text.key for text in new), saved.new_ids, strict=True)

    def wish(self, text: Text) -> NewDraft:
        """What the user asks for: a mail from points, or a document from an item of memory."""
        if text.to:
            return NewDraft(kind="mail", to=[text.to], points=list(text.case.source))
        return NewDraft(kind="document", items=[self._items[text.key]])

    def at_round(self, number: int) -> None:
        self.clock.set(BEGINNING + number * timedelta(days=1) / DRAFTS_A_DAY)


@contextmanager
def household(
    embedder: Embedder,
    settings: Settings | None = None,
    make_engine: Callable[[Choice, ModelSettings], Engine] | None = None,
) -> Iterator[Household]:
    """A new home, gone at the end. Its user is `WRITER`, unless the settings name another."""
    clock = FakeClock(BEGINNING)
    chosen = settings or Settings()
    name = chosen.user.name or WRITER
    chosen = chosen.model_copy(update={"user": UserSettings(name=name, email=ADDRESS, timezone="UTC"), "sources": ()})
    with tempfile.TemporaryDirectory(dir=RAM_DISK if RAM_DISK.is_dir() else None) as folder:
        service = Service(
            Home.at(Path(folder)), clock=clock, settings=chosen, embedder=embedder, make_engine=make_engine
        )
        try:
            yield Household(service, clock)
        finally:
            service.close()
