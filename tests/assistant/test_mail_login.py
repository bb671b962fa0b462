"""One login for reading and sending: a provider, a Dovecot and an SMTP server on loopback that take its tokens."""

from __future__ import annotations

import base64
import stat
import threading
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from assistant.answers.sources import Addition
from assistant.cli import app as cli
from assistant.client import Client
from assistant.delivery.carriers import Deferred, Refused
from assistant.delivery.smtp_login import carrier
from assistant.errors import BadConfiguration
from assistant.home import Home
from assistant.service import Service
from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.mail import Mail, MailOptions
from connectors.mail.tokens import Tokens, Waiting
from connectors.transport import WaysOut
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.integration.daemon import TELOS
from tests.mail_box import USER, MailBox
from tests.mail_provider import CLIENT_SECRET, DEVICE_CODE, USER_CODE, MailProvider
from tests.mail_server import MailServer
from tests.servers import loopback_policy
from tests.terminal import Terminal

pytestmark = pytest.mark.integration


class TokenServer(MailServer):
    """An SMTP server that takes XOAUTH2 with a provider's tokens, and nothing else."""

    def __init__(self, provider: MailProvider) -> None:
        super().__init__(passwords={})
        self.provider = provider

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        said = base64.b64decode(args[1]).decode().rstrip("\1").split("\1")
        user, token = said[0].removeprefix("user="), said[1].removeprefix("auth=Bearer ")
        if token in self.provider.valid and user == self.provider.user:
            return AuthResult(success=True, auth_data=user)
        problem = base64.b64encode(b'{"status":"401"}').decode()
        await server.challenge_auth(problem, encode_to_b64=False)  # and waits for an empty answer, as providers do
        return AuthResult(success=False, handled=False)


@pytest.fixture
def provider() -> Iterator[MailProvider]:
    with MailProvider() as running:
        yield running


@pytest.fixture
def ways_out(provider: MailProvider) -> Iterator[WaysOut]:
    made = WaysOut(loopback_policy(hosts=provider.hosts))
    yield made
    made.close()


@pytest.fixture
def options(provider: MailProvider, tmp_path: Path) -> MailOptions:
    path = tmp_path / "kept" / "login.json"
    return MailOptions.model_validate(provider.options(host="imap.example.net", username=USER, token_path=str(path)))


def logged_in(provider: MailProvider, tokens: Tokens) -> None:
    provider.approve()
    assert tokens.finish(DEVICE_CODE, 1.0) is None


def test_the_user_types_a_code_and_the_login_is_kept_for_their_eyes_only(
    provider: MailProvider, options: MailOptions, ways_out: WaysOut
) -> None:
    tokens = Tokens(options, ways_out)
    asked = tokens.begin()
    assert (asked.code, asked.address) == (USER_CODE, "https://login.example.net/code")
    provider.answers = ["slow_down"]
    assert tokens.finish(asked.device_code, 1.0) == Waiting(6.0)
    assert tokens.finish(asked.device_code, 6.0) == Waiting(6.0)
    logged_in(provider, tokens)
    kept = Path(options.token_path)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert tokens.access() in provider.valid
    assert {path.name for path in kept.parent.iterdir()} == {"login.json", ".login.json.lock"}


def test_a_login_that_others_may_read_is_not_used(
    provider: MailProvider, options: MailOptions, ways_out: WaysOut
) -> None:
    tokens = Tokens(options, ways_out)
    tokens.begin()
    logged_in(provider, tokens)
    Path(options.token_path).chmod(0o640)
    with pytest.raises(Misconfigured, match=f"chmod 600 {options.token_path}"):
        tokens.access()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [("access_denied", "refused in the browser"), ("expired_token", "not used in time")],
)
def test_a_login_that_comes_to_nothing_says_what_to_do(
    error: str, sentence: str, provider: MailProvider, options: MailOptions, ways_out: WaysOut
) -> None:
    provider.answers = [error]
    with pytest.raises(NeedsLogin, match=sentence):
        Tokens(options, ways_out).finish(DEVICE_CODE, 1.0)


def test_a_token_serves_until_it_ends_and_is_renewed_by_one_of_many_at_a_time(
    provider: MailProvider, options: MailOptions, ways_out: WaysOut
) -> None:
    moment = [1000.0]
    tokens = Tokens(options, ways_out, lambda: moment[0])
    logged_in(provider, tokens)
    assert tokens.access() == tokens.access()
    moment[0] += provider.life_s - 30
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(Tokens(options, ways_out, lambda: moment[0]).access()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert provider.renewals == 1, "each would have used up the refresh token of the others"


def test_failures_of_the_provider_are_named_by_their_remedy(
    provider: MailProvider, options: MailOptions, ways_out: WaysOut, tmp_path: Path
) -> None:
    tokens = Tokens(options, ways_out)
    with pytest.raises(NeedsLogin, match="telos mail login"):
        tokens.access()
    logged_in(provider, tokens)
    provider.status = 503
    with pytest.raises(TryLater):
        tokens.access(renew=True)
    provider.status = 200
    logged_in(provider, tokens)
    with pytest.raises(NeedsLogin, match="another client"):
        Tokens(options.model_copy(update={"client_id": "client-8"}), ways_out).access()
    provider.end()
    with pytest.raises(NeedsLogin, match="has ended: invalid_grant") as caught:
        tokens.access(renew=True)
    stranger = options.model_copy(update={"client_id": "x", "token_path": str(tmp_path / "other")})
    with pytest.raises(Misconfigured, match="client_id"):
        Tokens(stranger, ways_out).begin()
    assert not [secret for secret in (CLIENT_SECRET, provider.refresh_token) if secret in str(caught.value)]


@pytest.fixture
def home(provider: MailProvider, tmp_path: Path) -> Iterator[tuple[Home, MailBox, TokenServer]]:
    """A home that reads and sends by one login, between a Dovecot and an SMTP server that take the provider's tokens."""
    with MailBox.start(tokens_at=provider.introspection) as box, TokenServer(provider) as smtp:
        source = provider.options(token_path=str(tmp_path / "login.json"), username=USER, host="127.0.0.1")
        keys = "\n".join(f'{key} = "{value}"' for key, value in source.items())
        home = Home.at(tmp_path / "home")
        home.prepare()
        write_empty(home.database)
        home.config_file.write_text(
            f"""
[user]
email = "{USER}"
[digest]
days = []
[mail]
via = "smtp"
host = "127.0.0.1"
port = {smtp.port}
security = "none"
login_of = "work"
[network]
allow_private = ["127.0.0.1"]
[network.hosts]
"login.example.net" = "{provider.server.url("")}"
[[sources]]
name = "work"
kind = "mail"
port = {box.port}
security = "none"
{keys}
"""
        )
        home.config_file.chmod(0o600)
        yield home, box, smtp


def test_one_login_by_the_command_reads_and_sends_mail(
    provider: MailProvider,
    home: tuple[Home, MailBox, TokenServer],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, box, _ = home
    box.deliver(b"From: Ann <ann@example.net>\r\nSubject: Tides\r\nMessage-ID: <1@x>\r\n\r\nHello")
    provider.answers = ["authorization_pending"]
    provider.approve()
    waits: list[float] = []
    monkeypatch.setattr("assistant.cli.mail.sleep", waits.append)
    monkeypatch.setattr("sys.argv", ["telos", "--home", str(folder.config_file.parent), "mail", "login", "work"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"Open https://login.example.net/code and type the code {USER_CODE}" in said
    assert "work is logged in." in said
    assert DEVICE_CODE not in said
    assert waits == [1.0, 1.0]
    service = Service(folder, embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        configured = service.settings.source("work")
        assert configured
        source = Mail(configured.options, service.ways_out)
        provider.revoke()  # a token that ended before its time
        batches = list(source.poll(None, now=datetime.now(UTC), limit=10, cancelled=Event()))
        assert [item.title for batch in batches for item in batch.items] == ["Tides"]
        provider.revoke()
        with carrier(service.settings, service.ways_out).login() as server:
            assert server.noop()[0] == 250
        assert provider.renewals == 2
        provider.status = 503
        provider.revoke()
        with pytest.raises(Deferred), carrier(service.settings, service.ways_out).login():
            pass
        provider.status = 200
        provider.end()
        with pytest.raises(NeedsLogin, match="telos mail login"):
            list(source.poll(None, now=datetime.now(UTC), limit=10, cancelled=Event()))
        with pytest.raises(Refused, match="telos mail login"), carrier(service.settings, service.ways_out).login():
            pass
    finally:
        service.close()


def test_a_token_that_the_servers_never_take_says_so(
    provider: MailProvider, home: tuple[Home, MailBox, TokenServer]
) -> None:
    folder, _, _ = home
    service = Service(folder, embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        configured = service.settings.source("work")
        assert configured
        logged_in(provider, Tokens(configured.options, service.ways_out))
        provider.user = "somebody@example.org"
        with pytest.raises(NeedsLogin, match="refuses the token"):
            list(
                Mail(configured.options, service.ways_out).poll(None, now=datetime.now(UTC), limit=1, cancelled=Event())
            )
        with pytest.raises(Refused, match="telos mail login work"), carrier(service.settings, service.ways_out).login():
            pass
        service.settings = service.settings.model_copy(
            update={"mail": service.settings.mail.model_copy(update={"login_of": "elsewhere"})}
        )
        with pytest.raises(BadConfiguration, match="elsewhere"):
            carrier(service.settings, service.ways_out)
    finally:
        service.close()


def test_a_source_that_is_added_is_logged_in_before_it_is_tried(provider: MailProvider, tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.prepare()
    write_empty(home.database)
    home.config_file.write_text(
        f'[network]\nallow_private = ["127.0.0.1"]\n[network.hosts]\n"login.example.net" = "{provider.server.url("")}"\n'
    )
    secret = tmp_path / "client-secret"
    secret.write_text(CLIENT_SECRET)
    secret.chmod(0o600)
    keys = provider.options(security="none", token_path=str(tmp_path / "login.json"), client_secret_file=str(secret))
    del keys["client_secret"]
    with MailBox.start(tokens_at=provider.introspection) as box:
        box.deliver(b"From: Ann <ann@example.net>\r\nSubject: Tides\r\nMessage-ID: <1@x>\r\n\r\nHello")
        keys["port"] = box.port
        given = [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
        with Terminal(
            TELOS, "--home", home.data, "sources", "add", "mail", "--name", "work", *given, columns=140
        ) as terminal:
            terminal.wait_for("IMAP server")
            terminal.press("127.0.0.1\r")
            terminal.wait_for("User name")
            terminal.press(f"{USER}\r")
            terminal.wait_for(f"Open https://login.example.net/code and type the code {USER_CODE}")
            assert "Asking it" not in terminal.text()
            provider.approve()
            said = terminal.wait_for("Added work (mail).")
            assert terminal.wait() == 0
        assert "You are logged in." in said
        assert "It answers, with 1 item to begin with:\n  Tides" in said
        assert DEVICE_CODE not in said
        (source,) = tomllib.loads(home.config_file.read_text())["sources"]
        assert (source["name"], source["login"], source["username"]) == ("work", "oauth", USER)
        with Client(home) as client:
            again = Addition(kind="mail", keys={**keys, "host": "127.0.0.1", "username": USER})
            assert client.sources.begin_login(again).asked is None, "the login is there, and serves"
