"""OpenAI's own library against `/v1`: it talks to the assistant, and its history becomes a conversation of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from assistant import conversations
from assistant.answers.chat import ConversationView, Say, Start
from assistant.api.app import create_app
from assistant.config.schema import ModelSettings, Settings
from assistant.endpoint import bind, private_path
from assistant.engine.contract import Capability, ModelFailed, Piece, Request, TooLong
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.server import Server
from assistant.service import Service
from assistant.sessions import floor
from memory.store import conversations as rows
from tests.databases import write_empty
from tests.fakes import FakeEngine, HeldIndex, WordEmbedder
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

WRITES = frozenset({Capability.GENERATE})


class Telos:
    """A service with an engine that says what it is told, and OpenAI's client on its socket."""

    def __init__(self, folder: Path) -> None:
        self.engine = FakeEngine(["Yes, of course."], capabilities=WRITES)
        write_empty(folder / "telos.db")
        self.service = Service(
            Home.at(folder),
            settings=Settings(model=ModelSettings(engine="local", name="fake")),
            embedder=WordEmbedder(),
            make_index=HeldIndex,
            make_engine=lambda choice, settings: self.engine,
        )
        path = private_path()
        self.server = Server(create_app(self.service, Runner(self.service)), bind(path))
        self.server.start()
        self.http = httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=10, base_url="http://telos")
        self.client = OpenAI(base_url="http://telos/v1", api_key="none", http_client=cast(Any, self.http))

    def says(self, *replies: str | Exception | Callable[[Request], str]) -> None:
        told = replies[0] if callable(replies[0]) else cast(Any, replies)
        self.engine = FakeEngine(told, capabilities=WRITES)
        self.service.engines.close()
        self.service.engines._made.clear()

    def ask(self, *said: str, system: str = "", model: str = "telos", **fields: Any) -> str:
        """The reply to messages of the user's and the assistant's in turn."""
        messages = told(*said, system=system)
        answer = self.client.chat.completions.create(model=model, messages=messages, **fields)
        return answer.choices[0].message.content or ""

    @property
    def conversations(self) -> list[ConversationView]:
        """The latest first."""
        with self.service.database.read() as session:
            numbers = [row.id for row in rows.recent(session, 50)]
        return [conversations.show(self.service, number) for number in numbers]

    @property
    def prompt(self) -> str:
        """The last one that the engine was given."""
        return "\n".join(message.text for message in self.engine.requests[-1].messages)

    def close(self) -> None:
        self.http.close()
        self.server.stop()
        self.service.close()


def told(*said: str, system: str = "") -> list[ChatCompletionMessageParam]:
    first = [{"role": "system", "content": system}] if system else []
    rest = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(said)]
    return cast(list[ChatCompletionMessageParam], [*first, *rest])


@pytest.fixture
def telos(tmp_path: Path) -> Iterator[Telos]:
    telos = Telos(tmp_path)
    yield telos
    telos.close()


# Replies


def test_a_reply_has_the_shape_that_the_library_reads(telos: Telos) -> None:
    answer = telos.client.chat.completions.create(model="telos", messages=told("Hello there"))
    assert answer.choices[0].message.content == "Yes, of course."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 3
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 3
    kept = (answer.model_extra or {})["telos"]
    assert kept["conversation"] == telos.conversations[0].line.id


def test_a_streamed_reply_comes_in_pieces_and_ends_with_its_usage(telos: Telos) -> None:
    stream = telos.client.chat.completions.create(
        model="telos", messages=told("Hello there"), stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert said == ["Yes, ", "of ", "course."]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3


def test_without_being_asked_a_stream_tells_no_usage(telos: Telos) -> None:
    stream = telos.client.chat.completions.create(model="telos", messages=told("Hello there"), stream=True)
    assert all(chunk.usage is None for chunk in stream)


def test_what_is_asked_of_the_reply_reaches_the_model(telos: Telos) -> None:
    telos.ask("Hello there", max_tokens=77, temperature=0.25, seed=5, stop=["END"])
    request = telos.engine.requests[-1]
    assert (request.max_tokens, request.sampling.temperature, request.sampling.seed) == (77, 0.25, 5)
    assert list(request.stop) == ["END"]
    telos.ask("Hello there", max_completion_tokens=66, stop="END")
    assert telos.engine.requests[-1].max_tokens == 66
    assert list(telos.engine.requests[-1].stop) == ["END"]


def test_text_may_come_in_parts(telos: Telos) -> None:
    parts = [{"type": "text", "text": "Where is"}, {"type": "text", "text": "the harbour?"}]
    telos.client.chat.completions.create(model="telos", messages=cast(Any, [{"role": "user", "content": parts}]))
    assert telos.conversations[0].turns[0].said == "Where is\nthe harbour?"


def test_the_models_are_the_playbooks(telos: Telos) -> None:
    names = [model.id for model in telos.client.models.list()]
    assert names[0] == "telos"
    assert "telos-travel" in names
    assert telos.client.models.retrieve("telos-travel").owned_by == "telos"
    telos.ask("Let us plan", model="telos-travel")
    assert telos.conversations[0].line.playbook == "travel"


# Which conversation


def test_a_resent_history_is_the_conversation_that_it_is(telos: Telos) -> None:
    telos.says("At eight.", "And at ten.")
    first = telos.ask("When does the ferry run?")
    second = telos.ask("When does the ferry run?", first, "And then?")
    telos.ask("When does the ferry run?", first, "And then?", second + "  \n", "Thanks")
    assert len(telos.conversations) == 1
    assert [turn.said for turn in telos.conversations[0].turns] == ["When does the ferry run?", "And then?", "Thanks"]


def test_a_history_from_elsewhere_is_taken_over_as_it_was_given(telos: Telos) -> None:
    telos.ask("My name is Ada", "Hello Ada", "What is my name?", "Ada", "Spell it")
    (only,) = telos.conversations
    assert [(turn.said, turn.reply) for turn in only.turns[:2]] == [
        ("My name is Ada", "Hello Ada"),
        ("What is my name?", "Ada"),
    ]
    assert "Hello Ada" in telos.prompt
    telos.ask("My name is Ada", "Hello Ada", "What is my name?", "Ada", "Spell it", "Yes, of course.", "Again")
    assert len(telos.conversations) == 1


def test_an_edited_history_is_a_conversation_of_its_own(telos: Telos) -> None:
    first = telos.ask("When does the ferry run?")
    telos.ask("When does the ferry run?", first, "On Sunday, too?")
    telos.ask("When does the ferry run?", "Never.", "On Sunday, too?")
    telos.ask("When does the ferry run?", first, "On Monday, too?")
    assert [[turn.said for turn in one.turns][-1] for one in telos.conversations] == [
        "On Monday, too?",
        "On Sunday, too?",
        "On Sunday, too?",
    ]


def test_a_message_sent_again_is_answered_anew(telos: Telos) -> None:
    telos.says("At eight.", "It does.", "It does not.")
    first = telos.ask("When does the ferry run?")
    telos.ask("When does the ferry run?", first, "On Sunday, too?")
    assert telos.ask("When does the ferry run?", first, "On Sunday, too?") == "It does not."
    (only,) = telos.conversations
    assert [turn.reply for turn in only.turns] == ["At eight.", "It does not."]


def test_the_same_greeting_begins_another_conversation(telos: Telos) -> None:
    telos.ask("Hello there")
    telos.ask("Hello there")
    assert len(telos.conversations) == 2


def test_system_messages_are_the_instructions_of_the_conversation(telos: Telos) -> None:
    first = telos.ask("Hello there", system="Speak like a sailor.")
    assert "Speak like a sailor." in telos.engine.requests[-1].messages[0].text
    telos.ask("Hello there", first, "And now?", system="Speak like a sailor.")
    assert len(telos.conversations) == 1
    telos.ask("Hello there", first, "And now?", system="Speak like a lawyer.")
    assert len(telos.conversations) == 2
    assert "lawyer" in telos.engine.requests[-1].messages[0].text


def test_a_conversation_begun_elsewhere_is_not_a_client_s(telos: Telos) -> None:
    list(conversations.say(telos.service, Say(text="Hello there", start=Start(origin="cli"))))
    telos.ask("Hello there", "Yes, of course.", "And now?")
    assert len(telos.conversations) == 2


# Refusals and failures


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "calls no tools"),
        ({"n": 2}, "one answer at a time, and n is 2"),
        ({"response_format": {"type": "json_object"}}, "response_format cannot be taken"),
        ({"logprobs": True}, "probabilities"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": 9}, "temperature"),
    ],
)
def test_what_is_not_done_is_refused_with_a_sentence(telos: Telos, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(openai.BadRequestError, match=sentence) as caught:
        telos.ask("Hello there", **fields)
    assert caught.value.type == "invalid_request_error"
    assert telos.conversations == []


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "reads text alone"),
        ([{"role": "tool", "content": "x", "tool_call_id": "1"}], "calls no tools"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "last message must be the user's"),
        ([{"role": "system", "content": "a"}], "last message must be the user's"),
        ([{"role": "user", "content": "  "}], "message is empty"),
        ([{"role": "system", "content": "a" * 30_000}, {"role": "user", "content": "b"}], "30,000 characters"),
        ([], "messages"),
    ],
)
def test_messages_that_cannot_be_answered_are_refused(telos: Telos, messages: Any, sentence: str) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match=sentence):
            telos.client.chat.completions.create(model="telos", messages=messages, stream=stream)
    assert telos.conversations == []


def test_defaults_that_clients_spell_out_are_no_hindrance(telos: Telos) -> None:
    fields: dict[str, Any] = {"n": 1, "presence_penalty": 0, "top_p": 1, "user": "ada", "logprobs": False}
    assert telos.ask("Hello there", **fields, response_format={"type": "text"}, tools=[]) == "Yes, of course."


def test_an_unknown_model_is_not_found_and_the_others_are_named(telos: Telos) -> None:
    with pytest.raises(openai.NotFoundError, match=r"no model 'gpt-4o'. There are: telos,"):
        telos.ask("Hello there", model="gpt-4o")
    with pytest.raises(openai.NotFoundError):
        telos.client.models.retrieve("gpt-4o")


def test_a_body_that_is_none_and_a_route_that_is_none_are_told_in_the_same_shape(telos: Telos) -> None:
    for answer in (telos.http.post("/v1/chat/completions", content=b"{"), telos.http.get("/v1/embeddings")):
        assert answer.status_code in (400, 404)
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
    assert "error" not in telos.http.get("/api/nothing").json()


def test_a_model_that_fails_is_a_failed_request_and_asking_again_answers_the_kept_turn(telos: Telos) -> None:
    telos.says(ModelFailed("The model's process died.", "Ask again."), "Here I am.")
    for stream in (False, True):
        telos.says(ModelFailed("The model's process died.", "Ask again."), "Here I am.")
        with pytest.raises(openai.InternalServerError, match=r"process died. Ask again.") as caught:
            telos.client.chat.completions.create(model="telos", messages=told(f"Hello {stream}"), stream=stream)
        assert caught.value.status_code == 503
        assert len(telos.engine.requests) == 1, "the library does not ask by itself again"
        assert telos.ask(f"Hello {stream}") == "Here I am."
    assert [[(turn.said, turn.reply) for turn in one.turns] for one in telos.conversations] == [
        [("Hello True", "Here I am.")],
        [("Hello False", "Here I am.")],
    ]


def test_a_model_that_fails_in_the_middle_of_a_stream_is_an_error_there(telos: Telos) -> None:
    telos.engine = _Breaking()
    telos.service.engines._made.clear()
    stream = telos.client.chat.completions.create(model="telos", messages=told("Hello there"), stream=True)
    assert [next(stream).choices[0].delta.content for _ in range(2)] == ["", "Half of "]
    with pytest.raises(openai.APIError, match="went away"):
        next(stream)
    assert telos.conversations[0].turns[0].state == "failed"


class _Breaking(FakeEngine):
    def stream(self, request: Request) -> Iterator[Piece]:
        yield Piece("Half of ")
        raise ModelFailed("The server went away.", "Ask again.")


def test_a_prompt_that_is_too_long_is_the_client_s_to_shorten(telos: Telos) -> None:
    telos.says(TooLong("The prompt has 9000 tokens.", "Shorten it."))
    with pytest.raises(openai.BadRequestError, match=r"9000 tokens. Shorten it."):
        telos.ask("Hello there")


@pytest.mark.parametrize("is_streamed", [False, True])
def test_who_has_a_whole_reply_may_say_the_next_thing_at_once(
    telos: Telos, is_streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floor, "PATIENCE_S", 0)
    taken = telos.service.floor.taken

    @contextmanager
    def slow_to_leave(conversation: int) -> Iterator[None]:
        with taken(conversation):
            yield
            time.sleep(0.3)

    monkeypatch.setattr(telos.service.floor, "taken", slow_to_leave)
    first = ""
    if is_streamed:
        for chunk in telos.client.chat.completions.create(model="telos", messages=told("Hello there"), stream=True):
            first += chunk.choices[0].delta.content or ""
            if chunk.choices[0].finish_reason:
                break
    else:
        first = telos.ask("Hello there")
    assert telos.ask("Hello there", first, "And now?")
    assert len(telos.conversations) == 1


# Going away


class _Endless(FakeEngine):
    """Writes until it is closed."""

    def __init__(self) -> None:
        super().__init__(capabilities=WRITES)
        self.begun, self.closed = threading.Event(), threading.Event()

    def stream(self, request: Request) -> Iterator[Piece]:
        try:
            while True:
                self.begun.set()
                yield Piece("more ")
                time.sleep(0.005)
        finally:
            self.closed.set()


def test_a_client_that_leaves_a_stream_stops_the_reply(telos: Telos) -> None:
    telos.engine = endless = _Endless()
    stream = telos.client.chat.completions.create(model="telos", messages=told("Go on"), stream=True)
    for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    stream.close()
    assert endless.closed.wait(20)
    wait_until(lambda: telos.conversations[0].turns[0].state == "cancelled")
    assert telos.conversations[0].turns[0].reply.startswith("more ")


def test_a_client_that_waits_no_longer_for_a_whole_reply_stops_it(telos: Telos) -> None:
    telos.engine = endless = _Endless()
    while not endless.begun.is_set():
        with pytest.raises(openai.APITimeoutError):
            telos.client.with_options(timeout=1, max_retries=0).chat.completions.create(
                model="telos", messages=told("Go on")
            )
    assert endless.closed.wait(20)


def test_a_stopped_reply_goes_on_as_the_client_tells_it(telos: Telos) -> None:
    telos.engine = _Endless()
    stream = telos.client.chat.completions.create(model="telos", messages=told("Go on"), stream=True)
    heard = ""
    for chunk in stream:
        heard += chunk.choices[0].delta.content or ""
        if len(heard) > 20:
            break
    stream.close()
    wait_until(lambda: telos.conversations[0].turns[0].state == "cancelled" and not telos.service.floor.is_taken)
    telos.says("Very well.")
    assert telos.ask("Go on", heard, "Stop now") == "Very well."
    assert len(telos.conversations) == 1
