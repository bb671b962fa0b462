"""A new draft as rows: where it came from, the context it was written in, and its first version.

It makes rows and keeps none: `drafts.new` adds both in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.answers.drafts import NewDraft
from assistant.drafting import context, form
from assistant.drafting.author import Written
from assistant.drafting.gathering import Gathered
from memory.models import Draft, DraftKind, DraftVersion, Entry, Turn
from memory.profile.context import Chosen, Context
from memory.store.drafts import TELOS


@dataclass(frozen=True, slots=True)
class Origin:
    """What was asked for, and the rows that it named by number."""

    wish: NewDraft
    entry: Entry | None = None
    turn: Turn | None = None


def draft(origin: Origin, gathered: Gathered, held: Context, now: datetime) -> Draft:
    return Draft(
        kind=DraftKind(gathered.kind),
        created_at=now,
        changed_at=now,
        recipients=[one.row() for one in gathered.recipients],
        about=gathered.material.about,
        points=[point for point in origin.wish.points if point.strip()],
        item_ids=gathered.item_ids,
        fact_ids=gathered.fact_ids,
        incoming=gathered.incoming.row() if gathered.incoming else {},
        entry_id=origin.entry.id if origin.entry is not None else None,
        turn_id=origin.turn.id if origin.turn is not None else None,
        language=gathered.material.language,
        context=context.row(held),
        vector=context.packed(held),
        embedder=held.embedder,
    )


def first_version(written: Written, chosen: Sequence[Chosen], now: datetime) -> DraftVersion:
    """Without the number of its draft, which is not known yet."""
    return DraftVersion(
        draft_id=0,
        number=1,
        at=now,
        by=TELOS,
        subject=written.composed.subject,
        text=written.composed.text,
        writer=written.writer,
        gaps=list(written.composed.gaps),
        used=form.rows(chosen),
        notes=list(written.composed.notes),
    )
