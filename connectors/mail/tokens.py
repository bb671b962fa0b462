"""The login of the user's own client at a mail provider: OAuth 2.0's device-code flow (RFC 8628), and the tokens it gave.

The refresh token lies in a file of mode 0600; an access token is fetched with it when one is needed. IMAP and SMTP take
theirs from the same file, so one login serves both. It knows neither protocol; called by `connectors.mail.login`,
`assistant.delivery` and `assistant.mail_login`.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.base import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.mail.options import MailOptions
from connectors.mail.remedies import words
from connectors.transport import WaysOut
from connectors.transport.translation import failure_of_status, translated

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_MARGIN_S = 60.0
"""An access token that ends sooner than this is renewed first."""
_USUAL_LIFE_S = 3600.0
_USUAL_INTERVAL_S = 5.0
_SLOWER_S = 5.0
LOG_IN = "Run `telos mail login NAME` with the name of the mail source."


@dataclass(frozen=True, slots=True)
class Asked:
    """A login that was begun: the user opens `address` and types `code` there within `lasts_s` seconds. `device_code` is
    a secret; `Tokens.finish` may be called every `interval_s` seconds."""

    code: str
    address: str
    device_code: str
    lasts_s: float
    interval_s: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """The user has not answered yet: ask again after so many seconds."""

    wait_s: float


class Tokens:
    """Of one source. Threads and processes that share the file take turns."""

    def __init__(self, options: MailOptions, ways_out: WaysOut, now: Callable[[], float] = time.time) -> None:
        self._options = options
        self._ways_out = ways_out
        self._now = now
        self._path = Path(options.token_path).expanduser()

    def access(self, *, renew: bool = False) -> str:
        """A token that logs in. With `renew` a fresh one, because the server refused the last.

        Raises: NeedsLogin, TryLater, Misconfigured.
        """
        with self._turn():
            held = self._held()
            if not renew and held.get("access_token") and held.get("expires_at", 0) > self._now() + _MARGIN_S:
                return str(held["access_token"])
            fields = {"grant_type": "refresh_token", "refresh_token": str(held["refresh_token"])}
            given = self._ask(self._options.endpoints.token, fields)
            if "error" in given:
                raise self._refused(given)
            return self._keep(given, str(held["refresh_token"]))

    def begin(self) -> Asked:
        """Ask the provider for a code to show. Raises: NeedsLogin, TryLater, Misconfigured."""
        endpoints = self._options.endpoints
        given = self._ask(endpoints.device, {"scope": endpoints.scope} if endpoints.scope else {})
        if "error" in given:
            raise self._refused(given)
        address = given.get("verification_uri") or given.get("verification_url")
        if not (given.get("device_code") and given.get("user_code") and address):
            raise TryLater(f"{endpoints.device} sent no code to log in with.")
        return Asked(
            code=words(given["user_code"]),
            address=words(address),
            device_code=str(given["device_code"]),
            lasts_s=_number(given.get("expires_in"), 900.0),
            interval_s=_number(given.get("interval"), _USUAL_INTERVAL_S),
        )

    def finish(self, device_code: str, interval_s: float) -> Waiting | None:
        """Whether the user has logged in: None once they have, and the tokens are kept.

        Raises: NeedsLogin if they said no or took too long, TryLater, Misconfigured.
        """
        given = self._ask(self._options.endpoints.token, {"grant_type": _GRANT, "device_code": device_code})
        match given.get("error"):
            case None:
                if not given.get("refresh_token"):
                    raise Misconfigured(
                        f"{self._options.endpoints.token} gives no refresh token: the scope must ask for lasting access, "
                        "mostly by `offline_access`."
                    )
                with self._turn():
                    self._keep(given, "")
                return None
            case "authorization_pending":
                return Waiting(interval_s)
            case "slow_down":
                return Waiting(interval_s + _SLOWER_S)
            case "access_denied":
                raise NeedsLogin("The login was refused in the browser. Begin it again if that was a slip.")
            case "expired_token":
                raise NeedsLogin("The code was not used in time. Begin the login again.")
        raise self._refused(given)

    def _ask(self, address: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """POST a form and read the answer: a JSON object, which has `error` where it is a refusal."""
        options = self._options
        form = {"client_id": options.client_id, **fields}
        if options.client_secret:
            form["client_secret"] = options.client_secret.get_secret_value()
        with translated(address, self._ways_out.policy):
            answer = self._ways_out.http().post(address, data=form, follow_redirects=False)
        try:
            given = answer.json()
        except ValueError:
            given = None
        if isinstance(given, dict) and (answer.is_success or (given.get("error") and answer.status_code < 429)):
            return given
        raise failure_of_status(answer.status_code, answer.headers, address) or TryLater(
            f"{address} sent an answer that cannot be read."
        )

    def _refused(self, given: Mapping[str, Any]) -> SourceFailure:
        error, said = words(given.get("error")), words(given.get("error_description"))
        told = f"{error} ({said})" if said else error
        where = self._options.endpoints.token
        match error:
            case "invalid_grant" | "interaction_required":
                return NeedsLogin(f"The login at {where} has ended: {told}. {LOG_IN}")
            case "temporarily_unavailable" | "server_error":
                return TryLater(f"{where} cannot answer now: {told}.")
            case "invalid_scope":
                return Misconfigured(f"{where} does not give what `scope` asks for: {told}. Correct `scope`.")
        return Misconfigured(f"{where} does not take the client: {told}. Check client_id and client_secret.")

    def _held(self) -> dict[str, Any]:
        try:
            if stat.S_IMODE(self._path.stat().st_mode) & 0o077:
                raise Misconfigured(
                    f"Other users may read {self._path}, which holds a login. Run: chmod 600 {self._path}"
                )
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError as err:
            raise NeedsLogin(f"Nobody has logged in yet: there is no {self._path}. {LOG_IN}") from err
        except (OSError, ValueError) as err:
            raise NeedsLogin(f"The login in {self._path} cannot be read ({type(err).__name__}). {LOG_IN}") from err
        if not isinstance(held, dict) or not held.get("refresh_token") or held.get("for") != self._meant_for:
            raise NeedsLogin(f"The login in {self._path} is for another client. {LOG_IN}")
        return held

    def _keep(self, given: Mapping[str, Any], refresh_token: str) -> str:
        """Write what was given; some providers give a new refresh token each time, and the one before is used up."""
        if not isinstance(given.get("access_token"), str) or not given["access_token"]:
            raise TryLater(f"{self._options.endpoints.token} sent no token.")
        held = {
            "for": self._meant_for,
            "refresh_token": str(given.get("refresh_token") or refresh_token),
            "access_token": given["access_token"],
            "expires_at": self._now() + _number(given.get("expires_in"), _USUAL_LIFE_S),
        }
        beside = self._path.with_name(f".{self._path.name}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            json.dump(held, opened)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(self._path)
        return str(given["access_token"])

    @property
    def _meant_for(self) -> str:
        return f"{self._options.client_id} {self._options.username} {self._options.endpoints.token}"

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Nobody else renews meanwhile: two that did would each use up the other's refresh token."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._path.with_name(f".{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as err:
            raise Misconfigured(
                f"The login cannot be kept at {self._path}: {err.strerror}. Correct token_path."
            ) from err
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _number(given: object, otherwise: float) -> float:
    """A number of seconds, in a sensible range; some servers send it as a string."""
    try:
        return min(max(float(given), 1.0), 86_400.0 * 30)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return otherwise
