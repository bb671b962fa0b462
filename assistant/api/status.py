"""`GET /api/status`: how Telos fares, at a glance."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import status as domain
from assistant.answers.status import Status
from assistant.api.dependencies import ServiceDep

router = APIRouter(prefix="/api/status", tags=["status"])


@router.get("")
def status(service: ServiceDep) -> Status:
    return domain.status(service)
