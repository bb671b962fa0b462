"""A draft in a database that may be sent as it stands: what the tests of its delivery begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from memory.models import Draft, DraftKind, DraftState, DraftVersion
from memory.store import drafts
from memory.store.connection import Database

NOW = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
ADA = "ada@example.org"
ANN = {"name": "Ann Lee", "address": "ann@example.net"}
BOB = {"name": "Bob", "address": "bob@example.com"}
TEXT = "Hi Ann,\n\nthe ferry leaves at nine.\n\nBest,\nAda"


def draft_of(**fields: Any) -> Draft:
    values: dict[str, Any] = {
        "id": 7,
        "kind": DraftKind.MAIL,
        "state": DraftState.APPROVED,
        "recipients": [ANN],
    } | fields
    return Draft(created_at=NOW, changed_at=NOW, **values)


def version_of(text: str = TEXT, **fields: Any) -> DraftVersion:
    values: dict[str, Any] = {
        "draft_id": 7,
        "number": 2,
        "at": NOW,
        "by": "user",
        "subject": "The ferry",
        "text": text,
    } | fields
    return DraftVersion(**values)


def approved(database: Database, text: str = TEXT, *, subject: str = "The ferry", **fields: Any) -> int:
    """A draft with one version of Telos's, approved by the user unless `fields` say otherwise."""
    draft = draft_of(**{"id": None} | fields)
    with database.write() as session:
        drafts.add(session, draft, version_of(text, by="telos", subject=subject))
    assert draft.id is not None
    return draft.id
