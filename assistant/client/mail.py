"""The client's methods for `/api/mail`: one a route."""

from __future__ import annotations

from urllib.parse import quote

from assistant.answers.mail import Answered, AskedLogin, LoginState
from assistant.client.wire import Wire


class Mail:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def begin_login(self, name: str) -> AskedLogin:
        return self._wire.post(f"{_login(name)}/begin", AskedLogin)

    def finish_login(self, name: str, answered: Answered) -> LoginState:
        return self._wire.post(f"{_login(name)}/finish", LoginState, answered)


def _login(name: str) -> str:
    return f"/api/mail/login/{quote(name, safe='')}"
