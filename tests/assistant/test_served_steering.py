"""Steering as the model's process serves it: planners by their files, and replies that come whatever happens to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assistant.engine.contract import Message, ModelFailed, Piece, Prefix, Reply, Request, Sampling, Steer
from assistant.errors import BadRequest, Conflict, Unavailable
from assistant.generation.running import FREED, ON_CPU
from assistant.generation.served import LanguageModel
from assistant.steering import planner_file
from assistant.steering.planner import Planner
from tests.assistant.steering_planners import DIMENSION, drawn_planner
from tests.assistant.test_served import Shorted, made
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration  # it imports torch and loads models

ASKED = [Message("system", "You answer."), Message("user", "What is new today?")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tiny_model("llama", tmp_path_factory.mktemp("tiny"), layers=2, context=512)


@pytest.fixture(scope="module")
def shared(folder: Path) -> LanguageModel:
    """For tests that leave it as it was."""
    return made(folder)


@pytest.fixture
def path(shared: LanguageModel, tmp_path: Path) -> Path:
    loaded, path = shared._model.loaded, tmp_path / "0001.safetensors"
    planner_file.save(drawn_planner(loaded.model, fingerprint=loaded.fingerprint), path, {})
    return path


def request(steer: Steer | None = None, **more: Any) -> Request:
    return Request(messages=ASKED, steer=steer, **{"max_tokens": 12, "sampling": Sampling(), **more})


def streamed(model: LanguageModel, asked: Request) -> Reply:
    pieces: list[Piece] = list(model.stream(asked))
    last = pieces[-1]
    assert last.usage is not None
    return Reply("".join(piece.text for piece in pieces), last.usage, last.hidden, last.steered)


def both_ways(model: LanguageModel, asked: Request) -> Iterator[Reply]:
    yield streamed(model, asked)
    yield from next(iter(model.batch([asked])))


def test_a_steered_reply_says_by_what_and_is_another_one(shared: LanguageModel, path: Path) -> None:
    plain = streamed(shared, request(wants_hidden=True))
    for reply in both_ways(shared, request(Steer(planner=path))):
        assert reply.text != plain.text
        assert reply.steered is not None
        assert reply.hidden is not None
        assert plain.hidden is not None
        assert reply.steered.action.shape == (DIMENSION,)
        assert float(np.abs(reply.hidden - plain.hidden).max()) <= 1e-4
        assert reply.usage.notice == ""


def test_the_planners_own_place_holds_unless_another_is_asked_for(shared: LanguageModel, tmp_path: Path) -> None:
    loaded, path = shared._model.loaded, tmp_path / "start.safetensors"
    planner_file.save(drawn_planner(loaded.model, fingerprint=loaded.fingerprint, place="start"), path, {})
    own, start, end = (
        streamed(shared, request(Steer(planner=path, place=place))).text for place in (None, "start", "end")
    )
    assert own == start != end


def unusable(case: str, path: Path) -> str:
    """Spoil the planner's file; a part of what is said of it."""
    if case == "gone":
        path.unlink()
        return "is not there"
    if case == "cut short":
        path.write_bytes(path.read_bytes()[:-9])
        return "cannot be used"
    if case == "no planner":
        path.write_text("pickle")
        return "cannot be used"
    planner = planner_file.load(path, fingerprint=None)
    object.__setattr__(planner.shape, "fingerprint", "of another model")
    planner_file.save(planner, path, {})
    return "was trained for another model"


@pytest.mark.parametrize("case", ["gone", "cut short", "no planner", "another model"])
def test_a_planner_that_cannot_be_used_is_an_unsteered_reply_that_says_so(
    shared: LanguageModel, path: Path, case: str
) -> None:
    plain, said = streamed(shared, request()), unusable(case, path)
    for reply in both_ways(shared, request(Steer(planner=path))):
        assert (reply.text, reply.steered, reply.hidden) == (plain.text, None, None)
        assert reply.usage.notice.startswith("The reply was not steered. The planner 0001.safetensors ")
        assert said in reply.usage.notice


def test_a_planner_that_is_spoilt_while_it_serves_says_so_at_the_next_reply(shared: LanguageModel, path: Path) -> None:
    before = streamed(shared, request(Steer(planner=path)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    assert "cannot be used" in streamed(shared, request(Steer(planner=path))).usage.notice
    path.write_bytes(whole)
    assert streamed(shared, request(Steer(planner=path))).text == before.text


def test_an_action_of_another_dimension_is_refused(shared: LanguageModel, path: Path) -> None:
    with pytest.raises(BadRequest, match="this planner's actions"):
        streamed(shared, request(Steer(planner=path, action=np.ones(3, dtype=np.float32))))


def test_a_model_that_shows_no_state_is_not_steered(folder: Path, path: Path) -> None:
    model = made(folder)
    running = model._model
    lacking = running.description.capabilities - {"hidden"}
    object.__setattr__(running.description, "capabilities", lacking)
    for ask in (model.stream, lambda asked: model.batch([asked])):
        with pytest.raises(Unavailable, match="a language model that can show its hidden states"):
            list(ask(request(Steer(planner=path))))


# Memory that runs short


def test_short_of_memory_before_a_word_the_reply_is_steered_all_the_same(
    shared: LanguageModel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(Steer(planner=path, noise=0.2, seed=1))
    expected, held = streamed(shared, asked), shared._model.planners.get(path)
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 1))
    reply = streamed(shared, asked)
    assert (reply.text, reply.usage.notice) == (expected.text, FREED)
    assert reply.steered is not None
    assert shared._model.planners.get(path) is not held, "a planner's memory is freed with the rest"


def test_short_of_memory_in_mid_reply_the_rest_comes_unsteered(
    shared: LanguageModel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = streamed(shared, request(Steer(planner=path), max_tokens=5)).text
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 1, after=5))
    reply = streamed(shared, request(Steer(planner=path)))
    assert reply.text.startswith(expected)
    assert (reply.usage.new_tokens, reply.usage.notice) == (12, f"{FREED} The rest of the reply is not steered.")
    assert (reply.steered, reply.hidden) == (None, None)


def test_short_of_memory_for_the_planner_itself_the_reply_is_not_steered(
    shared: LanguageModel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 680.00 MiB")

    monkeypatch.setattr(planner_file, "load", too_large)
    plain = streamed(shared, request())
    for reply in both_ways(shared, request(Steer(planner=path))):
        assert (reply.text, reply.usage.notice) == (plain.text, "Memory was short: the reply was not steered.")


def test_a_planner_follows_the_model_to_the_cpu(folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(folder)
    expected = streamed(model, request(Steer(planner=path)))
    running, devices, load = model._model, list[str](), planner_file.load

    def heard(path: Path, **how: Any) -> Planner:
        devices.append(how["device"])
        return load(path, **how)

    monkeypatch.setattr(planner_file, "load", heard)
    object.__setattr__(running.loaded, "device", "cuda")
    running.decoder = Shorted(running.decoder, 2)  # type: ignore[assignment]
    reply = streamed(model, request(Steer(planner=path)))
    assert (reply.text, reply.usage.notice) == (expected.text, ON_CPU)
    assert devices[-1] == running.loaded.device == "cpu"


# Appraising


def test_actions_are_appraised_by_the_planner_in_a_file(shared: LanguageModel, path: Path) -> None:
    reply = streamed(shared, request(Steer(planner=path)))
    assert reply.hidden is not None
    assert reply.steered is not None
    found = shared.appraise(path, reply.hidden[None], reply.steered.action[None])
    assert float(found.values[0]) == pytest.approx(reply.steered.value, abs=1e-5)
    assert float(found.values_cloned[0]) == pytest.approx(reply.steered.value_cloned, abs=1e-5)
    assert float(found.angles[0]) == pytest.approx(reply.steered.angle, abs=1e-5)
    assert np.allclose(found.chosen[0], reply.steered.action, atol=1e-5)


def test_what_cannot_be_appraised_is_said(shared: LanguageModel, path: Path) -> None:
    with pytest.raises(BadRequest, match="states of 64 numbers"):
        shared.appraise(path, np.ones((1, 3), dtype=np.float32), None)
    path.unlink()
    with pytest.raises(Conflict, match="is not there"):
        shared.appraise(path, np.ones((1, 64), dtype=np.float32), None)


def test_a_mixed_batch_steers_those_that_asked_for_it(shared: LanguageModel, path: Path) -> None:
    asked: Sequence[Request] = [request(), request(Steer(planner=path)), request(wants_hidden=True)]
    (replies,) = shared.batch(asked)
    assert [reply.text for reply in replies] == [streamed(shared, one).text for one in asked]
    assert [reply.steered is not None for reply in replies] == [False, True, False]
    assert [reply.hidden is not None for reply in replies] == [False, True, True]


def test_short_of_memory_half_way_a_reply_comes_without_the_state_that_was_asked_for(
    shared: LanguageModel, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = streamed(shared, request(wants_hidden=True))
    assert expected.hidden is not None
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 1, after=5))
    reply = streamed(shared, request(wants_hidden=True))
    assert (reply.text, reply.hidden, reply.usage.notice) == (expected.text, None, FREED)


def test_rows_that_were_given_are_not_left_out_half_way(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 1, after=5))
    with pytest.raises(ModelFailed, match="nothing more to free"):
        streamed(shared, request(prefix=Prefix(np.ones((2, 64), dtype=np.float32))))
