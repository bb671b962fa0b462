"""The language model as its process serves it, here in the test's own process: a tiny one with random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assistant.config.schema import ModelSettings
from assistant.engine.contract import (
    Capability,
    Message,
    ModelFailed,
    OutOfBudget,
    Piece,
    Prefix,
    Request,
    Sampling,
    TooLong,
    Usage,
)
from assistant.engine.schema import bounded
from assistant.engine.structured import told
from assistant.errors import BadRequest
from assistant.generation.order import Finished, Reason, Token, Written
from assistant.generation.running import FREED, ON_CPU, SHRUNK
from assistant.generation.served import AHEAD_TOKENS, LanguageModel
from assistant.workers.model_pipe import Loading, ModelOrder, WorkerBroken, Working
from tests.assistant.test_grammar import MODELS
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration  # it imports torch and loads models

ASKED = [Message("system", "You answer."), Message("user", "What is new today?")]
RANDOM = Sampling(temperature=1.0, seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return tiny_model("llama", tmp_path_factory.mktemp("tiny"), layers=2, context=512)


@pytest.fixture(scope="module")
def shared(folder: Path) -> LanguageModel:
    """For tests that leave it as it was."""
    return made(folder)


def made(folder: Path, **settings: Any) -> LanguageModel:
    chosen = ModelSettings.model_validate({"engine": "local", "dtype": "float32", "device": "cpu", **settings})
    return LanguageModel(ModelOrder(folder, "tiny", chosen))


def asked(messages: list[Message] = ASKED, **more: Any) -> Request:
    return Request(messages=messages, **{"max_tokens": 12, "sampling": RANDOM, **more})


def whole(pieces: Iterator[Piece]) -> tuple[str, Usage]:
    came = list(pieces)
    assert all(piece.usage is None for piece in came[:-1])
    assert came[-1].usage is not None
    return "".join(piece.text for piece in came), came[-1].usage


class Shorted:
    """A decoder that runs out of memory: so many times, each after so many tokens."""

    def __init__(self, decoder: Any, failures: int, *, after: int = 0) -> None:
        self._decoder, self._failures, self._after = decoder, failures, after
        self.forgotten = 0

    def stream(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        for number, event in enumerate(self._decoder.stream(*arguments, **options)):
            if number == self._after and self._failures:
                self._failures -= 1
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
            yield event

    def batch(self, prompts: Any, orders: Any, **options: Any) -> Any:
        if self._failures:
            self._failures -= 1
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
            )
        return self._decoder.batch(prompts, orders, **options)

    def held(self, *arguments: Any) -> int:
        return int(self._decoder.held(*arguments))

    def exponent_of(self, session: str) -> float:
        return float(self._decoder.exponent_of(session))

    def forget_all(self) -> None:
        self.forgotten += 1
        self._decoder.forget_all()

    def economise(self) -> None:
        self._decoder.economise()


class Heard:
    """The parent's side of a line, which may hang up."""

    def __init__(self, *, cut_after: int = 10**9) -> None:
        self.items: list[object] = []
        self._left = cut_after

    def say(self, item: object) -> None:
        self.items.append(item)

    @property
    def is_cut(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_reply_comes_in_pieces_with_its_cost_at_the_end(shared: LanguageModel) -> None:
    text, usage = whole(shared.stream(asked(max_tokens=30)))
    assert text
    assert usage.prompt_tokens == shared.count(ASKED)
    assert usage.new_tokens == 30
    assert usage.finish == "length"
    assert 0 < usage.first_token_s <= usage.total_s


def test_the_pieces_are_what_the_whole_is(shared: LanguageModel) -> None:
    streamed, _ = whole(shared.stream(asked(max_tokens=40)))
    (replies,) = shared.batch([asked(max_tokens=40)])
    assert replies[0].text == streamed


def test_a_conversation_that_goes_on_is_not_read_again(folder: Path) -> None:
    model = made(folder)
    text, _ = whole(model.stream(asked(session="one")))
    longer = [*ASKED, Message("assistant", text), Message("user", "And then?")]
    _, usage = whole(model.stream(asked(longer, session="one")))
    assert usage.prompt_reused > model.count(ASKED) // 2
    model.forget("one")
    assert whole(model.stream(asked(longer, session="one")))[1].prompt_reused == 0


def test_a_stop_string_ends_the_reply_and_is_not_in_it(shared: LanguageModel) -> None:
    text, _ = whole(shared.stream(asked(max_tokens=40)))
    stop = text[10:14]
    stopped, usage = whole(shared.stream(asked(max_tokens=40, stop=[stop])))
    assert stopped == text[: text.index(stop)]
    assert usage.finish == "stop"
    assert usage.new_tokens < 40
    (replies,) = shared.batch([asked(max_tokens=40, stop=[stop])])
    assert replies[0].text == stopped
    assert replies[0].usage.finish == "stop"


def test_the_hidden_state_comes_with_the_last_piece_also_where_a_stop_string_ended_it(shared: LanguageModel) -> None:
    text, _ = whole(shared.stream(asked(max_tokens=40)))
    for stop in ([], [text[10:14]]):
        *_, last = shared.stream(asked(max_tokens=40, wants_hidden=True, stop=stop))
        assert last.hidden is not None
        assert last.hidden.shape == (shared.describe().width,)


def test_a_prompt_beyond_the_context_is_refused_before_anything_runs(folder: Path) -> None:
    model = made(folder, context_tokens=256)
    long = [Message("user", "today " * 300)]
    for ask in (lambda: list(model.stream(asked(long))), lambda: list(model.batch([asked(), asked(long)]))):
        with pytest.raises(TooLong, match=r"and tiny reads at most 256 with its reply"):
            ask()


def test_a_reply_has_what_the_prompt_leaves_of_the_context(folder: Path) -> None:
    model = made(folder, context_tokens=256)
    _, usage = whole(model.stream(asked(max_tokens=5000)))
    assert usage.finish == "length"
    assert usage.prompt_tokens + usage.new_tokens == 256


def test_what_a_model_is_made_for_bounds_what_is_configured(folder: Path) -> None:
    assert made(folder, context_tokens=100_000).describe().context_tokens == 512


def test_lengths_are_of_the_texts_alone(shared: LanguageModel) -> None:
    short, none, long = shared.lengths(["Hello", "", "Hello hello <|im_end|> hello"])
    assert 0 == none < short < long
    assert shared.count([Message("user", "Hello")]) > short


def test_an_object_that_cannot_fit_is_refused_at_once(shared: LanguageModel) -> None:
    schema = bounded(MODELS[0].model_json_schema())
    with pytest.raises(OutOfBudget, match="shortest answer"):
        next(shared.stream(asked(max_tokens=5, schema=schema)))


def test_rows_of_another_width_are_refused_with_a_sentence(shared: LanguageModel) -> None:
    with pytest.raises(BadRequest, match="rows of 64"):
        list(shared.stream(asked(prefix=Prefix(np.zeros((2, 7), dtype=np.float32)))))


def test_short_of_memory_the_caches_go_and_the_reply_is_whole(
    shared: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = whole(shared.stream(asked(sampling=Sampling())))
    whole_decoder = shared._model.decoder
    for after in (0, 5):
        decoder = Shorted(whole_decoder, 1, after=after)
        monkeypatch.setattr(shared._model, "decoder", decoder)
        text, usage = whole(shared.stream(asked(sampling=Sampling())))
        assert text == expected
        assert usage.new_tokens == 12
        assert usage.notice == FREED
        assert decoder.forgotten == 1
    assert whole(shared.stream(asked()))[1].notice == ""


def test_a_batch_short_of_memory_is_halved(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [asked(sampling=Sampling()) for _ in range(3)]
    (expected,) = shared.batch(requests)
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 1))
    (replies,) = shared.batch(requests)
    assert [reply.text for reply in replies] == [reply.text for reply in expected]
    assert {reply.usage.notice for reply in replies} == {FREED}


def test_a_gpu_that_stays_too_small_is_left_for_the_cpu(folder: Path) -> None:
    model = made(folder)
    expected, _ = whole(model.stream(asked(sampling=Sampling())))
    running = model._model
    object.__setattr__(running.loaded, "device", "cuda")
    running.decoder = Shorted(running.decoder, 2, after=3)  # type: ignore[assignment]
    text, usage = whole(model.stream(asked(sampling=Sampling())))
    assert text == expected
    assert usage.notice == ON_CPU
    assert running.loaded.device == "cpu"


def test_memory_that_stays_short_halves_the_context_before_the_gpu_is_left(folder: Path) -> None:
    model = made(tiny_model("llama", folder / "long", layers=2, context=2048))
    expected, _ = whole(model.stream(asked(sampling=Sampling())))
    running = model._model
    object.__setattr__(running.loaded, "device", "cuda")
    running.decoder = Shorted(running.decoder, 2, after=3)  # type: ignore[assignment]
    text, usage = whole(model.stream(asked(sampling=Sampling())))
    assert (text, usage.notice) == (expected, SHRUNK.format(tokens=1024))
    assert (running.loaded.device, model.describe().context_tokens) == ("cuda", 1024)
    with pytest.raises(TooLong, match="at most 1,024"):
        list(model.stream(asked([Message("user", "today " * 1000)])))
    running.decoder = Shorted(running.decoder, 2)  # type: ignore[assignment]
    (replies,) = model.batch([asked(sampling=Sampling())])
    assert (replies[0].text, replies[0].usage.notice) == (expected, SHRUNK.format(tokens=512))


def test_a_reply_that_needs_the_whole_context_is_not_cut_for_memory(folder: Path) -> None:
    model = made(tiny_model("llama", folder / "long", layers=2, context=2048))
    running = model._model
    running.decoder = Shorted(running.decoder, 2)  # type: ignore[assignment]
    with pytest.raises(ModelFailed, match="nothing more to free"):
        list(model.stream(asked(max_tokens=1500)))


def test_when_nothing_is_left_to_free_it_is_said(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 2))
    with pytest.raises(ModelFailed, match="Memory ran out while tiny worked"):
        list(shared.stream(asked()))
    monkeypatch.setattr(shared._model, "decoder", Shorted(shared._model.decoder, 9))
    with pytest.raises(ModelFailed, match="Memory ran out while tiny worked"):
        list(shared.batch([asked(), asked()]))


def test_a_failure_of_torch_travels_as_one_of_ours(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Shorted):
        def stream(self, *arguments: Any, **options: Any) -> Iterator[Any]:
            raise RuntimeError("CUDA error: an illegal memory access was encountered\nmore")

    monkeypatch.setattr(shared._model, "decoder", Failing(None, 0))
    with pytest.raises(WorkerBroken, match="tiny failed at work: CUDA error: an illegal memory access"):
        list(shared.stream(asked()))


def test_loading_says_how_far_it_is(folder: Path) -> None:
    model, line = made(folder), Heard()
    model.use_line(line)  # type: ignore[arg-type]
    assert list(model.load()) == [Working()]
    assert [item for item in line.items if isinstance(item, Loading)][-1].what == "trying what it can do"
    assert any(isinstance(item, Loading) and item.what == "MB of weights" for item in line.items)


def test_a_parent_that_hangs_up_while_the_prompt_is_read_is_heard(folder: Path) -> None:
    model = made(folder)
    model.describe()
    model.use_line(Heard(cut_after=0))  # type: ignore[arg-type]
    (last,) = model.stream(asked(session="one"))
    assert last.usage is not None
    assert last.usage.new_tokens == 0


def test_thoughts_that_nobody_asked_for_are_not_said(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    model = shared._model
    for words, said in (("<think>Hm, <im></think>\n\nAt eight.", "At eight."), ("At <think>eight</think>", None)):
        ids = model.loaded.tokenizer.encode(words, add_special_tokens=False)
        monkeypatch.setattr(model, "decoder", Told(ids))
        text, usage = whole(shared.stream(asked(max_tokens=200)))
        (replies,) = shared.batch([asked(max_tokens=200)])
        assert text == replies[0].text == (said or words)
        assert usage.new_tokens == len(ids)


def test_a_reply_that_is_nothing_but_thinking_says_so(shared: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = shared._model.loaded.tokenizer.encode("<think>and then, and then", add_special_tokens=False)
    monkeypatch.setattr(shared._model, "decoder", Told(ids, reason="length"))
    with pytest.raises(OutOfBudget, match="for thinking, and said nothing"):
        list(shared.stream(asked()))


class Told:
    """A decoder that writes what it was told."""

    def __init__(self, ids: list[int], *, reason: Reason = "end") -> None:
        self._ids, self._reason = ids, reason

    def stream(self, *_: Any, **__: Any) -> Iterator[Token | Finished]:
        yield from map(Token, self._ids)
        yield Finished(reason=self._reason, reused=0, first_token_s=0, total_s=0)

    def batch(self, *_: Any, **__: Any) -> list[Written]:
        return [Written(tokens=self._ids)]


def test_what_was_read_ahead_is_found_by_the_prompt_that_goes_on_from_it(folder: Path) -> None:
    model = made(folder)
    spoken = [*ASKED, Message("assistant", "Nothing much, and it rains. " * 12)]
    *_, last = model.prepare(spoken, "one")
    assert last.prompt_tokens > AHEAD_TOKENS
    assert (last.prompt_reused, last.new_tokens) == (0, 0)
    longer = [*spoken, Message("user", "And tomorrow?")]
    text, usage = whole(model.stream(asked(longer, session="one", sampling=Sampling())))
    assert usage.prompt_reused == last.prompt_tokens
    assert text == whole(made(folder).stream(asked(longer, sampling=Sampling())))[0]
    assert [one.prompt_tokens for one in model.prepare(spoken, "one")] == [], "the session knows all of it"


def test_the_instructions_of_an_aside_are_read_once(folder: Path) -> None:
    model, schema = made(tiny_model("llama", folder / "long", layers=2)), bounded(MODELS[0].model_json_schema())
    whole(model.stream(asked(session="conversation-1")))
    usages = []
    for question in ("Five days in May?", "And how far is it?"):
        messages = told([Message("system", "You note what is said."), Message("user", question)], schema)
        usages.append(whole(model.stream(asked(messages, session="aside-card")))[1])
    assert usages[1].prompt_reused >= model.count(messages[:1]) - 16, "all but what opens the message, and a reply"
    assert usages[1].prompt_tokens - usages[1].prompt_reused < 60
    assert whole(model.stream(asked(session="conversation-1")))[1].prompt_reused == model.count(ASKED) - 1


def test_reading_ahead_goes_on_where_the_reply_stands(folder: Path) -> None:
    model = made(folder)
    first = [*ASKED[:1], Message("user", "What is new today? " * 5 + "\n\nThe date is today, and this is a tail.")]
    whole(model.stream(asked(first, session="one")))
    spoken = [*ASKED[:1], Message("user", "What is new today? " * 5), Message("assistant", "Nothing much.")]
    *_, last = model.prepare(spoken, "one")
    assert 0 < last.prompt_reused < last.prompt_tokens


def test_without_memory_to_read_ahead_nothing_is_said(folder: Path) -> None:
    model = made(folder)
    model._model.decoder = Shorted(model._model.decoder, 1)  # type: ignore[assignment]
    assert list(model.prepare(ASKED, "one")) == []
    assert whole(model.stream(asked()))[1].notice == ""


def test_what_it_can_is_found_by_trying(shared: LanguageModel) -> None:
    found = shared.describe()
    assert found.capabilities == frozenset(Capability)
    assert (found.device, found.dtype, found.name) == ("cpu", "float32", "tiny")
    assert found.parameters > 10_000


def test_random_weights_give_a_valid_object_100_times_of_100(tmp_path: Path) -> None:
    served, given = made(tiny_model("llama", tmp_path, layers=1, hidden=32)), 0
    for number in range(100):
        model = MODELS[number % len(MODELS)]
        schema = bounded(model.model_json_schema())
        budget = 90 + number // 2
        sampling = Sampling(temperature=1.0, seed=number)
        text, usage = whole(served.stream(asked(max_tokens=budget, schema=schema, sampling=sampling)))
        model.model_validate_json(text)
        assert usage.new_tokens <= budget
        given += 1
    assert given == 100
