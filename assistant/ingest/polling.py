"""One poll of one source: from what its connector brings to rows, with the cursor and the source's health.

Each batch is stored whole, in one transaction with the cursor behind it, so that a kill anywhere loses nothing and brings
nothing twice. What remains to be done with new texts is marked on them; `assistant.ingest.indexing` does it. The job
`poll:SOURCE` calls `poll_source`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import Any

from assistant.backoff import backoff
from assistant.clock import Clock
from assistant.config.schema import SourceSettings
from assistant.failpoints import failpoint
from assistant.ingest import rhythm
from assistant.ingest.arrival import admitted
from connectors.base import Batch, Connector, Item, Misconfigured, SourceFailure, TryLater
from connectors.reading.articles import article_text
from connectors.registry import connectors
from connectors.transport import WaysOut
from memory.models import Source
from memory.store import audit, items, sources
from memory.store.connection import Database
from memory.store.items import NewItem, Saved

log = logging.getLogger(__name__)

LIMIT = 1000
"""Items that one poll takes at most. What waits behind them comes with the next, which is due at once."""

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=12)
LONGEST_ASKED = timedelta(days=2)
"""A server may ask for a longer wait, but is then asked again."""

NOTICES_KEPT = 20


class Crashed(SourceFailure):
    """The connector failed in a way that it does not know itself: a defect, for its author."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What a poll works with. `cancelled` is set when the service is about to end."""

    database: Database
    ways_out: WaysOut
    clock: Clock
    cancelled: Event = field(default_factory=Event)
    kinds: Mapping[str, type[Connector]] = field(default_factory=connectors)


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. `failure` is a sentence when it was not answered to its end; what came before is kept."""

    source: str
    new: int = 0
    updated: int = 0
    notices: tuple[str, ...] = ()
    failure: str | None = None
    more: bool = False
    """The source has more than one poll takes."""
    is_alive: bool = False
    """Something came that shows that its source lives: a change, or a new text that is not an old one."""

    def with_batch(self, saved: Saved, notices: Sequence[str], more: bool, *, is_alive: bool) -> Polled:
        return replace(
            self,
            new=self.new + saved.new,
            updated=self.updated + saved.updated,
            notices=(*self.notices, *notices)[:NOTICES_KEPT],
            more=more,
            is_alive=self.is_alive or is_alive or saved.updated > 0,
        )


def poll_source(ingest: Ingest, configured: SourceSettings) -> Polled:
    """Bring what is new from a source and note how it fares. A failure of the source is noted and returned, not raised.

    A poll that is cancelled says nothing about its source: what it stored stays, and the rest comes with the next.
    """
    with ingest.database.write() as session:
        source = sources.ensure(session, configured.name, configured.kind, ingest.clock.now())
    assert source.id is not None
    polled = Polled(configured.name)
    try:
        for batch in _batches(ingest, configured, source):
            polled = _store(ingest, configured, source.id, batch, polled)
    except SourceFailure as failure:
        if ingest.cancelled.is_set():
            return polled
        return _note_failure(ingest, configured, source.id, replace(polled, failure=str(failure)), failure)
    return polled if ingest.cancelled.is_set() else _note_success(ingest, configured, source.id, polled)


def options_in_use(configured: SourceSettings, source: Source) -> Any:
    """The connector's options, with the address that its source has moved to, unless the user has named another since."""
    if source.moved_to and source.moved_from == _print(configured.options):
        return configured.options.model_copy(update={"url": source.moved_to})
    return configured.options


def _batches(ingest: Ingest, configured: SourceSettings, source: Source) -> Iterator[Batch]:
    with blamed_on(configured):
        connector = ingest.kinds[configured.kind](options_in_use(configured, source), ingest.ways_out)
        yield from connector.poll(source.cursor, now=ingest.clock.now(), limit=LIMIT, cancelled=ingest.cancelled)


@contextmanager
def blamed_on(configured: SourceSettings) -> Iterator[None]:
    """Within this block a defect of the source's connector becomes a failure like the others."""
    try:
        yield
    except SourceFailure:
        raise
    except Exception as err:  # the connector may be anybody's, and one bad source never stops the others
        log.exception("The connector %s failed on the source %s.", configured.kind, configured.name)
        raise Crashed(
            f"The connector {configured.kind!r} failed unexpectedly ({type(err).__name__}). Please report it with the log."
        ) from err


def _store(ingest: Ingest, configured: SourceSettings, source_id: int, batch: Batch, polled: Polled) -> Polled:
    """Keep a batch and what follows from it, or nothing of it."""
    now = ingest.clock.now()
    arrivals, notices = _arrivals(batch.items, now)
    if configured.full_text:
        arrivals, missed = _with_full_text(ingest, source_id, arrivals)
        notices += missed
        if ingest.cancelled.is_set():  # pages may be missing only because the ways out are closed
            return polled
    with ingest.database.write() as session:
        source = sources.get(session, source_id)
        if source is None:  # erased while it was polled
            return polled
        known = items.known_ids(session, source_id, [arrival.external_id for arrival in arrivals])
        saved = items.save(session, source_id, arrivals, now)
        if configured.options.follow_deletions:
            items.mark_deleted(session, source_id, batch.deleted, now)
        sources.move_cursor(session, source, batch.cursor)
        if batch.moved_to:
            sources.remember_move(session, source, _print(configured.options), batch.moved_to)
        if saved.new or saved.updated:
            audit.record(session, "read", source.name, at=now, new=saved.new, updated=saved.updated)
        failpoint("poll.before_store")
    failpoint("poll.after_store")
    is_alive = any(rhythm.is_news(one.kind, one.published, now) for one in arrivals if one.external_id not in known)
    return polled.with_batch(saved, [*batch.notices, *notices], batch.more, is_alive=is_alive)


def _arrivals(brought: Sequence[Item], now: datetime) -> tuple[list[NewItem], list[str]]:
    """The items that pass the gate, and a sentence for each that does not."""
    arrivals: list[NewItem] = []
    notices: list[str] = []
    for item in brought:
        try:
            arrivals.append(admitted(item, now))
        except ValueError as err:
            notices.append(f"An item was left out: {err}.")
        except Exception as err:  # one bad item never stops its batch
            log.warning("An item was left out: %s", type(err).__name__, exc_info=True)
            notices.append(f"An item was left out, because it cannot be read ({type(err).__name__}).")
    return arrivals, notices


def _with_full_text(ingest: Ingest, source_id: int, arrivals: Sequence[NewItem]) -> tuple[list[NewItem], list[str]]:
    """The arrivals with the text of their pages. Where a page does not answer, a known item stays as it is, so that its
    full text is not replaced by a summary, and a new one comes with the text that its source gave it."""
    with ingest.database.read() as session:
        known = items.known_ids(session, source_id, [arrival.external_id for arrival in arrivals])
    complete: list[NewItem] = []
    notices: list[str] = []
    for arrival in arrivals:
        if ingest.cancelled.is_set():
            break
        if not arrival.url or arrival.private:  # who wrote a letter shall not learn from its links that it was read
            complete.append(arrival)
            continue
        try:
            article = article_text(ingest.ways_out, arrival.url)
        except SourceFailure as failure:
            notices.append(f"The full text of an item was not read. {failure}")
            if arrival.external_id not in known:
                complete.append(arrival)
            continue
        is_longer = len(article.text) > len(arrival.text)
        complete.append(replace(arrival, text=article.text) if is_longer else arrival)
    return complete, notices


def _note_success(ingest: Ingest, configured: SourceSettings, source_id: int, polled: Polled) -> Polled:
    now = ingest.clock.now()
    kind = ingest.kinds[configured.kind]
    is_fresh = polled.is_alive
    with ingest.database.write() as session:
        source = sources.get(session, source_id)
        if source is None:
            return polled
        last_new = source.last_new_item_at
        rhythm_s = rhythm.learned(source.rhythm_s, last_new, now) if is_fresh else source.rhythm_s
        is_stale = not is_fresh and rhythm.is_stale(rhythm_s, last_new or source.created_at, now, kind.quiet_after)
        if source.broken_since is not None:
            log.info("The source %s answers again.", source.name)
        if is_stale and source.stale_since is None:
            log.warning("The source %s answers, but has brought nothing new for unusually long.", source.name)
        success = sources.Success(
            at=now,
            next_poll_at=now if polled.more else now + _every(configured, kind),
            new_items=polled.new + polled.updated if is_fresh else 0,
            notices=polled.notices,
            rhythm_s=rhythm_s,
            stale_since=(source.stale_since or now) if is_stale else None,
        )
        sources.record_success(session, source, success)
    return polled


def _note_failure(
    ingest: Ingest, configured: SourceSettings, source_id: int, polled: Polled, failure: SourceFailure
) -> Polled:
    """Note it with a pause that grows. A new address that is no good is forgotten: the configured one is asked again."""
    now = ingest.clock.now()
    asked = failure.after if isinstance(failure, TryLater) else None
    with ingest.database.write() as session:
        source = sources.get(session, source_id)
        if source is None:
            return polled
        pause = backoff(
            source.failures + 1,
            first=FIRST_PAUSE,
            most=LONGEST_PAUSE,
            asked=min(asked, LONGEST_ASKED) if asked else None,
        )
        if source.broken_since is None:
            log.warning("The source %s cannot be read: %s", source.name, failure)
        if isinstance(failure, Misconfigured):
            sources.remember_move(session, source, None, None)
        sources.record_failure(
            session,
            source,
            sources.Failure(at=now, next_poll_at=now + pause, kind=type(failure).__name__, sentence=str(failure)),
        )
    return polled


def _print(options: Any) -> str:
    """Tells one configured address from another without holding it: it may be a secret."""
    return sha256(str(getattr(options, "url", "")).encode()).hexdigest()


def _every(configured: SourceSettings, kind: type[Connector]) -> timedelta:
    return kind.every if configured.poll_minutes is None else timedelta(minutes=configured.poll_minutes)
