"""`/api/conversations` and `/api/playbooks`: what is said, what was said, and how conversations are held."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from assistant import conversations, opinions
from assistant.answers.chat import ConversationLine, ConversationView, Event, Found, Opinion, Say, TurnView, Undone
from assistant.answers.explanation import Explanation
from assistant.answers.frames import Frame
from assistant.answers.goals import GoalView, NewGoal
from assistant.answers.playbooks import PlaybookLine
from assistant.api.dependencies import GuestDep, ServiceDep
from assistant.api.events import stream_events

router = APIRouter(prefix="/api", tags=["conversations"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post("/conversations/say")
async def say(service: ServiceDep, is_guest: GuestDep, wish: Say) -> StreamingResponse:
    """Streams the turn's events; a client that goes away stops the reply, and what came of it is kept."""
    return await stream_events(service, conversations.say(service, wish, is_guest=is_guest), _frame)


@router.get("/conversations")
def recent(service: ServiceDep, limit: Limit = 20) -> list[ConversationLine]:
    return conversations.recent(service, limit)


@router.get("/conversations/last")
def last(service: ServiceDep) -> ConversationView:
    return conversations.show(service)


@router.get("/conversations/typed")
def typed(service: ServiceDep, limit: Limit = 200) -> list[str]:
    """What the user typed last, the latest last."""
    return conversations.typed(service, limit)


@router.get("/conversations/search")
def search(
    service: ServiceDep, query: Annotated[str, Query(min_length=1, max_length=10_000)], limit: Limit = 20
) -> list[Found]:
    return conversations.search(service, query, limit)


@router.get("/conversations/{conversation}")
def show(service: ServiceDep, conversation: int) -> ConversationView:
    return conversations.show(service, conversation)


@router.delete("/conversations/{conversation}", status_code=204)
def delete(service: ServiceDep, conversation: int) -> None:
    conversations.delete(service, conversation)


@router.get("/conversations/{conversation}/text")
def save(service: ServiceDep, conversation: int) -> str:
    """The conversation as Markdown."""
    return conversations.save(service, conversation)


@router.put("/conversations/{conversation}/goal")
def pursue(service: ServiceDep, conversation: int, new: NewGoal) -> GoalView:
    return conversations.pursue(service, conversation, new)


@router.delete("/conversations/{conversation}/turns/last")
def undo(service: ServiceDep, conversation: int) -> Undone:
    return conversations.undo(service, conversation)


@router.post("/conversations/{conversation}/turns/{number}/opinion")
def opinion(service: ServiceDep, conversation: int, number: int, said: Opinion) -> TurnView:
    return opinions.opinion(service, conversation, number, said)


@router.get("/conversations/{conversation}/turns/{number}/explanation")
def explain(service: ServiceDep, conversation: int, number: int) -> Explanation:
    return conversations.explain(service, conversation, number)


@router.get("/conversations/{conversation}/turns/{number}/patch")
def patch(service: ServiceDep, conversation: int, number: int) -> str:
    """The patch in a turn's reply, as `git apply` takes it."""
    return conversations.patch_of(service, conversation, number)


@router.get("/playbooks")
def playbooks(service: ServiceDep) -> list[PlaybookLine]:
    return conversations.playbooks(service)


def _frame(event: Event) -> Frame:
    return Frame(event.model_dump_json(), event.event)
