"""A real SMTP server on loopback (aiosmtpd) that keeps what it took, and misbehaves at a step when a test says so.

    with MailServer() as server:                        takes everything
    MailServer(answers={"RCPT": "450 4.2.1 later"})     answers a step with a line of its own
    MailServer(recipients={"bob@example.net": "550 no"})  answers one recipient so
    MailServer(answers={"DATA": DROP})                  hangs up there instead; HANG never answers

`attempts` counts the letters that were announced (MAIL). `handed_over` has the Message-ID of each letter whose
DATA came in whole, taken or not: what may happen once only. `transactions` counts them.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class Misbehaviour(Enum):
    DROP = "hangs up"
    HANG = "never answers"


DROP, HANG = Misbehaviour.DROP, Misbehaviour.HANG

Answer = str | Misbehaviour
Step = Literal["MAIL", "RCPT", "DATA"]


@dataclass(frozen=True, slots=True)
class Received:
    """A letter that the server took."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    was_encrypted: bool
    login: str | None

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-made certificate for `localhost`, and its key."""

    file: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> Certificate:
        made = cls(folder / "certificate.pem", folder / "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", str(made.key), "-out", str(made.file)],
            check=True, capture_output=True,
        )  # fmt: skip
        return made

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


@dataclass
class MailServer:
    """`answers` may be changed while it runs, and `recipients`, which has what single ones are answered at RCPT. With
    `passwords`, only who logs in may send.

    A letter that has come in whole is answered after `pause_s`.
    """

    answers: dict[Step, Answer] = field(default_factory=dict)
    recipients: Mapping[str, Answer] = field(default_factory=dict)
    passwords: Mapping[str, str] | None = None
    certificate: Certificate | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    pause_s: float = 0.0
    speaks_utf8: bool = True
    received: list[Received] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)
    attempts: int = 0

    @property
    def transactions(self) -> int:
        return len(self.handed_over)

    @property
    def port(self) -> int:
        return self._controller.port

    def __enter__(self) -> Self:
        context = self.certificate.context() if self.certificate else None
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=0,
            ready_timeout=60,
            server_hostname="mail.test",
            ssl_context=context if self.security == "tls" else None,
            tls_context=context if self.security == "starttls" else None,
            require_starttls=self.security == "starttls",
            authenticator=self._check if self.passwords else None,
            auth_required=self.passwords is not None,
            auth_require_tls=False,
            enable_SMTPUTF8=self.speaks_utf8,
        )
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def _check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert self.passwords is not None
        assert isinstance(data, LoginPassword)
        success = self.passwords.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=success, handled=False, auth_data=data.login.decode())

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        envelope.mail_from = address
        return await self._answer("MAIL", server, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server, self.recipients.get(address, "250 OK"))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.handed_over.append(str(message["Message-ID"]))
        await asyncio.sleep(self.pause_s)
        answer = await self._answer("DATA", server, "250 OK")
        if answer.startswith("250"):
            self.received.append(
                Received(
                    sender=envelope.mail_from,
                    recipients=tuple(envelope.rcpt_tos),
                    message=message,
                    was_encrypted=server.transport.get_extra_info("sslcontext") is not None,
                    login=session.auth_data if session.authenticated else None,
                )
            )
        return answer

    async def _answer(self, step: Step, server: Any, otherwise: Answer) -> str:
        answer = self.answers.get(step, otherwise)
        if answer is DROP:
            server.transport.abort()
            return "421 never sent"
        if answer is HANG:
            await asyncio.sleep(3600)
        assert isinstance(answer, str)
        return answer


class _Controller(Controller):
    """aiosmtpd checks that its server answers by connecting to its port, which it has to be told when it is 0."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
