"""The verbs on facts about the user: list, timeline, why, add, correct, keep, forget.

What is learned in a conversation comes from `assistant.sessions.remembering`; here the user's hand does it. The API and,
through it, the command line call this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from assistant.answers.facts import EvidenceLine, FactBefore, FactKept, FactLine, FactStrand, FactWhy, Forgotten
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from assistant.sessions.phrases import words
from assistant.sessions.rules.selfhood import stated
from memory.models import Fact
from memory.store import audit, conversations, facts
from memory.truth.attributes import matter
from memory.truth.relation import is_dated

MOST_CHARACTERS = 500


def list_facts(service: Service, *, with_superseded: bool = False) -> list[FactLine]:
    """What holds now, the latest learned first; with `with_superseded` what held before, too."""
    with service.database.read() as session:
        rows = facts.every(session) if with_superseded else facts.current(session)
        return [line(session, row) for row in rows]


def timeline(service: Service, about: str = "") -> list[FactStrand]:
    """What was so and what is, by matter, the earliest first; with `about` only what says one of its words or has its number."""
    with service.database.read() as session:
        strands = _strands(session)
        wanted = set(words(about))
        return [
            FactStrand(matter=name, facts=[line(session, fact) for fact in held])
            for name, held in strands
            if not wanted or any(wanted & {str(one.id), *words(f"{name} {one.slot} {one.text}")} for one in held)
        ]


def why(service: Service, fact_id: int) -> FactWhy:
    """A fact with the user's words that it rests on, and what it has to do with others.

    Raises: NotFound.
    """
    with service.database.read() as session:
        fact = _fact(session, fact_id)
        later = facts.get(session, fact.superseded_by) if fact.superseded_by is not None else None
        doubted = [facts.get(session, other) for other in _in_doubt(session, fact_id)]
        return FactWhy(
            fact=line(session, fact),
            evidence=[
                EvidenceLine(**one.model_dump(include={"quote", "text", "at", "by"}), **_turn(session, one.turn_id))
                for one in facts.evidence(session, fact_id)
            ],
            took_the_place_of=[line(session, one) for one in facts.superseded(session, fact_id)],
            gave_way_to=line(session, later) if later is not None else None,
            in_doubt_with=[line(session, one) for one in doubted if one is not None],
        )


def add(service: Service, text: str, since: datetime | None = None) -> FactLine:
    """Keep a fact in the user's own words: what it is about is read from them by rule, as in a conversation."""
    said = _said(text)
    now = service.clock.now()
    read = stated(said, now.astimezone(service.settings.user.zone))
    slot, valid_from = (read[0].slot, read[0].valid_from) if len(read) == 1 else ("", now)
    fact = Fact(
        slot=slot, text=said, quote=said, learned_at=now, valid_from=_aware(service, since) or valid_from, by="user"
    )
    with service.database.write() as session:
        kept = facts.add(session, fact)
        if kept is fact:
            audit.record(session, "learned", f"fact {kept.id}", at=now, by="user")
        return line(session, kept)


def correct(service: Service, fact_id: int, text: str, since: datetime | None = None) -> FactLine:
    """The user's wording takes a fact's place; the one before stays, superseded.

    Raises: NotFound, or BadRequest where the fact holds no more.
    """
    said = _said(text)
    now = service.clock.now()
    with service.database.write() as session:
        wrong = _held(session, fact_id, "Correct that one")
        right = facts.correct(session, wrong, said, now, since=_aware(service, since))
        audit.record(session, "corrected", f"fact {fact_id}", at=now, by="user", to=right.id)
        return line(session, right)


def keep(service: Service, fact_id: int, *, both: bool = False) -> FactKept:
    """The user says that a fact holds: those that it was in doubt with give way to it, or with `both` hold as well.

    Raises: NotFound, or BadRequest where the fact holds no more.
    """
    now = service.clock.now()
    with service.database.write() as session:
        fact = _held(session, fact_id, "Keep that one")
        others = [doubt for doubt in facts.doubts(session) if fact_id in (doubt.fact_id, doubt.other_id)]
        ended = [] if both else _in_doubt(session, fact_id)
        for doubt in others:
            facts.settle(session, doubt, [doubt.fact_id, doubt.other_id] if both else [fact_id], now)
        if not others:
            facts.confirm(session, fact)
        audit.record(session, "confirmed", f"fact {fact_id}", at=now, by="user")
        gone = [one for other in ended if (one := facts.get(session, other)) is not None]
        return FactKept(fact=line(session, fact), ended=[line(session, one) for one in gone])


def forget(service: Service, fact_id: int) -> Forgotten:
    """Delete a fact and what it had superseded.

    Raises: NotFound.
    """
    with service.database.write() as session:
        fact = _fact(session, fact_id)
        text = fact.text
        rows = facts.forget(session, fact)
        audit.record(session, "forgotten", f"fact {fact_id}", at=service.clock.now(), rows=rows)
    return Forgotten(text=text, rows=rows)


def line(session: Session, fact: Fact) -> FactLine:
    """A fact with the turn it was said in, and what was so before it."""
    before = [FactBefore.model_validate(one, from_attributes=True) for one in facts.before(session, fact)]
    return FactLine(
        **fact.model_dump(exclude={"turn_id"}),
        **_turn(session, fact.turn_id),
        is_dated=is_dated(fact),
        before=before,
        in_doubt_with=_in_doubt(session, fact.id or 0),
    )


def _strands(session: Session) -> list[tuple[str, list[Fact]]]:
    """All facts by what they are about, where they have that in common or one superseded the other; each in time's order."""
    held = {fact.id or 0: fact for fact in facts.every(session)}
    strand_of = {fact_id: fact_id for fact_id in held}

    def root(fact_id: int) -> int:
        while strand_of[fact_id] != fact_id:
            fact_id = strand_of[fact_id]
        return fact_id

    first_of: dict[str, int] = {}
    for fact_id, fact in held.items():
        name = matter(fact.slot, fact.text)
        kin = [first_of.setdefault(name, fact_id)] if name else []
        for other in [*kin, *([fact.superseded_by] if fact.superseded_by in held else [])]:
            strand_of[root(fact_id)] = root(other)
    strands: dict[int, list[Fact]] = {}
    for fact_id, fact in held.items():
        strands.setdefault(root(fact_id), []).append(fact)
    return sorted(((_name(found), sorted(found, key=_when)) for found in strands.values()), key=lambda one: one[0])


def _name(strand: Sequence[Fact]) -> str:
    return next((name for fact in strand if (name := matter(fact.slot, fact.text))), "")


def _when(fact: Fact) -> tuple[datetime, datetime, int]:
    return fact.valid_from, fact.learned_at, fact.id or 0


def _in_doubt(session: Session, fact_id: int) -> list[int]:
    pairs = [(doubt.fact_id, doubt.other_id) for doubt in facts.doubts(session)]
    return [one if other == fact_id else other for one, other in pairs if fact_id in (one, other)]


def _turn(session: Session, turn_id: int | None) -> dict[str, int]:
    turn = conversations.get_turn(session, turn_id) if turn_id is not None else None
    return {"conversation": turn.conversation_id, "turn": turn.number} if turn is not None else {}


def _aware(service: Service, instant: datetime | None) -> datetime | None:
    """A day without a zone is one of the user's."""
    return instant and instant.replace(tzinfo=instant.tzinfo or service.settings.user.zone)


def _fact(session: Session, fact_id: int) -> Fact:
    fact = facts.get(session, fact_id)
    if fact is None:
        raise NotFound(f"There is no fact {fact_id}.", "`telos memory facts list` shows the numbers of facts.")
    return fact


def _held(session: Session, fact_id: int, instead: str) -> Fact:
    fact = _fact(session, fact_id)
    if fact.superseded_at is not None:
        raise BadRequest(
            f"The fact {fact_id} holds no more: {fact.superseded_by or 'another'} took its place.",
            f"{instead}; `telos memory facts list` shows what holds.",
        )
    return fact


def _said(text: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise BadRequest("A fact needs words.", 'Example: telos memory facts add "I live in Porto"')
    if len(said) > MOST_CHARACTERS:
        raise BadRequest(
            f"A fact has at most {MOST_CHARACTERS} characters, and this one has {len(said)}.",
            "Say it in a sentence; `telos memory add` keeps longer texts.",
        )
    return said
