"""The engine behind a real server of OpenAI's API: `transformers serve` with a tiny model in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from assistant import conversations
from assistant.answers.chat import Done, Say
from assistant.config.schema import ModelSettings, Settings
from assistant.engine import structured
from assistant.engine.choice import Choice
from assistant.engine.contract import Capability, Message, ModelFailed, OutOfBudget, Request, Sampling, complete
from assistant.engine.server.engine import ServerEngine
from assistant.home import Home
from assistant.service import Service
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.ports import free_port
from tests.tiny_models import tiny_model

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("transformers serve")]

TRANSFORMERS = str(Path(sys.executable).with_name("transformers"))
PATIENCE_S = 300.0
ASKED = [Message("system", "Be brief."), Message("user", "When does the ferry run?")]


@dataclass
class Served:
    address: str
    model: str

    def engine(self, model: str = "") -> ServerEngine:
        choice = Choice("server", name=model or self.model, address=self.address)
        return ServerEngine(choice, ModelSettings(engine="server", silence_s=30))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tiny_model("llama", tmp_path_factory.mktemp("models") / "tiny", layers=2, context=4096)
    port = free_port()
    log = folder.parent / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [TRANSFORMERS, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            stdout=output,
            stderr=output,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent), "OMP_NUM_THREADS": "1"},
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        yield Served(f"http://127.0.0.1:{port}/v1", str(folder))
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(health, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"transformers serve does not answer: {log.read_text(errors='replace')[-2000:]}")


def test_what_it_can_is_found_by_trying(served: Served) -> None:
    engine = served.engine()
    assert engine.capabilities == {Capability.GENERATE}, "it ignores response_format"
    assert {"min_p", "repetition_penalty"} <= engine.abilities.refused
    assert engine.abilities.counts
    assert not engine.abilities.prompt_embeddings


def test_a_chat_is_streamed_and_counted(served: Served) -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, min_p=0.05, repetition_penalty=1.05, seed=3)
    pieces = list(served.engine().stream(Request(messages=ASKED, max_tokens=24, sampling=sampling)))
    usage = pieces[-1].usage
    assert usage is not None
    assert len(pieces) > 3
    assert usage.prompt_tokens > 10
    assert 0 < usage.new_tokens <= 24
    assert not usage.is_estimated


def test_greedy_replies_are_the_same_each_time(served: Served) -> None:
    asked = Request(messages=ASKED, max_tokens=16)
    engine = served.engine()
    assert complete(engine, asked).text == complete(engine, asked).text


def test_a_cancelled_reply_makes_nobody_wait(served: Served) -> None:
    """It answers one after the other, so that a reply which went on would hold up the next."""
    engine = served.engine()
    assert engine.capabilities
    assert any(_is_next_soon(engine) for _ in range(3)), "a reply that goes on holds up the next each time"


def _is_next_soon(engine: ServerEngine) -> bool:
    """Whether what is asked after a cancelled reply comes in a quarter of the time that the whole reply would take."""
    began = time.monotonic()
    reply = engine.stream(Request(messages=ASKED, max_tokens=3900))
    for _ in range(20):
        assert next(reply).usage is None, "the reply ended by itself: another seed is needed"
    a_token_s = (time.monotonic() - began) / 20
    reply.close()  # type: ignore[attr-defined]
    began = time.monotonic()
    complete(engine, Request(messages=ASKED, max_tokens=1))
    return time.monotonic() - began < a_token_s * 3900 / 4


def test_a_model_that_it_does_not_have_is_named(served: Served) -> None:
    with pytest.raises(ModelFailed, match=r"pinned to.*requested 'another'"):
        complete(served.engine("another"), Request(messages=ASKED, max_tokens=4))


def test_an_answer_that_is_no_object_is_refused_after_a_second_try(served: Served) -> None:
    class Departure(BaseModel):
        hour: int

    with pytest.raises((ModelFailed, OutOfBudget), match="Departure"):
        structured.ask(served.engine(), Departure, ASKED, max_tokens=24)


def test_a_conversation_is_held_through_it(served: Served, tmp_path: Path) -> None:
    write_empty(tmp_path / "telos.db")
    model = ModelSettings(engine="server", name=served.model, address=served.address)
    service = Service(Home.at(tmp_path), settings=Settings(model=model), embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        *_, first = conversations.say(service, Say(text="When does the ferry run?", max_tokens=24))
        *_, second = conversations.say(service, Say(text="And on Sunday?", last=True, max_tokens=24))
    finally:
        service.close()
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.turn.state, second.turn.state, second.turn.number) == ("done", "done", 2)
    assert 0 < second.turn.usage.new_tokens <= 24
    assert second.turn.usage.prompt_tokens > first.turn.usage.prompt_tokens
