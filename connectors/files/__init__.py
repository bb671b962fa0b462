"""The source kind `files`: a folder of the user's own notes and PDFs, as memory and never as news.

A folder keeps no history, so the cursor is a register of what it held: a poll walks the folder, compares, and reads
only what is new or changed. `watching` does so, with `folder`, `register`, `notes` and `pdf`. Called like every connector.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import ClassVar

from pydantic import Field, field_validator

from connectors.base import API_VERSION, Batch, Cursor, Options, asked
from connectors.transport import WaysOut

__all__ = ["Files", "FilesOptions"]


class FilesOptions(Options):
    """A folder on this machine, with all that lies under it."""

    folder: str = Field(json_schema_extra=asked("Which folder? (its notes and PDFs become memory, and never news)"))
    exclude: tuple[str, ...] = Field(
        default=(), json_schema_extra=asked("What to leave out, as in .gitignore? (such as drafts/ or *.html)")
    )
    max_mb: int = Field(default=20, ge=1, le=200)
    """A larger file is not read."""
    first_run_items: int = Field(default=100_000, ge=1)
    first_run_days: int = Field(default=100_000, ge=0, le=100_000)

    @field_validator("folder")
    @classmethod
    def _is_told_in_full(cls, folder: str) -> str:
        path = Path(folder.removeprefix("file://")).expanduser()
        if not path.is_absolute():
            raise ValueError("give the whole path of a folder, such as ~/notes or /home/ada/papers")
        return str(path)

    @field_validator("exclude")
    @classmethod
    def _are_patterns(cls, exclude: tuple[str, ...]) -> tuple[str, ...]:
        from connectors.files.patterns import Patterns  # weight: only who excludes something needs it

        Patterns(exclude)
        return exclude


class Files:
    """One folder."""

    kind: ClassVar[str] = "files"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = FilesOptions
    every: ClassVar[timedelta] = timedelta(minutes=10)
    quiet_after: ClassVar[timedelta] = timedelta(days=3650)
    """Notes may rest."""

    def __init__(self, options: FilesOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        from connectors.files.watching import Watching  # weight: the readers, needed by a poll alone

        return Watching(self._options, self._ways_out, now).poll(cursor, limit, cancelled)
