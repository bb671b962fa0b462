"""The benchmark of what steering costs measures whole turns: alike, however they are interleaved."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from assistant.engine.contract import Capability
from assistant.generation.decoding import Decoder
from benchmarks import steering_cost
from benchmarks.random_models import Shape, random_model
from benchmarks.steering_cost import Spent, memory, planner_for, prompts, ratios, rounds

pytestmark = pytest.mark.integration  # it imports torch and makes a model

TINY = Shape(vocabulary=300, width=32, inner=64, layers=2, heads=4, key_value_heads=2)
WAYS = ("plain", "again", "end", "start", "split", "plain_tail", "end_tail")


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    for name, tokens in (("HISTORY", 60), ("MESSAGE", 8), ("REPLY", 6), ("TAIL", 10), ("INSTRUCTIONS", 20)):
        monkeypatch.setattr(steering_cost, name, tokens)
    torch.set_num_threads(1)
    model = random_model(TINY, device="cpu", dtype=torch.float32, seed=1)
    return Decoder(model, device="cpu", sessions=8, cache_bytes=10**9, stop_ids=set())


@pytest.mark.parametrize("at_once", [True, False])
def test_every_way_reads_what_it_says_and_no_more(decoder: Decoder, at_once: bool) -> None:
    planner, read = planner_for(decoder._forward.model, hidden=16), list[int]()
    hook = decoder._forward.model.register_forward_pre_hook(
        lambda _module, _args, given: read.append(_length(given)), with_kwargs=True
    )
    counts: dict[str, int] = {}
    try:
        for way in WAYS:
            read.clear()
            (spent,) = rounds(decoder, planner, prompts(300, 1), [way], 1, at_once=at_once)
            assert 0 < spent[way].reply_s <= spent[way].turn_s
            decoder.forget_all()
            counts[way] = sum(read)
    finally:
        hook.remove()
    history, first = 60, counts["plain"]  # the history once, and two turns
    assert first == history + 2 * (8 + 5)
    assert counts["again"] == counts["split"] == first
    assert counts["end"] == first + 2 * (2 + 6), "the rows, and the reply again"
    assert counts["start"] == first + 2 * (2 + 60 + 8 + 6), "the whole prompt with the rows, and the reply again"
    assert counts["plain_tail"] == first + 2 * (10 + 8 + 6), "the tail, and message and reply again"
    assert counts["end_tail"] == counts["plain_tail"] + 2 * 2


def _length(given: dict[str, torch.Tensor]) -> int:
    inputs = given["input_ids"] if given.get("input_ids") is not None else given["inputs_embeds"]
    return int(inputs.shape[1])


def test_ratios_are_medians_over_the_turns() -> None:
    def turn(plain: float, other: float) -> dict[str, Spent]:
        others = ("again", "end", "split", "plain_tail", "end_tail", "start")
        spent = {way: Spent(other, other, 2 * other, 2 * other) for way in others}
        return spent | {"plain": Spent(plain, plain, 2 * plain, 2 * plain), "plain_tail": Spent(1, 1, 1, 1)}

    turns: Sequence[dict[str, Spent]] = [turn(1, 2), turn(1, 4), turn(2, 6)]
    found = ratios(list(turns), list(turns[:1]), "")
    assert (found["end_ratio"], found["end_total_ratio"], found["start_ratio"]) == (3, 3, 2)
    assert found["end_total_ratio_tail"] == 8


def test_memory_is_what_the_arrays_take(decoder: Decoder) -> None:
    planner = planner_for(decoder._forward.model, hidden=16)
    found = memory(planner)
    numbers = sum(weights.numel() for weights in planner.state_dict().values())
    assert found["planner_mb"] == pytest.approx(4 * numbers / 1e6)
    assert found["replay_mb"] == pytest.approx(80_000 * 4 * (2 * 32 + 64) / 1e6, rel=0.2)


def test_what_can_be_steered_here_is_what_is_measured(decoder: Decoder) -> None:
    assert {Capability.STEER_END, Capability.HIDDEN, Capability.FOCUS} <= decoder.probe()
