"""Words that stand in many chunks, as arrays: their exact BM25 over a million chunks takes milliseconds, not seconds.

SQLite's full text scores a row in about 3 microseconds, so a word of a tenth of a large home takes longer than anybody
waits. Here each such word has its chunks and their share of the score (`memory.lexical`'s formula) side by side in two
memory-mapped files. They follow from the full text, are made anew from it, and go when the folder of the indexes is
emptied. Chunks that came since are found by their rarer words and by meaning until then. Recall asks; small homes need none.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlmodel import Session

from memory import lexical
from memory.embed import Ids

LEAST_CHUNKS = 5_000
"""With fewer, full text alone is fast."""
LEAST = 500
"""A word in so many chunks is frequent."""
STALE_SHARE = 0.05
"""Made anew when so many of the chunks have come since."""
K1, B = 1.2, 0.75
"""FTS5's own."""
STEPS = 65_535 / (K1 + 1)
"""A word's share of a score, before its rarity counts, lies in (0, K1 + 1), and is kept in two bytes."""

OnDone = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Held:
    """Of each word, `spans` says where its chunks lie in `ids` and `shares`; `upto` is the greatest chunk of all."""

    spans: dict[str, tuple[int, int]]
    ids: NDArray[np.uint32]
    shares: NDArray[np.uint16]
    chunks: int
    upto: int


class FrequentWords:
    """The files under `folder`. Threads of one process may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()
        self._held: _Held | None = None
        self._stamp: tuple[int, int] | None = None

    def best(
        self, session: Session, query: str, limit: int, allowed_ids: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """As `lexical.search`, with every word of the query counted, where the files are there."""
        held = self._open()
        wanted = lexical.terms(query)
        stems = {} if held is None else _stems(session, wanted)
        frequent = [term for term in wanted if held is not None and stems.get(term) in held.spans]
        if held is None or not frequent:
            return lexical.search(session, query, limit, allowed_ids)
        rare = lexical.best(session, [t for t in wanted if t not in frequent and _is_rare(session, t)], 2**31)
        scores = np.zeros(max([held.upto, *(chunk_id for chunk_id, _ in rare)]) + 1, dtype=np.float32)
        for term in frequent:
            start, end = held.spans[stems[term]]
            scores[held.ids[start:end]] += held.shares[start:end] * np.float32(
                _rarity(held.chunks, end - start) / STEPS
            )
        if rare:
            chunk_ids, found = zip(*rare, strict=True)
            scores[np.array(chunk_ids)] += np.array(found, dtype=np.float32)
        return _greatest(scores, limit, allowed_ids)

    def is_due(self, chunks: int) -> bool:
        """Whether so many chunks call for files that are not there, or are too old."""
        held = self._open()
        if chunks < LEAST_CHUNKS:
            return False
        return held is None or abs(chunks - held.chunks) > STALE_SHARE * chunks

    def scores(self, session: Session, terms: Sequence[str], among: Collection[int]) -> dict[str, dict[int, float]]:
        """As `lexical.scores`: the score of each term alone in each of these chunks that holds it."""
        held = self._open()
        stems = {} if held is None else _stems(session, terms)
        frequent = [term for term in terms if held is not None and stems.get(term) in held.spans]
        found = lexical.scores(session, [term for term in terms if term not in frequent], among)
        chunk_ids = np.array(sorted(among), dtype=np.int64)
        for term in frequent:
            assert held is not None
            start, end = held.spans[stems[term]]
            places = start + np.searchsorted(held.ids[start:end], chunk_ids)
            places = places[held.ids[np.minimum(places, end - 1)] == chunk_ids]
            shares = held.shares[places] * (_rarity(held.chunks, end - start) / STEPS)
            found[term] = dict(zip(held.ids[places].tolist(), shares.tolist(), strict=True))
        return found

    def build(self, database: Path, on_done: OnDone) -> int:
        """Make the files from the full text of a database; how many words they hold. `on_done` is told as they grow.

        They have a name of their own, so that a search under way, or one after a crash, reads the old ones whole.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name, uri = token_hex(4), f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute("BEGIN")
            spans = self._write(connection, name, on_done)
        os.replace(self._path(f"{name}.json"), self._path("json"))
        for other in self._folder.glob("frequent-words.*.*"):
            if not other.name.startswith(f"frequent-words.{name}."):
                other.unlink()
        return spans

    def _write(self, connection: sqlite3.Connection, name: str, on_done: OnDone) -> int:
        for kind in ("row", "instance"):
            connection.execute(f"CREATE VIRTUAL TABLE temp.{kind}_of USING fts5vocab('main', 'words', '{kind}')")
        lengths, chunks = _lengths(connection)
        terms = [row[0] for row in connection.execute("SELECT term FROM temp.row_of WHERE doc >= ?", (LEAST,))]
        spans: dict[str, tuple[int, int]] = {}
        at = 0
        with self._private(f"{name}.ids") as ids, self._private(f"{name}.shares") as shares:
            for term in terms:
                chunk_ids, share = _postings(connection, term, lengths)
                ids.write(chunk_ids.astype("<u4").tobytes())
                shares.write(np.clip(np.rint(share * STEPS), 1, 65_535).astype("<u2").tobytes())
                spans[term] = (at, at + len(chunk_ids))
                at += len(chunk_ids)
                on_done(len(spans))
        told = {"name": name, "chunks": chunks, "upto": len(lengths) - 1, "spans": spans}
        with self._private(f"{name}.json") as file:
            file.write(json.dumps(told).encode())
        return len(spans)

    def _open(self) -> _Held | None:
        """What the files hold, read again when they were made anew."""
        with self._lock:
            try:
                status = self._path("json").stat()
            except FileNotFoundError:
                self._held = self._stamp = None
                return None
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._held, self._stamp = self._read(), stamp
            return self._held

    def _read(self) -> _Held | None:
        """`None` where the files are not whole: full text alone answers then."""
        try:
            told = json.loads(self._path("json").read_bytes())
            spans = {str(term): (int(start), int(end)) for term, (start, end) in told["spans"].items()}
            ids = np.memmap(self._path(f"{told['name']}.ids"), dtype="<u4", mode="r")
            shares = np.memmap(self._path(f"{told['name']}.shares"), dtype="<u2", mode="r")
            held = _Held(spans, ids, shares, int(told["chunks"]), int(told["upto"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        total = max((end for _, end in spans.values()), default=0)
        return held if len(ids) == len(shares) == total else None

    def _path(self, name: str) -> Path:
        return self._folder / f"frequent-words.{name}"

    def _private(self, name: str) -> BinaryIO:
        descriptor = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        return os.fdopen(descriptor, "wb")


def _rarity(chunks: int, holding: int) -> float:
    """FTS5's weight of a word."""
    return max(float(np.log((chunks - holding + 0.5) / (holding + 0.5))), 1e-6)


def _greatest(scores: NDArray[np.float32], limit: int, allowed_ids: Collection[int] | None) -> list[tuple[int, float]]:
    """The chunks with the greatest scores above 0, greatest first."""
    if allowed_ids is not None:
        allowed = np.fromiter(allowed_ids, dtype=np.int64, count=len(allowed_ids))
        others = np.ones(len(scores), dtype=bool)
        others[allowed[allowed < len(scores)]] = False
        scores[others] = 0
    places = np.flatnonzero(scores >= max(_bound(scores, limit), 1e-9))
    order = places[np.argsort(-scores[places], kind="stable")][:limit]
    return [(int(place), float(scores[place])) for place in order]


def _bound(scores: NDArray[np.float32], limit: int) -> float:
    """A score that at least `limit` chunks reach, and few more: that of the `limit`-th best part. A partition of all is
    slow where many scores are equal, as they are here."""
    part = max(1, len(scores) // (16 * limit))
    whole = len(scores) // part * part
    best = scores[:whole].reshape(-1, part).max(axis=1)
    return float(np.sort(best)[-limit]) if len(best) >= limit else 0.0


def _is_rare(session: Session, term: str) -> bool:
    """Not frequent by now either: a word that became so since the files were made is left to the others."""
    up_to = text("SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH :term LIMIT :most)")
    return int(session.connection().scalar(up_to, {"term": term, "most": lexical.FREQUENT}) or 0) < lexical.FREQUENT


def _stems(session: Session, terms: Sequence[str]) -> dict[str, str]:
    """What full text makes of each term; one that it makes several words of, or asks for by its beginning, has none."""
    made = session.connection().scalar(text("SELECT sql FROM sqlite_master WHERE name = 'words'"))
    stems: dict[str, str] = {}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(str(made))
        connection.execute("CREATE VIRTUAL TABLE instance_of USING fts5vocab('words', 'instance')")
        plain = [term for term in terms if not term.endswith("*")]
        connection.executemany("INSERT INTO words (rowid, title) VALUES (?, ?)", enumerate(t.strip('"') for t in plain))
        for word, place in connection.execute("SELECT term, doc FROM instance_of ORDER BY doc, offset").fetchall():
            stems[plain[place]] = "" if plain[place] in stems else word
    return stems


def _lengths(connection: sqlite3.Connection) -> tuple[NDArray[np.float32], int]:
    """(greatest chunk id + 1,): the words of each chunk over the mean, and how many chunks there are."""
    rows = connection.execute("SELECT id, sz FROM words_docsize").fetchall()
    lengths = np.zeros(max((row[0] for row in rows), default=-1) + 1, dtype=np.float32)
    for chunk_id, sizes in rows:
        lengths[chunk_id] = sum(_varints(sizes))
    mean = float(lengths.sum()) / max(len(rows), 1)
    relative: NDArray[np.float32] = (lengths / (mean or 1.0)).astype(np.float32)
    return relative, len(rows)


def _varints(packed: bytes) -> Iterator[int]:
    """Numbers as SQLite packs them, seven bits a byte, the highest first."""
    number = 0
    for byte in packed:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            yield number
            number = 0


def _postings(
    connection: sqlite3.Connection, term: str, lengths: NDArray[np.float32]
) -> tuple[Ids, NDArray[np.float64]]:
    """The chunks that hold a word, and its share of their scores, before its rarity counts."""
    packed = "SELECT group_concat(doc * 2 + (col = 'title')) FROM temp.instance_of WHERE term = ?"
    found = np.fromstring(connection.execute(packed, (term,)).fetchone()[0] or "", dtype=np.int64, sep=",")
    chunk_ids, weights = found >> 1, np.where(found & 1, lexical.TITLE_WEIGHT, 1.0)
    order = np.argsort(chunk_ids, kind="stable")
    chunk_ids, weights = chunk_ids[order], weights[order]
    starts = np.flatnonzero(np.diff(chunk_ids, prepend=-1))
    said, chunk_ids = np.add.reduceat(weights, starts), chunk_ids[starts]
    return chunk_ids, said * (K1 + 1) / (said + K1 * (1 - B + B * lengths[chunk_ids]))
