"""`/api/waiting`: unanswered mail and promises, and the user's word on them."""

from __future__ import annotations

from fastapi import APIRouter

from assistant.answers.mailbox import FollowUpLine, Later
from assistant.api.dependencies import ServiceDep
from assistant.mailbox import following

router = APIRouter(prefix="/api/waiting", tags=["waiting"])


@router.get("")
def list_waiting(service: ServiceDep) -> list[FollowUpLine]:
    return following.standing(service)


@router.post("/{follow_up}/done")
def done(service: ServiceDep, follow_up: int) -> FollowUpLine:
    """It needs no more: no digest tells it again."""
    return following.done(service, follow_up)


@router.post("/{follow_up}/later")
def later(service: ServiceDep, follow_up: int, request: Later) -> FollowUpLine:
    """A digest tells it again, in three days unless others are named."""
    return following.later(service, follow_up, request.days)
