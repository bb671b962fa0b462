"""`/api/drafts`: what Telos drafted, what the user made of it, and how it is sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from assistant import drafts
from assistant.answers.drafts import (
    Decided,
    DiffView,
    DraftEdit,
    DraftLine,
    DraftSend,
    DraftStateName,
    DraftView,
    KindName,
    NewDraft,
    ShapeName,
)
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream

router = APIRouter(prefix="/api/drafts", tags=["drafts"])

Version = Annotated[int | None, Query(ge=1)]


@router.post("")
def new(service: ServiceDep, new: NewDraft) -> StreamingResponse:
    return stream(service, lambda progress: drafts.new(service, new, progress))


@router.get("")
def list_drafts(
    service: ServiceDep,
    state: DraftStateName | None = None,
    kind: KindName | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 50,
) -> list[DraftLine]:
    """The drafts that were changed last, the latest first."""
    return drafts.list_drafts(service, state=state, kind=kind, limit=limit)


@router.get("/{draft}")
def show(service: ServiceDep, draft: int) -> DraftView:
    return drafts.show(service, draft)


@router.post("/{draft}/versions")
def edit(service: ServiceDep, draft: int, edit: DraftEdit) -> StreamingResponse:
    """The user's text as a new version, and what it taught; or the question to be answered first."""
    return stream(service, lambda progress: drafts.edit(service, draft, edit, progress))


@router.get("/{draft}/diff")
def diff(service: ServiceDep, draft: int, before: Version = None, after: Version = None) -> DiffView:
    """What was changed, word by word: from Telos's last version to the user's, unless versions are named."""
    return drafts.diff(service, draft, before, after)


@router.post("/{draft}/approve")
def approve(service: ServiceDep, draft: int) -> Decided:
    """Final, by the user's word. Nothing is sent."""
    return drafts.approve(service, draft)


@router.post("/{draft}/reject")
def reject(service: ServiceDep, draft: int) -> DraftView:
    return drafts.reject(service, draft)


@router.post("/{draft}/send")
def send(service: ServiceDep, draft: int, request: DraftSend | None = None) -> DraftLine:
    """Send an approved mail to those it is addressed to, by way of the outbox."""
    return drafts.send(service, draft, again=request is not None and request.again)


@router.get("/{draft}/text")
def export(service: ServiceDep, draft: int, version: Version = None, shape: ShapeName | None = None) -> str:
    """In that shape; without one the text, of a mail the whole message as a mail program opens it."""
    return drafts.export(service, draft, version, shape)
