"""A service to talk with that is served as the daemon serves it, so that a client and a command find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.api.app import create_app
from assistant.endpoint import bind, socket_path
from assistant.engine.contract import Engine
from assistant.jobs.runner import Runner
from assistant.lock import Lock
from assistant.server import Server
from assistant.service import Service
from tests.assistant.talking import talking


@contextmanager
def served(folder: Path, engine: Engine | None = None) -> Iterator[Service]:
    with talking(folder, engine) as service, Lock(service.home.lock).acquire() as lock:
        runner = Runner(service)
        path = socket_path(service.home.data)
        server = Server(create_app(service, runner), bind(path))
        server.start()
        lock.announce(path, serves=True)
        try:
            yield service
        finally:
            service.stopping.set()
            server.stop()
            runner.close()
