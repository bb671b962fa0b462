"""The verbs on what is private: mark items and facts, list the marks, keep them from a guest.

What is marked stays in memory and in conversations at this machine; its words leave in no mail, no draft and no answer to
another program. The API and, through it, the command line call this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlmodel import Session

from assistant.answers.memory import Mark, Private, SetPrivate
from assistant.errors import BadRequest, NotFound, no_item
from assistant.service import Service
from assistant.withheld import looked_for
from memory.store import audit, facts, items, private
from memory.store.private import Kind, Marked

Line = TypeVar("Line")
TITLE_LETTERS = 80
"""Of what is shown of a mark: enough to know it again."""


def list_private(service: Service, *, is_guest: bool = False) -> Private:
    """What is marked, and what each of it is; for a guest the numbers alone."""
    with service.database.read() as session:
        held = private.marked(session)
        marks = [
            *(_item_mark(session, number) for number in sorted(held.items)),
            *(_fact_mark(session, number) for number in sorted(held.facts)),
        ]
    return Private(items=sorted(held.items), facts=sorted(held.facts), marks=[] if is_guest else marks)


def set_private(service: Service, wish: SetPrivate, *, is_guest: bool = False) -> Private:
    """Mark, or take marks away; what is marked then.

    Raises: NotFound where one is not there, and nothing is changed; BadRequest for a guest that takes a mark away.
    """
    if is_guest and not wish.is_private:
        raise BadRequest(
            "Another program takes no mark of yours away.", "Run `telos memory private NUMBER --off` yourself."
        )
    now = service.clock.now()
    with service.database.write() as session:
        for item_id in wish.items:
            if items.get(session, item_id) is None:
                raise no_item(item_id)
        for fact_id in wish.facts:
            if facts.get(session, fact_id) is None:
                raise NotFound(f"There is no fact {fact_id}.", "`telos memory facts list` shows their numbers.")
        named: dict[Kind, list[int]] = {"items": wish.items, "facts": wish.facts}
        for kind, ids in named.items():
            for row_id in ids:
                private.mark(session, kind, row_id, is_private=wish.is_private)
                what = "marked private" if wish.is_private else "unmarked private"
                audit.record(session, what, f"{kind.removesuffix('s')} {row_id}", at=now)
    return list_private(service, is_guest=is_guest)


def hidden_items(service: Service, is_guest: bool) -> frozenset[int]:
    """The items that whoever asks must not see."""
    if not is_guest:
        return frozenset()
    with service.database.read() as session:
        return private.marked(session).items


def refuse_private(service: Service, is_guest: bool, item_id: int) -> None:
    """Raises: NotFound for an item that a guest must not see, as for one that is not there."""
    if item_id in hidden_items(service, is_guest):
        raise no_item(item_id)


def without_private(
    service: Service, is_guest: bool, kind: Kind, lines: Sequence[Line], number: Callable[[Line], int]
) -> list[Line]:
    """Of `lines` those that whoever asks may see."""
    if not is_guest:
        return list(lines)
    with service.database.read() as session:
        held = private.marked(session)
    hidden = held.items if kind == "items" else held.facts
    return [line for line in lines if number(line) not in hidden]


def _item_mark(session: Session, item_id: int) -> Mark:
    item, version = items.get(session, item_id), items.current_versions(session, [item_id]).get(item_id)
    if item is None or version is None:
        return Mark(kind="item", id=item_id)
    notice = _notice(session, f"Item {item_id}", Marked(items=frozenset({item_id})))
    return Mark(kind="item", id=item_id, what=item.kind, title=_short(version.title or version.text), notice=notice)


def _fact_mark(session: Session, fact_id: int) -> Mark:
    fact = facts.get(session, fact_id)
    if fact is None:
        return Mark(kind="fact", id=fact_id)
    ended = fact.valid_until or fact.superseded_at
    what = "fact" if fact.superseded_at is None or ended is None else f"fact, until {ended:%Y-%m-%d}"
    notice = _notice(session, f"Fact {fact_id}", Marked(facts=frozenset({fact_id})))
    return Mark(kind="fact", id=fact_id, what=what, title=_short(fact.text), notice=notice)


def _notice(session: Session, name: str, alone: Marked) -> str:
    runs = looked_for(private.words(session, alone))
    if not runs:
        return (
            f"{name} is too short, or says what everybody says: its words are not looked for in what leaves. It is still "
            "taken into no draft and no digest, and is told to no other program."
        )
    if all(len(run) == 1 for run in runs):
        return f"{name} is one word: no mail that says it is sent, and it is masked wherever else it would leave."
    return ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= TITLE_LETTERS else f"{words[: TITLE_LETTERS - 1].rstrip()}…"
