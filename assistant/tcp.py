"""The API over TCP, for programs that know no Unix socket: its address, and the token that every request must carry.

Off unless `[api]` names an address. A Unix socket is guarded by who may open it, a port by nothing, so the token is asked
for before any route is looked up. That also answers a page in a browser that was led here by its own host name (DNS
rebinding): there are no cookies, and no page knows the token. It knows nothing of what is served.
"""

from __future__ import annotations

import errno
import hmac
import json
import socket
from collections.abc import Callable
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.answers.problem import MEDIA_TYPE, Problem
from assistant.config.schema import host_and_port
from assistant.errors import Unavailable

_BACKLOG = 128


class Gate:
    """`app` for those who send the token. `token` gives the one of now, so that a changed one holds at once."""

    def __init__(self, app: ASGIApp, token: Callable[[], str], shape: Callable[[Problem], dict[str, object]]) -> None:
        self._app = app
        self._token = token
        self._shape = shape
        """How a problem is told under /v1."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_admitted(scope):
            await self._app(scope, receive, send)
        else:
            await self._refuse(scope, send)

    def _is_admitted(self, scope: Scope) -> bool:
        """Exactly one header, compared in a time that tells nothing of where it differs. No token admits nobody."""
        token = self._token().encode()
        given = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        scheme, _, sent = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        is_same = hmac.compare_digest(sent.strip(), token)
        return is_same and bool(token) and scheme.lower() == b"bearer"

    async def _refuse(self, scope: Scope, send: Send) -> None:
        problem = Problem(
            type="urn:telos:problem:unauthorized",
            title="Unauthorized",
            status=401,
            detail="Over TCP the API wants the token of [api].",
            remedy="Send it with each request as `Authorization: Bearer TOKEN`.",
        )
        is_v1 = str(scope["path"]).startswith("/v1/")
        body = json.dumps(self._shape(problem)) if is_v1 else problem.model_dump_json()
        headers = {
            b"content-type": b"application/json" if is_v1 else MEDIA_TYPE.encode(),
            b"content-length": str(len(body.encode())).encode(),
            b"www-authenticate": b"Bearer",
            b"connection": b"close",  # what else it sends is not read
        }
        await send({"type": "http.response.start", "status": 401, "headers": list(headers.items())})
        await send({"type": "http.response.body", "body": body.encode()})


def bind(address: str) -> socket.socket:
    """A socket that listens on `address`, such as "127.0.0.1:8765".

    Raises: Unavailable where it is taken, or is none of this machine's.
    """
    host, port = host_and_port(address)
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as err:
        raise _cannot(address, err) from err
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as err:
        listener.close()
        raise _cannot(address, err) from err
    return listener


def reaches_beyond(address: str) -> bool:
    """Whether other machines can connect to `address`. A name other than `localhost` counts as if they could."""
    host, _ = host_and_port(address)
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def warning(address: str) -> str:
    """What the user must know of an address that reaches beyond this machine."""
    return (
        f"The API is served on {address}, where other machines can reach it: nothing is encrypted on the way, and the "
        "token alone keeps them out. An SSH tunnel to 127.0.0.1 is safer."
    )


def _cannot(address: str, err: OSError) -> Unavailable:
    if err.errno == errno.EADDRINUSE:
        return Unavailable(
            f"The address {address} of api.tcp is taken by another program.", "Stop it, or choose another port."
        )
    return Unavailable(f"The API cannot listen on {address} (api.tcp): {err.strerror or err}.", "Correct it in [api].")
