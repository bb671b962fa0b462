"""The ways out: everything that reaches the world does it through one `WaysOut`, under one `NetworkPolicy`.

`fetch` GETs a document and tells what went wrong by its remedy; `http`, `requests_session` and `tcp` are for libraries
that speak a protocol of their own; `read` runs a parser of outside bytes in a process that may be killed. It knows no
connector and no format. `assistant.service` builds it; connectors are handed it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpx

from connectors.child.parent import Child
from connectors.child.pipe import ChildDied, ChildTimedOut
from connectors.failures import Misconfigured, TryLater
from connectors.transport.decoding import ACCEPTED
from connectors.transport.guard import Guard, Resolve, resolve
from connectors.transport.guarded_http import GuardedTransport
from connectors.transport.guarded_tcp import GuardedTcp
from connectors.transport.masking import mask_url
from connectors.transport.pacing import Pace
from connectors.transport.policy import NetworkPolicy
from connectors.transport.translation import failure_of_status, translated

if TYPE_CHECKING:
    import requests


Given = ParamSpec("Given")
Result = TypeVar("Result")

_PERMANENT = (301, 308)
_READER_MEMORY_MB = 600
"""A parser gets so much beside the interpreter itself: a 10 MB document needs under half of it."""
_READER_IDLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer (2xx or 304). `body` is decoded, `headers` ignore case and speak of the decoded body.

    `url` is where it came from in the end. `moved_to` is the address to ask from now on, after permanent redirects
    only, never one without TLS in place of one with it. Both may hold a secret: show them through `mask_url`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved_to: str | None = None


class Reader:
    """What the reader child serves: a parser, out of harm's way."""

    def run(self, parse: Callable[..., Result], *args: object) -> Result:
        return parse(*args)


class WaysOut:
    """Safe to share between threads. `resolve` turns a host name into addresses, `monotonic` counts the seconds for which
    a host is left alone; the system does both, outside of tests."""

    def __init__(
        self, policy: NetworkPolicy, *, resolve: Resolve = resolve, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.policy = policy
        self.reader = Child(Reader, name="reader", idle_s=_READER_IDLE_S, memory_mb=_READER_MEMORY_MB, nice=5)
        guard = Guard(policy.allow_private, resolve)
        self._transport = GuardedTransport(policy, guard, Pace(policy.pause_s, monotonic))
        self.tcp = GuardedTcp(policy, guard)
        self.logins: dict[str, Any] = {}
        """Logins that a connector goes on using while the process runs: never stored, for they are secrets."""
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO line holds the whole address, with its secrets

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        shown: str = "",
    ) -> Fetched:
        """GET `url`, following redirects. A name and password in the address are used when `auth` is None.

        Failures name it as `shown`, or masked where that is empty.

        Raises: NeedsLogin, TryLater or Misconfigured, for every way in which this can fail.
        """
        with translated(shown or url, self.policy):
            answer = self.http().get(url, headers=dict(headers or {}), auth=auth or httpx.USE_CLIENT_DEFAULT)
        if failure := failure_of_status(answer.status_code, answer.headers, shown or url):
            raise failure
        return Fetched(answer.status_code, answer.headers, answer.content, str(answer.url), _moved_to(answer))

    def read(self, parse: Callable[Given, Result], *args: Given.args, **_: Given.kwargs) -> Result:
        """`parse(*args)` in the reader child; `parse` is a function at the top of a module, all else must pickle.

        Raises: what `parse` raises; Misconfigured when it takes too long or too much memory, or crashes twice.
        """
        for is_last in (False, True):
            try:
                result: Result = self.reader.call("run", parse, *args, deadline_s=self.policy.timeout_s)
            except ChildTimedOut as err:
                raise Misconfigured(
                    f"The document is no good: reading it took longer than {self.policy.timeout_s:g} s."
                ) from err
            except ChildDied as err:
                if self.reader.is_closed:
                    raise TryLater("The document was not read: Telos is stopping.") from err
                if is_last:
                    raise Misconfigured(f"The document is no good: {err}") from err
            else:
                return result
        raise AssertionError("unreachable")

    def http(self) -> httpx.Client:
        """A client under the policy. It remembers no cookies beyond itself, and closing it is allowed, not needed."""
        return httpx.Client(
            transport=self._transport,
            trust_env=False,  # a proxy would connect for us, past the guard
            follow_redirects=True,
            max_redirects=self.policy.max_redirects,
            timeout=self.policy.timeout_s,
            headers={"User-Agent": self.policy.user_agent, "Accept-Encoding": ACCEPTED},
        )

    def requests_session(self, *, pause_s: float = 0.0) -> requests.Session:
        """A `requests` session under the policy, with at least `pause_s` between two requests to one host.

        It raises the three failures for what goes wrong on the way; statuses are left to the caller.
        """
        from connectors.transport.requests_adapter import guarded_session  # weight: requests, for the few that need it

        return guarded_session(self.http(), self.policy, pause_s)

    def close(self) -> None:
        """End everything under way, now and for good; whoever waits gets TryLater."""
        self.reader.close()
        self._transport.shut()
        self.tcp.shut()


def _moved_to(answer: httpx.Response) -> str | None:
    """Where the permanent redirects at the head of the chain lead, if that may be remembered.

    What is remembered is stored, and a secret must not be: a redirect with one is followed anew each time. So is one
    to another host that was not given the login: asked directly, it would be.
    """
    moved_to: httpx.URL | None = None
    for hop, following in pairwise([*answer.history, answer]):
        is_downgrade = hop.url.scheme == "https" and following.url.scheme != "https"
        has_secret = bool(hop.url.userinfo) or mask_url(str(following.url)) != str(following.url)
        loses_login = "Authorization" in hop.request.headers and "Authorization" not in following.request.headers
        if hop.status_code not in _PERMANENT or is_downgrade or has_secret or loses_login:
            break
        moved_to = following.url
    return str(moved_to) if moved_to else None
