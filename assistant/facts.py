"""The verbs on facts about the user: list, add, correct, forget.

What is learned in a conversation comes from `assistant.sessions.remembering`; here the user's hand does it. The API and,
through it, the command line call this.
"""

from __future__ import annotations

from sqlmodel import Session

from assistant.answers.facts import FactLine, Forgotten
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from memory.models import Fact
from memory.store import audit, conversations, facts

MOST_CHARACTERS = 500


def list_facts(service: Service, *, with_superseded: bool = False) -> list[FactLine]:
    """What holds now, the latest learned first; with `with_superseded` what held before, too."""
    with service.database.read() as session:
        rows = facts.every(session) if with_superseded else facts.current(session)
        return [line(session, row) for row in rows]


def add(service: Service, text: str) -> FactLine:
    """Keep a fact in the user's own words."""
    said = _said(text)
    now = service.clock.now()
    with service.database.write() as session:
        kept = facts.add(session, Fact(slot="", text=said, quote=said, learned_at=now, valid_from=now, by="user"))
        audit.record(session, "learned", f"fact {kept.id}", at=now, by="user")
        return line(session, kept)


def correct(service: Service, fact_id: int, text: str) -> FactLine:
    """The user's wording takes a fact's place; the one before stays, superseded.

    Raises: NotFound, or BadRequest where the fact holds no more.
    """
    said = _said(text)
    now = service.clock.now()
    with service.database.write() as session:
        wrong = _fact(session, fact_id)
        if wrong.superseded_at is not None:
            raise BadRequest(
                f"The fact {fact_id} holds no more: {wrong.superseded_by or 'another'} took its place.",
                "Correct that one; `telos memory facts list` shows what holds.",
            )
        right = facts.correct(session, wrong, said, now)
        audit.record(session, "corrected", f"fact {fact_id}", at=now, by="user", to=right.id)
        return line(session, right)


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
    """A fact with the turn it was said in."""
    turn = conversations.get_turn(session, fact.turn_id) if fact.turn_id is not None else None
    fields = fact.model_dump(exclude={"turn_id"})
    return FactLine(**fields, conversation=turn and turn.conversation_id, turn=turn and turn.number)


def _fact(session: Session, fact_id: int) -> Fact:
    fact = facts.get(session, fact_id)
    if fact is None:
        raise NotFound(f"There is no fact {fact_id}.", "`telos memory facts list` shows the numbers of facts.")
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
