"""`POST /api/doctor`: tries every part of the service; streams progress, then the findings."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.answers.doctor import Finding
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream
from assistant.doctor.parts import examine_parts
from assistant.progress import Progress

router = APIRouter(prefix="/api/doctor", tags=["doctor"])


@router.post("")
def doctor(service: ServiceDep) -> StreamingResponse:
    def work(progress: Progress) -> list[Finding]:
        return examine_parts(service, progress)

    return stream(service, work)
