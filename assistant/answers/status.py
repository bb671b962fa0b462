"""How Telos fares, at a glance: the service, each source, the memory, the digest, and what needs the user."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from assistant.answers.calls import SpendingLine
from assistant.answers.deliveries import DraftDelivery
from assistant.answers.digest import DigestStatus
from assistant.answers.mailbox import MailboxStatus

Health = Literal["ok", "new", "paused", "broken", "stale"]


class SourceStatus(BaseModel):
    """A configured source. `new` is one that was never polled; `stale` one that answers and brings nothing any more."""

    name: str
    kind: str
    health: Health
    last_success_at: datetime | None = None
    last_new_item_at: datetime | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    sentence: str = ""
    """What is wrong with it, and the remedy."""
    notices: list[str] = []
    """What its last poll skipped, and why."""


class MemoryStatus(BaseModel):
    items: int
    pending: int
    """Texts on their way into the indexes."""
    database_mb: float
    embedder: str
    """The model whose vectors are searched."""
    wanted_embedder: str
    """The configured one: another than `embedder` until `telos memory reindex`."""
    embedder_rss_mb: float
    """What its process holds; 0 while none runs."""
    index_rss_mb: float
    """The same of the vector index's process."""
    stories_rss_mb: float = 0.0
    """The same of the process that puts new items into stories."""
    retention: list[str] = []
    """What becomes of old items and when, as the last upkeep noted it; a sentence a kind."""


class ModelStatus(BaseModel):
    """A language model as configured, and the tasks it serves."""

    name: str
    engine: str
    """`local` or `server`."""
    tasks: list[str]
    rss_mb: float = 0.0
    """What its process holds; 0 while none runs, and for a server."""


class ServiceStatus(BaseModel):
    """`serves`: a daemon answered; otherwise the command looked for itself."""

    version: str
    pid: int
    serves: bool
    started_at: datetime
    home: str
    config_file: str
    engine: str
    rss_mb: float


class Status(BaseModel):
    service: ServiceStatus
    sources: list[SourceStatus]
    memory: MemoryStatus
    digest: DigestStatus
    outgoing: list[DraftDelivery] = []
    """Drafts that wait to be sent, and those that failed or may have."""
    mailbox: MailboxStatus | None = None
    """`None` where no mailbox is read."""
    models: list[ModelStatus] = []
    """None where nothing is written by a model."""
    spending: list[SpendingLine] = []
    """What models cost today, by task."""
    attention: list[str]
    """What needs the user, a sentence each with its remedy; empty when all is well."""
