"""A login at Bluesky, and XRPC over the guarded client: what is asked, and what an answer means by its remedy.

The tokens of a login are as good as the password: they stay in memory, beside the ways out, and never enter a cursor. A
login is used until the server calls it expired, then refreshed, for new ones are rationed (300 a day). It knows no post.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status, translated

Parameters = Mapping[str, str | int | Sequence[str]]

_EXPIRED = ("ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired")
_REMEDY = (
    "Make a new app password under Settings > Privacy and security > App passwords, and put it into the file that "
    "password_file names."
)
_SAFE_SENTENCE = re.compile(r"[\w ,.:'()/@-]{1,200}")


@dataclass(frozen=True, slots=True)
class _Login:
    """`endpoint` is the user's own server, which asks the others on their behalf."""

    did: str
    endpoint: str
    access: SecretStr
    refresh: SecretStr


class Account:
    """Logged in as the user. Raises wherever it asks: NeedsLogin, TryLater, Misconfigured."""

    def __init__(self, server: str, handle: str, password: SecretStr, ways_out: WaysOut) -> None:
        self._server = f"https://{server}"
        self._handle = handle
        self._password = password
        self._ways_out = ways_out
        self._http = ways_out.http()
        print_of_password = blake2b(password.get_secret_value().encode(), digest_size=16).hexdigest()
        self._key = f"bluesky {server} {handle} {print_of_password}"
        known = ways_out.logins.get(self._key)
        self._login: _Login = known or self._log_in()

    @property
    def did(self) -> str:
        """The user's lasting id."""
        return self._login.did

    def ask(self, method: str, **parameters: str | int | Sequence[str]) -> bytes:
        """The body of what `method` answers, such as "app.bsky.feed.getTimeline"; parameters that are empty are left out."""
        answer = self._get(method, parameters)
        if answer.status_code == 401 or (answer.status_code == 400 and _error(answer) in _EXPIRED):
            self._renew()
            answer = self._get(method, parameters)
        self._refuse(answer)
        return answer.content

    def ask_json(self, method: str, **parameters: str | int | Sequence[str]) -> dict[str, Any]:
        return self._object(self.ask(method, **parameters))

    def _get(self, method: str, parameters: Parameters) -> httpx.Response:
        given = {name: value for name, value in parameters.items() if value not in ("", ())}
        url = f"{self._login.endpoint}/xrpc/{method}"
        return self._sent("GET", url, self._login.access, params=given)

    def _log_in(self) -> _Login:
        given = {"identifier": self._handle, "password": self._password.get_secret_value()}
        answer = self._sent("POST", f"{self._server}/xrpc/com.atproto.server.createSession", None, json=given)
        if answer.status_code in (400, 401, 403):
            raise NeedsLogin(f"{self._server} refuses the login of {self._handle} ({_said(answer)}). {_REMEDY}")
        return self._kept(answer)

    def _renew(self) -> None:
        """Refresh the login, or log in anew where that is refused too."""
        url = f"{self._login.endpoint}/xrpc/com.atproto.server.refreshSession"
        answer = self._sent("POST", url, self._login.refresh)
        if answer.status_code in (400, 401, 403):
            self._ways_out.logins.pop(self._key, None)
            self._login = self._log_in()
        else:
            self._login = self._kept(answer)

    def _kept(self, answer: httpx.Response) -> _Login:
        self._refuse(answer)
        session = self._object(answer.content)
        if session.get("active") is False:
            raise NeedsLogin(f"The account {self._handle} is not active ({session.get('status')}). Log in at bsky.app.")
        try:
            tokens = SecretStr(str(session["accessJwt"])), SecretStr(str(session["refreshJwt"]))
            login = _Login(str(session["did"]), _endpoint(session) or self._server, *tokens)
        except KeyError as err:
            raise TryLater(
                f"{self._server} answered a login with something else; it will be asked again later."
            ) from err
        self._ways_out.logins[self._key] = login
        return login

    def _sent(self, verb: str, url: str, token: SecretStr | None, **content: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        with translated(url, self._ways_out.policy):
            return self._http.request(verb, url, headers=headers, **content)

    def _refuse(self, answer: httpx.Response) -> None:
        status, url = answer.status_code, str(answer.url.copy_with(query=None))
        if status in (401, 403):
            raise NeedsLogin(f"Bluesky refuses {self._handle} ({_said(answer)}). {_REMEDY}")
        if status in (400, 404):
            raise Misconfigured(
                f"Bluesky does not have what was asked for ({_said(answer)}): check feeds, lists and authors."
            )
        headers = httpx.Headers(answer.headers)
        if status == 429 and "Retry-After" not in headers:
            headers["Retry-After"] = str(_seconds_until(headers.get("RateLimit-Reset", "")))
        if failure := failure_of_status(status, headers, url):
            raise failure

    def _object(self, body: bytes) -> dict[str, Any]:
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TryLater(
                f"{self._server} answered with something other than Bluesky does; it will be asked again later."
            )
        return found


def _endpoint(session: Mapping[str, Any]) -> str | None:
    """Where the user's own server is, by the document that describes them, if it says so in earnest."""
    with suppress(KeyError, TypeError, AttributeError, ValueError):
        for service in session["didDoc"]["service"]:
            address = str(service["serviceEndpoint"])
            parts = urlsplit(address)
            if service["id"].endswith("#atproto_pds") and parts.scheme == "https" and parts.hostname:
                return f"https://{parts.netloc.rpartition('@')[2]}"
    return None


def _error(answer: httpx.Response) -> str:
    with suppress(ValueError, AttributeError):
        return str(answer.json().get("error", ""))
    return ""


def _said(answer: httpx.Response) -> str:
    """What the server says is wrong, if that is a plain sentence."""
    with suppress(ValueError, AttributeError):
        found = answer.json()
        said = str(found.get("message") or found.get("error") or "")
        if _SAFE_SENTENCE.fullmatch(said):
            return said.rstrip(".")
    return f"status {answer.status_code}"


def _seconds_until(instant: str) -> int:
    """How long it is until the limit is lifted, named in seconds since 1970; five minutes where it is not."""
    if instant.isascii() and instant.isdigit():
        return max(1, round(int(instant[:12]) - datetime.now(UTC).timestamp()))
    return 300
