"""Socket Mode rings when something is written, over a websocket that is guarded like all that leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from queue import Queue
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from connectors.base import Listening, Misconfigured, NeedsLogin, TryLater
from connectors.slack import Slack
from connectors.transport import WaysOut
from tests.connectors.worlds.slack import APP_TOKEN, SlackWorld
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration

HELLO = {"type": "hello", "num_connections": 1}
DISCONNECT = {"type": "disconnect", "reason": "refresh_requested"}


def message(envelope: str) -> dict[str, Any]:
    event = {"type": "message", "channel": "C1", "user": "U1", "text": "High water", "ts": "1.0"}
    return {"type": "events_api", "envelope_id": envelope, "payload": {"event": event}}


class Sockets:
    """Slack's side of Socket Mode: what stands in `frames` is sent, what is acknowledged stands in `acknowledged`."""

    def __init__(self) -> None:
        self.frames: Queue[dict[str, Any] | str] = Queue()
        self.acknowledged: Queue[str] = Queue()
        self.opened = 0
        self._server: Server = serve(self._talk, "127.0.0.1", 0)
        self.port = int(self._server.socket.getsockname()[1])
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.frames.put("the end")
        self._server.shutdown()

    def _talk(self, connection: ServerConnection) -> None:
        self.opened += 1
        try:
            while True:
                frame = self.frames.get(timeout=60)
                connection.send(frame if isinstance(frame, str) else json.dumps(frame))
                if frame == DISCONNECT:
                    return
                if isinstance(frame, dict) and "envelope_id" in frame:
                    self.acknowledged.put(json.loads(connection.recv())["envelope_id"])
        except ConnectionClosed:
            return


@pytest.fixture
def world() -> Iterator[SlackWorld]:
    world = SlackWorld()
    yield world
    world.close()


@pytest.fixture
def sockets(world: SlackWorld) -> Iterator[Sockets]:
    sockets = Sockets()
    world.websocket = "ws://wss-primary.slack.com/link/?ticket=a-ticket&app_id=A1"
    yield sockets
    sockets.close()


def listener(world: SlackWorld, sockets: Sockets, token: str = APP_TOKEN, **changes: Any) -> Slack:
    hosts = {"slack.com": world.server.url(""), "wss-primary.slack.com": f"tcp://127.0.0.1:{sockets.port}"}
    ways_out = WaysOut(loopback_policy(**{"hosts": hosts, **changes}))
    return Slack(world.options(app_token=SecretStr(token)), ways_out)


def test_it_rings_at_each_message_and_acknowledges_it(world: SlackWorld, sockets: Sockets) -> None:
    slack = listener(world, sockets)
    assert isinstance(slack, Listening)
    rings: Queue[None] = Queue()
    cancelled = Event()
    thread = Thread(target=slack.listen, args=(lambda: rings.put(None),), kwargs={"cancelled": cancelled})
    thread.start()
    for frame in (HELLO, "no JSON", message("e1"), message("e2")):
        sockets.frames.put(frame)
    assert [sockets.acknowledged.get(timeout=10) for _ in range(2)] == ["e1", "e2"]
    rings.get(timeout=10)
    rings.get(timeout=10)
    cancelled.set()
    thread.join(10)
    assert not thread.is_alive()
    assert rings.empty(), "a greeting is no news"


def test_a_connection_that_is_ended_at_once_is_tried_again_later(world: SlackWorld, sockets: Sockets) -> None:
    sockets.frames.put(DISCONNECT)
    with pytest.raises(TryLater, match="Socket Mode"):
        listener(world, sockets).listen(lambda: None, cancelled=Event())


def test_the_websocket_is_kept_from_addresses_that_are_not_public(world: SlackWorld, sockets: Sockets) -> None:
    world.websocket = f"ws://127.0.0.1:{sockets.port}/link"
    hosts = {"slack.com": world.server.url("")}
    with pytest.raises(Misconfigured, match="no public address"):
        listener(world, sockets, hosts=hosts, allow_private=()).listen(lambda: None, cancelled=Event())
    assert sockets.opened == 0


def test_what_is_wrong_with_the_app_token_is_said(world: SlackWorld, sockets: Sockets) -> None:
    with pytest.raises(Misconfigured, match="connections:write"):
        listener(world, sockets, "xoxb-of-a-bot").listen(lambda: None, cancelled=Event())
    with pytest.raises(NeedsLogin, match="does not know this token"):
        listener(world, sockets, "xapp-unknown").listen(lambda: None, cancelled=Event())
    world.lacking["apps.connections.open"] = "connections:write"
    with pytest.raises(NeedsLogin, match="connections:write"):
        listener(world, sockets).listen(lambda: None, cancelled=Event())


def test_without_an_app_token_there_is_nothing_to_listen_with(world: SlackWorld) -> None:
    slack = world.connector()
    assert isinstance(slack, Slack)
    slack.listen(lambda: None, cancelled=Event())
    assert not world.asked
