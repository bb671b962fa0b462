"""What a guest gathers of a stream, over a real server on loopback: the joined text of all events holds nothing withheld."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import conversations
from assistant.answers.chat import Done, Event, Say, Start, Text, TurnView
from assistant.api.app import create_app
from assistant.engine.contract import Piece, Request
from assistant.guests import Guests
from assistant.jobs.runner import Runner
from assistant.server import Server
from assistant.withheld import INSTEAD, Withheld
from assistant.withheld_stream import Growing, as_told
from tests.assistant.private_home import CANARY, SECRET, Home, private_home
from tests.assistant.talking import NOW, Talker, begin

pytestmark = pytest.mark.integration


class Letters(Talker):
    """Gives its replies in tokens of three letters."""

    def stream(self, request: Request) -> Iterator[Piece]:
        for piece in super().stream(request):
            for at in range(0, len(piece.text), 3):
                yield Piece(piece.text[at : at + 3])
            if piece.usage is not None:
                yield Piece("", piece.usage, piece.hidden)


SAY, V1 = "/api/conversations/say", "/v1/chat/completions"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with private_home(tmp_path) as home:
        yield home


@contextmanager
def listening(home: Home) -> Iterator[httpx.Client]:
    """Another program, connected as the daemon lets one in over TCP."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = Server(Guests(create_app(home.service, Runner(home.service)), home.held), listener)
    server.start()
    try:
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            yield client
    finally:
        server.stop()


def asked(path: str, **wish: Any) -> dict[str, Any]:
    if path == V1:
        return {"model": "telos", "messages": [{"role": "user", "content": "Well?"}], "stream": True}
    return {"text": "Well?", **wish}


def events(client: httpx.Client, path: str, **wish: Any) -> list[dict[str, Any]]:
    with client.stream("POST", path, json=asked(path, **wish)) as answer:
        lines = list(answer.iter_lines())
    return [json.loads(line[6:]) for line in lines if line.startswith("data: {")]


def told(path: str, found: list[dict[str, Any]]) -> str:
    """The reply as a program puts it together."""
    if path == V1:
        return "".join(one["choices"][0]["delta"].get("content", "") for one in found)
    return "".join(one["text"] for one in found if one.get("event") == "text")


@pytest.mark.parametrize("path", [SAY, V1])
def test_words_that_come_one_by_one_are_masked_together(home: Home, path: str) -> None:
    home.mark()
    home.engine._waiting = [f"They found a {CANARY} side, with {SECRET} beside it, so they say."]
    with listening(home) as client:
        found = events(client, path)
    assert told(path, found) == f"They found a {INSTEAD}, with *** beside it, so they say."
    assert CANARY not in json.dumps(found)


@pytest.mark.parametrize("path", [SAY, V1])
def test_a_secret_cut_into_tokens_is_masked_where_nothing_is_marked(tmp_path: Path, path: str) -> None:
    with private_home(tmp_path, Letters(f"It is {SECRET}, or open, or so.")) as home, listening(home) as client:
        found = events(client, path)
    assert told(path, found) == "It is ***, or open, or so."
    assert len(found) > 8


def test_what_was_said_privately_is_not_told_to_a_program_that_goes_on(home: Home) -> None:
    begin(home.service, f"They found a {CANARY} side.")
    home.mark()
    home.engine._waiting = [f"You told me of a {CANARY} side."]
    line = conversations.show(home.service).line
    with listening(home) as client:
        found = events(client, SAY, conversation=line.id)
    assert told(SAY, found) == f"You told me of a {INSTEAD}."
    assert found[-1]["turn"]["reply"] == f"You told me of a {INSTEAD}."


def test_of_a_reply_begun_anew_both_are_told_masked_and_the_second_says_that_it_is_new() -> None:
    held = Withheld.of([f"A {CANARY} side."])
    parts = [Text(text="They found "), Text(text="it all.")]
    again = [Text(text="", is_again=True), *(Text(text=f"{word} ") for word in f"No, a {CANARY} side!".split())]
    turn: list[Event] = [*parts, *again, done()]
    found = list(as_told((event for event in turn), held))
    texts = [one for one in found if isinstance(one, Text)]
    first = next(place for place, one in enumerate(texts) if one.is_again)
    assert "".join(one.text for one in texts[:first]) == "They found it all."
    assert "".join(one.text for one in texts[first:]) == f"No, a {INSTEAD}! "
    assert isinstance(found[-1], Done)


def test_a_guest_that_goes_away_stops_the_turn() -> None:
    ended: list[bool] = []

    def turn() -> Generator[Event, None, None]:
        try:
            yield from (Text(text=f"word{number} ") for number in range(100))
        finally:
            ended.append(True)

    told = as_told(turn(), Withheld.of(["Two words."]))
    next(told)
    told.close()
    assert ended == [True]


def test_without_marks_every_word_is_given_on_as_it_comes(home: Home) -> None:
    home.engine._waiting = ["One two three four."]
    here = [one.text for one in conversations.say(home.service, wish()) if isinstance(one, Text)]
    home.engine._waiting = ["One two three four."]
    there = [one.text for one in conversations.say(home.service, wish(), is_guest=True) if isinstance(one, Text)]
    assert there == here
    assert len(there) > 1


def test_with_marks_no_more_than_a_run_of_words_waits(home: Home) -> None:
    home.mark()
    growing = Growing(home.held())
    parts = [growing.add(f"word{number} ") for number in range(30)]
    for number in range(6, 30):
        assert len("".join(parts[:number]).split()) >= number - 5


def done() -> Done:
    turn = TurnView(id=1, number=1, asked_at=NOW, said="Well?", state="done", reply="So.")
    return Done(conversation=1, turn=turn)


def wish() -> Say:
    return Say(text="Well?", start=Start())


WORDS = ["biopsy", "shadow", "kronor", "ferry", "the", "on", "&", "it's", "x-1", "上海", "4711", SECRET, "open-sesame"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@given(TEXTS, TEXTS, st.lists(st.integers(0, 200), max_size=40))
def test_however_a_text_is_cut_it_is_masked_as_if_it_had_come_whole(private: str, text: str, cuts: list[int]) -> None:
    held = Withheld.of([private], secrets=frozenset({SECRET, "kronor ferry"}))
    places = sorted({0, len(text), *(one for one in cuts if one < len(text))})
    growing = Growing(held)
    parts = [growing.add(text[start:end]) for start, end in pairwise(places)]
    joined = "".join([*parts, growing.rest()])
    assert joined.replace(INSTEAD * 2, INSTEAD) == held.without(text).replace(INSTEAD * 2, INSTEAD)
