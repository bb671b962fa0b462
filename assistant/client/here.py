"""The service in the process of a command, for as long as the command lasts, where no daemon runs.

It imports the whole service, so `wire` imports it only when it is needed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from assistant import memories
from assistant.api.app import create_app
from assistant.endpoint import bind, private_path
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.lock import Lock
from assistant.log import keep_log
from assistant.server import Server
from assistant.service import Service


@contextmanager
def serve_here(home: Home, lock: Lock) -> Iterator[str]:
    """Serve the API on a private socket; yields its path. The caller holds `lock`."""
    path = private_path()
    with ExitStack() as opened:
        opened.callback(shutil.rmtree, path.parent, ignore_errors=True)
        lock.announce(path, serves=False)
        masking = opened.enter_context(keep_log(home, on_stderr=False))
        service = Service(home)
        masking.follow(lambda: service.settings)
        opened.callback(service.close)
        memories.finish_erasure(service)
        runner = Runner(service)
        opened.callback(runner.close)
        server = Server(create_app(service, runner), bind(path))
        server.start()
        opened.callback(server.stop)
        yield str(path)
