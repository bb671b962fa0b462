"""The engine behind a server, against servers on loopback that do what real ones do: count or not, refuse, break off."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, SecretStr

from assistant.config.schema import ModelSettings
from assistant.engine import structured
from assistant.engine.choice import Choice
from assistant.engine.contract import (
    Capability,
    Message,
    ModelFailed,
    OutOfBudget,
    Prefix,
    Request,
    Sampling,
    TooLong,
    complete,
    rough_length,
)
from assistant.engine.server.engine import ServerEngine
from assistant.errors import TelosError, Unavailable
from tests.model_server import END, USAGE, ModelServer, chunk, problem, reply, stream
from tests.servers import Response, redirect

pytestmark = pytest.mark.integration

ASKED = Request(messages=[Message("user", "When does the ferry run?")], max_tokens=40)
KEY = "sk-proj-1234567890abcdef"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def engine_of(server: ModelServer, *, name: str = "tiny", key: str = "", silence_s: float = 5.0) -> ServerEngine:
    choice = Choice("server", name=name, address=server.address, api_key=SecretStr(key) if key else None)
    return ServerEngine(choice, ModelSettings(engine="server", silence_s=silence_s))


# A reply


def test_a_reply_comes_piece_by_piece_and_the_last_says_what_it_cost(server: ModelServer) -> None:
    pieces = list(engine_of(server).stream(ASKED))
    assert [piece.text for piece in pieces if piece.text] == ["The ", "ferry ", "runs ", "at eight."]
    usage = pieces[-1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.prompt_reused, usage.new_tokens, usage.finish) == (9, 5, 4, "end")
    assert not usage.is_estimated
    assert 0 < usage.first_token_s <= usage.total_s


def test_what_is_asked_for_is_sent(server: ModelServer) -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, min_p=0.1, repetition_penalty=1.1, seed=4)
    complete(engine_of(server), Request(messages=ASKED.messages, max_tokens=12, sampling=sampling, stop=["END"]))
    sent = server.bodies[0]
    assert {name: sent[name] for name in ("temperature", "top_p", "min_p", "repetition_penalty", "seed", "stop")} == {
        "temperature": 0.7,
        "top_p": 0.9,
        "min_p": 0.1,
        "repetition_penalty": 1.1,
        "seed": 4,
        "stop": ["END"],
    }
    assert (sent["model"], sent["max_tokens"], sent["stream"]) == ("tiny", 12, True)
    assert sent["messages"] == [{"role": "user", "content": "When does the ferry run?"}]


def test_what_a_server_refuses_is_not_asked_of_it_again(server: ModelServer) -> None:
    server.refuses = {"min_p", "stream_options", "repetition_penalty"}
    engine = engine_of(server)
    found = complete(
        engine, Request(messages=ASKED.messages, sampling=Sampling(min_p=0.1, repetition_penalty=1.2, seed=1))
    )
    assert engine.abilities.refused == server.refuses
    assert found.text == "The ferry runs at eight."
    assert found.usage.is_estimated
    assert "seed" in server.bodies[0]


def test_a_server_that_calls_the_limit_otherwise_is_understood(server: ModelServer) -> None:
    listening = server.routes["/v1/chat/completions"]

    def newer(request: Any) -> Response:
        if b'"max_tokens"' in request.body:
            return problem(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return listening(request)

    server.routes["/v1/chat/completions"] = newer
    complete(engine_of(server), ASKED)
    assert server.bodies[0]["max_completion_tokens"] == 40


def test_the_trials_are_made_once(server: ModelServer) -> None:
    engine = engine_of(server)
    complete(engine, ASKED)
    asked = len(server.requests)
    complete(engine, ASKED)
    assert engine.capabilities
    assert len(server.requests) == asked + 1


def test_a_stop_string_ends_the_reply_although_the_server_does_not_heed_it(server: ModelServer) -> None:
    said = complete(engine_of(server), Request(messages=ASKED.messages, stop=["y runs"]))
    assert (said.text, said.usage.finish) == ("The ferr", "stop")


def test_a_reply_cut_at_the_limit_says_so(server: ModelServer) -> None:
    server.chat = lambda body: stream(chunk("The ferry"), chunk("", finish_reason="length"), USAGE)
    assert complete(engine_of(server), ASKED).usage.finish == "length"


def test_a_server_that_does_not_stop_is_stopped(server: ModelServer) -> None:
    server.chat = lambda body: stream(*[chunk("x" * 4096)] * 200, END)
    said = complete(engine_of(server), ASKED)
    assert len(said.text) < 40_000
    assert said.usage.finish == "length"
    assert "more than it was asked for" in said.usage.notice


def test_thinking_is_not_said(server: ModelServer) -> None:
    server.words = ["<th", "ink>Let me see.", " It is eight.</thi", "nk>\n\nAt ", "eight."]
    assert complete(engine_of(server), ASKED).text == "At eight."


def test_a_server_that_does_not_stream_is_heard_all_the_same(server: ModelServer) -> None:
    server.chat = lambda body: reply(
        {"choices": [{"message": {"content": "At eight."}, "finish_reason": "stop"}], "usage": USAGE["usage"]}
    )
    said = complete(engine_of(server), ASKED)
    assert (said.text, said.usage.new_tokens) == ("At eight.", 4)


def test_a_whole_reply_without_done_is_whole(server: ModelServer) -> None:
    server.chat = lambda body: stream(chunk("At eight."), END, done=False)
    said = complete(engine_of(server), ASKED)
    assert (said.text, said.usage.is_estimated) == ("At eight.", True)


def test_closing_a_reply_closes_the_connection(server: ModelServer) -> None:
    gone = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield b'data: {"choices": [{"delta": {"content": "more "}}]}\n\n'
                time.sleep(0.01)
        finally:
            gone.set()

    server.chat = lambda body: Response(headers={"Content-Type": "text/event-stream"}, body=endless())
    reply = engine_of(server).stream(ASKED)
    assert next(reply).text == "more "
    reply.close()  # type: ignore[attr-defined]
    assert gone.wait(20), "the server still writes"


def test_a_closed_engine_breaks_off_and_can_be_asked_again(server: ModelServer) -> None:
    begun, over = threading.Event(), threading.Event()

    def unending() -> Iterator[bytes]:
        yield b'data: {"choices": [{"delta": {"content": "The "}}]}\n\n'
        begun.set()
        over.wait(60)

    def close() -> None:
        begun.wait(60)  # however long it takes until the reply is under way
        engine.close()

    server.chat = lambda body: Response(headers={"Content-Type": "text/event-stream"}, body=unending())
    engine = engine_of(server, silence_s=60)
    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(ModelFailed, match="broken off"):
        complete(engine, ASKED)
    closing.join()
    over.set()
    server.chat = None
    assert complete(engine, ASKED).text == "The ferry runs at eight."


@pytest.mark.parametrize("wanted", [{"guidance": 1.5}, {"focus": 0.7}, {"wants_attention": True}])
def test_what_a_server_cannot_do_is_refused_with_a_sentence_and_not_left_out(
    server: ModelServer, wanted: dict[str, Any]
) -> None:
    with pytest.raises(Unavailable, match=r"guides no reply away|needs a language model that can be held"):
        complete(engine_of(server), Request(messages=ASKED.messages, **wanted))


def test_a_batch_is_answered_in_its_order(server: ModelServer) -> None:
    server.chat = lambda body: stream(chunk(body["messages"][0]["content"]), END, USAGE)
    requests = [Request(messages=[Message("user", f"number {n}")]) for n in range(7)]
    assert [one.text for one in engine_of(server).batch(requests)] == [f"number {n}" for n in range(7)]


# What it can


@pytest.mark.parametrize(
    ("takes", "shape", "has_schema"),
    [
        ({"json_schema", "json_object"}, "json_schema", True),
        ({"json_object"}, "json_object", False),
        (set(), "", False),
    ],
)
def test_the_strictest_response_format_is_found_by_trying(
    server: ModelServer, takes: set[str], shape: str, has_schema: bool
) -> None:
    server.takes = takes
    engine = engine_of(server)
    assert engine.abilities.shape == shape
    assert (Capability.SCHEMA in engine.capabilities) == has_schema
    complete(engine, Request(messages=ASKED.messages, schema={"type": "object"}))
    assert server.bodies[0].get("response_format", {}).get("type", "") == shape


def test_a_schema_that_is_beyond_a_server_is_left_to_whoever_validates(server: ModelServer) -> None:
    server.chat = lambda body: (
        problem(400, "Invalid schema: maxLength") if "response_format" in body else stream(chunk("{}"), END, USAGE)
    )
    assert complete(engine_of(server), Request(messages=ASKED.messages, schema={"type": "object"})).text == "{}"
    assert len(server.bodies) == 2


def test_an_object_is_asked_for_again_where_the_server_ignores_the_schema(server: ModelServer) -> None:
    server.takes = set()
    answers = iter(["At eight.", '{"hour": 8}'])
    server.chat = lambda body: stream(chunk(next(answers)), END, USAGE)
    assert structured.ask(engine_of(server), Departure, ASKED.messages) == Departure(hour=8)
    assert "That was not valid" in server.bodies[1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("takes", "sent"),
    [({"json_object"}, {"type": "json_object"}), (set(), None)],
    ids=["holds to JSON", "ignores it"],
)
def test_a_server_that_knows_no_schema_is_asked_for_an_object_where_it_can(
    server: ModelServer, takes: set[str], sent: object
) -> None:
    server.takes = takes
    engine = engine_of(server)
    assert Capability.SCHEMA not in engine.capabilities
    server.chat = lambda body: stream(chunk('{"hour": 8}'), END, USAGE)
    assert structured.ask(engine, Departure, ASKED.messages) == Departure(hour=8)
    assert server.bodies[0].get("response_format") == sent
    assert "JSON schema" in server.bodies[0]["messages"][0]["content"]


def test_a_server_that_only_thinks_says_so(server: ModelServer) -> None:
    server.chat = lambda body: stream(chunk("<think>and then"), chunk(" and then", finish_reason="length"), USAGE)
    with pytest.raises(OutOfBudget, match="for thinking"):
        complete(engine_of(server), ASKED)


class Departure(BaseModel):
    hour: int


def test_no_server_shows_hidden_states_or_is_steered(server: ModelServer) -> None:
    engine = engine_of(server)
    assert engine.capabilities <= {Capability.GENERATE, Capability.SCHEMA}
    prefix = Prefix(np.zeros((1, 8), dtype=np.float32))
    for asked in (Request(messages=ASKED.messages, prefix=prefix), Request(messages=ASKED.messages, wants_hidden=True)):
        with pytest.raises(Unavailable, match="the engine 'tiny' cannot"):
            next(iter(engine.stream(asked)))


def test_a_server_that_takes_embeddings_is_known_by_what_it_minds(server: ModelServer) -> None:
    assert not engine_of(server).abilities.prompt_embeddings
    for words in ("prompt_embeds: cannot decode the tensor", "Non-base64 digit found", "Incorrect padding"):
        server.routes["/v1/completions"] = lambda request, words=words: problem(400, words)  # type: ignore[misc]
        assert engine_of(server).abilities.prompt_embeddings


def test_the_context_is_the_smaller_of_what_is_told_and_configured(server: ModelServer) -> None:
    assert engine_of(server).context_tokens == 4096
    server.models = [{"id": "tiny"}]
    assert engine_of(server).context_tokens == 8192
    server.routes["/props"] = lambda request: reply({"default_generation_settings": {"n_ctx": 2048}})
    assert engine_of(server).context_tokens == 2048


@pytest.mark.parametrize("counter", ["vllm", "llama.cpp"])
def test_tokens_are_counted_by_the_server_where_it_can(server: ModelServer, counter: str) -> None:
    server.counter = counter
    engine = engine_of(server)
    assert engine.lengths(["one two three", "", "four"]) == [3, 0, 1]
    asked = len(server.requests)
    assert engine.lengths(["one two three"]) == [3]
    assert len(server.requests) == asked, "a text is counted once"


def test_tokens_are_overestimated_where_the_server_does_not_count(server: ModelServer) -> None:
    engine = engine_of(server)
    assert engine.lengths(["one two three"]) == [rough_length("one two three")]
    assert engine.count([Message("user", "one two three")]) > rough_length("one two three")


def test_tokens_are_estimated_while_the_server_is_away() -> None:
    engine = ServerEngine(Choice("server", name="tiny", address="http://127.0.0.1:1/v1"), ModelSettings())
    assert engine.lengths(["one two three"]) == [5]


def test_a_reply_is_cut_to_what_is_left_of_the_context(server: ModelServer) -> None:
    server.counter = "vllm"
    server.models = [{"id": "tiny", "max_model_len": 20}]
    engine = engine_of(server)
    complete(engine, ASKED)
    assert server.bodies[0]["max_tokens"] == 20 - engine.count(ASKED.messages)
    with pytest.raises(TooLong, match="takes 20"):
        complete(engine, Request(messages=[Message("user", "ferry " * 30)]))


def test_the_only_model_needs_no_name(server: ModelServer) -> None:
    engine = engine_of(server, name="")
    assert complete(engine, ASKED).text
    assert engine.name == "tiny"


def test_what_was_found_is_told_in_sentences(server: ModelServer) -> None:
    server.refuses = {"min_p"}
    notes = " ".join(engine_of(server).notes)
    assert "holds its text to a schema" in notes
    assert "It does not take min_p." in notes


# Servers that fail


def hanging() -> Iterator[bytes]:
    yield b'data: {"choices": [{"delta": {"content": "The "}}]}\n\n'
    time.sleep(20)


def awake_but_silent() -> Iterator[bytes]:
    yield b'data: {"choices": [{"delta": {"content": "The "}}]}\n\n'
    for _ in range(400):
        time.sleep(0.05)
        yield b": keep-alive\n\n"


def events(body: Any) -> Response:
    return Response(headers={"Content-Type": "text/event-stream"}, body=body)


FAILURES: dict[str, tuple[Response, type[TelosError], str]] = {
    "drops the stream": (stream(chunk("The "), done=False), ModelFailed, "broke off in the middle"),
    "says done too early": (stream(chunk("The ")), ModelFailed, "broke off in the middle"),
    "cuts its body short": (
        Response(headers={"Content-Length": "5000", "Content-Type": "text/event-stream"}, body=[b"data: "]),
        ModelFailed,
        "broke off before its answer was whole",
    ),
    "returns a page": (
        Response(headers={"Content-Type": "text/html"}, body=b"<html>Welcome</html>"),
        ModelFailed,
        "a web page instead of a reply.*usually ends in /v1",
    ),
    "returns a page as JSON": (
        Response(headers={"Content-Type": "application/json"}, body=b"<!DOCTYPE html><p>hi"),
        ModelFailed,
        "a web page",
    ),
    "hangs": (events(hanging()), ModelFailed, "sent nothing new for 4 s"),
    "only keeps awake": (events(awake_but_silent()), ModelFailed, "sent nothing new for 4 s"),
    "sends no JSON": (events([b"data: {oops\n\n"]), ModelFailed, "what is no JSON"),
    "sends a list": (events([b"data: [1]\n\n"]), ModelFailed, "JSON that is no object"),
    "fails in the stream": (
        stream(chunk("The "), {"error": {"message": "CUDA out of memory"}}),
        ModelFailed,
        "failed in the middle of the reply: CUDA out of memory",
    ),
    "wants a key": (problem(401, "No key"), ModelFailed, "401.*No key.*api_key"),
    "is busy": (problem(429, "Slow down", Retry_After="20"), ModelFailed, "429.*left alone for 20 s"),
    "is down": (problem(503, "Loading", Retry_After="7"), ModelFailed, "503.*Loading.*left alone for 7 s"),
    "has no credit": (problem(429, "You exceeded your quota"), ModelFailed, "exceeded your quota.*account"),
    "fails": (problem(500, "Internal"), ModelFailed, "500.*Internal.*own log"),
    "is full": (
        problem(400, "This model's maximum context length is 4096 tokens. However, you requested 9000."),
        TooLong,
        "maximum context length is 4096",
    ),
    "minds a field": (problem(400, "temperature must be below 1"), ModelFailed, "temperature must be below 1"),
    "sends too much": (
        Response(headers={"Content-Type": "application/json"}, body=b" " * 9_000_000),
        ModelFailed,
        "more than 8 MB",
    ),
    "sends one endless event": (events([b"data: " + b"x" * 1_000_000] * 20), ModelFailed, "too long for any reply"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_each_failure_is_a_sentence_with_its_remedy_and_the_next_reply_comes(server: ModelServer, case: str) -> None:
    answer, kind, sentence = FAILURES[case]
    engine = engine_of(server, silence_s=4 if "nothing new" in sentence else 30)
    assert engine.capabilities
    server.chat = lambda body: answer
    with pytest.raises(kind, match=sentence) as caught:
        complete(engine, ASKED)
    assert caught.value.remedy
    assert len(str(caught.value)) < 900
    server.chat = None
    assert complete(engine, ASKED).text == "The ferry runs at eight."


def test_an_unknown_model_is_answered_with_those_there_are(server: ModelServer) -> None:
    server.models = [{"id": "tiny"}, {"id": "large"}]
    with pytest.raises(ModelFailed, match=r"no model 'huge'. It has: tiny, large.") as unknown:
        complete(engine_of(server, name="huge"), ASKED)
    assert unknown.value.remedy == f"Run: telos model use {server.address} --served-name NAME"
    with pytest.raises(ModelFailed, match=r"No model is named, and the server .* has 2: tiny, large"):
        complete(engine_of(server, name=""), ASKED)
    server.models = None
    with pytest.raises(ModelFailed, match=r"lists none.*telos model use http.* --served-name NAME"):
        complete(engine_of(server, name=""), ASKED)


def test_a_server_that_sends_requests_on_is_not_followed(server: ModelServer) -> None:
    server.routes["/v1/chat/completions"] = redirect("https://elsewhere.example/v1/chat/completions", 307)
    with pytest.raises(ModelFailed, match=r"sends requests on to https://elsewhere.example"):
        complete(engine_of(server), ASKED)


def test_a_server_that_is_not_there_is_named() -> None:
    engine = ServerEngine(Choice("server", name="tiny", address="http://127.0.0.1:1/v1"), ModelSettings())
    with pytest.raises(ModelFailed, match=r"http://127.0.0.1:1/v1 cannot be reached.*Start it"):
        assert engine.capabilities


def test_the_key_is_sent_and_never_shown(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = KEY
    assert complete(engine_of(server, key=KEY), ASKED).text
    assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    server.key = "another"
    wrong = engine_of(server, key=KEY)
    with pytest.raises(ModelFailed, match="Incorrect API key provided: Bearer \\*\\*\\*") as caught:
        complete(wrong, ASKED)
    assert KEY not in f"{caught.value!r} {wrong!r} {wrong.__dict__['_choice']!r} {caplog.text}"


def test_control_characters_of_a_server_do_not_reach_a_sentence(server: ModelServer) -> None:
    engine = engine_of(server)
    assert engine.capabilities
    server.chat = lambda body: problem(500, "bad\x1b[2J\x07 things\u202e" + "x" * 5000)
    with pytest.raises(ModelFailed) as caught:
        complete(engine, ASKED)
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 500


def test_a_server_that_was_replaced_is_tried_anew(server: ModelServer) -> None:
    engine = engine_of(server)
    sampling = Request(messages=ASKED.messages, sampling=Sampling(min_p=0.1))
    complete(engine, sampling)
    server.refuses = {"min_p"}
    with pytest.raises(ModelFailed, match="min_p"):
        complete(engine, sampling)
    assert complete(engine, sampling).text == "The ferry runs at eight."


def test_a_reply_that_is_whole_is_not_lost_to_a_server_that_never_closes(server: ModelServer) -> None:
    def whole_but_open() -> Iterator[bytes]:
        yield b'data: {"choices": [{"delta": {"content": "At eight."}, "finish_reason": "stop"}]}\n\n'
        time.sleep(20)

    engine = engine_of(server, silence_s=4)
    assert engine.capabilities
    server.chat = lambda body: events(whole_but_open())
    said = complete(engine, ASKED)
    assert (said.text, said.usage.is_estimated) == ("At eight.", True)
