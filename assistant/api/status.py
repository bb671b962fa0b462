"""`GET /api/status`: how Telos fares, at a glance."""

from __future__ import annotations

from fastapi import APIRouter

from assistant.answers.status import Status
from assistant.api.dependencies import RunnerDep, ServiceDep
from assistant.status import status_of

router = APIRouter(prefix="/api/status", tags=["status"])


@router.get("")
def status(service: ServiceDep, runner: RunnerDep) -> Status:
    return status_of(service)
