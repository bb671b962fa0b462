"""Reads a `World` as ingest does, and says what came of it. It knows no source; every connector's test reads with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from connectors.base import Batch, Cursor, Item, Misconfigured, TryLater
from tests.connectors.world import EVERYTHING, NOW, World


@dataclass
class Reading:
    """Reads a world as ingest does: from the cursor of the last batch, which is all that survives, as JSON."""

    world: World
    changes: dict[str, Any] = field(default_factory=lambda: dict(EVERYTHING))
    now: datetime = NOW
    cursor: Cursor | None = None
    items: list[Item] = field(default_factory=list)
    """All that was ever yielded."""
    deleted: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    has_more: bool = False

    @property
    def ids(self) -> list[str]:
        return [item.external_id for item in self.items]

    def batches(self, *, limit: int = 1000, cancelled: Event | None = None, at_most: int | None = None) -> list[Batch]:
        """One poll by a new connector; with `at_most`, it is killed after so many batches."""
        self.has_more = False
        connector = self.world.connector(**self.changes)
        taken: list[Batch] = []
        poll = connector.poll(self.cursor, now=self.now, limit=limit, cancelled=cancelled or Event())
        for batch in poll:
            taken.append(batch)
            self.keep(batch)
            if at_most is not None and len(taken) >= at_most:
                break
        return taken

    def poll(self, **how: Any) -> list[str]:
        """The ids that one poll yields."""
        return [item.external_id for batch in self.batches(**how) for item in batch.items]

    def to_the_end(self, *, limit: int = 1000, patience: int = 4) -> list[str]:
        """The ids that polls yield until one says that there is no more. Up to `patience` of them may fail for now."""
        before = len(self.items)
        for _ in range(2000):
            try:
                self.poll(limit=limit)
            except (TryLater, Misconfigured):
                patience -= 1
                assert patience >= 0, "it does not recover"
                continue
            if not self.has_more:
                return self.ids[before:]
        raise AssertionError("it never comes to an end")

    def only(self) -> Item:
        """The one item that polls yield."""
        before = len(self.items)
        self.to_the_end()
        (item,) = self.items[before:]
        return item

    def keep(self, batch: Batch) -> None:
        self.cursor = json.loads(json.dumps(dict(batch.cursor)))
        self.items += batch.items
        self.deleted += batch.deleted
        self.notices += batch.notices
        self.has_more = batch.more

    def texts(self) -> dict[str, list[tuple[str, str]]]:
        """The distinct texts that each id came with, in their order: memory would have so many versions of it."""
        found: dict[str, list[tuple[str, str]]] = {}
        for item in self.items:
            versions = found.setdefault(item.external_id, [])
            if not versions or versions[-1] != (item.title, item.text):
                versions.append((item.title, item.text))
        return found

    def assert_holds(self, published: list[str]) -> None:
        """All that was published came, nothing else, and each with one text."""
        texts = self.texts()
        missing = [identity for identity in published if identity not in texts]
        assert not missing, f"{len(missing)} of {len(published)} lost, such as {missing[:3]}"
        strangers = set(texts) - set(published)
        assert not strangers, f"{len(strangers)} came that were not published, such as {sorted(strangers)[:3]}"
        twice = [identity for identity, versions in texts.items() if len(versions) > 1]
        assert not twice, f"{len(twice)} changed their text unasked, such as {twice[:3]}"


def assert_distinct(ids: list[str]) -> None:
    assert len(ids) == len(set(ids)), f"{len(ids) - len(set(ids))} of {len(ids)} came twice"
