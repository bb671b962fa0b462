"""`/api/models`: the language models that are configured, fetching one, trying one, using one."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from assistant import models
from assistant.answers.models import Fetch, ModelChoice, ModelLine, TaskName, Wanted
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream

router = APIRouter(prefix="/api/models", tags=["models"])


@router.get("")
def show(service: ServiceDep) -> list[ModelLine]:
    return models.show(service)


@router.post("/to-fetch")
def to_fetch(wanted: Wanted) -> Fetch:
    """What a fetch would load from the hub."""
    return models.to_fetch(wanted)


@router.post("/fetch")
def fetch(service: ServiceDep, wanted: Wanted) -> StreamingResponse:
    """Streams progress in megabytes, then a `Fetched`."""
    return stream(service, lambda progress: models.fetch(service, wanted, progress))


@router.post("/use")
def use(service: ServiceDep, choice: ModelChoice) -> StreamingResponse:
    """Streams progress, then a `Used`."""
    return stream(service, lambda progress: models.use(service, choice, progress))


@router.post("/{task}/test")
def test(service: ServiceDep, task: TaskName) -> StreamingResponse:
    """Streams progress, then a `Tested`."""
    return stream(service, lambda progress: models.test(service, task, progress))
