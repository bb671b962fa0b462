"""The process that finds out who belongs to whom: `assistant.stories.deciding` stands at its other end.

A batch takes seconds of Python, during which a service in the same process would answer nobody in time, and some hundred
megabytes. The process reads the database by itself; it starts when there is something to place, and ends after `idle_s`, which
gives its memory back. `assistant.service` owns one; nothing heavy is imported on this side.
"""

from __future__ import annotations

import os
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from assistant.errors import Unavailable
from connectors.child.parent import Child
from connectors.child.pipe import ChildFailure

if TYPE_CHECKING:  # numpy comes with it, before the environment that it reads
    from assistant.stories.grouping import Group

BATCH_S = 600.0
"""A batch takes some two seconds; the process has a low priority, on a machine that may be busy."""
NICE = 10


class StoryWorker:
    """Decides for the database at `path`. Safe to share between threads, which take turns."""

    def __init__(self, path: Path, *, idle_s: float | None = None) -> None:
        self._child = Child(partial(StoryReader, path), name="telos-stories", idle_s=idle_s, nice=NICE)

    def next_groups(self, embedder_slug: str | None) -> list[Group]:
        """As `deciding.next_groups`, which writes nothing. Raises: Unavailable where the process fails twice."""
        try:
            return cast("list[Group]", self._child.call_twice("next_groups", embedder_slug, deadline_s=BATCH_S))
        except ChildFailure as err:
            raise Unavailable(
                f"New items could not be put into stories: {err}",
                "Free some memory (it needs some 200 MB); they are tried again with the next texts.",
            ) from err

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._child.pid

    def rss_mb(self) -> float:
        return self._child.rss_mb()

    def close(self) -> None:
        """End the process for good."""
        self._child.close()


class StoryReader:
    """Lives in the process alone. It opens the database for a batch at a time, and holds no text between two."""

    def __init__(self, path: Path) -> None:
        # The products are small: threads that wait for one another would cost more than they bring.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        self._path = path

    def next_groups(self, embedder_slug: str | None) -> list[Group]:
        from assistant.stories.deciding import next_groups  # lazy for its weight: numpy, and the rows
        from memory.store.connection import Database

        with closing(Database.beside(self._path)) as database:
            return next_groups(database, embedder_slug)
