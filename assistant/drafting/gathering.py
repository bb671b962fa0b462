"""What is to be said, gathered from what the user named: points, items, facts, a mail, an entry of a digest, a chat's reply.

It reads rows and changes none. Outside text becomes passages and quotations, never a statement of the user's. The verbs of
drafts call it first; `compose` and `author` write from what it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast, get_args

from sqlmodel import Session

from assistant.answers.drafts import KindName, NewDraft
from assistant.drafting import incoming as mail
from assistant.drafting import language, points, recipients
from assistant.drafting.incoming import Incoming
from assistant.drafting.language import language_of
from assistant.drafting.material import Material, Statement
from assistant.drafting.recipients import Recipient
from assistant.engine.brief import Passage
from assistant.errors import BadRequest, NotFound, no_item
from assistant.sessions.clipping import plain
from memory.models import Entry, Turn
from memory.recall import Recall
from memory.store import facts, items, private, sources
from memory.store.connection import Database
from memory.store.private import Marked

MOST_FOUND = 4
"""Items that a query brings."""
MOST_POINTS = 200
POINT_CHARACTERS = 5000
NEAREST = "nearest of what there is"
SEARCHED = ("document", "note")
"""Kinds whose `about` alone is searched for in memory."""


@dataclass(frozen=True, slots=True)
class Known:
    """Where it is looked, and who writes."""

    database: Database
    recall: Recall
    language: str = ""
    address: str = ""
    """The user's own, to whom no reply goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The material, and what the draft's row keeps of where it came from."""

    kind: KindName
    material: Material
    recipients: list[Recipient]
    item_ids: list[int] = field(default_factory=list)
    fact_ids: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    incoming: Incoming | None = None


def gather(known: Known, wish: NewDraft, entry: Entry | None = None, turn: Turn | None = None) -> Gathered:
    """All that `wish` names; `entry` and `turn` are the rows that it names by number.

    Raises: BadRequest where it names nothing to be said, or what is no mail; NotFound for items and facts that are gone.
    """
    wished = language.read(wish.language)
    answered = mail.read(wish.incoming) if wish.incoming is not None else None
    kind = _kind(wish, answered, entry, turn)
    to = recipients.read(wish.to) or (_reply_to(answered, known.address) if answered else [])
    given = _points(wish.points)
    about = recipients.tidy(wish.about)
    found, notices = _found(known, _query(wish, kind, about))
    with known.database.read() as session:
        marked = private.marked(session)
        _refuse_marked(wish, marked)
        item_ids = list(dict.fromkeys([*wish.items, *(one for one in found if one not in marked.items)]))
        passages, names = _passages(session, item_ids)
        learned = _facts(session, wish.facts)
        told = [one for one in _told(session, entry) if not marked.items & {*one.item_ids}]
        cited = [item_id for one in told for item_id in one.item_ids]
        names += _sources(session, cited)
        warnings = _private(session, list(dict.fromkeys([*item_ids, *cited])))
    material = Material(
        kind=kind,
        subject=_subject(wish, answered, entry),
        about=about,
        statements=(*given, *learned, *told),
        passages=passages,
        questions=answered.questions if answered else (),
        written=plain(turn.reply) if turn is not None else "",
        incoming=answered.text if answered else "",
        readers=len(to),
        notices=(*notices, *warnings),
    )
    if material.is_empty and answered is None and not about:
        raise BadRequest(
            " ".join([*notices, "Nothing says what the draft is to say."]),
            "Give it points, items of memory, or what it is about.",
        )
    return Gathered(
        kind=kind,
        material=replace(material, language=wished or language_of(material, known.language)),
        recipients=to,
        item_ids=list(dict.fromkeys([*item_ids, *cited])),
        fact_ids=list(dict.fromkeys(wish.facts)),
        sources=names,
        incoming=answered,
    )


def _kind(wish: NewDraft, answered: Incoming | None, entry: Entry | None, turn: Turn | None) -> KindName:
    """What the user said; where they left it open, what they named says it."""
    if wish.kind == "digest" and entry is None:
        raise BadRequest("An entry of a digest is named by its number.", "`telos digest show` shows the numbers.")
    if wish.kind == "chat" and turn is None:
        raise BadRequest("A chat's reply is named by its conversation and turn.", "`telos conversations` lists them.")
    if wish.kind != "mail" or wish.to:
        return "reply" if wish.kind == "mail" and answered is not None else wish.kind
    named = (
        "reply" if answered is not None else "digest" if entry is not None else "chat" if turn is not None else "mail"
    )
    assert named in get_args(KindName)
    return cast(KindName, named)


def _reply_to(answered: Incoming, own: str) -> list[Recipient]:
    """Whom an answer goes to: an answer to the user's own mail goes to those it went to."""
    others = [one for one in answered.reply_to if one.address.casefold() != own.casefold()]
    if not others:
        others = [one for one in answered.recipients if one.address.casefold() != own.casefold()]
    if not others:
        raise BadRequest("The mail names nobody who could be answered.", "Say to whom it goes, with --to.")
    return others


def _points(given: Sequence[str]) -> list[Statement]:
    """Raises: BadRequest where there are too many, or one is as long as a text."""
    if len(given) > MOST_POINTS or any(len(point) > POINT_CHARACTERS for point in given):
        raise BadRequest(
            f"A draft takes {MOST_POINTS} points of {POINT_CHARACTERS:,} characters.",
            "Keep longer texts with `telos memory add`, and name them as items.",
        )
    return [Statement(text=text) for point in given if (text := points.sentence(plain(point)))]


def _query(wish: NewDraft, kind: KindName, about: str) -> str:
    if wish.query.strip():
        return plain(wish.query)
    has_matter = wish.points or wish.items or wish.facts or wish.incoming or wish.entry or wish.turn
    return about if kind in SEARCHED and not has_matter else ""


def _found(known: Known, query: str) -> tuple[list[int], list[str]]:
    """The items that answer a query, not those that are merely nearest."""
    if not query:
        return [], []
    found = known.recall.search(query, limit=MOST_FOUND)
    ids = [hit.item_id for hit in found.hits if NEAREST not in hit.reasons]
    nothing = [] if ids else [f"Memory has nothing on {query!r}."]
    return ids, [*nothing, *(notice for notice in found.notices if ids)]


def _passages(session: Session, item_ids: Sequence[int]) -> tuple[list[Passage], list[str]]:
    """The items' texts in the order given, and the names of their sources.

    Raises: NotFound.
    """
    rows = {item.id: item for item in items.by_ids(session, item_ids)}
    texts = items.current_versions(session, item_ids)
    for item_id in item_ids:
        if item_id not in rows or rows[item_id].hidden_at is not None:
            raise no_item(item_id)
    passages = [
        Passage(item_id, texts[item_id].title, texts[item_id].text, rows[item_id].language) for item_id in item_ids
    ]
    return passages, _sources(session, item_ids)


def _refuse_marked(wish: NewDraft, marked: Marked) -> None:
    """Raises: BadRequest where it names what the user marked as private."""
    named = [f"item {one}" for one in wish.items if one in marked.items]
    named += [f"fact {one}" for one in wish.facts if one in marked.facts]
    if named:
        raise BadRequest(
            f"You marked {', '.join(named)} as private, and no draft tells what is private.",
            "`telos memory private NUMBER --off` takes the mark away.",
        )


def _private(session: Session, item_ids: Sequence[int]) -> list[str]:
    """A sentence on each private item, whether its text is used or an entry cites it."""
    held = [item.id for item in items.by_ids(session, item_ids) if item.private and item.id is not None]
    texts = items.current_versions(session, held)
    return [f"Item {one} ({texts[one].title}) is private: look whether its words may go out." for one in held]


def _sources(session: Session, item_ids: Sequence[int]) -> list[str]:
    rows = items.by_ids(session, item_ids)
    names = sources.by_ids(session, sorted({item.source_id for item in rows}))
    return [names[item.source_id].name for item in rows if item.source_id in names]


def _facts(session: Session, fact_ids: Sequence[int]) -> list[Statement]:
    """Raises: NotFound for a fact that is gone or does not hold any more."""
    statements: list[Statement] = []
    for fact_id in dict.fromkeys(fact_ids):
        fact = facts.get(session, fact_id)
        if fact is None or fact.superseded_at is not None:
            raise NotFound(f"There is no fact {fact_id} that holds now.", "`telos facts` lists those that do.")
        statements.append(Statement(text=points.first_person(fact.text), origin="fact"))
    return statements


def _told(session: Session, entry: Entry | None) -> list[Statement]:
    """The sentences of an entry, each with the items it stands on that are still there."""
    if entry is None:
        return []
    cited = {item_id for sentence in entry.sentences for item_id in sentence["item_ids"]}
    known = {item.id for item in items.by_ids(session, cited)}
    return [
        Statement(text=str(sentence["text"]), origin="entry", item_ids=tuple(ids))
        for sentence in entry.sentences
        if (ids := [one for one in sentence["item_ids"] if one in known])
    ]


def _subject(wish: NewDraft, answered: Incoming | None, entry: Entry | None) -> str:
    if wish.subject.strip():
        return recipients.tidy(wish.subject)
    if answered is not None:
        return answered.reply_subject
    return entry.title if entry is not None else ""
