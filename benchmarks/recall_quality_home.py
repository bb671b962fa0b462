"""One conversation in a memory of its own: imported and indexed as the product does, and the plain ways to search it.

`benchmarks.recall_quality` asks it. Vectors are made once and kept in the system's temporary folder.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings
from assistant.ingest.indexing import Indexing, index_pending
from assistant.workers.embedder import WorkerEmbedder
from benchmarks.recall_quality_data import Dialogue
from benchmarks.report import say
from memory import lexical
from memory.embed import Rows
from memory.store import items, sources
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.vectors import Vectors

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEPT = Path(tempfile.gettempdir()) / "telos-benchmark-recall-vectors.npz"
AT_ONCE = 64


@dataclass
class KeptEmbedder:
    """The product's embedder; what it once encoded is not encoded again."""

    worker: WorkerEmbedder = field(default_factory=lambda: WorkerEmbedder(MemorySettings()))
    _kept: dict[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if KEPT.is_file():
            with np.load(KEPT, allow_pickle=False) as kept:
                self._kept = dict(kept)

    @property
    def slug(self) -> str:
        return self.worker.slug

    @property
    def dimension(self) -> int:
        return self.worker.dimension

    def knows_language(self, code: str) -> bool:
        return self.worker.knows_language(code)

    def encode(self, texts: Sequence[str]) -> Rows:
        new = [text for text in dict.fromkeys(texts) if self._file(text) not in self._kept]
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            self._kept |= dict(zip(map(self._file, part), self.worker.encode(part), strict=True))
            if len(new) > AT_ONCE:
                say(f"embedded {start + len(part)} of {len(new)} texts")
        return np.stack([self._kept[self._file(text)] for text in texts])

    def keep(self) -> None:
        """Leave what was encoded for the next run."""
        part = KEPT.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **self._kept)
        part.replace(KEPT)

    def _file(self, text: str) -> str:
        return hashlib.sha256(f"{self.slug}\0{text}".encode()).hexdigest()[:32]


@dataclass
class Home:
    """A conversation's memory. `alone` holds vectors of each turn with its speaker's name, (turns, dimension)."""

    dialogue: Dialogue
    database: Database
    embedder: KeptEmbedder
    vectors: Vectors
    alone: Rows

    def by_words(self, question: str) -> list[str]:
        """BM25 alone, of each turn with its speaker's name, in a table of its own."""
        with self.database.write() as session:
            connection = session.connection().connection.driver_connection
            assert connection is not None
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'plain'").fetchall():
                tokenizer = "porter unicode61 remove_diacritics 2"
                connection.execute(f"CREATE VIRTUAL TABLE plain USING fts5(body, tokenize = '{tokenizer}')")
                rows = [(number, f"{turn.speaker}: {turn.text}") for number, turn in enumerate(self.dialogue.turns)]
                connection.executemany("INSERT INTO plain (rowid, body) VALUES (?, ?)", rows)
            found = connection.execute(
                "SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY bm25(plain)",
                (" OR ".join(lexical.terms(question)),),
            )
            return [self.dialogue.turns[row[0]].ref for row in found]

    def by_meaning(self, question: str) -> list[str]:
        """Vectors alone."""
        order = np.argsort(-(self.alone @ self.embedder.encode([question])[0]), kind="stable")
        return [self.dialogue.turns[place].ref for place in order.tolist()]

    def close(self) -> None:
        self.vectors.close()
        self.database.close()


def fill(folder: Path, dialogue: Dialogue, embedder: KeptEmbedder) -> Home:
    """Every turn becomes an item of the conversation of its session, with its time and its speaker."""
    database = Database.open(folder / "telos.db")
    vectors = Vectors(folder / "index", embedder)
    wanted = [
        NewItem(
            external_id=turn.ref,
            kind="message",
            text=turn.text,
            authors=(turn.speaker,),
            thread_id=f"session {turn.session}",
            language="en",
            published=turn.at,
        )
        for turn in dialogue.turns
    ]
    with database.write() as session:
        source = sources.ensure(session, "import", "import", NOW)
        items.save(session, source.id or 0, wanted, NOW)
    index_pending(Indexing(database, embedder, vectors, FakeClock(NOW)))
    alone = embedder.encode([f"{turn.speaker}: {turn.text}" for turn in dialogue.turns])
    say(f"imported {dialogue.name}: {len(dialogue.turns)} turns, {len(dialogue.questions)} questions")
    return Home(dialogue, database, embedder, vectors, alone)
