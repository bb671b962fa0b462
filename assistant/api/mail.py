"""`/api/mail`: logging in at a mail provider with the user's own client."""

from __future__ import annotations

from fastapi import APIRouter

from assistant import mail_login
from assistant.answers.mail import Answered, AskedLogin, LoginState
from assistant.api.dependencies import ServiceDep

router = APIRouter(prefix="/api/mail", tags=["mail"])


@router.post("/login/{name:path}/begin")
def begin(service: ServiceDep, name: str) -> AskedLogin:
    """Ask the provider for a code that the user types in their browser."""
    return mail_login.begin(service, name)


@router.post("/login/{name:path}/finish")
def finish(service: ServiceDep, name: str, answered: Answered) -> LoginState:
    """Whether the user has typed it by now."""
    return mail_login.finish(service, name, answered)
