"""`/api/digest`: the digests, their delivery, and what the user says of their entries."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from assistant import corrections, digests, feedback, privacy
from assistant.answers.digest import (
    Corrected,
    DigestLine,
    DigestText,
    Muted,
    MuteRequest,
    PauseRequest,
    ResendRequest,
    SendRequest,
    Spoken,
    Target,
    Timing,
    Undone,
    Word,
)
from assistant.api.dependencies import GuestDep, RunnerDep, ServiceDep
from assistant.api.streams import stream
from assistant.digest.view import DigestView, to_json
from assistant.errors import BadRequest
from assistant.feedback import Place
from assistant.progress import Progress
from memory.models import MuteKind, Verb

router = APIRouter(prefix="/api/digest", tags=["digest"])


@router.post("/preview")
def preview(service: ServiceDep, runner: RunnerDep) -> StreamingResponse:
    def work(progress: Progress) -> dict[str, Any]:
        runner.read_due(progress)
        return to_json(digests.preview(service, progress))

    return stream(service, work)


@router.post("/send")
def send(service: ServiceDep, runner: RunnerDep, request: SendRequest) -> StreamingResponse:
    def work(progress: Progress) -> DigestLine:
        digests.refuse_second(service, again=request.again)
        runner.read_due(progress)
        return digests.send(service, again=request.again, progress=progress)

    return stream(service, work)


@router.post("/resend")
def resend(service: ServiceDep, request: ResendRequest) -> DigestLine:
    return digests.resend(service, request.day)


@router.get("/shown")
def show(service: ServiceDep, is_guest: GuestDep, day: date | None = None) -> DigestView:
    """The digest of a day, or the last one sent."""
    return digests.show(service, day, left_out=privacy.hidden_items(service, is_guest))


@router.get("")
def list_digests(service: ServiceDep, limit: Annotated[int, Query(ge=1, le=1000)] = 14) -> list[DigestLine]:
    return digests.list_digests(service, limit)


@router.get("/text")
def text(service: ServiceDep, is_guest: GuestDep, day: date | None = None) -> DigestText:
    """The digest of a day, or the last one sent, as a text to be edited."""
    return corrections.text(service, day, left_out=privacy.hidden_items(service, is_guest))


@router.put("/text")
def correct(service: ServiceDep, is_guest: GuestDep, edited: DigestText) -> Corrected:
    """The same as the user left it, and what it taught."""
    return corrections.correct(service, edited, left_out=privacy.hidden_items(service, is_guest))


@router.get("/timing")
def timing(service: ServiceDep) -> Timing:
    return digests.timing(service)


@router.post("/pause")
def pause(service: ServiceDep, request: PauseRequest) -> Timing:
    return digests.pause(service, request.until)


@router.delete("/pause")
def resume(service: ServiceDep) -> Timing:
    return digests.resume(service)


@router.post("/feedback")
def say(service: ServiceDep, word: Word) -> Spoken:
    with service.database.write() as session:
        return feedback.say(session, Verb(word.verb), _place(word), now=service.clock.now(), origin="api")


@router.delete("/feedback/last")
def undo(service: ServiceDep) -> Undone:
    """Take back the last word or mute."""
    with service.database.write() as session:
        return feedback.undo(session, now=service.clock.now())


@router.get("/mutes")
def mutes(service: ServiceDep) -> list[Muted]:
    with service.database.read() as session:
        return feedback.muted(session)


@router.post("/mutes")
def mute(service: ServiceDep, request: MuteRequest) -> Muted:
    kind, now = MuteKind(request.kind), service.clock.now()
    with service.database.write() as session:
        if request.target is not None:
            return feedback.mute_entry(session, kind, _place(request.target), now=now)
        if request.value is not None:
            return feedback.mute_value(session, kind, request.value, now=now)
    raise BadRequest("Nothing to be muted was named.", "Name an entry, or a word, an author or a source.")


@router.delete("/mutes/{mute_id}")
def unmute(service: ServiceDep, mute_id: int) -> Muted:
    with service.database.write() as session:
        return feedback.unmute(session, mute_id, now=service.clock.now())


def _place(target: Target) -> Place:
    return Place(target.number, target.day)
