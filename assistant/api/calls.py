"""`/api/calls`: the log of prompts and replies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from assistant import calls
from assistant.answers.calls import CallLine
from assistant.api.dependencies import ServiceDep
from assistant.engine.contract import Task
from memory.store.calls import CallFilter

router = APIRouter(prefix="/api/calls", tags=["calls"])


@router.get("")
def recent(
    service: ServiceDep,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 20,
    task: Task | None = None,
    purpose: str | None = None,
    conversation: int | None = None,
    since: datetime | None = None,
    failed: bool = False,
    words: str = "",
) -> list[CallLine]:
    """The last calls, the newest first."""
    wanted = CallFilter(task=task, purpose=purpose, conversation_id=conversation, since=since, only_failed=failed)
    return calls.recent(service, limit, wanted, words=words)


@router.get("/{call_id}")
def show(service: ServiceDep, call_id: int) -> CallLine:
    """A call with its whole prompt and reply."""
    return calls.show(service, call_id)
