"""What memory has to say to a message: items of the sources, earlier conversations, facts about the user; numbered.

Recall always finds something nearest; what goes into a prompt must share the message's words or lie near its meaning.
What is recalled is data: it is quoted in the tail of one prompt, cited by its number, and never read into a card or
learned as a fact. Conversations of a sensitive kind are recalled in themselves alone. `turn` asks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, tzinfo

from sqlmodel import Session

from assistant.answers.chat import Check, Cited
from assistant.answers.explanation import ContextPart
from assistant.clock import Clock, SystemClock
from assistant.engine.sentences import content
from assistant.secrets import mask_shapes
from assistant.sessions import known, unknown
from assistant.sessions.clipping import plain
from assistant.sessions.tail import Recalled
from assistant.withheld import NOTHING, Withheld
from memory.models import Conversation
from memory.recall import CLOSE as NEAR
from memory.recall import Hit, Recall, snippet
from memory.relevance import UNSUPPORTED
from memory.spoken import Said
from memory.store import goals, items
from memory.store.connection import Database

MOST_ITEMS, MOST_TURNS, MOST_BROUGHT = 4, 3, 2
QUERY_WORDS = 60
SHARED = 0.5
"""Of a message's telling words, so many stand in what is recalled by words alone."""
CLOSE = "close in meaning"
TOLD, FOUND = "You told me:", "Found in memory:"
"""How a reply without a model begins what it quotes."""
_CITATION = re.compile(r"\[(\d{1,3})\](?!\()")


@dataclass(frozen=True, slots=True)
class Memory:
    """Where it is looked, what is kept back from whoever asks, and the user's zone, in which days are said."""

    database: Database
    recall: Recall
    withheld: Withheld = NOTHING
    zone: tzinfo = UTC

    clock: Clock = field(default_factory=SystemClock)

    def today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()

    def may_tell(self, one: Recalled) -> bool:
        held = self.withheld.marked
        is_marked = one.id in {"item": held.items, "fact": held.facts, "turn": frozenset()}[one.kind]
        return not (is_marked or self.withheld.holds_private(f"{one.title}\n{one.text}"))


@dataclass(slots=True)
class Gathered:
    """What is given to the prompt, numbered from 1, and what was found and left out."""

    recalled: list[Recalled] = field(default_factory=list)
    left_out: list[ContextPart] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    unknown: str = ""
    """The sentence that says so, where a question was asked and nothing recalled supports an answer."""

    def item_ids(self) -> list[int]:
        return [one.id for one in self.recalled if one.kind == "item"]


def gather(memory: Memory, said: str, conversation: Conversation) -> Gathered:
    """Everything that memory brings to a message: new facts, what the sources brought to the goal, items, earlier turns."""
    gathered, today = Gathered(), memory.today()
    query = " ".join(mask_shapes(plain(said)).split()[:QUERY_WORDS])  # a password is not looked for, nor said again
    with memory.database.read() as session:
        found = known.about_user(session, said, conversation, memory.zone)
        brought = _brought(session, conversation)
        has_items = items.count(session) > 0
    turns = _turns(memory, query, conversation, gathered, today)
    hits = _items(memory.recall, query, gathered, today) if has_items and content(query) else []
    hit_ids = {one.id for one in hits}
    others = (one for one in brought if one.id not in hit_ids)
    ordered = [one for one in (*found, *hits, *others, *turns) if memory.may_tell(one)]
    gathered.recalled = [replace(one, number=number) for number, one in enumerate(ordered, start=1)]
    if not any(_tells(one) for one in ordered) and unknown.is_question(said):
        gathered.unknown = unknown.sentence(sorted(content(query), key=query.lower().find))
    return gathered


def _tells(one: Recalled) -> bool:
    """Whether it may answer a question: not what was only asked before, nor a fact that the message does not ask for."""
    if one.kind == "fact":
        return one.why == known.ASKED
    return not (one.kind == "turn" and one.text.rstrip().endswith("?"))


def cited(reply: str, recalled: Sequence[Recalled]) -> list[Cited]:
    """What the numbers in a reply point to."""
    return [
        Cited(number=one.number, kind=one.kind, id=one.id, title=one.title, url=one.url, at=one.at)
        for one in recalled
        if f"[{one.number}]" in reply
    ]


def numbers_checked(reply: str, recalled: Sequence[Recalled]) -> list[Check]:
    """Whether every number that a reply cites was given to it; nothing where it cites none."""
    known = {one.number for one in recalled}
    numbers = {int(number) for number in _CITATION.findall(reply)}
    if not numbers:
        return []
    strange = ", ".join(f"[{number}]" for number in sorted(numbers - known))
    why = f"{strange} stands for nothing that was recalled." if strange else ""
    return [Check(what="Every citation points to something recalled.", passed=not strange, why=why)]


def _brought(session: Session, conversation: Conversation) -> list[Recalled]:
    """The latest items that the sources brought to the conversation's goal."""
    if conversation.goal_id is None:
        return []
    matched = goals.items_of(session, conversation.goal_id, limit=MOST_BROUGHT)
    wanted = {one.item_id: one for one in matched}
    texts = items.current_versions(session, list(wanted))
    return [
        Recalled(
            number=0,
            kind="item",
            id=item.id or 0,
            text=snippet(texts[item.id or 0].text, ()),
            title=texts[item.id or 0].title,
            at=item.published_at,
            url=item.url,
            why=f"matches the goal: {wanted[item.id or 0].reason}",
        )
        for item in items.by_ids(session, list(wanted))
        if item.hidden_at is None and item.deleted_at is None
    ]


def _items(recall: Recall, query: str, gathered: Gathered, today: date) -> list[Recalled]:
    found = recall.search(query, limit=2 * MOST_ITEMS, today=today)
    gathered.notices += [notice for notice in found.notices if "embedder" in notice][:1] if found.hits else []
    wanted = content(query)
    is_supported = found.support >= UNSUPPORTED
    kept = [hit for hit in found.hits if is_supported and _answers(hit, wanted)]
    for hit in [hit for hit in found.hits if hit not in kept[:MOST_ITEMS]]:
        why = "other items answer better" if hit in kept else "too far from the message"
        why = why if is_supported else "said by others than the one the message names"
        gathered.left_out.append(ContextPart(name=f"item {hit.item_id}", tokens=0, why=why))
    return [
        Recalled(
            number=0,
            kind="item",
            id=hit.item_id,
            text=hit.snippet,
            title=hit.title,
            source=hit.source,
            at=hit.published,
            url=hit.url,
            why="; ".join(hit.reasons),
        )
        for hit in kept[:MOST_ITEMS]
    ]


def _answers(hit: Hit, wanted: Collection[str]) -> bool:
    if any(reason.startswith(CLOSE) for reason in hit.reasons):
        return True
    return _shares(f"{hit.title} {hit.snippet}", wanted)


def _shares(text: str, wanted: Collection[str]) -> bool:
    """Whether a text says enough of the words: two at least, or the only one, and half of them if they are few."""
    shared = len(content(text) & frozenset(wanted))
    return shared >= min(2, len(wanted)) and shared >= min(SHARED * len(wanted), 4)


def _turns(memory: Memory, query: str, here: Conversation, gathered: Gathered, today: date) -> list[Recalled]:
    """What was said before: in other conversations, and in this one where the turns are a summary now."""
    wanted = content(query)
    recalled: list[Recalled] = []
    for said in memory.recall.spoken(query, limit=4 * MOST_TURNS, today=today) if wanted else []:
        turn, conversation = said.turn, said.conversation
        is_here = conversation.id == here.id
        if (is_here and turn.number > here.summarised_to) or (conversation.is_sensitive and not is_here):
            continue
        if said.is_reply and unknown.is_said(turn.reply):
            continue
        if said.is_reply and _is_quotation(turn.reply):
            if unknown.is_question(turn.said):
                continue
            said = replace(said, is_reply=False)
        is_near = said.cosine is not None and said.cosine >= NEAR
        if not is_near and not _shares(f"{turn.said} {turn.reply}", wanted):
            gathered.left_out.append(ContextPart(name=f"turn {turn.id}", tokens=0, why="too far from the message"))
        elif len(recalled) < MOST_TURNS:
            recalled.append(_spoken(said, wanted))
    return recalled


def _is_quotation(reply: str) -> bool:
    """Whether a reply tells what memory holds, which is recalled itself: quoted again it would only grow."""
    return any(part.startswith((TOLD, FOUND)) for part in reply.split("\n\n"))


def _spoken(said: Said, wanted: Collection[str]) -> Recalled:
    """The side of a turn that answers better."""
    turn = said.turn
    text = snippet(plain(turn.reply if said.is_reply else turn.said), sorted(wanted))
    near = f"close in meaning ({said.cosine:.2f})" if said.cosine is not None and said.cosine >= NEAR else ""
    return Recalled(
        number=0,
        kind="turn",
        id=turn.id or 0,
        text=f"{'you replied' if said.is_reply else 'the user said'}: {text}",
        title=said.conversation.title,
        at=turn.asked_at,
        why=near or "the same words in an earlier conversation",
    )
