"""What SQLite says when it cannot go on, as a sentence and a remedy: no room, no right to write, a lock, damage.

It knows SQLite's names of errors and nothing of the rows. `connection` asks it; every other error stays what it is.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import DatabaseError, TimeoutError

from memory.errors import DamagedDatabase, HeldByAnother, MemoryFailure, NoRoom, NotWritable

_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_TRUNCATE")
_NOT_WRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR_SHMOPEN", "SQLITE_PERM")
_HELD = ("SQLITE_BUSY", "SQLITE_LOCKED")
_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


def named(err: DatabaseError | TimeoutError, path: Path) -> MemoryFailure | None:
    """The failure that a person can do something about; None for any other, which is a defect of ours.

    A TimeoutError is SQLAlchemy's: another thread of ours held the one connection that writes for too long.
    """
    if isinstance(err, TimeoutError):
        return HeldByAnother(
            f"The database {path} is kept busy by other work, or by another program.",
            "Wait until it is done (telos jobs), close what else has the file open; then try again.",
        )
    name = getattr(err.orig, "sqlite_errorname", "")
    if name.startswith(_NO_ROOM):
        return NoRoom(
            f"There is no room left for the database {path}.",
            "Free some space on its disk. What was kept before is there, and Telos goes on by itself.",
        )
    if name.startswith(_NOT_WRITABLE):
        return NotWritable(
            f"The database {path} may not be written: {err.orig}.",
            "Give the file and its folder to your user, on a disk that is not mounted read-only.",
        )
    if name.startswith(_HELD):
        return HeldByAnother(
            f"Another program keeps the database {path} locked.",
            "Close what has it open, such as an sqlite3 shell or a program that copies it; then try again.",
        )
    if name.startswith(_DAMAGED):
        return DamagedDatabase(
            f"The database {path} cannot be read: {err.orig}.",
            "Stop the service and restore a backup: telos restore FILE. Copies made before migrations are in the backups "
            "folder. Without either, move the file away to start anew.",
        )
    return None
