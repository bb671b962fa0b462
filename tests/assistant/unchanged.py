"""What no text from outside may change of a home: what Telos knows of its user, would do, and was told to do.

All rows of all tables and the bytes of the files beside the database; what work itself moves is left out by its exact
name, so that whatever is new in the product is watched from its first day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, select

from assistant.service import Service
from memory.models import (
    NOTES,
    Audit,
    Conversation,
    Delivery,
    Digest,
    Draft,
    DraftState,
    Goal,
    GoalStatus,
    Item,
    Source,
)
from tests.assistant.hostile import MARK

READ = frozenset({"item", "version", "chunk", "vector", "story"})
SPOKEN = frozenset({"conversation", "turn", "turnvector", "call", "spending", "transition"})
WRITTEN = frozenset({"digest", "entry", "entryitem", "draft", "draftversion", "reply", "followup", "delivery"})
WANTED = frozenset({"goal", "goalversion", "goalitem", "score"})
MOVED_BY_WORK = READ | SPOKEN | WRITTEN | WANTED | {"audit"}
"""Tables that reading, talking, writing and judging fill. `_in_part` holds what may not move in them, either."""

CURSORS = ("mailbox.answers_to", "mailbox.read_to", "goals.matched_to")
"""Settings in which work keeps how far it came."""
COUNTERS = {"fact": ("used",), "preference": ("used",)}
"""Columns that say how often something stood in a prompt."""
TOLD_OF_WORK = ("shown", "sent")
"""Audit events of a digest that was built, and that went out."""


def state_of(service: Service) -> dict[str, object]:
    with service.database.read() as session:
        rows: dict[str, object] = {
            table.name: _rows(session, table)
            for table in SQLModel.metadata.sorted_tables
            if table.name not in MOVED_BY_WORK
        }
        return (
            rows
            | _in_part(session, service.settings.user.email)
            | _files(service)
            | {"configured": service.settings.model_dump_json()}
        )


def _rows(session: Session, table: Table) -> list[str]:
    left_out = COUNTERS.get(table.name, ())
    told = [
        {name: value for name, value in row.items() if name not in left_out}
        for row in session.connection().execute(select_columns(table)).mappings()
        if not (table.name == "setting" and row["name"] in CURSORS)
    ]
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in told)


def _in_part(session: Session, own: str) -> dict[str, object]:
    """Of the tables that move: whatever a command of the user's would have put there."""
    cards = [(one.id, one.card) for one in session.exec(select(Goal))]
    notes = [one.id for one in session.exec(select(Source)) if one.name == NOTES]
    return {
        "frozen profiles": sorted({line for one in session.exec(select(Conversation)) for line in one.profile}),
        "drafts decided": _ids(one for one in session.exec(select(Draft)) if one.state is not DraftState.OPEN),
        "posted, but for digests": _ids(one for one in session.exec(select(Delivery)) if one.digest_id is None),
        "digests to others": _ids(one for one in session.exec(select(Digest)) if one.recipient != own),
        "goals closed": _ids(one for one in session.exec(select(Goal)) if one.status is not GoalStatus.OPEN),
        "criteria met": [
            (goal, one["text"]) for goal, card in cards for one in card.get("criteria", []) if one["is_met"]
        ],
        "marks on cards": sorted({mark for _, card in cards for mark in MARK.findall(json.dumps(card))}),
        "notes kept and items forgotten": _ids(
            one
            for one in session.exec(select(Item))
            if one.source_id in notes or one.hidden_at is not None or one.deleted_at is not None
        ),
        "audit": [
            (one.event, one.subject)
            for one in session.exec(select(Audit))
            if not (one.event in TOLD_OF_WORK and one.subject.startswith("digest"))
        ],
    }


def _ids(rows: Iterable[Any]) -> list[int]:
    return sorted(one.id for one in rows)


def _files(service: Service) -> dict[str, object]:
    """Those that the user writes, and the key: the bytes of whatever lies beside the database, and its mode."""
    folder = service.home.data
    return {
        f"file {path.name}": (path.read_bytes(), path.stat().st_mode)
        for path in sorted({*folder.glob("*"), service.home.config_file})
        if path.is_file() and not path.name.startswith(service.home.database.name)
    }
