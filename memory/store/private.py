"""What the user marked as private: items and facts whose words leave this machine in no mail, draft or answer to a program.

A mark is a number in a setting, never a word of what it marks; one on something erased marks nothing. A fact that took the
place of a marked one is marked with it. `assistant.withheld` reads the texts and looks for them in what goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from memory.models import Fact, FactEvidence
from memory.store import items, settings

Kind = Literal["items", "facts"]
MARKS = "private.marks"
"""The setting: `{"items": [id, ...], "facts": [id, ...]}`."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The ids of what is private."""

    items: frozenset[int] = frozenset()
    facts: frozenset[int] = frozenset()


def mark(session: Session, kind: Kind, row_id: int, *, is_private: bool) -> None:
    """Mark a row, or take its mark away. Twice is once."""
    marks = _marks(session)
    held = {*marks[kind], row_id} if is_private else {*marks[kind]} - {row_id}
    settings.put(session, MARKS, {**marks, kind: sorted(held)})


def marked(session: Session) -> Marked:
    marks = _marks(session)
    held = frozenset(marks["facts"])
    wave = set(held)
    while wave:
        later = session.exec(
            select(Fact.superseded_by).where(col(Fact.id).in_(wave), col(Fact.superseded_by).is_not(None))
        )
        wave = {one for one in later if one is not None} - held
        held |= wave
    return Marked(frozenset(marks["items"]), held)


def texts(session: Session) -> list[str]:
    """The titles and texts of what is marked, each by itself."""
    found = marked(session)
    versions = items.current_versions(session, sorted(found.items)).values()
    told = [text for version in versions for text in (version.title, version.text)]
    facts = [
        *session.exec(select(Fact).where(col(Fact.id).in_(found.facts))),
        *session.exec(select(FactEvidence).where(col(FactEvidence.fact_id).in_(found.facts))),
    ]
    return list(dict.fromkeys([*told, *(text for fact in facts for text in (fact.text, fact.quote))]))


def _marks(session: Session) -> dict[Kind, list[int]]:
    kept = settings.get(session, MARKS, {})
    return {"items": list(kept.get("items", [])), "facts": list(kept.get("facts", []))}
