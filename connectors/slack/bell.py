"""Socket Mode as a door-bell: Slack says over a websocket that something was written, and the poll that follows reads it.

The address comes from `apps.connections.open`; the connection is the guarded one, which the library of the websocket
protocol is handed. Each event is acknowledged, and what it says is not looked at beyond its kind.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from connectors.base import NeedsLogin, TryLater
from connectors.slack.web import MissingScope, Web
from connectors.transport import WaysOut
from connectors.transport.masking import mask_url

_LOOK_S = 0.5
_LEAST_S = 10.0
"""A connection that Slack ends sooner is no good, and is not opened again at once."""
_LARGEST = 2**20


def listen(app_token: str, ways_out: WaysOut, heard: Callable[[], None], cancelled: Event) -> None:
    """Ring at each message, until `cancelled` is set. Slack asks for a new connection every few hours.

    Raises: NeedsLogin, TryLater, Misconfigured.
    """
    web = Web(app_token, ways_out)
    while not cancelled.is_set():
        try:
            answer = web.ask(web.client.apps_connections_open, app_token=app_token)
        except MissingScope as err:
            raise NeedsLogin(
                "app_token lacks the scope connections:write: make one with it (Basic Information > App-Level Tokens)."
            ) from err
        began = time.monotonic()
        with _opened(str(answer.get("url") or ""), ways_out) as connection:
            _ring(connection, heard, cancelled)
        if time.monotonic() - began < _LEAST_S and not cancelled.is_set():
            raise TryLater("Slack ended the connection of Socket Mode at once; it will be opened again later.")


@contextlib.contextmanager
def _opened(url: str, ways_out: WaysOut) -> Iterator[ClientConnection]:
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise TryLater("Slack gave no address to listen at; it will be asked again later.")
    is_secret = parts.scheme == "wss"
    port = parts.port or (443 if is_secret else 80)
    raw = ways_out.tcp.connect(parts.hostname, port, tls=is_secret)
    with raw, ways_out.tcp.translated(parts.hostname, port):
        try:
            plain = parts._replace(scheme="ws", netloc=parts.netloc).geturl()  # under TLS already, if it is to be
            opened = connect(
                plain,
                sock=raw,
                proxy=None,
                user_agent_header=None,
                max_size=_LARGEST,
                close_timeout=2,
                compression=None,
            )
        except WebSocketException as err:
            raise TryLater(f"{mask_url(url)} opens no websocket; it will be tried again later.") from err
        assert isinstance(opened, ClientConnection)
        with opened:
            yield opened


def _ring(connection: ClientConnection, heard: Callable[[], None], cancelled: Event) -> None:
    """Until Slack asks for another connection, or this one breaks."""
    while not cancelled.is_set():
        try:
            said = _read(connection.recv(timeout=_LOOK_S))
        except TimeoutError:
            continue
        except ConnectionClosed:
            return
        if said.get("envelope_id"):
            with contextlib.suppress(ConnectionClosed):
                connection.send(json.dumps({"envelope_id": said["envelope_id"]}))
        if said.get("type") == "disconnect":
            return
        if said.get("type") == "events_api":
            heard()


def _read(frame: str | bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(frame)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
