"""The background service: takes the lock, builds every part in reading order, ticks, answers, and ends in good order.

`telos run` calls `run`, which returns when the process is asked to end (SIGTERM, SIGINT). Whatever is under way then is
told to stop; what does not within the bound is cut off, which loses nothing, because every step is a transaction.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Timer
from types import FrameType

from assistant import tcp
from assistant.api.app import create_app
from assistant.api.openai_shape import error_of
from assistant.endpoint import bind, socket_path
from assistant.errors import BadConfiguration, Unavailable
from assistant.guests import Guests
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.lock import Lock
from assistant.log import keep_log
from assistant.secrets import refuse_open
from assistant.server import Server
from assistant.service import Service
from assistant.version import VERSION
from assistant.watchdog import ServiceManager
from assistant.withheld import Withheld, withheld

log = logging.getLogger(__name__)

_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

STOP_S = 4.5
"""An orderly stop takes no longer; systemd and users count to five."""
LOCK_S = 5.0
"""A command that just works with the home gets so long to end."""
PULSE_S = 10.0
"""The service looks at itself so often where systemd does not ask for more."""
ARENAS = 2
"""glibc gives up to eight a core to threads, and what was freed in one serves no other: a service of 150 threads, searching,
grew by a tenth of a megabyte a request."""
_M_ARENA_MAX = -8
"""Its name in malloc.h."""


def run(home: Home) -> None:
    """Serve `home` until this process is asked to end. Called from the main thread.

    Raises: BadConfiguration, Conflict if another process holds the home, Unavailable if the API ends by itself, or what
        the database cannot do.
    """
    if not home.config_file.exists():
        raise BadConfiguration(f"There is no configuration at {home.config_file}.", "Run `telos init` first.")
    home.prepare()
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):  # of glibc; others have no arenas to bound
        mallopt(_M_ARENA_MAX, ARENAS)
    manager = ServiceManager()
    with ExitStack() as opened, _asked_to_stop() as stop:
        lock = opened.enter_context(Lock(home.lock).acquire(LOCK_S))
        path = socket_path(home.data)
        lock.announce(path, serves=False)
        masking = opened.enter_context(keep_log(home, on_stderr=True))
        service = Service(home, serves=True)
        masking.follow(lambda: service.settings)
        opened.callback(service.close)
        refuse_open(home.config_file, service.settings)
        runner = Runner(service)
        opened.callback(runner.close)
        servers = _servers(service, runner, path)
        for server in servers:
            server.start()
        lock.announce(path, serves=True)
        gc.freeze()  # what is loaded stays: to go through its 200,000 objects again and again holds every request for .2 s
        runner.start()
        manager.ready()
        log.info("Telos %s serves %s (pid %d)", VERSION, home.data, os.getpid())
        try:
            _beat(manager, service, servers, stop)
        finally:
            log.info("Telos ends")
            _cut_off_later()
            manager.stopping()
            service.stopping.set()
            runner.stop()
            for server in servers:
                server.begin_to_stop()
            for server in servers:
                server.stop()
            path.unlink(missing_ok=True)
            service.end_children()
            opened.close()


def _servers(service: Service, runner: Runner, path: Path) -> list[Server]:
    """The API on its Unix socket, and over TCP where the configuration says so.

    Raises: Unavailable where the address is not to be had.
    """
    app = create_app(service, runner)
    address = service.settings.api.tcp
    listener = tcp.bind(address) if address else None
    servers = [Server(app, bind(path))]
    if listener is not None:
        if tcp.reaches_beyond(address):
            log.warning("%s", tcp.warning(address))
        served = Guests(app, lambda: _withheld(service))
        servers.append(Server(tcp.Gate(served, lambda: _token(service), error_of), listener))
        service.listens_on = address
    return servers


def _withheld(service: Service) -> Withheld:
    with service.database.read() as session:
        return withheld(session, service.settings)


def _token(service: Service) -> str:
    token = service.settings.api.token
    return token.get_secret_value() if token is not None else ""


def _beat(manager: ServiceManager, service: Service, servers: list[Server], stop: Event) -> None:
    """Until `stop`: tell systemd that we live, each time the database and the API's thread have shown that they do.

    A database that hangs holds this thread, so that systemd hears nothing and starts the service anew.

    Raises: Unavailable when the API has ended by itself, so that the service ends as a failure and is started anew, too.
    """
    interval = (manager.watchdog_s or 2 * PULSE_S) / 2
    while not stop.wait(interval):
        service.prove_database()
        if not all(server.is_alive for server in servers):
            raise Unavailable("The API's server has ended by itself.", "Start the service anew; its log says more.")
        manager.alive()


@contextmanager
def _asked_to_stop() -> Iterator[Event]:
    """An event that SIGTERM, SIGINT and SIGHUP (a closed terminal) set."""
    stop = Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in _ENDING}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_off_later() -> None:
    """End the process `STOP_S` from now if it has not ended by itself: some thread does not heed, and the interpreter
    waits for every one that works for a request or a job. The next start repairs what it left.
    """
    status = 0 if sys.exception() is None else 1

    def leave() -> None:
        log.warning("The service did not stop within %.1f s and is cut off; nothing is lost by that", STOP_S)
        logging.shutdown()
        os._exit(status)

    timer = Timer(STOP_S, leave)
    timer.daemon = True
    timer.start()
