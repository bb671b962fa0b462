"""What every source speaks: `Item`, `Batch`, the `Connector` protocol and the three failures named by their remedy.

A connector is a function of a cursor. It knows nothing of what becomes of its items: `assistant.ingest.polling` calls `poll`,
stores each batch and moves the cursor in one transaction, and polls again from there, so a connector may be killed
at any point. A new source is one file with one such class and a line in the entry-point group `telos.connectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from connectors.failures import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.transport import WaysOut

__all__ = [
    "API_VERSION",
    "ENTRY_POINT_GROUP",
    "Batch",
    "Connector",
    "Cursor",
    "Item",
    "Listening",
    "Misconfigured",
    "NeedsLogin",
    "Options",
    "SourceFailure",
    "TryLater",
    "asked",
]

API_VERSION = 1
"""The version of this contract. A connector class states the one it was written for in `api_version`."""

ENTRY_POINT_GROUP = "telos.connectors"

Cursor = Mapping[str, Any]
"""What a connector wants back at its next poll: a small JSON object of its own making, `None` at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that a source published.

    `external_id` is the source's own id, or the canonical URL where it gives none; it never holds a secret. `text` is
    plain text, `html` is markup that `connectors.reading.markup.clean` has passed. Instants are aware and in UTC. `revision`
    is the source's own name of a version ("v2"), if it has one. `topics` are the source's own labels (categories,
    sections, tags). `links` are absolute URLs found in the item. `language` is a lower-case ISO 639-1 code or empty.
    `thread_id` is one for all items of a conversation. `to_me` says that it speaks to the user (a direct message, a
    mention, a mail to them), `by_me` that they wrote it. `details` are facts of its kind, small and of JSON: a score, the
    number of comments, a mail's recipients.
    """

    external_id: str
    kind: str = "article"
    title: str = ""
    text: str = ""
    html: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    thread_id: str = ""
    revision: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""
    private: bool = False
    to_me: bool = False
    by_me: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A page of a source, stored whole or not at all together with `cursor`.

    `deleted` are external ids gone upstream. `moved_to` is the new address after a permanent redirect. `notices` are
    sentences for the user about what was skipped and why (one bad entry never stops its batch). `more` says that
    another batch waits behind this one.
    """

    items: tuple[Item, ...] = ()
    deleted: tuple[str, ...] = ()
    cursor: Cursor = field(default_factory=dict)
    moved_to: str | None = None
    notices: tuple[str, ...] = ()
    more: bool = False


class Options(BaseModel):
    """The keys that every `[[sources]]` table may have. A connector subclasses it with its own.

    A key that holds a secret is a `SecretStr`, with a `NAME_file` twin where a file may hold it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_run_items: int = Field(default=30, ge=1)
    """At most so many items are taken at the first poll, the newest first."""
    first_run_days: int = Field(default=7, ge=0, le=100_000)
    """At the first poll, nothing published longer ago than this is taken."""
    follow_deletions: bool = True
    """What its source deletes is deleted here; if not, it stays as it was read."""


def asked(question: str) -> dict[str, Any]:
    """What marks a key of `Options` that `telos sources add KIND` asks for, as `json_schema_extra` of its field.

    A key without a default must be answered, another may be left empty. A `SecretStr` is typed unseen and kept in a file
    of mode 0600. The keys are asked in the order in which they are declared.
    """
    return {"asked": question}


@runtime_checkable
class Listening(Protocol):
    """A connector that can hear when there is something new (Socket Mode, IMAP IDLE). It rings, and brings nothing: what is
    new comes with the poll that follows, the one way by which anything comes."""

    def listen(self, heard: Callable[[], None], *, cancelled: Event) -> None:
        """Call `heard` at each sign of news, until `cancelled` is set. It may be called from any thread, and returns at
        once. Where there is nothing to listen with (no token for it), return at once: polls go on.

        Raises: NeedsLogin, TryLater or Misconfigured. The caller listens again later; polls go on meanwhile.
        """
        ...


@runtime_checkable
class Connector(Protocol):
    """A kind of source. `kind` is its name in the configuration, `Options` the keys it understands.

    `every` is how often it is polled unless the configuration says otherwise, and `quiet_after` how long it may bring
    nothing new before that is an alarm when its own rhythm is not yet known.
    """

    kind: ClassVar[str]
    api_version: ClassVar[int]
    Options: ClassVar[type[Options]]
    every: ClassVar[timedelta]
    quiet_after: ClassVar[timedelta]

    def __init__(self, options: Any, ways_out: WaysOut) -> None: ...

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        """Yield what came since `cursor`, at most `limit` items in all, oldest page first where the source allows.

        Stops early between pages when `cancelled` is set.

        Raises: NeedsLogin, TryLater or Misconfigured; batches already yielded stay stored.
        """
        ...
