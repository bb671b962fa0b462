"""The local engine with a real worker process and a tiny model: streamed, cancelled, killed, and there again."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import (
    Capability,
    Message,
    ModelFailed,
    Piece,
    Request,
    Sampling,
    Steer,
    TooLong,
    Usage,
    complete,
)
from assistant.engine.extractive import Extractive
from assistant.engine.local import LocalEngine
from assistant.engine.making import make_engine
from assistant.engine.server.engine import ServerEngine
from assistant.engine.structured import ask
from assistant.errors import Conflict
from assistant.steering import planner_file
from assistant.steering.planner import Planner, Shape
from assistant.workers.language import serve_model
from assistant.workers.model_pipe import Description, ModelOrder
from tests.tiny_models import tiny_model

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("local engine")]  # they share the process of a model

ASKED = [Message("user", "What is new today?")]
LONG = Request(messages=ASKED, max_tokens=3000, sampling=Sampling(temperature=0, seed=1))
"""It says the same again and again, to the last token."""
SHORT = Request(messages=ASKED, max_tokens=4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("qwen3", tmp_path_factory.mktemp("tiny"), layers=2)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[LocalEngine]:
    """For tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        engine = made(folder)
        yield engine
        engine.close()


def made(folder: Path, **settings: object) -> LocalEngine:
    chosen = ModelSettings.model_validate({"engine": "local", "device": "cpu", "dtype": "float32", **settings})
    return LocalEngine(Choice("local", str(folder)), chosen)


def spoken(engine: LocalEngine, request: Request = LONG) -> tuple[Iterator[object], int]:
    """A reply that has begun to come, and the process it comes from."""
    pieces = engine.stream(request)
    while not next(pieces).text:
        pass
    assert engine.pid is not None
    return pieces, engine.pid


def test_a_model_that_is_not_here_is_said_before_a_process_starts(tmp_path: Path) -> None:
    engine = made(tmp_path / "nowhere")
    with pytest.raises(ModelFailed, match="There is no folder"):
        complete(engine, SHORT)
    assert engine.pid is None


def test_each_configuration_makes_its_engine_and_starts_nothing() -> None:
    local = make_engine(Choice("local", "somebody/model"), ModelSettings())
    assert isinstance(local, LocalEngine)
    assert (local.name, local.pid, local.rss_mb()) == ("somebody/model", None, 0.0)
    local.close()
    assert isinstance(make_engine(Choice("server", address="http://127.0.0.1:9/v1"), ModelSettings()), ServerEngine)
    assert isinstance(make_engine(Choice("extractive"), ModelSettings()), Extractive)


def test_the_process_is_offline_whatever_it_inherits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    serve_model(ModelOrder(tmp_path, "tiny", ModelSettings()))
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_the_engine_imports_no_torch_here() -> None:
    program = "import sys, assistant.engine.making; print('torch' in sys.modules, 'transformers' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


class Reading:
    """A worker that reads ahead in three parts, and does `meanwhile` before the second."""

    pid = 1

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile
        self.is_closed = False

    def stream(self, method: str, *_: object) -> Iterator[Usage]:
        assert method == "prepare"
        try:
            for part in (1, 2, 3):
                if part == 2:
                    self._meanwhile()
                yield Usage(prompt_tokens=part * 128, prompt_reused=0, new_tokens=0, first_token_s=1, total_s=1)
        finally:
            self.is_closed = True

    def call(self, *_: object) -> list[int]:
        return [1]


def test_reading_ahead_ends_with_the_part_in_which_the_model_is_asked_for_something(folder: Path) -> None:
    engine = made(folder)
    for meanwhile, read in ((lambda: engine.lengths(["Hello"]), 256), (lambda: None, 384)):
        worker = Reading(meanwhile)
        engine._worker = worker  # type: ignore[assignment]
        cost = engine.prepare(ASKED, "one")
        assert cost is not None
        assert (cost.prompt_tokens, worker.is_closed) == (read, True)


def test_nothing_is_loaded_to_read_ahead_and_nothing_read_where_nothing_is_kept(folder: Path) -> None:
    assert made(folder).prepare(ASKED, "one") is None
    engine = made(folder, sessions=0)
    engine._worker = Reading(lambda: None)  # type: ignore[assignment]
    assert engine.prepare(ASKED, "one") is None


class Short:
    """A worker whose model has to do with half of its context after the first reply."""

    pid = 1

    def __init__(self) -> None:
        self.context_tokens = 4096

    def load(self, on_progress: object) -> None:
        """It is loaded."""

    def call(self, method: str) -> Description:
        assert method == "describe"
        return Description(
            name="tiny",
            device="cpu",
            dtype="float32",
            parameters=1,
            context_tokens=self.context_tokens,
            capabilities=frozenset(Capability),
            fingerprint="",
            width=64,
            traits=(),
            notes=("Replies are written without a compiled step, more slowly: no C compiler.",),
        )

    def stream(self, method: str, _: object) -> Iterator[Piece]:
        self.context_tokens = 2048
        usage = Usage(
            prompt_tokens=1, prompt_reused=0, new_tokens=1, first_token_s=1, total_s=1, notice="It was short."
        )
        yield Piece("Yes.", usage)


def test_a_model_that_had_to_do_with_less_is_asked_anew_how_much_it_takes(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = made(folder)
    engine._worker = Short()  # type: ignore[assignment]
    with caplog.at_level(logging.WARNING, "assistant.engine.local"):
        assert (engine.context_tokens, engine.context_tokens) == (4096, 4096)
    assert [line.endswith("no C compiler.") for line in caplog.messages] == [True], "one line of the log"
    assert complete(engine, SHORT).usage.notice == "It was short."
    assert engine.context_tokens == 2048


def test_what_was_read_ahead_is_not_read_again(running: LocalEngine) -> None:
    complete(running, SHORT)
    told = [*ASKED, Message("assistant", "Nothing much, and it rains. " * 30)]
    cost = running.prepare(told, "one")
    assert cost is not None
    assert cost.prompt_tokens > 128
    longer = Request(messages=[*told, Message("user", "And then?")], max_tokens=4, session="one")
    assert complete(running, longer).usage.prompt_reused == cost.prompt_tokens
    pieces, _ = spoken(running)
    assert running.prepare(told, "two") is None, "the model is at work"
    pieces.close()  # type: ignore[attr-defined]


def test_a_reply_is_streamed_from_another_process(running: LocalEngine) -> None:
    pieces = list(running.stream(Request(messages=ASKED, max_tokens=40, sampling=Sampling(temperature=1, seed=1))))
    assert sum(bool(piece.text) for piece in pieces) > 10
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.prompt_tokens == running.count(ASKED)
    assert running.pid not in (None, os.getpid())
    assert running.rss_mb() > 50
    assert running.lengths(["", "Hello"])[0] == 0
    assert [reply.usage.new_tokens for reply in running.batch([SHORT, SHORT])] == [4, 4]
    assert running.capabilities == frozenset(Capability)
    assert running.context_tokens == 4096
    assert "device cpu" in running.notes[0]


def test_a_planner_steers_in_the_process_and_is_asked_there(running: LocalEngine, tmp_path: Path) -> None:
    found, path = running.describe(), tmp_path / "1.safetensors"
    planner_file.save(Planner(Shape(fingerprint=found.fingerprint, width=found.width, norm=1, hidden=8)), path, {})
    reply = complete(running, Request(messages=ASKED, max_tokens=4, steer=Steer(planner=path)))
    assert reply.steered is not None
    assert reply.hidden is not None
    appraisal = running.appraise(path, reply.hidden[None])
    assert float(appraisal.values[0]) == pytest.approx(reply.steered.value, abs=1e-5)
    with pytest.raises(Conflict, match="is not there"):
        running.appraise(tmp_path / "2.safetensors", reply.hidden[None])
    spoilt = Request(messages=ASKED, max_tokens=4, steer=Steer(planner=tmp_path / "2.safetensors"))
    assert "was not steered" in complete(running, spoilt).usage.notice


def test_a_closed_reply_stops_and_the_process_lives_on(running: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces, pid = spoken(running)
    assert running._worker is not None
    child, heard = running._worker._child, list[str]()
    exchange = child._exchange

    def noted(*told: Any) -> tuple[str, Any]:
        answer = exchange(*told)
        heard.append(answer[0])
        return answer

    monkeypatch.setattr(child, "_exchange", noted)
    pieces.close()  # type: ignore[attr-defined]
    assert 0 < len(heard) < LONG.max_tokens / 2  # what lay in the pipe already, and the end
    assert complete(running, SHORT).usage.new_tokens == 4
    assert running.pid == pid


def test_refusals_come_as_they_are_raised_and_the_process_lives_on(running: LocalEngine) -> None:
    complete(running, SHORT)
    pid = running.pid
    with pytest.raises(TooLong) as refused:
        complete(running, Request(messages=[Message("user", "today " * 9000)]))
    assert refused.value.remedy
    assert running.pid == pid


def test_an_object_comes_from_the_process(running: LocalEngine) -> None:
    class Note(BaseModel):
        text: str
        places: list[str]

    assert isinstance(ask(running, Note, ASKED, max_tokens=48, sampling=Sampling(temperature=1)), Note)


def test_killed_in_mid_reply_it_says_so_and_answers_the_next_one(running: LocalEngine) -> None:
    pieces, pid = spoken(running)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ModelFailed, match="ended before it had answered") as failure:
        list(pieces)
    assert "ask again" in failure.value.remedy
    assert complete(running, SHORT).usage.new_tokens == 4
    assert running.pid not in (None, pid)


def test_killed_before_it_said_anything_it_is_asked_once_more_unseen(running: LocalEngine) -> None:
    complete(running, SHORT)
    first = running.pid
    assert first is not None
    reading = running.stream(Request(messages=[Message("user", "today " * 500)], max_tokens=3))
    os.kill(first, signal.SIGSTOP)
    threading.Timer(0.2, lambda: os.kill(first, signal.SIGKILL)).start()
    assert [piece for piece in reading if piece.usage][-1].usage is not None
    assert running.pid not in (None, first)


def test_a_retired_engine_ends_its_process_after_the_reply(running: LocalEngine) -> None:
    pieces, pid = spoken(running, Request(messages=ASKED, max_tokens=50, sampling=Sampling(temperature=1, seed=1)))
    running.retire()
    assert running.pid == pid
    list(pieces)
    assert running.pid is None
    running.close()
    assert complete(running, SHORT).usage.new_tokens == 4
    assert running.pid not in (None, pid)


def test_silence_ends_the_process_with_a_sentence(folder: Path) -> None:
    engine = made(folder)
    complete(engine, SHORT)
    assert engine._worker is not None
    engine._worker._silence_s = 5  # of a process that has started, which may take longer
    pieces, pid = spoken(engine)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(ModelFailed, match="gave no sign for too long"):
        list(pieces)
    assert engine.pid is None
    engine.close()
