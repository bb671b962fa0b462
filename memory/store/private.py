"""What the user marked as private: items and facts whose words leave this machine in no mail, draft or answer to a program.

A mark is a number in a setting, never a word of what it marks; one on something erased marks nothing. A fact that took the
place of a marked one is marked with it, and so is the one whose place that took. `assistant.withheld` reads the texts and
looks for them in what goes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, or_, select

from memory.models import Fact, FactEvidence, Version
from memory.store import settings

Kind = Literal["items", "facts"]
MARKS = "private.marks"
"""The setting: `{"items": [id, ...], "facts": [id, ...]}`."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The ids of what is private."""

    items: frozenset[int] = frozenset()
    facts: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in what is marked, each by itself and once. `titles` are those of items."""

    titles: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def mark(session: Session, kind: Kind, row_id: int, *, is_private: bool) -> None:
    """Mark a row, or take its mark away. Twice is once."""
    marks = _marks(session)
    held = {*marks[kind], row_id} if is_private else {*marks[kind]} - {row_id}
    settings.put(session, MARKS, {**marks, kind: sorted(held)})


def marked(session: Session) -> Marked:
    marks = _marks(session)
    held = frozenset(marks["facts"])
    wave = held
    while wave:
        wave = frozenset(_beside(session, wave)) - held
        held |= wave
    return Marked(frozenset(marks["items"]), held)


def words(session: Session, among: Marked | None = None) -> Words:
    """Of all that is marked, or of `among`: of an item every text it had that is kept, of a fact the words it rests on."""
    found = among or marked(session)
    versions = session.exec(select(Version.title, Version.text).where(col(Version.item_id).in_(found.items))).all()
    told = [
        *session.exec(select(Fact.text, Fact.quote).where(col(Fact.id).in_(found.facts))),
        *session.exec(select(FactEvidence.text, FactEvidence.quote).where(col(FactEvidence.fact_id).in_(found.facts))),
    ]
    texts = [text for _, text in versions] + [text for fact in told for text in fact]
    return Words(tuple(dict.fromkeys(title for title, _ in versions)), tuple(dict.fromkeys(texts)))


def _beside(session: Session, fact_ids: Collection[int]) -> Iterator[int]:
    """The facts that took the place of these, and those whose place these took."""
    near = or_(col(Fact.id).in_(fact_ids), col(Fact.superseded_by).in_(fact_ids))
    for fact_id, later in session.exec(select(Fact.id, Fact.superseded_by).where(near)):
        yield from (one for one in (fact_id, later) if one is not None)


def _marks(session: Session) -> dict[Kind, list[int]]:
    kept = settings.get(session, MARKS, {})
    return {"items": list(kept.get("items", [])), "facts": list(kept.get("facts", []))}
