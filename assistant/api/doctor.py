"""`/api/doctor`: tries every part of the service, or makes anew what does not follow from the database any more."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant.answers.doctor import Finding, Repaired
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream
from assistant.doctor.parts import examine_parts
from assistant.doctor.repair import repair as repair_parts
from assistant.progress import Progress

router = APIRouter(prefix="/api/doctor", tags=["doctor"])


@router.post("")
def doctor(service: ServiceDep) -> StreamingResponse:
    """Progress, then the findings."""

    def work(progress: Progress) -> list[Finding]:
        return examine_parts(service, progress)

    return stream(service, work)


@router.post("/repair")
def repair(service: ServiceDep, everything: bool = False) -> StreamingResponse:
    """Progress, then what was found and what is left. With `everything`, all that follows from the rows is made anew."""

    def work(progress: Progress) -> Repaired:
        return repair_parts(service, progress, everything=everything)

    return stream(service, work)
