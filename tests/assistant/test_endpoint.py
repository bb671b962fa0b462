"""The socket of the API: where it lies, and that it is for its owner alone."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from assistant import endpoint
from assistant.endpoint import bind, socket_path
from assistant.errors import Unavailable


def test_it_lies_in_the_runtime_folder_and_each_home_has_its_own(tmp_path: Path) -> None:
    environment = {"XDG_RUNTIME_DIR": str(tmp_path)}
    one, other = (socket_path(tmp_path / name, environment) for name in ("one", "other"))
    assert one.parent == tmp_path / "telos"
    assert one != other


def test_without_a_runtime_folder_it_lies_in_the_home() -> None:
    assert socket_path(Path("/home/ada/telos"), {}) == Path("/home/ada/telos/api.sock")


def test_a_path_that_is_too_long_for_a_socket_is_avoided() -> None:
    path = socket_path(Path("/deep" * 40), {})
    assert len(os.fsencode(path)) <= 107
    assert str(os.getuid()) in path.parent.name


def test_only_the_owner_may_enter(tmp_path: Path) -> None:
    path = tmp_path / "telos" / "api.sock"
    with bind(path):
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(Unavailable, match="open to other users"):
        bind(tmp_path / "api.sock")


def test_a_socket_left_by_a_dead_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "telos" / "api.sock"
    bind(path).close()
    assert path.exists()
    with bind(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_a_process_of_another_user_is_turned_away() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, bind(path := Path(folder) / "api.sock") as listener:
        Path(folder).chmod(0o755)
        path.chmod(0o777)
        program = f"import os, socket; os.setuid(65534); socket.socket(socket.AF_UNIX).connect({str(path)!r})"
        subprocess.run([sys.executable, "-c", program], check=True)
        with pytest.raises(ConnectionAbortedError):
            listener.accept()


def test_the_owner_is_let_in(tmp_path: Path) -> None:
    with bind(tmp_path / "telos" / "api.sock") as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(listener.getsockname())
        connection, _ = listener.accept()
        with connection:
            assert endpoint.peer_is_allowed(connection)
