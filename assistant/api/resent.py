"""A history that a client resends with each message: which conversation of ours it is, or how a new one begins with it.

Nothing is kept for this: the turns themselves are compared. A conversation is meant when all of its turns are told,
with the same instructions and playbook; when its last turn's message is the new one, that turn is answered anew. A
client that edited its history, or took another branch, means a conversation of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from assistant.answers.chat import Earlier, Say, Start
from assistant.api.openai_shape import ChatMessage
from assistant.errors import BadRequest
from assistant.service import Service
from assistant.sessions.head import own_instructions
from memory.models import Conversation, Turn, TurnState
from memory.store import conversations

MOST_INSTRUCTIONS = 20_000
_LOOKED_AT = 50
"""Turns with the same words that are looked at, the latest first."""


@dataclass(frozen=True, slots=True)
class Resent:
    """What a request tells: the client's instructions, the turns before, and the new message."""

    instructions: str
    earlier: tuple[Earlier, ...]
    text: str


def read(messages: Sequence[ChatMessage]) -> Resent:
    """Neighbours of one role are one message.

    Raises: BadRequest where there is nothing to answer, or something that is no text.
    """
    instructions = "\n\n".join(one.text for one in messages if one.role in ("system", "developer")).strip()
    if len(instructions) > MOST_INSTRUCTIONS:
        raise BadRequest(
            f"The system messages have {len(instructions):,} characters, and {MOST_INSTRUCTIONS:,} are taken.",
            "What is data rather than instruction belongs into a message of the user's.",
        )
    told: list[tuple[str, str]] = []
    for message in messages:
        if message.role in ("system", "developer"):
            continue
        if told and told[-1][0] == message.role:
            told[-1] = (message.role, f"{told[-1][1]}\n\n{message.text}")
        else:
            told.append((message.role, message.text))
    if not told or told[-1][0] != "user":
        raise BadRequest("The last message must be the user's: there is nothing to answer.")
    if told[0][0] == "assistant":
        told.insert(0, ("user", ""))
    pairs = zip(told[:-1:2], told[1:-1:2], strict=True)
    return Resent(instructions, tuple(Earlier(said=said, reply=reply) for (_, said), (_, reply) in pairs), told[-1][1])


def addressed(service: Service, resent: Resent, playbook: str) -> Say:
    """The new message, to the conversation that is meant or to a new one."""
    with service.database.read() as session:
        found = _meant(session, resent, playbook)
    if found is not None:
        conversation, is_anew = found
        return Say(text="" if is_anew else resent.text, conversation=conversation, retry=is_anew)
    history = list(resent.earlier)
    start = Start(playbook=playbook, instructions=resent.instructions, history=history, origin="v1")
    return Say(text=resent.text, start=start)


def _meant(session: Session, resent: Resent, playbook: str) -> tuple[int, bool] | None:
    """The conversation's number, and whether its last turn is to be answered anew."""
    sought = resent.earlier[-1].said if resent.earlier else resent.text
    seen: set[int] = set()
    for turn in conversations.turns_saying(session, sought, _LOOKED_AT, origin="v1"):
        conversation = conversations.get(session, turn.conversation_id)
        if conversation is None or turn.conversation_id in seen:
            continue
        seen.add(turn.conversation_id)
        if conversation.playbook != playbook or own_instructions(conversation.head) != resent.instructions:
            continue
        if (is_anew := _continues(session, conversation, resent)) is not None:
            return turn.conversation_id, is_anew
    return None


def _continues(session: Session, conversation: Conversation, resent: Resent) -> bool | None:
    """Whether the new message is the conversation's last one again; None where it is another conversation."""
    turns = conversations.turns(session, conversation.id or 0)
    before, rest = turns[: len(resent.earlier)], turns[len(resent.earlier) :]
    if len(before) < len(resent.earlier) or not all(map(_is_same, before, resent.earlier)):
        return None
    if not rest:
        return False
    is_last_again = len(rest) == 1 and rest[0].said.strip() == resent.text.strip()
    # A first message that was answered is often just a greeting: said again, it begins another conversation.
    return True if is_last_again and (before or rest[0].state is not TurnState.DONE) else None


def _is_same(turn: Turn, told: Earlier) -> bool:
    """Clients trim; what was streamed before a reply was written anew stands before it; a stopped reply may end earlier
    there than here, or later."""
    said, reply, theirs = turn.said.strip(), turn.reply.strip(), told.reply.strip()
    if said != told.said.strip():
        return False
    if turn.state is TurnState.DONE:
        return theirs == reply or (bool(reply) and theirs.endswith(reply))
    return theirs.startswith(reply) or reply.startswith(theirs)
