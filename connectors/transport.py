"""The guarded ways out (thin; being built)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import httpx

from connectors.child import Child
from connectors.failures import Misconfigured, NeedsLogin, TryLater
from connectors.policy import NetworkPolicy

if TYPE_CHECKING:
    import requests

__all__ = ["Fetched", "NetworkPolicy", "WaysOut", "mask_url"]

Given = ParamSpec("Given")
Result = TypeVar("Result")


def mask_url(url: str) -> str:
    return url


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer (2xx or 304), decoded. `url` is where it came from in the end; it may hold a secret: `mask_url` it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved_to: str | None = None


class Reader:
    """What the reader child serves: a parser, run out of harm's way."""

    def run(self, parse: Callable[..., Result], *args: object) -> Result:
        return parse(*args)


class WaysOut:
    """Everything that connectors reach the world with."""

    def __init__(self, policy: NetworkPolicy) -> None:
        self.policy = policy
        self.reader = Child(Reader, name="reader")

    def fetch(
        self, url: str, *, headers: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
    ) -> Fetched:
        """GET `url`. Raises NeedsLogin, TryLater or Misconfigured; returns 2xx and 304."""
        response = self.http().get(url, headers=dict(headers or {}), auth=auth)
        if response.status_code in (401, 403):
            raise NeedsLogin(f"{mask_url(url)} answered {response.status_code}.")
        if response.status_code >= 500 or response.status_code == 429:
            raise TryLater(f"{mask_url(url)} answered {response.status_code}.")
        if response.status_code >= 400:
            raise Misconfigured(f"{mask_url(url)} answered {response.status_code}.")
        return Fetched(response.status_code, response.headers, response.content, str(response.url))

    def read(self, parse: Callable[Given, Result], *args: Given.args, **_: Given.kwargs) -> Result:
        """`parse(*args)` in the reader child under a time and memory limit; `parse` is a top-level function."""
        result: Result = self.reader.call("run", parse, *args, deadline_s=self.policy.timeout_s)
        return result

    def http(self) -> httpx.Client:
        return httpx.Client(follow_redirects=True, headers={"User-Agent": self.policy.user_agent})

    def requests_session(self) -> requests.Session:
        import requests

        return requests.Session()

    def close(self) -> None:
        self.reader.close()
