"""What memory cannot do, as a sentence and a remedy for a person. `assistant` shows them like its own errors."""

from __future__ import annotations


class MemoryFailure(Exception):
    """What went wrong (`sentence`) and what to do next (`remedy`, may be empty)."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.sentence = sentence
        self.remedy = remedy


class NewerDatabase(MemoryFailure):
    """The database was written by a later version of Telos than this one."""


class OtherVersion(MemoryFailure):
    """The database is not of the version of Telos that looks at it, and is another process's to migrate."""


class DamagedDatabase(MemoryFailure):
    """The file is not a database, or SQLite cannot read it."""


class NoRoom(MemoryFailure):
    """The disk, or what the user may have of it, is full."""


class NotWritable(MemoryFailure):
    """The database's file, or its folder, may not be written."""


class HeldByAnother(MemoryFailure):
    """Another program has kept the database locked for longer than we wait."""


class ErasedMeanwhile(MemoryFailure):
    """What something was made from went while it was made, so that it is not kept."""
