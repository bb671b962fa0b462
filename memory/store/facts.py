"""Facts about the user, and the words each rests on: what is learned, what supersedes what, what is in doubt.

What a new fact says of those that are held is decided by `memory.truth.relation`; here it becomes rows. A superseded fact
stays with its dates, one that says the same joins its evidence, a forgotten one is deleted. Conversations and the user's
hand add facts; nothing else does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, or_, select

from memory.models import Conversation, Ended, Fact, FactDoubt, FactEvidence
from memory.truth.relation import Relation, is_dated, relation, telling_words

# Learning


def add(session: Session, fact: Fact) -> Fact:
    """Keep a fact. One that says the same as a held one confirms it and joins its evidence; one that contradicts another
    supersedes it; one that perhaps does stands beside it, in doubt.

    Returns the fact that holds now, or, where it was so only before a held one, the new one.
    """
    found = [(held, relation(held, fact)) for held in current(session)]
    same = next((held for held, is_so in found if is_so is Relation.SAME), None)
    later = next((held for held, is_so in found if is_so is Relation.EARLIER), None)
    if same is not None:
        _confirm(session, same, fact)
    else:
        _insert(session, fact)
    kept = same or fact
    if later is not None and same is None:
        _end(session, kept, later, fact.learned_at, Ended.EARLIER)
        return kept
    for held, is_so in found:
        if is_so is Relation.CONTRADICTS:
            _end(session, held, kept, fact.learned_at, Ended.CONTRADICTED, fact.valid_from)
            held.corrected += 1
        elif is_so is Relation.DOUBTFUL:
            _doubt(session, kept, held, fact.learned_at)
    session.flush()
    return kept


def _insert(session: Session, fact: Fact) -> None:
    session.add(fact)
    session.flush()
    _witness(session, fact, fact)


def _confirm(session: Session, held: Fact, again: Fact) -> None:
    """The same, said again. The words may date it, and may say more of it."""
    if is_dated(again) and (not is_dated(held) or again.valid_from < held.learned_at < held.valid_from):
        held.valid_from = again.valid_from
    if telling_words(held) < telling_words(again):
        held.text = again.text
    held.confirmed += 1
    session.add(held)
    _witness(session, held, again)


def _witness(session: Session, held: Fact, said: Fact) -> None:
    session.add(
        FactEvidence(
            fact_id=held.id or 0,
            text=said.text,
            quote=said.quote,
            turn_id=said.turn_id,
            at=said.learned_at,
            valid_from=said.valid_from,
            by=said.by,
        )
    )
    session.flush()


def _end(session: Session, old: Fact, by: Fact, now: datetime, why: Ended, until: datetime | None = None) -> None:
    """`old` holds no more; until when it did is when `by` began, or the day that is given."""
    old.superseded_by, old.superseded_at, old.ended = by.id, now, why
    old.valid_until = max(old.valid_from, until or by.valid_from)
    session.add(old)
    gone = or_(col(FactDoubt.fact_id) == old.id, col(FactDoubt.other_id) == old.id)
    session.exec(update(FactDoubt).where(gone, col(FactDoubt.settled_at).is_(None)).values(settled_at=now))
    session.flush()


# Reading


def current(session: Session, *, limit: int = 1000) -> list[Fact]:
    """Those that hold now, the latest learned first."""
    chosen = select(Fact).where(col(Fact.superseded_at).is_(None))
    return list(session.exec(chosen.order_by(col(Fact.learned_at).desc(), col(Fact.id).desc()).limit(limit)))


def every(session: Session) -> list[Fact]:
    """Superseded ones as well, the latest learned first."""
    return list(session.exec(select(Fact).order_by(col(Fact.learned_at).desc(), col(Fact.id).desc())))


def get(session: Session, fact_id: int) -> Fact | None:
    return session.get(Fact, fact_id)


def of_turn(session: Session, turn_id: int) -> list[Fact]:
    """Those that a turn taught or said again."""
    said = select(FactEvidence.fact_id).where(FactEvidence.turn_id == turn_id)
    chosen = select(Fact).where(or_(col(Fact.turn_id) == turn_id, col(Fact.id).in_(said)))
    return list(session.exec(chosen.order_by(col(Fact.id))))


def evidence(session: Session, fact_id: int) -> list[FactEvidence]:
    """The user's words that a fact rests on, the first first."""
    chosen = select(FactEvidence).where(FactEvidence.fact_id == fact_id)
    return list(session.exec(chosen.order_by(col(FactEvidence.at), col(FactEvidence.id))))


def before(session: Session, fact: Fact) -> list[Fact]:
    """What was so before a fact, the latest first: those it superseded, and those that these had, but not what was never so."""
    found: list[Fact] = []
    wave: set[int | None] = {fact.id}
    while wave:
        older = session.exec(select(Fact).where(col(Fact.superseded_by).in_(wave))).all()
        found += [one for one in older if one.ended not in (Ended.CORRECTED, Ended.SETTLED)]
        wave = {one.id for one in older}
    return sorted(found, key=lambda one: (one.valid_from, one.id or 0), reverse=True)


def superseded(session: Session, fact_id: int) -> list[Fact]:
    """Those whose place a fact took, the latest first."""
    chosen = select(Fact).where(Fact.superseded_by == fact_id)
    return list(session.exec(chosen.order_by(col(Fact.superseded_at).desc(), col(Fact.id).desc())))


# The user's hand


def correct(session: Session, fact: Fact, text: str, now: datetime, *, since: datetime | None = None) -> Fact:
    """The user's own wording takes the fact's place; the one before stays, superseded, as what never was so."""
    fact.corrected += 1
    corrected = Fact(
        slot=fact.slot,
        text=text,
        quote=text,
        turn_id=fact.turn_id,
        learned_at=now,
        valid_from=since or fact.valid_from,
        by="user",
        corrected=fact.corrected,
    )
    _insert(session, corrected)
    _end(session, fact, corrected, now, Ended.CORRECTED, fact.valid_from)
    return corrected


def confirm(session: Session, fact: Fact) -> None:
    """The user says that it is right."""
    fact.confirmed += 1
    session.add(fact)
    session.flush()


def count_use(session: Session, fact_ids: Collection[int]) -> None:
    session.exec(update(Fact).where(col(Fact.id).in_(fact_ids)).values(used=Fact.used + 1))


# Doubts


def _doubt(session: Session, fact: Fact, other: Fact, now: datetime) -> None:
    """The two stand side by side until the user is heard; what was settled once is not asked again."""
    pair = {fact.id or 0, other.id or 0}
    for known in session.exec(select(FactDoubt).where(col(FactDoubt.fact_id).in_(pair))):
        if {known.fact_id, known.other_id} == pair:
            return
    session.add(FactDoubt(fact_id=fact.id or 0, other_id=other.id or 0, at=now))
    session.flush()


def doubts(session: Session, *, asked_in: Collection[int] | None = None) -> list[FactDoubt]:
    """Those that are not settled, the oldest first; with `asked_in` those that these turns asked about."""
    chosen = select(FactDoubt).where(col(FactDoubt.settled_at).is_(None))
    if asked_in is not None:
        chosen = chosen.where(col(FactDoubt.asked_in).in_(asked_in))
    return list(session.exec(chosen.order_by(col(FactDoubt.id))))


def asked(session: Session, doubt: FactDoubt, turn_id: int) -> None:
    doubt.asked_in = turn_id
    session.add(doubt)
    session.flush()


def settle(session: Session, doubt: FactDoubt, keeps: Sequence[int], now: datetime) -> None:
    """The user said which holds: one of the two, or both."""
    doubt.settled_at = now
    session.add(doubt)
    pair = [session.get(Fact, doubt.fact_id), session.get(Fact, doubt.other_id)]
    held = [fact for fact in pair if fact is not None and fact.id in keeps]
    for fact in held:
        confirm(session, fact)
    for other in pair:
        if other is not None and other not in held and held and other.superseded_at is None:
            _end(session, other, held[0], now, Ended.SETTLED, now)
            other.corrected += 1
    session.flush()


# Taking back


def withdraw(session: Session, turn_id: int) -> list[Fact]:
    """Take back what a turn taught. Facts that rest on it alone are deleted, and those they had superseded hold again,
    unless another took the place of theirs meanwhile; others lose these words. Returns the deleted."""
    said = session.exec(select(FactEvidence).where(FactEvidence.turn_id == turn_id)).all()
    by_turn = session.exec(select(Fact).where(Fact.turn_id == turn_id)).all()
    for fact_id, at in {one.fact_id: one.at for one in said}.items():
        _revive(session, fact_id, at)
    return drop(session, said, by_turn)


def drop(session: Session, words: Sequence[FactEvidence], of: Sequence[Fact] = ()) -> list[Fact]:
    """Delete words that facts rest on. Of these facts, and of those in `of`, the ones that rest on nothing else are deleted,
    and returned; others say what the words that are left say."""
    touched = {one.fact_id for one in words} | {fact.id or 0 for fact in of}
    session.exec(delete(FactEvidence).where(col(FactEvidence.id).in_([one.id for one in words])))
    session.flush()
    groundless: list[Fact] = []
    for fact in session.exec(select(Fact).where(col(Fact.id).in_(touched)).order_by(col(Fact.id))).all():
        if left := evidence(session, fact.id or 0):
            _rest_on(session, fact, left)
        else:
            groundless.append(fact)
    for fact in reversed(groundless):  # the latest first, so that a chain among them is passed on to its beginning
        heirs = {name: getattr(fact, name) for name in ("superseded_by", "superseded_at", "valid_until", "ended")}
        session.exec(update(Fact).where(col(Fact.superseded_by) == fact.id).values(heirs))
    session.flush()
    session.exec(delete(Fact).where(col(Fact.id).in_([fact.id for fact in groundless])))
    session.flush()
    return groundless


def _rest_on(session: Session, fact: Fact, left: Sequence[FactEvidence]) -> None:
    """A fact that lost words rests on those that are left, and says what they say."""
    first = left[0]
    if fact.text not in {one.text for one in left}:
        fact.text = first.text
    fact.quote, fact.turn_id, fact.learned_at, fact.by = first.quote, first.turn_id, first.at, first.by
    fact.valid_from = first.valid_from
    fact.confirmed = max(fact.confirmed - 1, 0)
    session.add(fact)
    session.flush()


def _revive(session: Session, fact_id: int, at: datetime) -> None:
    """What was superseded when a fact that was there already was said again, at the moment that is taken back, holds again."""
    fact = session.get(Fact, fact_id)
    if fact is None or fact.learned_at == at:
        return
    ended = (col(Fact.superseded_by) == fact_id, col(Fact.superseded_at) == at)
    free: dict[str, object] = {"superseded_by": None, "superseded_at": None, "valid_until": None, "ended": None}
    session.exec(update(Fact).where(*ended).values(free))


def forget(session: Session, fact: Fact) -> int:
    """Delete a fact with those that it superseded, so that none of them comes back, and take them out of what running
    conversations begin with; how many."""
    gone, wave = {fact.id}, {fact.id}
    while wave:
        older = session.exec(select(Fact.id).where(col(Fact.superseded_by).in_(wave)))
        wave = set(older) - gone
        gone |= wave
    texts = set(session.exec(select(Fact.text).where(col(Fact.id).in_(gone))))
    for conversation in session.exec(select(Conversation)):
        kept = [line for line in conversation.profile if line not in texts]
        if kept != conversation.profile:
            conversation.profile = kept
            session.add(conversation)
    session.exec(delete(Fact).where(col(Fact.id).in_(gone)))
    session.flush()
    return len(gone)
