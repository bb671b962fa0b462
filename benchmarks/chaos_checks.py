"""What `chaos` holds against the rows once everything has come to its end: a sentence for each thing lost, or there twice.

It reads databases, files of planners and the ledger, and asks no daemon; `chaos` calls it when none runs.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from assistant.delivery.mail import message_id_of
from assistant.digest import record
from assistant.service import Service
from assistant.steering.shelf import Shelf
from benchmarks.chaos_world import World
from memory import integrity
from memory.models import DeliveryState
from memory.store import digests, outbox
from memory.store.connection import Database
from tests.integration.daemon import Daemon

ENDS = {DeliveryState.SENT.name, DeliveryState.FAILED.name, DeliveryState.UNKNOWN.name}
MOST = 10**6


@dataclass
class Found:
    """Sentences on what is not as it should be."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)

    def once(self, what: str, seen: Counter[str], wanted: set[str], allowed: set[str]) -> None:
        """All of `wanted` once, the others of `allowed` at most once, and nothing else."""
        self.lost += [f"{what} {name} is not there." for name in sorted(wanted - seen.keys())]
        self.lost += [f"{what} {name} is there and was never served." for name in sorted(seen.keys() - allowed)]
        self.twice += [f"{what} {name} is there {count} times." for name, count in seen.items() if count > 1]


def check(world: World, told: str) -> Found:
    """Everything; `told` is what `telos status` says of the day's home."""
    found = Found()
    _items(world, found)
    _turns(world, found)
    _edits(world, found)
    _mails(world, told, found)
    _planners(world.daemons["night"], found)
    for name, daemon in world.daemons.items():
        if daemon.home.database.exists():
            found.indexes += [f"{name}: {sentence}" for sentence in _indexes(daemon)]
    return found


def _rows(daemon: Daemon, query: str) -> list[tuple[Any, ...]]:
    """What the database says; a query that it does not understand is no empty answer."""
    with closing(sqlite3.connect(f"file:{daemon.home.database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def _items(world: World, found: Found) -> None:
    query = "SELECT name || ' ' || external_id FROM item JOIN source ON source.id = source_id"
    seen = Counter(
        str(name) for daemon in (world.daemons["day"], world.daemons["index"]) for (name,) in _rows(daemon, query)
    )
    served = {f"{line['source']} {line['id']}" for line in world.ledger.every("item")}
    found.once("The item", seen, served, served)


def _turns(world: World, found: Found) -> None:
    seen = Counter(str(said) for (said,) in _rows(world.daemons["day"], "SELECT said FROM turn"))
    kept = {line["text"] for line in world.ledger.every("kept")}
    said = {line["text"] for line in world.ledger.every("said")}
    found.once("The turn", seen, kept, said)


def _edits(world: World, found: Found) -> None:
    daemon = world.daemons["day"]
    versions = Counter(_rows(daemon, "SELECT draft_id, text FROM draftversion WHERE by = 'user'"))
    lessons = Counter(draft for (draft,) in _rows(daemon, "SELECT draft_id FROM lesson WHERE draft_id NOT NULL"))
    learned = {line["draft"] for line in world.ledger.every("learned")}
    for line in world.ledger.every("edited"):
        draft = line["draft"]
        held = versions[draft, line["text"]]
        if (draft in learned and not held) or held != lessons[draft]:
            found.lost.append(f"The edit of draft {draft} is there {held} times, with {lessons[draft]} lessons.")
        if max(held, lessons[draft]) > 1:
            found.twice.append(f"The edit of draft {draft} is there {held} times, with {lessons[draft]} lessons.")


def _mails(world: World, told: str, found: Found) -> None:
    daemon = world.daemons["day"]
    transactions = Counter(line["id"] for line in world.ledger.every("mail"))
    found.twice += [f"The mail {name} had {count} transactions." for name, count in transactions.items() if count > 1]
    states = _rows(daemon, "SELECT id, state, reported_at FROM delivery")
    for delivery, state, reported_at in states:
        if state not in ENDS:
            found.lost.append(f"Delivery {delivery} is {state}, and is neither sent nor reported.")
        elif state != DeliveryState.SENT.name and reported_at is None and "unknown" not in told:
            found.lost.append(f"Delivery {delivery} is {state}, which nobody is told.")
    sent = sum(state == DeliveryState.SENT.name for _, state, _ in states)
    if not sent <= len(transactions) <= len(states):
        found.lost.append(f"{len(states)} mails, {sent} of them sent, had {len(transactions)} transactions.")
    for message_id in _sent_digests(daemon):
        if message_id not in transactions:
            found.lost.append(f"The digest {message_id} is called sent, and the server never had it.")


def _sent_digests(daemon: Daemon) -> Iterator[str]:
    with closing(Database.open(daemon.home.database)) as database, database.read() as session:
        for digest in digests.latest(session, MOST):
            delivery = outbox.of_digest(session, digest.id or 0)
            if delivery is None:
                yield f"of {digest.local_date}, run {digest.run}, which has no delivery"
            elif delivery.state is DeliveryState.SENT:
                yield message_id_of(record.load(session, digest.id or 0), daemon.home.key)


def _planners(daemon: Daemon, found: Found) -> None:
    shelf = Shelf(daemon.home.steering / "planners")
    for number in shelf.numbers():
        try:
            shelf.require_whole(number)
        except Exception as err:  # noqa: BLE001 - whatever it is, the planner cannot be used
            found.lost.append(f"Planner {number}: {err}")
        if not shelf.report(number).get("fingerprint"):
            found.lost.append(f"Planner {number} has no report.")


def _indexes(daemon: Daemon) -> Iterator[str]:
    """Where the indexes differ from the rows."""
    with closing(Service(daemon.home)) as service:
        with service.database.read() as session:
            faults = [*integrity.of_database(service.database), *integrity.of_full_text(session)]
            if daemon.folder.name == "index":
                dimension = service.embedder.dimension
                faults += integrity.of_vectors(session, service.embedder.slug, dimension)
                faults += integrity.of_indexes(session, service.vectors, dimension)
        yield from (fault.sentence for fault in faults)
        service.end_children()
