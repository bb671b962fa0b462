"""The database file: its transactions, its copy, its modes, what is said of one that cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from memory.errors import DamagedDatabase, NewerDatabase
from memory.models import Verb
from memory.store import feedback, settings, sources
from memory.store.connection import Database

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_what_is_written_is_read_after_the_file_is_opened_again(tmp_path: Path) -> None:
    for expected in (None, "kept"):
        database = Database.open(tmp_path / "a" / "telos.db")
        with database.write() as session:
            assert settings.get(session, "fact") == expected
            settings.put(session, "fact", "kept")
        database.close()


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "telos.db")
    database.backup(tmp_path / "copy.db")
    with database.write() as session:
        settings.put(session, "fact", 1)
        assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    database.close()


def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    def half_done() -> None:
        with database.write() as session:
            settings.put(session, "fact", 1)
            feedback.add(session, Verb.MORE, entry_id=99, now=NOW)

    with pytest.raises(IntegrityError):
        half_done()
    with database.read() as session:
        assert settings.get(session, "fact") is None


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(OperationalError, match="readonly"):
        settings.put(session, "fact", 1)


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.read() as reading:
        assert settings.get(reading, "fact") is None
        with database.write() as writing:
            settings.put(writing, "fact", 1)
        assert settings.get(reading, "other") is None
        assert settings.get(reading, "fact") is None
    with database.read() as reading:
        assert settings.get(reading, "fact") == 1


def test_giving_memory_back_disturbs_neither_a_reader_nor_the_next_writer(database: Database) -> None:
    with database.write() as writing:
        settings.put(writing, "fact", 1)
    with database.read() as reading:
        assert settings.get(reading, "fact") == 1
        database.shrink()
        with database.write() as writing:
            settings.put(writing, "fact", 2)
        reading.expire_all()
        assert settings.get(reading, "fact") == 1
    with database.read() as reading:
        assert settings.get(reading, "fact") == 2


def test_writers_take_turns_and_lose_no_update(database: Database) -> None:
    def count_up() -> None:
        for _ in range(20):
            with database.write() as session:
                settings.put(session, "count", settings.get(session, "count", 0) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert settings.get(session, "count") == 80


def test_a_copy_holds_what_was_there_and_is_sound(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        settings.put(session, "fact", "kept")
    database.backup(tmp_path / "copy.db")
    copy = Database.open(tmp_path / "copy.db")
    with copy.read() as session:
        assert settings.get(session, "fact") == "kept"
    assert copy.check() == []
    copy.close()


def test_nothing_of_a_deleted_row_stays_in_the_files_after_a_vacuum(database: Database, tmp_path: Path) -> None:
    with database.write() as session:
        settings.put(session, "secret", "xylophone" * 2000)
    with database.write() as session:
        settings.put(session, "secret", "")
    database.vacuum()
    assert not any(b"xylophone" in file.read_bytes() for file in tmp_path.glob("telos.db*"))


def test_a_row_that_refers_to_nothing_is_found(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "telos.db")) as connection:
        connection.execute("INSERT INTO vector (chunk_id, embedder, data) VALUES (99, 'x', x'00')")
        connection.commit()
    (sentence,) = database.check()
    assert "vector" in sentence


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "telos.db").write_text("no database at all, " * 100)
    with pytest.raises(DamagedDatabase) as caught:
        Database.open(tmp_path / "telos.db")
    assert str(tmp_path / "telos.db") in caught.value.sentence
    assert "telos restore FILE" in caught.value.remedy
    assert "backups" in caught.value.remedy


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "telos.db"
    Database.open(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with pytest.raises(NewerDatabase) as caught:
        Database.open(path, backups=tmp_path / "backups")
    assert "9999" in caught.value.sentence
    assert not (tmp_path / "backups").exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


_KILLED_WRITER = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from memory.store import settings
from memory.store.connection import Database
database = Database.open(Path(sys.argv[1]))
with database.write() as session:
    settings.put(session, "first", "committed")
with database.write() as session:
    settings.put(session, "second", "not committed")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_what_it_committed_and_nothing_else(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED_WRITER, str(tmp_path / "telos.db")], check=False)
    assert killed.returncode == -9
    database = Database.open(tmp_path / "telos.db")
    with database.read() as session:
        assert (settings.get(session, "first"), settings.get(session, "second")) == ("committed", None)
    assert database.check() == []
    database.close()


def test_instants_keep_their_zone(database: Database) -> None:
    with database.write() as session:
        sources.ensure(session, "a", "feeds", NOW)
    with database.read() as session:
        assert [source.created_at for source in sources.live(session)] == [NOW]
