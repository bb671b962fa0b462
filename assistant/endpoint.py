"""The Unix socket of the API: where it lies, how it is bound, and who may connect.

It lies in a folder that only this user may enter, one socket a data folder, and each connection's credentials are
checked when it is accepted. It knows nothing of HTTP: `server` and `client` hand these sockets to their libraries.
"""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.errors import Unavailable

_LONGEST_PATH = 103
"""Bytes that a socket's path may have on macOS; on Linux it is 107."""

_CREDENTIALS = struct.Struct("3i")
"""`struct ucred`: pid, uid, gid."""


def socket_path(data: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the API of the data folder `data` listens.

    Under `$XDG_RUNTIME_DIR/telos/` where there is one, else in the data folder, else, where that path would be too
    long for a socket, in a short folder of this user's under the temporary folder.
    """
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:16] + ".sock"
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    candidates = [data / "api.sock", Path(tempfile.gettempdir()) / f"telos-{os.getuid()}" / name]
    if runtime.startswith("/") and os.access(runtime, os.W_OK | os.X_OK):
        candidates.insert(0, Path(runtime) / "telos" / name)
    return next((path for path in candidates if len(os.fsencode(path)) <= _LONGEST_PATH), candidates[-1])


def private_path() -> Path:
    """A path in a new folder of this user's own, for a server that lives as long as one command."""
    return Path(tempfile.mkdtemp(prefix="telos-")) / "api.sock"


def bind(path: Path) -> socket.socket:
    """A listening socket that only this user's processes may use.

    The caller holds the data folder's lock, so whatever lies at `path` was left behind by a process that died.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_folder(path.parent)
    path.unlink(missing_ok=True)
    listener = _OwnersSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o077)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(before)
    listener.listen(128)
    return listener


def check_folder(folder: Path) -> None:
    """Refuse a folder that another user owns or may enter: they could put a socket of their own there."""
    status = folder.stat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise Unavailable(
            f"The folder {folder} of the API's socket is open to other users.",
            f"Make it yours alone (chmod 700 {folder}), or set XDG_RUNTIME_DIR to a folder that is.",
        )


def peer_is_allowed(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as this user, or as root."""
    if not hasattr(socket, "SO_PEERCRED"):  # macOS: the folder's mode is the guard
        return True
    _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return uid in (0, os.getuid())


class _OwnersSocket(socket.socket):
    """Drops a stranger's connection before a byte of it is read."""

    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        if not peer_is_allowed(connection):
            connection.close()
            raise ConnectionAbortedError("a process of another user tried to connect")  # asyncio drops it quietly
        return connection, address
