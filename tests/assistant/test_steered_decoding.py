"""Replies steered by a planner: what it chooses is what is read, alone and in batches, and nothing of it stays behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from assistant.engine.contract import Floats, Place, Prefix, Sampling
from assistant.errors import BadRequest
from assistant.generation.cache import Past
from assistant.generation.decoding import CHUNK_ON_CPU, Decoder
from assistant.generation.forward import Forward
from assistant.generation.order import Order
from assistant.steering.choosing import choose
from tests.assistant.at_work import by_generate, by_rows, decoder_of, gathered, model_of, prompt, state_of, written
from tests.assistant.steering_planners import DIMENSION, chooser_of, drawn_planner
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind

pytestmark = pytest.mark.integration  # each loads models, and together they take a while
every_kind = pytest.mark.parametrize("kind", KINDS)
every_place = pytest.mark.parametrize("place", ["end", "start"])
BOS = 3
IDS = [BOS, *prompt(1, 2 * SLIDING_WINDOW)]


def unit(seed: int) -> Floats:
    drawn = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float32)


@every_kind
@every_place
def test_the_reply_is_the_one_behind_the_rows_that_the_planner_chooses_for_the_plain_state(
    kind: Kind, place: Place
) -> None:
    chooser = chooser_of(kind, place=place)
    rows = chooser.planner.embedded(chooser.planner.act(state_of(kind, IDS)[None]))[0].numpy()
    expected = by_rows(kind, IDS, rows, []) if place == "end" else by_rows(kind, [BOS], rows, IDS[1:])
    decoder = decoder_of(kind, bos_id=BOS)
    for _ in range(2):  # the second time on the session's cache
        reply, end = written(decoder, IDS, session="a", steer=chooser)
        assert reply == expected
        assert end.hidden is not None
        assert float(np.abs(end.hidden - state_of(kind, IDS).numpy()).max()) <= 1e-4


@every_place
def test_a_batch_writes_what_each_order_gets_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Kind = "gemma3"
    monkeypatch.setattr("assistant.generation.batching.CHUNK", 16)
    prompts = [[BOS, *prompt(seed, length)] for seed, length in enumerate((4, 40, 23, 61, 24, 9, 17, 30, 33))]
    rows = np.random.default_rng(1).standard_normal((3, 64)).astype(np.float32)
    orders = [
        Order(max_tokens=9, steer=chooser_of(kind, place=place)),
        Order(max_tokens=5, steer=chooser_of(kind, place=place, action=unit(1))),
        Order(max_tokens=9, steer=chooser_of(kind, place=place, noise=0.5, seed=3)),
        Order(max_tokens=7, prefix=Prefix(rows, place)),
        Order(max_tokens=6, prefix=Prefix(rows, place)),
        Order(max_tokens=7, prefix=Prefix(rows[:2], place), wants_hidden=True),
        Order(max_tokens=7, wants_hidden=True),
        Order(max_tokens=9),
        Order(max_tokens=0, wants_hidden=True),
    ]
    decoder = decoder_of(kind, bos_id=BOS)
    for ids, order, one in zip(prompts, orders, decoder.batch(prompts, orders), strict=True):
        tokens, end = gathered(decoder.stream(ids, order))
        assert one.tokens == tokens
        assert (one.hidden is None) == (end.hidden is None) == (not order.needs_state)
        assert (one.steered is None) == (end.steered is None) == (order.steer is None)
        if one.hidden is not None and end.hidden is not None:
            assert float(np.abs(one.hidden - end.hidden).max()) <= 1e-4
        if one.steered is not None and end.steered is not None:
            assert float(np.abs(one.steered.action - end.steered.action).max()) <= 1e-5
            assert one.steered.value == pytest.approx(end.steered.value, abs=1e-5)


@every_kind
def test_any_action_equals_unsteered_where_its_rows_are_masked_and_only_there(kind: Kind) -> None:
    """Rows behind a prompt, then a token: attention that skips the rows sees what it sees without them."""
    chooser = chooser_of(kind)
    plain = logits_behind(kind, None, is_masked=False)
    masked: list[Tensor] = []
    seen: list[Tensor] = []
    for seed in (1, 2):
        rows = chooser.planner.embedded(torch.from_numpy(unit(seed))[None])[0]
        masked.append(logits_behind(kind, rows, is_masked=True))
        seen.append(logits_behind(kind, rows, is_masked=False))
    assert all(float((one - plain).abs().max()) <= 1e-4 for one in masked)
    assert all(float((one - plain).abs().max()) > 1e-2 for one in seen)
    assert float((seen[0] - seen[1]).abs().max()) > 1e-2


def logits_behind(kind: Kind, rows: Tensor | None, *, is_masked: bool) -> Tensor:
    """After a short prompt, `rows` and one more token, whose position does not count masked rows: (vocabulary,)."""
    model, ids = model_of(kind), prompt(1, SLIDING_WINDOW // 2)
    embed = model.get_input_embeddings()
    before, after = embed(torch.tensor([ids])), embed(torch.tensor([[7]]))
    between = [] if rows is None else [rows[None]]
    mask = torch.ones(1, len(ids) + (0 if rows is None else len(rows)) + 1, dtype=torch.long)
    if is_masked:
        mask[0, len(ids) : -1] = 0
    with torch.no_grad():
        logits: Tensor = model(
            inputs_embeds=torch.cat([before, *between, after], dim=1),
            attention_mask=mask,
            position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        ).logits[0, -1]
    return logits


def test_two_actions_write_two_replies() -> None:
    replies = [written(decoder_of("llama"), IDS, steer=chooser_of("llama", action=unit(seed)))[0] for seed in (1, 2)]
    assert replies[0] != replies[1]


@every_kind
@every_place
def test_the_cache_after_a_steered_turn_is_that_of_a_fresh_reading(kind: Kind, place: Place) -> None:
    """Layer by layer: what the session keeps once the reply was read again equals a prefill of both."""
    decoder = decoder_of(kind, bos_id=BOS)
    reply, _ = written(decoder, IDS, session="a", steer=chooser_of(kind, place=place))
    assert decoder.held("a", [*IDS, *reply]) == len(IDS), "nothing behind the prompt may stay"
    both = [*IDS, *reply, 9]
    _, end = written(decoder, both, session="a", max_tokens=0)
    assert end.reused == len(IDS)
    assert difference(kept_of(decoder, "a", both), fresh(kind, both)) <= 1e-4


def test_a_volatile_tail_is_cut_with_the_rows_behind_it() -> None:
    decoder, message = decoder_of("llama"), prompt(8, 12)
    reply, _ = written(decoder, [*IDS, *prompt(7, 9), *message], session="a", steer=chooser_of("llama"))
    both = [*IDS, *message, *reply, 9]
    _, end = written(decoder, both, session="a", max_tokens=0)
    assert end.reused == len(IDS)
    assert difference(kept_of(decoder, "a", both), fresh("llama", both)) <= 1e-4


def kept_of(decoder: Decoder, session: str, ids: list[int]) -> Any:
    return decoder._sessions.take(session, [*ids, 0]).states


def fresh(kind: Kind, ids: list[int]) -> Any:
    past = Past(model_of(kind).config)
    Forward(model_of(kind), "cpu").feed(past, ids)
    return past.states


def difference(kept: Any, whole: Any) -> float:
    """The largest one between keys and values, over what both hold: a sliding layer may hold more than it needs."""
    largest = 0.0
    for one, other in zip(kept.layers, whole.layers, strict=True):
        for name in ("keys", "values"):
            first, second = getattr(one, name), getattr(other, name)
            shared = min(first.shape[-2], second.shape[-2])
            assert shared >= SLIDING_WINDOW - 1
            largest = max(largest, float((first[:, :, -shared:] - second[:, :, -shared:]).abs().max()))
    return largest


def test_an_unsteered_turn_after_a_steered_one_writes_as_if_there_had_been_none() -> None:
    decoder = decoder_of("llama")
    reply, _ = written(decoder, IDS, session="a", steer=chooser_of("llama"))
    asked = [*IDS, *reply, 9]
    assert written(decoder, asked, session="a")[0] == by_generate("llama", asked)


def test_steering_at_the_end_costs_one_pass_more_and_none_for_the_state() -> None:
    decoder, ids, passes = decoder_of("llama"), prompt(1, 30), list[int]()
    hook = model_of("llama").register_forward_hook(lambda *_: passes.append(1))
    try:
        written(decoder, ids, max_tokens=3, steer=chooser_of("llama"))
    finally:
        hook.remove()
    assert len(passes) == 1 + 1 + 2, "the prompt, the rows, and each token but the last"


def test_a_steered_prompt_that_is_cancelled_says_nothing_of_its_steering() -> None:
    decoder, asked = decoder_of("llama"), list[int]()
    long = prompt(1, 3 * CHUNK_ON_CPU)

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    order = Order(max_tokens=5, steer=chooser_of("llama"))
    tokens, end = gathered(decoder.stream(long, order, is_cancelled=is_cancelled))
    assert (tokens, end.reason, end.steered) == ([], "cancelled", None)


def test_the_same_seed_explores_the_same_and_samples_the_same_in_both_ways() -> None:
    sampling = Sampling(temperature=1.0, seed=4)
    order = Order(max_tokens=12, sampling=sampling, steer=chooser_of("llama", noise=0.3, seed=1))
    (alone,) = decoder_of("llama").batch([IDS], [order])
    assert written(decoder_of("llama"), IDS, sampling=sampling, steer=order.steer)[0] == alone.tokens


@pytest.mark.parametrize("is_batch", [True, False])
def test_a_planner_for_another_width_or_beside_rows_is_refused(is_batch: bool) -> None:
    narrow = drawn_planner(model_of("llama"))
    object.__setattr__(narrow, "shape", narrow.shape.__class__(fingerprint="another", width=32, norm=1.0))
    own = chooser_of("llama")
    for order in (
        Order(max_tokens=3, steer=type(own)(narrow, own.steer)),
        Order(max_tokens=3, steer=own, prefix=Prefix(np.zeros((2, 64), dtype=np.float32))),
    ):
        decoder = decoder_of("llama")
        with pytest.raises(BadRequest):
            _ = decoder.batch([IDS], [order]) if is_batch else list(decoder.stream(IDS, order))


def test_choosing_for_many_is_choosing_for_each() -> None:
    others = drawn_planner(model_of("llama"), seed=5)
    first, second = chooser_of("llama", noise=0.2, seed=1), chooser_of("llama", action=unit(2))
    choosers = [first, type(first)(others, first.steer), second, first]
    states = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    together = choose(choosers, states)
    for place, chooser in enumerate(choosers):
        (alone,) = choose([chooser], states[place : place + 1])
        assert float((alone.rows - together[place].rows).abs().max()) <= 1e-5
        assert alone.steered.angle == pytest.approx(together[place].steered.angle, abs=1e-5)
