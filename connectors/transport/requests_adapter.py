"""The guarded transport for libraries that bring `requests`: every exchange of the session goes through httpx's client.

So there is one policy and one place that enforces it. What goes wrong on the way is raised as one of the three failures;
what a status means stays the library's to say. Built by `WaysOut.requests_session`.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import httpx
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from connectors.transport.guarded_http import Exchange
from connectors.transport.policy import NetworkPolicy
from connectors.transport.translation import translated


def guarded_session(client: httpx.Client, policy: NetworkPolicy, pause_s: float) -> requests.Session:
    """A session that reaches the world through `client` alone and takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False  # no proxies, no passwords out of ~/.netrc
    session.max_redirects = policy.max_redirects
    adapter = _GuardedAdapter(client, policy, pause_s)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class _GuardedAdapter(BaseAdapter):
    def __init__(self, client: httpx.Client, policy: NetworkPolicy, pause_s: float) -> None:
        super().__init__()
        self._client = client
        self._policy = policy
        self._pause_s = pause_s

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One hop; the limits are the policy's, whatever the library asks for. Raises: SourceFailure."""
        url = request.url or ""
        headers = request.headers.copy()
        headers["User-Agent"] = self._policy.user_agent
        headers.pop("Accept-Encoding", None)  # the client names what the transport can decode
        with translated(url, self._policy):
            answer = self._client.request(
                request.method or "GET",
                url,
                headers=headers,
                content=request.body,
                follow_redirects=False,
                extensions={Exchange.EXTENSION: Exchange(pause_s=self._pause_s)},
            )
        return _as_requests(answer, request)

    def close(self) -> None:
        """The client is shared and outlives the session."""


def _as_requests(answer: httpx.Response, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status_code
    response.reason = answer.reason_phrase
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.url = str(request.url)
    response.request = request
    response.raw = BytesIO(answer.content)
    return response
