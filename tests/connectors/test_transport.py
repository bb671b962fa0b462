"""The ways out against real servers on loopback: what they bring, what they refuse, and what they say about it."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import brotli
import pytest

from connectors.failures import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.transport import WaysOut
from tests.ports import free_port
from tests.servers import Request, Response, WebServer, loopback_policy, redirect
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

MEBIBYTE = 1024 * 1024
SECRET = "9f8e7d6c5b4a39281706f5e4"


def drip(pieces: int, every_s: float) -> Iterator[bytes]:
    for _ in range(pieces):
        yield b"x"
        time.sleep(every_s)


def patient_for(words: str) -> WaysOut:
    """They give up after 3 s where the words of the failure say so."""
    return WaysOut(loopback_policy(timeout_s=3 if "3 s" in words else 20))


# What comes back


def test_a_document_comes_decoded_with_its_headers(server: WebServer, ways_out: WaysOut) -> None:
    server.answer("/feed", b"<rss/>", content_type="text/xml", etag='"one"')
    fetched = ways_out.fetch(server.url("/feed"), headers={"If-None-Match": '"zero"'})
    assert (fetched.status, fetched.body, fetched.url) == (200, b"<rss/>", server.url("/feed"))
    assert (fetched.headers["content-type"], fetched.headers["ETag"]) == ("text/xml", '"one"')
    assert fetched.moved_to is None
    asked = server.requests[0].headers
    assert asked["If-None-Match"] == '"zero"'
    assert asked["User-Agent"].startswith("telos-assistant/")
    assert asked["Accept-Encoding"] == "gzip, deflate, br"


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_an_encoded_body_is_decoded(
    encoding: str, encode: Callable[[bytes], bytes], server: WebServer, ways_out: WaysOut
) -> None:
    server.answer("/feed", encode(b"<rss/>" * 1000), content_encoding=encoding)
    fetched = ways_out.fetch(server.url("/feed"))
    assert fetched.body == b"<rss/>" * 1000
    assert "content-encoding" not in fetched.headers


def test_not_modified_is_an_answer(server: WebServer, ways_out: WaysOut) -> None:
    server.routes["/feed"] = lambda request: Response(status=304)
    assert ways_out.fetch(server.url("/feed")).status == 304


def test_a_name_and_password_are_sent_from_the_argument_or_the_address(server: WebServer, ways_out: WaysOut) -> None:
    server.answer("/feed", b"ok")
    ways_out.fetch(server.url("/feed"), auth=("ada", "secret"))
    ways_out.fetch(server.url("/feed").replace("//", "//ada:secret@"))
    assert [request.headers["Authorization"] for request in server.requests] == ["Basic YWRhOnNlY3JldA=="] * 2


# Redirects


MOVES: dict[str, tuple[list[int], int | None]] = {
    "permanent": ([301], 1),
    "permanent, the newer status": ([308], 1),
    "permanent twice": ([301, 308], 2),
    "temporary": ([302], None),
    "permanent, then temporary": ([301, 302], 1),
    "temporary, then permanent": ([307, 301], None),
}


@pytest.mark.parametrize(("statuses", "remembered"), MOVES.values(), ids=MOVES)
def test_only_permanent_redirects_at_the_head_of_a_chain_are_remembered(
    statuses: list[int], remembered: int | None, server: WebServer, ways_out: WaysOut
) -> None:
    for step, status in enumerate(statuses):
        server.routes[f"/{step}"] = redirect(f"/{step + 1}", status)
    server.answer(f"/{len(statuses)}", b"here")
    fetched = ways_out.fetch(server.url("/0"))
    assert fetched.body == b"here"
    assert fetched.url == server.url(f"/{len(statuses)}")
    assert fetched.moved_to == (None if remembered is None else server.url(f"/{remembered}"))


@pytest.mark.parametrize("target", [f"/private/{SECRET}", f"/feed?token={SECRET}"])
def test_a_redirect_to_an_address_with_a_secret_is_followed_but_not_remembered(
    target: str, server: WebServer, ways_out: WaysOut
) -> None:
    server.routes["/"] = redirect(target, 301)
    server.answer(target.partition("?")[0], b"here")
    fetched = ways_out.fetch(server.url("/"))
    assert (fetched.body, fetched.moved_to) == (b"here", None)


def test_a_password_is_not_carried_to_another_host(server: WebServer, ways_out: WaysOut) -> None:
    with WebServer() as other:
        other.answer("/feed", b"ok")
        server.routes["/"] = redirect(other.url("/feed"), 301)
        fetched = ways_out.fetch(server.url("/"), auth=("ada", "secret"))
    assert fetched.moved_to is None  # or the next fetch would log in there
    assert "Authorization" in server.requests[0].headers
    assert "Authorization" not in other.requests[0].headers


def test_redirects_share_one_time_limit(server: WebServer) -> None:
    def slowly(request: Request) -> Response:
        time.sleep(0.4)
        return Response(status=302, headers={"Location": f"/{len(server.requests)}"})

    for step in range(6):
        server.routes[f"/{step}"] = slowly
    ways_out = WaysOut(loopback_policy(timeout_s=1.0))
    with pytest.raises(TryLater, match="within 1 s"):
        ways_out.fetch(server.url("/0"))


# What goes wrong, by its remedy


STATUSES: dict[int, tuple[type[SourceFailure], str]] = {
    400: (Misconfigured, "400 (Bad Request): check its address"),
    401: (NeedsLogin, "401 (Unauthorized): check the username and password"),
    403: (NeedsLogin, "403 (Forbidden): it wants a login"),
    404: (Misconfigured, "404 (Not Found): check its address"),
    408: (TryLater, "408 (Request Timeout)"),
    410: (Misconfigured, "410 (Gone): it is gone for good"),
    429: (TryLater, "429 (Too Many Requests); it will be asked again later"),
    500: (TryLater, "500 (Internal Server Error); it will be asked again later"),
    503: (TryLater, "503 (Service Unavailable)"),
    599: (TryLater, "answered 599; it"),
    300: (Misconfigured, "300 (Multiple Choices)"),
}


@pytest.mark.parametrize(("status", "failure"), STATUSES.items(), ids=map(str, STATUSES))
def test_a_status_is_a_failure_named_by_its_remedy(
    status: int, failure: tuple[type[SourceFailure], str], server: WebServer, ways_out: WaysOut
) -> None:
    server.routes["/feed"] = lambda request: Response(status=status)
    kind, words = failure
    with pytest.raises(kind) as caught:
        ways_out.fetch(server.url("/feed"))
    assert words in str(caught.value)
    assert str(caught.value).startswith(server.url("/feed"))


def reset(request: Request) -> Response:
    raise ConnectionResetError


def broken_off(request: Request) -> Response:
    return Response(headers={"Content-Length": "100"}, body=iter([b"<rss>"]))


BAD: dict[str, tuple[Callable[[Request], Response], type[SourceFailure], str]] = {
    "a redirect to itself": (redirect("/bad"), Misconfigured, "redirects more than 5 times"),
    "a redirect to a file": (redirect("file:///etc/passwd"), Misconfigured, "must begin with http"),
    "a redirect to nonsense": (redirect("http://[::1"), TryLater, "broke off"),
    "100 MB": (
        lambda request: Response(body=itertools.repeat(bytes(MEBIBYTE), 100)), Misconfigured, "more than 10 MB",
    ),
    "a gzip bomb": (
        lambda request: Response(headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(100 * MEBIBYTE), 1)),
        Misconfigured, "more than 10 MB",
    ),
    "a brotli bomb": (
        lambda request: Response(
            headers={"Content-Encoding": "br"}, body=brotli.compress(bytes(100 * MEBIBYTE), quality=1)
        ),
        Misconfigured, "more than 10 MB",
    ),
    "a damaged body": (
        lambda request: Response(headers={"Content-Encoding": "gzip"}, body=b"<rss/>"), TryLater, "cannot be decoded",
    ),
    "a body cut short": (broken_off, TryLater, "broke off"),
    "a body that drips": (lambda request: Response(body=drip(10_000, 0.1)), TryLater, "in full within 3 s"),
    "a connection that is reset": (reset, TryLater, "broke off"),
}  # fmt: skip


@pytest.mark.parametrize(("route", "kind", "words"), BAD.values(), ids=BAD)
def test_a_bad_answer_is_a_failure_named_by_its_remedy(
    route: Callable[[Request], Response], kind: type[SourceFailure], words: str, server: WebServer
) -> None:
    server.routes["/bad"] = route
    with closing(patient_for(words)) as ways_out:
        with pytest.raises(kind, match=words):
            ways_out.fetch(server.url("/bad"))
        server.answer("/good", b"fine")
        assert ways_out.fetch(server.url("/good")).body == b"fine"


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\n" + b"X-Drip: 1\r\n" * 3], ids=["nothing", "headers"])
def test_headers_that_never_end_are_given_up_at_the_limit(says: bytes) -> None:
    given_up = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(says)
            while not given_up.wait(0.1):
                connection.sendall(b"X-Drip: 1\r\n" if says else b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        with pytest.raises(TryLater, match=r"within 0\.5 s"):
            WaysOut(loopback_policy(timeout_s=0.5)).fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        given_up.set()


def test_what_does_not_speak_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"220 mail ready\r\n"), daemon=True).start()
        with pytest.raises(TryLater):
            WaysOut(loopback_policy()).fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/")


@pytest.mark.parametrize("address", ["ftp://example.org/feed", "example.org/feed", "/etc/passwd", "", "http://", "x:"])
def test_what_is_no_web_address_is_a_failure(address: str, ways_out: WaysOut) -> None:
    with pytest.raises(Misconfigured, match="must begin with http"):
        ways_out.fetch(address)


@pytest.mark.parametrize(
    "address", ["http://exa mple.org/", "http://[::1", "http://a.b:99999/", "http://\ud800/", "http://a..b/"]
)
def test_an_address_that_makes_no_sense_is_a_failure_and_no_crash(address: str, ways_out: WaysOut) -> None:
    with pytest.raises(SourceFailure):
        ways_out.fetch(address)


def test_a_port_where_nobody_listens_is_tried_later(ways_out: WaysOut) -> None:
    with pytest.raises(TryLater, match="cannot be reached"):
        ways_out.fetch(f"http://127.0.0.1:{free_port()}/")


SECRET_PATHS = [f"/feed?token={SECRET}", f"/{SECRET}/feed"]


@pytest.mark.parametrize("path", SECRET_PATHS)
def test_no_failure_and_no_log_line_shows_a_secret(
    path: str, server: WebServer, ways_out: WaysOut, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for route in [lambda request: Response(status=500), redirect(path), reset]:
        server.routes[path.partition("?")[0]] = route
        with pytest.raises(SourceFailure) as caught:
            ways_out.fetch(server.url(path).replace("//", f"//ada:{SECRET}@"))
        assert SECRET not in str(caught.value)
        assert "***" in str(caught.value)
    assert SECRET not in caplog.text


# The reader


def shout(text: str) -> str:
    return text.upper()


def hang(text: str) -> str:
    time.sleep(3600)
    return text


def devour(text: str) -> str:
    return text * 10**10


def refuse(text: str) -> str:
    raise Misconfigured(f"{text} is no feed.")


READINGS: dict[str, tuple[Callable[[str], str], str]] = {
    "a parser that hangs": (hang, "took longer than 3 s"),
    "a parser that eats memory": (devour, "ran out of the memory"),
    "a parser that refuses": (refuse, "page is no feed"),
}


@pytest.mark.parametrize(("parse", "words"), READINGS.values(), ids=READINGS)
def test_a_document_that_cannot_be_read_is_a_failure_and_the_next_one_is_read(
    parse: Callable[[str], str], words: str
) -> None:
    with closing(patient_for(words)) as ways_out:
        with pytest.raises(Misconfigured, match=words):
            ways_out.read(parse, "page")
        assert ways_out.read(shout, "page") == "PAGE"


# The end


def test_closing_breaks_off_what_is_under_way_and_lets_nothing_start(server: WebServer) -> None:
    ways_out = WaysOut(loopback_policy(timeout_s=3600))
    server.routes["/slow"] = lambda request: Response(body=drip(10_000, 0.1))
    failures: list[SourceFailure] = []

    def attempt(work: Callable[[], Any]) -> None:
        try:
            work()
        except SourceFailure as err:
            failures.append(err)

    works: list[Callable[[], Any]] = [lambda: ways_out.fetch(server.url("/slow")), lambda: ways_out.read(hang, "page")]
    threads = [threading.Thread(target=attempt, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    wait_until(lambda: bool(server.requests) and ways_out.reader.pid is not None, "both are under way")
    time.sleep(0.5)
    ways_out.close()
    for thread in threads:
        thread.join()
    assert [type(failure) for failure in failures] == [TryLater, TryLater]
    assert all("Telos is stopping" in str(failure) for failure in failures)
    with pytest.raises(TryLater, match="stopping"):
        ways_out.fetch(server.url("/slow"))
