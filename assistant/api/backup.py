"""`POST /api/backup`: everything that cannot be made anew, in one file; streams progress, then what it holds.

It writes where the caller says, so it answers over the Unix socket alone, which only this user opens.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from assistant import backups
from assistant.answers.backup import BackupRequest
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream
from assistant.errors import BadRequest

router = APIRouter(prefix="/api/backup", tags=["backup"])


@router.post("")
def backup(service: ServiceDep, http: Request, request: BackupRequest) -> StreamingResponse:
    if http.client is not None:
        raise BadRequest("A backup is made over the Unix socket alone.", "Use `telos backup FILE` on this machine.")
    return stream(service, lambda progress: backups.backup(service, request, progress))
