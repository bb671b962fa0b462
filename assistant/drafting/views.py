"""Rows of drafts as they are shown. Called by the verbs of drafts; it knows rows and answers, and asks for nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answers.drafts import DraftLine, DraftView, VersionView
from assistant.answers.profile import LessonView
from assistant.drafting import gaps
from assistant.drafting.form import Says, used
from assistant.drafting.recipients import Recipient
from memory.models import Delivery, Draft, DraftVersion


def line(draft: Draft, versions: Sequence[DraftVersion], delivery: Delivery | None = None) -> DraftLine:
    """A draft in one line; its subject and its gaps are those of its last version."""
    last = versions[-1]
    return DraftLine(
        id=draft.id or 0,
        kind=draft.kind.value,
        state=draft.state.value,
        to=[str(Recipient.of_row(one)) for one in draft.recipients],
        subject=last.subject,
        versions=last.number,
        gaps=len(gaps_of(last)),
        changed_at=draft.changed_at,
        sending=delivery.state.value if delivery is not None else "",
        send_error=(delivery.last_error or "") if delivery is not None else "",
        answer=(delivery.answer or "") if delivery is not None else "",
    )


def gaps_of(row: DraftVersion) -> list[str]:
    """What is marked as missing in a version's subject and text."""
    return gaps.gaps_in(f"{row.subject}\n{row.text}")


def version(row: DraftVersion, says: Says) -> VersionView:
    return VersionView(
        number=row.number,
        at=row.at,
        by="user" if row.by == "user" else "telos",
        subject=row.subject,
        text=row.text,
        writer=row.writer,
        gaps=list(row.gaps),
        used=[used(one, says) for one in row.used],
        notes=list(row.notes),
    )


def view(
    draft: Draft,
    versions: Sequence[DraftVersion],
    says: Says,
    lessons: Sequence[LessonView] = (),
    delivery: Delivery | None = None,
) -> DraftView:
    """A draft with every version, the last one as it stands."""
    shown = [version(row, says) for row in versions]
    return DraftView(
        line=line(draft, versions, delivery),
        about=draft.about,
        points=list(draft.points),
        current=shown[-1],
        versions=shown,
        lessons=list(lessons),
    )
