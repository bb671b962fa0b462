"""A mail provider's OAuth 2.0 on loopback: the device-code flow, refresh tokens that are used up, and its answers to Dovecot.

with MailProvider() as provider:
    provider.approve()                 the user types the code in their browser
    provider.revoke()                  takes back the access tokens it gave
    provider.end()                     takes back the login itself
    with MailBox.start(tokens_at=provider.introspection) as box: ...
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from tests.servers import Request, Response, WebServer

HOST = "login.example.net"
CLIENT_ID, CLIENT_SECRET = "client-7", "client-secret-4471"
DEVICE_CODE, USER_CODE = "device-secret-9981", "WDJB-MJHT"


@dataclass
class MailProvider:
    """`answers` are errors that come first, each once, when a device code is asked about. `life_s` is that of an access token."""

    user: str = "ada@example.org"
    answers: list[str] = field(default_factory=list)
    life_s: int = 3600
    is_approved: bool = False
    is_ended: bool = False
    status: int = 200
    """Of every answer: 503 for a provider that is down."""
    valid: set[str] = field(default_factory=set)
    refresh_token: str = ""
    renewals: int = 0

    def __enter__(self) -> Self:
        self._numbers = count(1)
        self.server = WebServer({"/device": self._device, "/token": self._token, "/introspect": self._introspect})
        self.server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.__exit__(kind, error, trace)

    @property
    def hosts(self) -> dict[str, str]:
        return {HOST: self.server.url("")}

    @property
    def introspection(self) -> str:
        return self.server.url("/introspect")

    def options(self, **changes: Any) -> dict[str, Any]:
        """The keys of a mail source that logs in here."""
        return {
            "login": "oauth",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "device_url": f"https://{HOST}/device",
            "token_url": f"https://{HOST}/token",
            "scope": "imap smtp offline_access",
            **changes,
        }

    def approve(self) -> None:
        self.is_approved = True

    def revoke(self) -> None:
        self.valid.clear()

    def end(self) -> None:
        self.is_ended = True
        self.valid.clear()

    def _device(self, request: Request) -> Response:
        form = _form(request)
        if form.get("client_id") != CLIENT_ID:
            return _refusal("invalid_client", 401)
        return self._answer(
            device_code=DEVICE_CODE,
            user_code=USER_CODE,
            verification_uri=f"https://{HOST}/code",
            expires_in=900,
            interval=1,
        )

    def _token(self, request: Request) -> Response:
        form = _form(request)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refusal("invalid_client", 401)
        if form.get("grant_type") == "refresh_token":
            if self.is_ended or form.get("refresh_token") != self.refresh_token:
                return _refusal("invalid_grant")
            self.renewals += 1
            return self._given()
        if form.get("device_code") != DEVICE_CODE:
            return _refusal("invalid_grant")
        if self.answers:
            return _refusal(self.answers.pop(0))
        return self._given() if self.is_approved else _refusal("authorization_pending")

    def _given(self) -> Response:
        number = next(self._numbers)
        access, self.refresh_token = f"access-secret-{number}", f"refresh-secret-{number}"
        self.valid.add(access)
        return self._answer(
            access_token=access, refresh_token=self.refresh_token, expires_in=self.life_s, token_type="Bearer"
        )

    def _introspect(self, request: Request) -> Response:
        token = _form(request).get("token", "")
        if token not in self.valid:
            return Response(body=json.dumps({"active": False}).encode(), headers=_JSON)
        return Response(body=json.dumps({"active": True, "username": self.user}).encode(), headers=_JSON)

    def _answer(self, **facts: Any) -> Response:
        return Response(status=self.status, body=json.dumps(facts).encode(), headers=_JSON)


_JSON = {"Content-Type": "application/json"}


def _refusal(error: str, status: int = 400) -> Response:
    return Response(status=status, body=json.dumps({"error": error}).encode(), headers=_JSON)


def _form(request: Request) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
