"""The database file: opening it, its transactions, its copy, its health. It knows SQLite, and nothing of what the rows mean.

`assistant.service` opens one `Database` under the lock of the data folder; whoever needs rows asks it for a session and
hands that to the verbs of the other modules here. Readers see one state of the database throughout and cannot write;
writers of a process wait for one another in turn.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, TimeoutError
from sqlmodel import Session

from memory import lexical
from memory.errors import MemoryFailure, NoRoom, OtherVersion
from memory.migrations import is_needed, upgrade
from memory.store.troubles import named

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 30.0
"""So long the service waits for another program that holds the database; its jobs have the time."""
READ_S, WRITE_S = 5.0, 10.0
"""And so long a command does, before which a person sits."""
LEAST_FREE = 2**20
"""Bytes: a disk that was full has room again from here on."""
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
"""FULL, because a commit of the outbox must outlive a power cut: the mail it speaks of cannot be called back."""
_CACHE = "cache_size = -16000"
_READERS_CACHE = "cache_size = -4000"
"""Kilobytes, for each of up to fifteen connections, which all keep what they read; the system's cache is beneath."""


class Database:
    """An open, migrated database. Safe to share between threads; a session is not."""

    def __init__(self, path: Path, *, writer: Engine, readers: Engine) -> None:
        self.path = path
        self.trouble: MemoryFailure | None = None
        """Why nothing can be kept just now; it goes with the next thing that is."""
        self._writer = writer
        self._readers = readers

    @classmethod
    def open(cls, path: Path, *, backups: Path | None = None, is_waited_for: bool = False) -> Self:
        """Open the file at `path`, making or migrating it first. Where there is nothing to migrate nothing is written.

        The caller holds the lock of the data folder. Before a migration the database is copied into `backups`. With
        `is_waited_for` another program's lock is waited for no longer than a person in front of a command would.

        Raises: NewerDatabase, and what `write` raises.
        """
        _make_private(path)
        database = cls._at(path, *((READ_S, WRITE_S) if is_waited_for else (BUSY_TIMEOUT_S, BUSY_TIMEOUT_S)))
        with ExitStack() as failed, _named(path):
            failed.callback(database.close)
            if not database._is_current():
                database._migrate(backups)
            failed.pop_all()
        return database

    @classmethod
    def beside(cls, path: Path) -> Self:
        """Open for reading what another process of ours has open, and holds the lock for: nothing is made or migrated.

        Raises: OtherVersion, and what `read` raises.
        """
        database = cls._at(path, BUSY_TIMEOUT_S, BUSY_TIMEOUT_S)
        with ExitStack() as failed, _named(path):
            failed.callback(database.close)
            if not (path.exists() and database._is_current()):
                raise OtherVersion(
                    f"The database {path} is not of the version of Telos that reads it.", "Start the service anew."
                )
            failed.pop_all()
        return database

    @classmethod
    def _at(cls, path: Path, read_s: float, write_s: float) -> Self:
        return cls(
            path,
            writer=_engine(path, write_s, "BEGIN IMMEDIATE", *_PRAGMAS, _CACHE, pool_size=1, max_overflow=0),
            readers=_engine(path, read_s, "BEGIN", *_PRAGMAS, _READERS_CACHE, "query_only = ON", pool_use_lifo=True),
        )

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session on one unchanging state of the database. Writing through it fails.

        Raises: HeldByAnother, DamagedDatabase and their like.
        """
        with _named(self.path), Session(self._readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that holds the write lock from its first moment: committed at the end, rolled back on an error.

        Raises: NoRoom, NotWritable, HeldByAnother, DamagedDatabase: said in the log once, and once when it is over.
        """
        try:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                session.connection()
                yield session
        except (DatabaseError, TimeoutError) as err:
            failure = named(err, self.path)
            if failure is None:
                raise
            self._is_in(failure)
            raise failure from err
        self._is_in(None)

    def backup(self, path: Path) -> None:
        """Copy the database as it is now to `path`, readable by its owner only, while others go on working."""
        _make_private(path)
        with self._raw(self._readers) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)

    def check(self) -> list[str]:
        """What is wrong with the file, a sentence each; empty when it is sound."""
        with self._raw(self._readers) as connection:
            damage = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        sentences = [f"SQLite finds the database damaged: {line}." for line in damage if line != "ok"]
        if orphans:
            tables = ", ".join(sorted({str(row[0]) for row in orphans}))
            sentences.append(f"{len(orphans)} rows refer to rows that are gone (tables: {tables}).")
        return sentences

    def vacuum(self) -> None:
        """Rewrite the file without the space of deleted rows and empty the write-ahead log, so that nothing of them stays."""
        with self._raw(self._writer) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def shrink(self) -> None:
        """Give back the memory of pages that were read once: readers that wait are closed, the writer forgets its own."""
        self._readers.dispose()
        with self._raw(self._writer) as connection:
            connection.execute("PRAGMA shrink_memory")
        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc keeps what was freed until it is told
            trim(0)

    def close(self) -> None:
        """Let go of the file. SQLite folds the write-ahead log into it with the last connection."""
        self._readers.dispose()
        self._writer.dispose()

    def _is_in(self, trouble: MemoryFailure | None) -> None:
        if trouble is None and isinstance(self.trouble, NoRoom) and self._free_bytes() < LEAST_FREE:
            return  # what is small may find a place still
        before, self.trouble = self.trouble, trouble
        if trouble is not None and type(trouble) is not type(before):
            log.error("%s", trouble)
        elif trouble is None and before is not None:
            log.info("The database %s takes what is to be kept again.", self.path)

    def _free_bytes(self) -> int:
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def _is_current(self) -> bool:
        with self._readers.connect() as connection:
            return not is_needed(connection) and lexical.is_created(connection)

    def _migrate(self, backups: Path | None) -> None:
        def keep_copy(revision: str) -> None:
            if backups is not None:
                backups.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.backup(backups / f"{self.path.stem}-{revision}.db")

        with self._writer.connect() as connection:
            # Rebuilding a table drops the old one, which with foreign keys on would delete what refers to it.
            # SQLite ignores this pragma inside a transaction, so it is set before the first statement begins one.
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    upgrade(connection, before=keep_copy)
                    lexical.create(connection)
            finally:
                _driver(connection).execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def _raw(self, engine: Engine) -> Iterator[sqlite3.Connection]:
        """SQLite's own connection, outside any transaction."""
        with closing(engine.raw_connection()) as pooled:
            connection = pooled.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            yield connection


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What SQLite fails with, as the failure that a person can do something about, where there is one."""
    try:
        yield
    except (DatabaseError, TimeoutError) as err:
        failure = named(err, path)
        if failure is None:
            raise
        raise failure from err


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _make_private(path: Path) -> None:
    """Create the file readable by its owner only, before SQLite would make it with the mask of the process."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _engine(path: Path, patience_s: float, begin: str, *pragmas: str, **pool: Any) -> Engine:
    """An engine whose transactions start with `begin`, which the driver would otherwise put off until the first write."""
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": patience_s, "check_same_thread": False}, **pool
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        lexical.teach(connection)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
