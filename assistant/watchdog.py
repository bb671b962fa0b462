"""What systemd is told of the service: that it is ready, that it is alive, that it ends (sd_notify, in twenty lines).

Outside systemd nothing is told and nothing fails. `daemon` decides what being alive means.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

PATIENCE_S = 1.0
"""A manager that does not read holds a service that runs no longer: it would not hear that it is to end."""


class ServiceManager:
    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog_usec = environment.get("WATCHDOG_USEC", "")
        self._watchdog_pid = environment.get("WATCHDOG_PID", "")

    @property
    def watchdog_s(self) -> float | None:
        """How often it wants to hear from this process, or `None`."""
        if not self._watchdog_usec.isdecimal() or self._watchdog_pid not in ("", str(os.getpid())):
            return None
        return int(self._watchdog_usec) / 1_000_000

    def ready(self) -> None:
        self._tell("READY=1")

    def alive(self) -> None:
        self._tell("WATCHDOG=1", PATIENCE_S)

    def stopping(self) -> None:
        self._tell("STOPPING=1", PATIENCE_S)

    def _tell(self, message: str, patience_s: float | None = None) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.settimeout(patience_s)
            way.connect(address)
            way.send(message.encode())
