"""The step over a cache of fixed size says what the growing one says, and nobody misses it where it cannot be had."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from assistant.engine.contract import Prefix
from assistant.generation import compiled
from assistant.generation.cache import Past
from assistant.generation.compiled import CompiledSteps
from assistant.generation.forward import Forward
from tests.assistant.at_work import by_generate, by_rows, decoder_of, logits_of, model_of, prompt, written
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind

pytestmark = pytest.mark.integration  # each loads models, and together they take a while
every_kind = pytest.mark.parametrize("kind", KINDS)
PLAIN: Callable[..., Any] = lambda call, **_: call  # noqa: E731


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The static cache at work without a compiler, which takes a minute."""
    monkeypatch.setattr(torch, "compile", PLAIN)


@every_kind
@pytest.mark.usefixtures("uncompiled")
def test_replies_over_a_static_cache_are_those_of_generate(kind: Kind) -> None:
    decoder, first = decoder_of(kind, compile=True), prompt(1, 2 * SLIDING_WINDOW)
    decoder.probe()
    reply, _ = written(decoder, first, session="a", max_tokens=SLIDING_WINDOW + 6)
    assert reply == by_generate(kind, first, SLIDING_WINDOW + 6)
    second = [*first, *reply[:20], *prompt(2, 7)]
    again, end = written(decoder, second, session="a")
    assert (again, end.reused) == (by_generate(kind, second), len(first) + 20)


@every_kind
def test_logits_over_a_static_cache_are_those_of_a_plain_pass(kind: Kind) -> None:
    model = model_of(kind)
    forward, past, ids = Forward(model, "cpu"), Past(model.config), prompt(1, 2 * SLIDING_WINDOW)
    forward.feed(past, ids)
    with CompiledSteps(forward, past, 128, compile=PLAIN).over(past) as step:
        for token in prompt(2, 5):
            ids = [*ids, token]
            assert float((step(token) - logits_of(kind, ids)).abs().max()) <= 1e-4
    assert past.tokens == ids


@pytest.mark.usefixtures("uncompiled")
def test_rows_are_in_a_static_cache_and_not_in_the_sessions() -> None:
    decoder, ids = decoder_of("llama", compile=True), prompt(1, 20)
    decoder.probe()
    rows = torch.randn(2, 64, generator=torch.Generator().manual_seed(1)).numpy()
    assert written(decoder, ids, session="a", prefix=Prefix(rows))[0] == by_rows("llama", ids, rows, [])
    again, end = written(decoder, [*ids, 9], session="a")
    assert (again, end.reused) == (by_generate("llama", [*ids, 9]), len(ids))


@pytest.mark.usefixtures("uncompiled")
def test_what_is_longer_than_the_static_cache_is_written_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "LENGTH", 40)
    decoder = decoder_of("llama", compile=True)
    decoder.probe()
    for length in (28, 29, 60):
        ids = prompt(length, length)
        assert written(decoder, ids)[0] == by_generate("llama", ids)


def test_where_compilation_fails_one_sentence_says_so_and_replies_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_compiler(*_: Any, **__: Any) -> Any:
        def call(*_: Any, **__: Any) -> Any:
            raise RuntimeError("backend='inductor' raised:\nno C compiler was found")

        return call

    monkeypatch.setattr(torch, "compile", no_compiler)
    decoder, ids = decoder_of("llama", compile=True), prompt(1, 20)
    decoder.probe()
    decoder.probe()
    reply, _ = written(decoder, ids)
    assert reply == by_generate("llama", ids)
    assert not decoder.is_compiled
    assert decoder.notice.endswith("more slowly: backend='inductor' raised: no C compiler was found")
    assert "\n" not in decoder.notice


def test_the_step_can_be_traced_whole_and_once() -> None:
    """`aot_eager` traces as a real compiler does, without the minute that writing kernels takes."""
    model, graphs = model_of("llama"), torch._dynamo.utils.counters["stats"]
    forward, past = Forward(model, "cpu"), Past(model.config)
    forward.feed(past, prompt(1, 20))
    steps = CompiledSteps(
        forward, past, 64, compile=lambda call: torch.compile(call, backend="aot_eager", dynamic=False, fullgraph=True)
    )
    before = graphs["unique_graphs"]
    with steps.over(past) as step:
        for token in prompt(2, 6):
            logits = step(token)
    assert graphs["unique_graphs"] == before + 1
    assert float((logits - logits_of("llama", [*prompt(1, 20), *prompt(2, 6)])).abs().max()) <= 1e-4
