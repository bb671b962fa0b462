"""Ports of loopback for servers that are told theirs."""

from __future__ import annotations

import socket


def free_port() -> int:
    """One that nobody else is given while this process lives. Nobody listens there before a server of the test does.

    It stays bound without being listened on, which leaves room for one that reuses addresses, as every server here does.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = int(held.getsockname()[1])
    held.detach()
    return port
