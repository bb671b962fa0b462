"""The API over TCP: nothing without the token, in the shape that the client reads; addresses refused in sentences."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from openai import OpenAI

from assistant import daemon, tcp
from assistant.config.load import load
from assistant.doctor.parts import examine_parts
from assistant.errors import Unavailable
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.server import Server
from assistant.service import Service
from assistant.status import status
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.ports import free_port

pytestmark = pytest.mark.integration

TOKEN = "sesame-sesame-sesame"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def service(tmp_path: Path, port: int) -> Iterator[Service]:
    home = Home.at(tmp_path)
    write_empty(home.database)
    configure(home, f"127.0.0.1:{port}")
    service = Service(home, serves=True, embedder=WordEmbedder(), make_index=HeldIndex)
    yield service
    service.close()


@pytest.fixture
def servers(service: Service) -> Iterator[list[Server]]:
    servers = daemon._servers(service, Runner(service), service.home.data / "api.sock")
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


def configure(home: Home, address: str, token: str = TOKEN) -> None:
    lines = f'[api]\ntcp = "{address}"\ntoken = "{token}"\n' if address else ""
    home.config_file.write_text(lines, encoding="utf-8")


@pytest.fixture
def http(servers: list[Server], port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        yield client


def test_with_the_token_it_is_the_same_api(http: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert http.get("/api/status", headers=headers).json()["service"]["serves"]
    client = OpenAI(base_url=str(http.base_url.join("/v1")), api_key=TOKEN)
    assert next(iter(client.models.list())).id == "telos"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"Cookie": f"token={TOKEN}"},
        [("Authorization", "Bearer wrong-wrong-wrong"), ("Authorization", f"Bearer {TOKEN}")],
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/status", "/v1/models", "/api/openapi.json", "/nothing"])
def test_without_it_no_route_is_even_looked_up(
    http: httpx.Client, headers: httpx._types.HeaderTypes, path: str
) -> None:
    answer = http.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    content = answer.json()
    told = content["error"]["message"] if path.startswith("/v1") else content["detail"] + content["remedy"]
    assert "Authorization: Bearer TOKEN" in told
    assert TOKEN not in answer.text


def test_a_page_in_a_browser_gets_no_leave_to_ask(http: httpx.Client) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST", "Host": "evil.example"}
    answer = http.options("/v1/chat/completions", headers=asked)
    assert answer.status_code == 401
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_openai_s_library_reads_the_refusal(http: httpx.Client) -> None:
    client = OpenAI(base_url=str(http.base_url.join("/v1")), api_key="another-another-another")
    with pytest.raises(openai.AuthenticationError, match="wants the token"):
        client.models.list()


def test_the_unix_socket_wants_no_token(servers: list[Server], service: Service) -> None:
    transport = httpx.HTTPTransport(uds=str(service.home.data / "api.sock"))
    with httpx.Client(transport=transport, base_url="http://telos", timeout=30) as client:
        assert client.get("/api/status").status_code == 200


def test_a_changed_token_holds_at_once_and_a_changed_address_asks_for_a_restart(
    http: httpx.Client, service: Service, port: int
) -> None:
    configure(service.home, f"127.0.0.1:{port}", "another-another-another")
    assert service.reload()
    assert http.get("/api/status", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 401
    headers = {"Authorization": "Bearer another-another-another"}
    assert http.get("/api/status", headers=headers).status_code == 200
    assert not any("api.tcp" in sentence for sentence in status(service).attention)
    configure(service.home, "127.0.0.1:9")
    service.reload()
    assert any("api.tcp was changed" in one and "Restart" in one for one in status(service).attention)


def test_whoever_takes_the_section_away_shuts_the_port_at_once(http: httpx.Client, service: Service) -> None:
    configure(service.home, "")
    service.reload()
    for value in (f"Bearer {TOKEN}", "Bearer"):
        assert http.get("/api/status", headers={"Authorization": value}).status_code == 401


def test_an_address_that_is_taken_is_a_sentence_at_the_start(service: Service, port: int) -> None:
    taken = f"127.0.0.1:{port} of api.tcp is taken by another program"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Unavailable, match=taken):
        daemon._servers(service, Runner(service), service.home.data / "api.sock")


@pytest.mark.parametrize("address", ["192.0.2.7:8765", "[2001:db8::7]:8765"])
def test_an_address_of_another_machine_cannot_be_listened_on(address: str) -> None:
    with pytest.raises(Unavailable, match=r"cannot listen on .* Correct it in"):
        tcp.bind(address)


@pytest.mark.parametrize(
    ("address", "reaches"),
    [
        ("127.0.0.1:1", False),
        ("127.9.9.9:1", False),
        ("[::1]:1", False),
        ("localhost:1", False),
        ("0.0.0.0:1", True),
        ("[::]:1", True),
        ("192.168.1.5:1", True),
        ("nas.local:1", True),
    ],
)
def test_it_is_known_which_addresses_reach_beyond_this_machine(address: str, reaches: bool) -> None:
    assert tcp.reaches_beyond(address) == reaches


def test_an_address_that_reaches_beyond_this_machine_is_told_in_status_and_doctor(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    write_empty(home.database)
    configure(home, "0.0.0.0:8765")
    service = Service(home, serves=True, settings=load(home.config_file), embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        service.listens_on = service.settings.api.tcp
        assert any("other machines can reach it" in sentence for sentence in status(service).attention)
        found = [one for one in examine_parts(service, unheard) if one.subject == "api"]
        assert [(one.verdict, "nothing is encrypted" in one.sentence) for one in found] == [("warning", True)]
    finally:
        service.close()
