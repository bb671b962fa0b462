"""A service with secrets of every kind, in a process of its own: they are in no file, no log, no answer, no process list.

Files that others may read are refused before anything is served.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.endpoint import socket_path
from tests.integration.daemon import Daemon, running
from tests.mail_server import MailServer
from tests.ports import free_port
from tests.processes import Process, processes
from tests.servers import Request, Response, WebServer

pytestmark = pytest.mark.integration

SECRETS = {
    "mail password": "canary-mail-7Q",
    "token of the API": "canary-token-3XYZ-of-the-api",
    "secret of a source": "canary-feed-9K",
    "address that is a secret": "canary-address-5P",
    "password in an address": "canary-user-2M",
}


NEWS = (
    b"<rss version='2.0'><channel><title>News</title><item><guid>1</guid><title>A ferry</title></item></channel></rss>"
)


@pytest.fixture
def during_polls() -> list[list[Process]]:
    """The process list at each moment in which a source that needs a password was asked."""
    return []


@pytest.fixture
def daemon(tmp_path: Path, during_polls: list[list[Process]]) -> Iterator[Daemon]:
    """Its mail server refuses the login, its feeds the password: every failure that would name a secret happens."""

    def refuse(_: Request) -> Response:
        during_polls.append(list(processes()))
        return Response(status=401)

    daemon = Daemon(tmp_path / "home")
    with MailServer() as smtp, WebServer() as web:
        web.routes["/private"] = refuse
        web.answer("/news", NEWS, content_type="application/rss+xml")
        web.routes["/broken"] = lambda _: Response(status=500, body=b"canary-feed-9K is what you sent")
        daemon.configure(mail_port=smtp.port, sources={"news": web.url("/news")})
        config = daemon.home.config_file
        for name, key in (
            ("token", "token of the API"),
            ("feed", "secret of a source"),
            ("address", "address that is a secret"),
        ):
            text = f"{web.url()}{SECRETS[key]}" if key.startswith("address") else SECRETS[key]
            (daemon.folder / name).write_text(text)
            (daemon.folder / name).chmod(0o600)
        secret = SECRETS["password in an address"]
        config.write_text(
            config.read_text().replace(
                'security = "none"', f'security = "none"\nusername = "ada"\npassword = "{SECRETS["mail password"]}"'
            )
            + f'[api]\ntcp = "127.0.0.1:{free_port()}"\ntoken_file = "token"\n'
            + f'[[sources]]\nkind = "feeds"\nname = "private"\nurl = "{web.url("/private")}"\nusername = "ada"\npassword_file = "feed"\n'
            + '[[sources]]\nkind = "feeds"\nname = "quiet"\nurl_file = "address"\n'
            + f'[[sources]]\nkind = "feeds"\nname = "old"\nurl = "{web.url("/broken").replace("//", f"//ada:{secret}@")}?key={secret}"\n'
        )
        config.chmod(0o600)
        yield daemon
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.kill()


def test_no_secret_is_in_a_file_a_log_an_answer_or_the_process_list(
    daemon: Daemon, during_polls: list[list[Process]]
) -> None:
    told: dict[str, str] = {}
    with running(daemon):
        daemon.wait_until_it_serves()
        asked = "SELECT count(*) FROM source WHERE last_attempt_at NOTNULL"
        daemon.wait_until(lambda: daemon.rows(asked) == [(4,)], "its own first round is over")
        # Read by a process of its own, which waits for more to read.
        assert daemon.telos("jobs", "run", "poll:news").returncode == 0
        during_polls.clear()
        for command in (
            ["jobs", "run", "poll:private"], ["jobs", "run", "poll:quiet"], ["jobs", "run", "poll:old"], ["digest", "send"],
            ["status", "--json"], ["status"], ["sources", "list", "--json"], ["doctor", "--json"], ["log", "--json"],
            ["--debug", "sources", "test", "private"], ["--debug", "sources", "test", "old"],
        ):  # fmt: skip
            ran = daemon.telos(*command)
            told[" ".join(command)] = ran.stdout + ran.stderr
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(socket_path(daemon.home.data))), base_url="http://telos"
        ) as client:
            for path in ("/api/status", "/api/sources", "/api/doctor", "/api/jobs", "/api/calls", "/api/nothing"):
                told[path] = client.get(path, timeout=60).text
        assert daemon.process is not None
        pid = daemon.process.pid
        assert during_polls
        for number, listed in enumerate([*during_polls, list(processes())]):
            assert [one for one in listed if one.pid == pid and "telos" in one.command]
            told[f"process list {number}"] = "\n".join(one.command for one in listed)
        assert [one for one in during_polls[0] if one.parent == pid and one.command]
        told["what the service printed"] = daemon.said()
        daemon.stop()
    own = {daemon.home.config_file, *(daemon.folder / name for name in ("token", "feed", "address"))}
    for file in daemon.folder.rglob("*"):
        if file.is_file() and file not in own:
            told[str(file)] = file.read_bytes().decode("utf-8", "replace")
    shown = [(where, what) for where, text in told.items() for what, secret in SECRETS.items() if secret in text]
    assert shown == []
    assert "private" in told["sources list --json"]


def test_socket_folders_and_files_are_for_their_owner_alone_once_it_serves(daemon: Daemon) -> None:
    daemon.folder.chmod(0o755)
    with running(daemon):
        daemon.wait_until_it_serves()
        home = daemon.home
        folders = (home.data, home.index, home.outbox, home.backups, home.logs, socket_path(home.data).parent)
        for path in (*folders, socket_path(home.data), home.database):
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
        daemon.stop()


@pytest.mark.parametrize("name", ["config.toml", "token", "feed", "address", "key"])
def test_a_service_whose_secrets_others_may_read_does_not_start_and_says_what_to_do(daemon: Daemon, name: str) -> None:
    daemon.home.prepare()
    assert len(daemon.home.key) == 32
    path = daemon.folder / name if name != "key" else daemon.home.key_file
    path.chmod(0o644)
    ran = daemon.telos("run") if name != "key" else daemon.telos("digest", "send")
    assert ran.returncode
    assert f"chmod 600 {path}" in " ".join(ran.stderr.split())
    assert not any(secret in ran.stderr for secret in SECRETS.values())
