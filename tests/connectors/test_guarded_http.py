"""The transport under every request, against real servers: its politeness, its guard, TLS, and the libraries upon it."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import requests

from connectors.failures import Misconfigured, TryLater
from connectors.transport import NetworkPolicy, WaysOut
from tests.mail_server import Certificate
from tests.servers import Response, WebServer, loopback_policy, redirect

pytestmark = pytest.mark.integration

MEBIBYTE = 1024 * 1024


# Politeness


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_be_left_alone_is_not_asked_again(
    status: int, server: WebServer, ways_out: WaysOut
) -> None:
    server.routes["/feed"] = lambda request: Response(status=status, headers={"Retry-After": "300"})
    server.answer("/other", b"fine")
    with pytest.raises(TryLater, match="left alone for 5 minutes") as caught:
        ways_out.fetch(server.url("/feed"))
    assert caught.value.after == timedelta(minutes=5)
    with pytest.raises(TryLater, match="was not asked") as again:
        ways_out.fetch(server.url("/other"))
    assert again.value.after is not None
    assert timedelta(minutes=4) < again.value.after <= timedelta(minutes=5)
    assert len(server.requests) == 1


def test_requests_to_one_host_are_a_pause_apart_but_its_own_redirects_are_not(server: WebServer) -> None:
    server.routes["/"] = redirect("/feed")
    server.answer("/feed", b"ok")
    ways_out = WaysOut(loopback_policy(pause_s=3600))
    ways_out.fetch(server.url("/"))
    assert [request.path for request in server.requests] == ["/", "/feed"]
    threading.Timer(0.3, ways_out.close).start()
    with pytest.raises(TryLater, match="stopping"):
        ways_out.fetch(server.url("/"))
    assert len(server.requests) == 2


def test_cookies_are_kept_for_the_redirects_of_one_fetch_and_then_forgotten(
    server: WebServer, ways_out: WaysOut
) -> None:
    server.routes["/"] = lambda request: Response(status=302, headers={"Location": "/feed", "Set-Cookie": "seen=1"})
    server.answer("/feed", b"ok")
    ways_out.fetch(server.url("/"))
    ways_out.fetch(server.url("/feed"))
    assert [request.headers["Cookie"] for request in server.requests] == [None, "seen=1", None]


# The guard


def test_a_private_address_is_refused_with_the_setting_that_allows_it(server: WebServer) -> None:
    ways_out = WaysOut(NetworkPolicy())
    with pytest.raises(Misconfigured, match=r"\[network\] allow_private"):
        ways_out.fetch(server.url("/"))
    assert server.requests == []


def test_a_redirect_to_a_private_address_is_refused(server: WebServer) -> None:
    with WebServer() as inner:
        inner.answer("/", b"the router's password")
        server.routes["/"] = redirect(inner.url("/").replace("127.0.0.1", "localhost"))
        addresses = {"public.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]}
        ways_out = WaysOut(
            loopback_policy(allow_private=("public.example",)), resolve=lambda host, port: addresses[host]
        )
        with pytest.raises(Misconfigured, match="no public address"):
            ways_out.fetch(f"http://public.example:{server.port}/")
    assert len(server.requests) == 1
    assert inner.requests == []


def test_a_name_that_resolves_otherwise_a_moment_later_gains_nothing(server: WebServer) -> None:
    server.answer("/", b"ok", connection="close")
    answers = [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    ways_out = WaysOut(loopback_policy(), resolve=rebinding)
    address = f"http://rebinding.example:{server.port}/"
    assert ways_out.fetch(address).body == b"ok"
    assert asked == ["rebinding.example"]  # once: what was vetted is what was connected to
    with pytest.raises(Misconfigured, match=r"127\.0\.0\.2, which is no public address"):
        ways_out.fetch(address)
    assert ways_out.fetch(address).body == b"ok"


def test_after_an_address_where_nobody_answers_the_next_one_is_tried(server: WebServer) -> None:
    server.answer("/", b"ok")
    policy = loopback_policy(allow_private=("127.0.0.1", "::1"))
    ways_out = WaysOut(policy, resolve=lambda host, port: ["::1", "127.0.0.1"])
    assert ways_out.fetch(f"http://two.example:{server.port}/").body == b"ok"


def test_proxies_and_passwords_of_the_environment_are_ignored(
    server: WebServer, ways_out: WaysOut, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.answer("/", b"ok")
    assert ways_out.fetch(server.url("/")).body == b"ok"
    assert ways_out.requests_session().get(server.url("/"), timeout=5).content == b"ok"
    assert all("Authorization" not in request.headers for request in server.requests)


def test_a_host_can_be_mapped_to_another_base(server: WebServer) -> None:
    server.answer("/mirror/api/query", b"mapped")
    ways_out = WaysOut(NetworkPolicy(hosts={"export.arxiv.org": server.url("/mirror/")}, pause_s=0))
    fetched = ways_out.fetch("https://export.arxiv.org/api/query?start=0")
    assert (fetched.body, fetched.url) == (b"mapped", "https://export.arxiv.org/api/query?start=0")
    assert server.requests[0].query == {"start": "0"}
    assert server.requests[0].headers["Host"] == f"127.0.0.1:{server.port}"


def test_the_target_of_a_mapping_is_trusted_only_by_way_of_the_mapping(server: WebServer) -> None:
    server.answer("/", b"mapped")
    ways_out = WaysOut(NetworkPolicy(hosts={"mapped.example": server.url("")}, pause_s=0))
    assert ways_out.fetch("http://mapped.example/").body == b"mapped"
    with pytest.raises(Misconfigured, match="no public address"):
        ways_out.fetch(server.url("/"))
    server.routes["/"] = redirect(server.url("/inner"))
    with pytest.raises(Misconfigured, match="no public address"):
        ways_out.fetch("http://mapped.example/")


# TLS


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[WebServer, Certificate, list[str | None]]]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    certificate = Certificate.make(tmp_path)
    names: list[str | None] = []
    context = certificate.context()
    context.sni_callback = lambda connection, name, _: names.append(name)
    with WebServer(tls=context) as server:
        server.answer("/", b"ok")
        yield server, certificate, names


def test_the_certificate_and_sni_go_by_the_name_while_the_connection_goes_to_the_vetted_address(
    tls_server: tuple[WebServer, Certificate, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, certificate, names = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    ways_out = WaysOut(loopback_policy(), resolve=lambda host, port: ["127.0.0.1"])
    assert ways_out.fetch(f"https://localhost:{server.port}/").body == b"ok"
    assert names == ["localhost"]
    with pytest.raises(TryLater, match="certificate that cannot be trusted"):
        ways_out.fetch(f"https://other.example:{server.port}/")


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls_server: tuple[WebServer, Certificate, list[str | None]],
) -> None:
    server, _, _ = tls_server
    with pytest.raises(TryLater, match="certificate that cannot be trusted"):
        WaysOut(loopback_policy()).fetch(f"https://localhost:{server.port}/")


# The library's clients


def test_the_httpx_client_is_under_the_same_limits(server: WebServer, ways_out: WaysOut) -> None:
    server.routes["/large"] = lambda request: Response(body=itertools.repeat(bytes(MEBIBYTE), 100))
    server.routes["/echo"] = lambda request: Response(body=request.body)
    with ways_out.http() as client:
        assert client.post(server.url("/echo"), content=b"hello").content == b"hello"
        with pytest.raises(httpx.TransportError):
            client.get(server.url("/large"))
        with pytest.raises(httpx.ConnectError):
            client.get(server.url("/echo").replace("127.0.0.1", "127.0.0.2"))
    assert ways_out.http().get(server.url("/echo")).status_code == 200  # closing one client closed no other


def test_a_requests_session_is_under_the_same_policy(server: WebServer, ways_out: WaysOut) -> None:
    server.routes["/"] = redirect("/answer")
    server.routes["/answer"] = lambda request: Response(
        status=418, headers={"Content-Type": "text/plain; charset=latin-1"}, body="Grüße".encode("latin-1")
    )
    server.routes["/echo"] = lambda request: Response(body=request.method.encode() + b" " + request.body)
    session = ways_out.requests_session()
    answer = session.get(server.url("/"))
    assert (answer.status_code, answer.text, answer.url) == (418, "Grüße", server.url("/answer"))
    assert answer.history[0].status_code == 302
    assert session.post(server.url("/echo"), data={"a": "1"}).text == "POST a=1"
    assert server.requests[0].headers["User-Agent"].startswith("telos-assistant/")
    with pytest.raises(Misconfigured, match="no public address"):
        session.get(server.url("/").replace("127.0.0.1", "127.0.0.2"))
    server.routes["/loop"] = redirect("/loop")
    with pytest.raises(requests.TooManyRedirects):
        session.get(server.url("/loop"))
