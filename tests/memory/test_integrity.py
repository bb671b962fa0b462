"""What does not follow from the rows is seen, and made anew from them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from memory import integrity, lexical
from memory.chunks import split
from memory.embed import pack
from memory.integrity import Part
from memory.models import Stage
from memory.store import chunks, items, sources
from memory.store import vectors as vector_rows
from memory.store.connection import Database
from memory.store.items import NewItem
from memory.vectors import Vectors
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
TEXTS = ("The night ferry leaves.", "A tunnel under the bay.", "Bread from the oven.", "Rain on the hills.")


def heard(done: int, total: int | None, what: str) -> None:
    """Nobody watches."""


@pytest.fixture
def vectors(database: Database, tmp_path: Path) -> Vectors:
    """Four texts, indexed in every way."""
    embedder = WordEmbedder()
    vectors = Vectors(tmp_path / "index", embedder, HeldIndex, exact_up_to=0)
    rows = embedder.encode(TEXTS)
    with database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        items.save(session, source_id, [NewItem(external_id=one, title="", text=one) for one in TEXTS], NOW)
        versions = items.in_stage(session, Stage.STORED, len(TEXTS))
        version_ids = [version.id or 0 for version in versions]
        put = chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
        lexical.put(session, version_ids)
        chunk_ids = np.array([ids[0] for ids in put])
        vector_rows.put(session, vectors.slug, list(zip(chunk_ids.tolist(), pack(rows), strict=True)))
        items.advance(session, version_ids, Stage.INDEXED)
    vectors.add(chunk_ids, rows)
    return vectors


def faults(database: Database, vectors: Vectors) -> list[integrity.Fault]:
    with database.read() as session:
        return [
            *integrity.of_database(database),
            *integrity.of_full_text(session),
            *integrity.of_vectors(session, vectors.slug, 64),
            *integrity.of_indexes(session, vectors, 64),
        ]


def run(statement: str) -> Callable[[Database, Vectors], None]:
    def break_it(database: Database, _: Vectors) -> None:
        with database.write() as session:
            session.connection().execute(text(statement))

    return break_it


def bytes_of_the_matrix_changed(_: Database, vectors: Vectors) -> None:
    path = next(vectors._folder.glob("*.vectors"))
    with path.open("r+b") as file:
        file.seek(64 * 4)
        file.write(b"\0" * 16)


def test_what_was_indexed_is_sound(database: Database, vectors: Vectors) -> None:
    assert faults(database, vectors) == []


BREAKS = [
    pytest.param(run("DELETE FROM words WHERE rowid = 2"), Part.FULL_TEXT, "1 texts are not in", id="words are gone"),
    pytest.param(
        run("INSERT INTO words (rowid, title, body) VALUES (99, 'a', 'b')"), Part.FULL_TEXT, "no text", id="stray words"
    ),
    pytest.param(
        run("UPDATE words_data SET block = zeroblob(length(block)) WHERE id > 10"),
        Part.FULL_TEXT,
        "sampled texts are not found",
        id="the words' index is empty",
    ),
    pytest.param(
        run("UPDATE words_data SET block = substr(block, 1, length(block) / 2)"),
        Part.FULL_TEXT,
        "",
        id="half of the words' index",
    ),
    pytest.param(
        lambda _, vectors: vectors.matrix.remove(np.array([3])),
        Part.INDEX,
        "not in the exact",
        id="the matrix lacks one",
    ),
    pytest.param(
        lambda _, vectors: vectors.matrix.add(np.array([99]), np.ones((1, 64), dtype=np.float32)),
        Part.INDEX,
        "of the exact index belong to no text",
        id="the matrix holds one too many",
    ),
    pytest.param(bytes_of_the_matrix_changed, Part.INDEX, "exact index are not those", id="another row in the matrix"),
    pytest.param(
        lambda _, vectors: vectors.index.remove(np.array([1])), Part.INDEX, "approximate", id="the other lacks one"
    ),
    pytest.param(
        lambda _, vectors: vectors.index.add(np.array([1]), np.ones((1, 64), dtype=np.float32)),
        Part.INDEX,
        "in the approximate index are not those",
        id="another row in the other",
    ),
]


@pytest.mark.parametrize(("break_it", "part", "said"), BREAKS)
def test_each_fault_is_seen_and_mended(
    database: Database, vectors: Vectors, break_it: Callable[[Database, Vectors], None], part: Part, said: str
) -> None:
    break_it(database, vectors)
    found = faults(database, vectors)
    assert {fault.part for fault in found} == {part}
    assert any(said in fault.sentence for fault in found)
    integrity.repair(database, vectors, {part}, heard)
    assert faults(database, vectors) == []


def test_a_text_without_a_vector_is_seen_once_it_counts_as_indexed(database: Database, vectors: Vectors) -> None:
    run("DELETE FROM vector WHERE chunk_id = 4")(database, vectors)
    assert Part.VECTORS in {fault.part for fault in faults(database, vectors)}
    run("UPDATE version SET stage = 'CHUNKED' WHERE id = (SELECT version_id FROM chunk WHERE id = 4)")(
        database, vectors
    )
    assert Part.VECTORS not in {fault.part for fault in faults(database, vectors)}


def test_a_vector_of_the_wrong_length_is_dropped(database: Database, vectors: Vectors) -> None:
    run("UPDATE vector SET data = x'00000000' WHERE chunk_id = 1")(database, vectors)
    assert Part.VECTORS in {fault.part for fault in faults(database, vectors)}
    assert integrity.drop_misshapen(database, vectors.slug, 64) == 1
    assert integrity.drop_misshapen(database, vectors.slug, 64) == 0


def test_rows_that_refer_to_nothing_are_seen(database: Database, vectors: Vectors) -> None:
    with database._raw(database._writer) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE item SET source_id = 77 WHERE id = 1")
        connection.execute("PRAGMA foreign_keys = ON")
    assert [fault.part for fault in integrity.of_database(database)] == [Part.DATABASE]
