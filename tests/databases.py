"""Databases for tests: opened on a copy of an empty one, because migrating anew would take most of a small test's time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from memory.store.connection import Database


def open_empty(path: Path) -> Database:
    """A database of its own at `path`, migrated and without rows."""
    write_empty(path)
    return Database.open(path)


def write_empty(path: Path) -> None:
    """The file of such a database, for a service to open."""
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "telos.db"
        Database.open(path).close()
        return path.read_bytes()
