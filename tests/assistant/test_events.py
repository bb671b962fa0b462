"""Events stream over HTTP: framed as the standard says, alive while idle, ended with whoever listens or speaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import frames
from assistant.answers.frames import Frame, Overlong, comment, decode, encode
from assistant.api import events
from assistant.api.dependencies import ServiceDep
from assistant.api.problems import install_problems
from assistant.config.schema import Settings
from assistant.endpoint import bind, private_path
from assistant.errors import NotFound
from assistant.home import Home
from assistant.server import Server
from assistant.service import Service
from tests.fakes import HeldIndex, WordEmbedder

text = st.text(st.characters(exclude_categories=["Cs"]))
line = text.map(lambda given: given.replace("\r", "").replace("\n", "").replace("\0", ""))


def cut(content: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    ends = sorted({place % (len(content) + 1) for place in places} | {0, len(content)})
    return [content[start:end] for start, end in pairwise(ends)]


@given(st.lists(st.builds(Frame, text, line, line)), st.lists(st.integers(0)))
def test_what_is_framed_is_read_again_however_the_stream_is_cut(sent: list[Frame], places: list[int]) -> None:
    wire = b"".join(encode(frame) + comment("alive") for frame in sent)
    read = list(decode(cut(wire, places)))
    assert [frame.event for frame in read] == [frame.event for frame in sent]
    assert [frame.data for frame in read] == [frame.data.replace("\r\n", "\n").replace("\r", "\n") for frame in sent]


@given(st.binary(), st.lists(st.integers(0)))
def test_no_bytes_break_the_reader_and_the_cuts_change_nothing(content: bytes, places: list[int]) -> None:
    assert list(decode(cut(content, places))) == list(decode([content]))


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Frame("YHOO\n+2\n10")]),
        (b": comment\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
         [Frame("first", id="1"), Frame("second"), Frame(" third")]),
        (b"data\n\ndata\ndata\n\ndata:", [Frame(""), Frame("\n")]),
        (b"event: add\rdata: 1\r\rdata: 2\r\n\r\n", [Frame("1", "add"), Frame("2")]),
        (b"\xef\xbb\xbfdata: x\n\n", [Frame("x")]),
        (b"data: \xe2\x80\xa8\xc2\x85\n\n", [Frame("\u2028\x85")]),
        (b"retry: 3\nunknown: y\ndata: x\n\n", [Frame("x")]),
        (b"event: unended\n\n", []),
    ],
    ids=["lines", "ids", "empty data", "other line ends", "byte order mark", "separators of text", "other fields", "no data"],
)  # fmt: skip
def test_the_examples_of_the_standard(wire: bytes, expected: list[Frame]) -> None:
    assert list(decode([wire])) == expected


def test_an_event_without_an_end_is_given_up() -> None:
    with pytest.raises(Overlong):
        list(decode([b"data: "] + [b"x" * 10] * 20, longest=100))
    with pytest.raises(Overlong):
        list(decode([b"data: x\n"] * 20, longest=100))


class Spoken:
    """A generator that tells what became of it."""

    def __init__(self) -> None:
        self.given = 0
        self.closed = threading.Event()
        self.go_on = threading.Event()

    def words(self, most: int) -> Iterator[str]:
        try:
            while self.given < most:
                self.given += 1
                yield f"word {self.given}"
                if not self.go_on.is_set():
                    self.go_on.wait(20)
                time.sleep(0.002)
        finally:
            self.closed.set()


@pytest.fixture
def spoken() -> Spoken:
    return Spoken()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(Home.at(tmp_path), settings=Settings(), embedder=WordEmbedder(), make_index=HeldIndex)
    yield made
    made.close()


@pytest.fixture
def http(service: Service, spoken: Spoken) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.state.service = service
    install_problems(app)

    def framed(word: str) -> Frame:
        return Frame(word, "word")

    @app.post("/words/{most}")
    async def words(service: ServiceDep, most: int) -> StreamingResponse:
        return await events.stream_events(service, spoken.words(most), framed, end=[Frame("[DONE]")])

    @app.post("/fail/{after}")
    async def fail(service: ServiceDep, after: int) -> StreamingResponse:
        def failing() -> Iterator[str]:
            for number in range(after):
                yield str(number)
            raise NotFound("There is no such conversation.", "Look at the list.")

        return await events.stream_events(service, failing(), framed)

    path = private_path()
    server = Server(app, bind(path))
    server.start()
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://telos", timeout=10) as client:
        yield client
    spoken.go_on.set()
    server.stop()


def test_items_come_as_they_are_given_and_then_the_end(http: httpx.Client, spoken: Spoken) -> None:
    with http.stream("POST", "/words/3") as response:
        assert response.headers["content-type"].startswith(frames.MEDIA_TYPE)
        read = decode(response.iter_bytes())
        assert next(read) == Frame("word 1", "word")
        assert spoken.given == 1  # it came before the second was made
        spoken.go_on.set()
        assert [frame.data for frame in read] == ["word 2", "word 3", "[DONE]"]
    assert spoken.closed.wait(20)


def test_the_generator_is_closed_within_one_item_when_the_client_goes_away(
    http: httpx.Client, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave, is_left = events.Heard.leave, threading.Event()

    def leaving(heard: events.Heard[str]) -> None:
        leave(heard)
        is_left.set()

    monkeypatch.setattr(events.Heard, "leave", leaving)
    with http.stream("POST", "/words/1000000") as response:
        next(decode(response.iter_bytes()))
    assert is_left.wait(20)
    spoken.go_on.set()
    assert spoken.closed.wait(20)
    assert spoken.given <= 2


def test_the_generator_is_closed_within_one_item_when_the_service_stops(
    http: httpx.Client, service: Service, spoken: Spoken
) -> None:
    with http.stream("POST", "/words/1000000") as response:
        read = decode(response.iter_bytes())
        next(read)
        service.stopping.set()
        spoken.go_on.set()
        last = next(read)
    assert last.event == "problem"
    assert "The service stops." in last.data
    assert spoken.closed.wait(20)
    assert spoken.given <= 2


def test_an_idle_stream_shows_that_it_lives(
    http: httpx.Client, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_S", 0.02)
    with http.stream("POST", "/words/2") as response:
        chunks = response.iter_raw()
        while not next(chunks).startswith(b":"):
            pass
        spoken.go_on.set()
        assert [frame.data for frame in decode(chunks)] == ["word 2", "[DONE]"]  # and the wait lost nothing


def test_a_failure_before_the_first_item_has_its_status(http: httpx.Client) -> None:
    answer = http.post("/fail/0")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such conversation.")


def test_a_failure_after_the_first_item_is_an_event(http: httpx.Client) -> None:
    read = list(decode([http.post("/fail/2").content]))
    assert [frame.event for frame in read] == ["word", "word", "problem"]
    assert '"remedy":"Look at the list."' in read[-1].data


def test_a_stream_that_nobody_reads_costs_no_thread(http: httpx.Client, spoken: Spoken) -> None:
    spoken.go_on.set()
    with http.stream("POST", "/words/5") as response:
        assert spoken.closed.wait(20)
        for speaking in [thread for thread in threading.enumerate() if thread.name == "events"]:
            speaking.join(20)
            assert not speaking.is_alive()
        assert len(list(decode(response.iter_bytes()))) == 6
