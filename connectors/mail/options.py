"""The keys of a `[[sources]]` table of the kind `mail`: the mailbox, the login, what is read of it.

Called by `connectors.mail` and by everything that opens the same mailbox (`connectors.mail.mailbox`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.base import Options, asked

Security = Literal["tls", "starttls", "none"]
Login = Literal["password", "oauth"]
Provider = Literal["microsoft", "other"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Of a provider's OAuth 2.0: where a device code comes from, where tokens do, and what is asked for."""

    device: str
    token: str
    scope: str


_MICROSOFT = "https://login.microsoftonline.com/common/oauth2/v2.0"
_ENDPOINTS = {
    "microsoft": Endpoints(
        f"{_MICROSOFT}/devicecode",
        f"{_MICROSOFT}/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    )
}

_PORTS: dict[str, int] = {"tls": 993, "starttls": 143, "none": 143}


class MailOptions(Options):
    host: str = Field(json_schema_extra=asked("IMAP server, such as imap.fastmail.com"))
    username: str = Field(json_schema_extra=asked("User name, mostly the whole mail address"))
    login: Login = "password"
    """`oauth`: `telos mail login NAME` logs in with your own client, without a password."""
    password: SecretStr | None = Field(default=None, json_schema_extra=asked("App password (empty for login = oauth)"))
    password_file: str = ""
    port: int = Field(default=0, ge=0, le=65535)
    """0 means the usual one: 993 with `security = "tls"`, else 143."""
    security: Security = "tls"
    """`none` is for a server on this machine only."""
    addresses: tuple[str, ...] = ()
    """Your own, beside `username` where that is one: what is written from one of them is yours, what goes to one of them
    speaks to you."""
    folders: tuple[str, ...] = ("inbox", "sent")
    """Which are read: by role (`inbox`, `sent`, `drafts`, `archive`, `junk`, `trash`, `all`) or by name."""
    newsletters: bool = True
    """Whether mailing lists and newsletters are read too."""
    max_kb: int = Field(default=512, ge=16, le=10_240)
    """So much of a mail is read at most; what is left of a longer one is left on the server."""

    provider: Provider = "other"
    """Whose addresses the login by `oauth` uses."""
    client_id: str = ""
    """Of your own client, registered with the provider as a public one that may use the device-code flow."""
    client_secret: SecretStr | None = None
    client_secret_file: str = ""
    """For a provider that gives one to such clients too."""
    token_path: str = ""
    """Where the login is kept (a file of mode 0600)."""
    device_url: str = ""
    token_url: str = ""
    scope: str = ""
    """These three for `provider = "other"`."""

    @field_validator("host")
    @classmethod
    def _bare(cls, host: str) -> str:
        if not host.strip() or "/" in host or "@" in host or " " in host.strip():
            raise ValueError("write the name of the server alone, such as imap.fastmail.com")
        return host.strip()

    @field_validator("device_url", "token_url")
    @classmethod
    def _encrypted(cls, address: str) -> str:
        if address and not address.startswith("https://"):
            raise ValueError("secrets are sent there: write an address that begins with https://")
        return address

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.login == "password":
            return self
        if not self.client_id:
            raise ValueError('login = "oauth" wants the client_id of your own client; see docs/sources/mail.md')
        if not Path(self.token_path).expanduser().is_absolute():
            raise ValueError('login = "oauth" wants a token_path: where the login is kept, as an absolute path')
        if self.provider == "other" and not (self.device_url and self.token_url):
            raise ValueError('provider = "other" wants device_url and token_url')
        return self

    @property
    def endpoints(self) -> Endpoints:
        """Where the login by `oauth` is begun and renewed."""
        return _ENDPOINTS.get(self.provider) or Endpoints(self.device_url, self.token_url, self.scope)

    @property
    def number(self) -> int:
        """The port."""
        return self.port or _PORTS[self.security]

    @property
    def shown(self) -> str:
        """The server, for a sentence."""
        return f"{self.host}:{self.number}"

    @property
    def own(self) -> frozenset[str]:
        """The user's addresses, in lower case."""
        named = (*self.addresses, self.username)
        return frozenset(address.strip().lower() for address in named if "@" in address)
