"""The loop writes what `model.generate` writes, whatever it kept from the turns before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import AutoModelForCausalLM
from transformers.models.lfm2.configuration_lfm2 import Lfm2Config

from assistant.engine.contract import Capability, Floats, Prefix, Sampling
from assistant.errors import BadRequest
from assistant.generation.cache import Past
from assistant.generation.decoding import CHUNK_ON_CPU, Decoder, parts
from assistant.generation.forward import Forward
from assistant.generation.order import Finished, Order, Token
from tests.assistant.at_work import (
    by_generate,
    by_rows,
    decoder_of,
    gathered,
    logits_of,
    model_of,
    prompt,
    state_of,
    written,
)
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind

pytestmark = pytest.mark.integration  # each loads models, and together they take a while
every_kind = pytest.mark.parametrize("kind", KINDS)


def rows_of(kind: Kind, count: int = 2) -> Floats:
    """Rows about as long as the model's own embeddings."""
    embeddings = model_of(kind).get_input_embeddings()(torch.arange(8, 16)).detach()
    length = float(embeddings.norm(dim=1).mean())
    drawn = np.random.default_rng(count).standard_normal((count, embeddings.shape[1])).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True) * length, dtype=np.float32)


# What is written


@every_kind
def test_no_model_here_repeats_itself_or_equal_replies_would_prove_little(kind: Kind) -> None:
    replies = [by_generate(kind, prompt(seed, 2 * SLIDING_WINDOW)) for seed in range(1, 7)]
    assert len({tuple(reply) for reply in replies}) == len(replies)
    assert sum(len(set(reply)) for reply in replies) >= len(replies) * 4


@every_kind
@pytest.mark.parametrize("length", [5, 3 * SLIDING_WINDOW])
def test_greedy_replies_are_those_of_generate(kind: Kind, length: int) -> None:
    ids = prompt(1, length)
    reply, end = written(decoder_of(kind), ids, max_tokens=2 * SLIDING_WINDOW)
    assert reply == by_generate(kind, ids, 2 * SLIDING_WINDOW)
    assert (end.reason, end.reused) == ("length", 0)


@every_kind
def test_a_second_turn_reads_only_what_is_new_and_says_the_same(kind: Kind) -> None:
    decoder, first = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW)
    reply, _ = written(decoder, first, session="a")
    second = [*first, *reply, *prompt(2, 10)]
    again, end = written(decoder, second, session="a")
    assert again == by_generate(kind, second)
    assert end.reused == len(first) + len(reply) - 1, "the last token drawn was never read"


@every_kind
def test_a_tail_that_changes_each_turn_costs_no_more_than_itself(kind: Kind) -> None:
    decoder, kept, before = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW), 0
    for turn in range(4):
        asked = [*kept, *prompt(50 + turn, 9)]
        reply, end = written(decoder, asked, session="a")
        assert reply == by_generate(kind, asked)
        assert end.reused >= before, "what is append-only was read once"
        before = len(kept)
        kept += prompt(20 + turn, 6)


@every_kind
def test_a_changed_history_is_read_again_from_the_change_on(kind: Kind) -> None:
    decoder, first = decoder_of(kind), prompt(1, 3 * SLIDING_WINDOW)
    written(decoder, first, session="a")
    changed = [*first[: 2 * SLIDING_WINDOW], 5, *first[2 * SLIDING_WINDOW + 1 :]]
    reply, end = written(decoder, changed, session="a")
    assert reply == by_generate(kind, changed)
    assert end.reused == 2 * SLIDING_WINDOW


def test_sliding_layers_that_let_go_of_what_is_needed_are_read_whole() -> None:
    decoder, first = decoder_of("mistral"), prompt(1, 4 * SLIDING_WINDOW)
    for cut, reused in ((3 * SLIDING_WINDOW, 3 * SLIDING_WINDOW), (2 * SLIDING_WINDOW, 0)):  # forward, then back again
        written(decoder, first, session="a")
        asked = [*first[:cut], 7, 9]
        reply, end = written(decoder, asked, session="a")
        assert (reply, end.reused) == (by_generate("mistral", asked), reused)


@every_kind
def test_logits_with_a_cut_cache_are_those_without(kind: Kind) -> None:
    model = model_of(kind)
    forward, past, first = Forward(model, "cpu"), Past(model.config), prompt(1, 3 * SLIDING_WINDOW)
    forward.feed(past, first)
    assert past.cut(2 * SLIDING_WINDOW)
    cached = forward.feed(past, prompt(2, 7))
    whole = logits_of(kind, [*first[: 2 * SLIDING_WINDOW], *prompt(2, 7)])
    assert float((cached - whole).abs().max()) <= 1e-4


@every_kind
def test_a_long_prompt_is_read_in_parts_as_if_at_once(kind: Kind) -> None:
    ids = prompt(3, 2 * CHUNK_ON_CPU + 50)
    assert written(decoder_of(kind), ids, max_tokens=4)[0] == by_generate(kind, ids, 4)


def test_greedy_replies_with_a_penalty_are_those_of_generate() -> None:
    ids = prompt(1, 30)
    reply, _ = written(decoder_of("llama"), ids, sampling=Sampling(repetition_penalty=1.5))
    assert reply == by_generate("llama", ids, repetition_penalty=1.5)


def test_the_same_seed_writes_the_same_and_another_something_else() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)

    def drawn(seed: int, session: str) -> list[int]:
        return written(decoder, ids, sampling=Sampling(temperature=1.0, top_p=0.95, seed=seed), session=session)[0]

    assert drawn(1, "") == drawn(1, "a") == drawn(1, "a")
    assert drawn(1, "") != drawn(2, "")


@every_kind
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_turns_the_cache_changes_no_reply(kind: Kind, data: st.DataObject) -> None:
    decoder, history = decoder_of(kind, sessions=2), {name: prompt(1, 20) for name in "abc"}
    for turn in range(data.draw(st.integers(2, 6))):
        name = data.draw(st.sampled_from("abc"))
        keep = data.draw(st.integers(0, len(history[name])))
        asked = [*history[name][:keep], *prompt(turn, data.draw(st.integers(1, 30)))]
        reply, _ = written(decoder, asked, session=name, max_tokens=3)
        assert reply == by_generate(kind, asked, 3)
        history[name] = [*asked, *reply]


# How it ends


def test_a_stop_token_ends_the_reply_and_is_not_part_of_it() -> None:
    ids = prompt(1, 30)
    whole = by_generate("llama", ids)
    reply, end = written(decoder_of("llama", stop_ids={whole[4]}), ids)
    assert reply == whole[: whole.index(whole[4])]
    assert end.reason == "end"


def test_no_tokens_only_read_the_prompt() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)
    assert written(decoder, ids, max_tokens=0, session="a")[0] == []
    reply, end = written(decoder, ids, session="a")
    assert (reply, end.reused) == (by_generate("llama", ids), len(ids) - 1)


@pytest.mark.parametrize("after", [1, 5])
def test_a_cancel_is_heard_within_one_token(after: int) -> None:
    decoder, ids, heard = decoder_of("llama"), prompt(1, 30), list[Token | Finished]()
    for one in decoder.stream(ids, Order(max_tokens=100, session="a"), is_cancelled=lambda: len(heard) >= after):
        heard.append(one)
    reply, end = gathered(iter(heard))
    assert (len(reply), end.reason) == (after, "cancelled")


def test_a_closed_stream_keeps_what_was_read() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)
    stream = decoder.stream(ids, Order(max_tokens=100, session="a"))
    begun = [one.id for one in islice(stream, 4) if isinstance(one, Token)]
    stream.close()  # type: ignore[attr-defined]
    asked = [*ids, *begun, 9]
    reply, end = written(decoder, asked, session="a")
    assert reply == by_generate("llama", asked)
    assert end.reused == len(ids) + len(begun) - 1


def test_a_prompt_is_cancelled_between_its_parts_and_read_on_later() -> None:
    decoder, ids, asked = decoder_of("llama"), prompt(1, 3 * CHUNK_ON_CPU), list[int]()

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    reply, end = gathered(decoder.stream(ids, Order(max_tokens=5, session="a"), is_cancelled=is_cancelled))
    assert (reply, end.reason) == ([], "cancelled")
    again, end = written(decoder, ids, session="a")
    assert (again, end.reused) == (by_generate("llama", ids), 2 * CHUNK_ON_CPU)


def test_a_pass_that_failed_leaves_nothing_behind() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)
    written(decoder, ids, session="a")
    with failing(model_of("llama").model.layers[2]), pytest.raises(RuntimeError, match="out of memory"):
        written(decoder, [*ids, 9, 10], session="a")
    reply, end = written(decoder, [*ids, 9, 10], session="a")
    assert (reply, end.reused) == (by_generate("llama", [*ids, 9, 10]), 0)


@contextmanager
def failing(layer: Any) -> Iterator[None]:
    """Within it, the model breaks off when it comes to that layer."""

    def fail(*_: Any) -> None:
        raise RuntimeError("out of memory")

    hook = layer.register_forward_pre_hook(fail)
    try:
        yield
    finally:
        hook.remove()


@pytest.mark.parametrize(
    ("ids", "prefix"),
    [
        pytest.param([], None, id="no tokens"),
        pytest.param([5], Prefix(np.zeros((2, 3), dtype=np.float32)), id="rows too narrow"),
        pytest.param([5], Prefix(np.zeros(64, dtype=np.float32)), id="no rows but one vector"),
    ],
)
def test_what_cannot_be_read_is_said(ids: list[int], prefix: Prefix | None) -> None:
    with pytest.raises(BadRequest):
        written(decoder_of("llama"), ids, prefix=prefix)


# Sessions


def test_the_session_used_least_recently_is_read_whole_again() -> None:
    decoder, ids = decoder_of("llama", sessions=2), prompt(1, 30)
    for name in ("a", "b", "a", "c"):
        written(decoder, ids, session=name)
    assert [written(decoder, ids, session=name)[1].reused for name in ("a", "b")] == [len(ids) - 1, 0]


def test_a_forgotten_session_is_read_whole_again() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)
    for name in ("a", "b"):
        written(decoder, ids, session=name)
    decoder.forget("a")
    decoder.forget("unknown")
    assert [written(decoder, ids, session=name)[1].reused for name in ("a", "b")] == [0, len(ids) - 1]
    decoder.forget_all()
    assert written(decoder, ids, session="b")[1].reused == 0


def test_without_a_session_nothing_is_kept() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 30)
    assert [written(decoder, ids)[1].reused for _ in range(2)] == [0, 0]


def test_a_session_over_the_bound_of_memory_is_not_kept_and_a_small_one_is() -> None:
    states_of_a_token = 4 * 2 * 2 * 16 * 4  # layers, keys and values, heads, their width, bytes
    decoder = decoder_of("llama", sessions=5, cache_bytes=100 * states_of_a_token)
    assert [written(decoder, prompt(1, 200), session="long")[1].reused for _ in range(2)] == [0, 0]
    for name in ("a", "b", "c"):
        written(decoder, prompt(1, 35), session=name)
    assert [written(decoder, prompt(1, 35), session=name)[1].reused for name in ("c", "b", "a")] == [34, 34, 0]


def test_no_conversation_is_let_go_for_an_aside() -> None:
    decoder, ids = decoder_of("llama", sessions=2), prompt(1, 30)
    for name in ("a", "aside-card", "b", "aside-facts", "aside-card"):
        written(decoder, ids, session=name)
    assert [decoder.held(name, ids) for name in ("a", "b", "aside-card", "aside-facts")] == [30, 30, 30, 30]
    for number in range(5):
        written(decoder, ids, session=f"aside-{number}")
    assert [decoder.held(name, ids) for name in ("a", "b", "aside-card", "aside-4")] == [30, 30, 0, 30]
    written(decoder, ids, session="c")
    assert [decoder.held(name, ids) for name in ("a", "b", "c")] == [0, 30, 30]


def test_asides_go_first_when_memory_is_short() -> None:
    states_of_a_token = 4 * 2 * 2 * 16 * 4  # layers, keys and values, heads, their width, bytes
    decoder = decoder_of("llama", sessions=5, cache_bytes=100 * states_of_a_token)
    for name in ("aside-card", "a", "b"):
        written(decoder, prompt(1, 35), session=name, max_tokens=0)
    assert [decoder.held(name, prompt(1, 35)) for name in ("aside-card", "a", "b")] == [0, 35, 35]
    written(decoder, prompt(1, 35), session="aside-card", max_tokens=0)
    assert [decoder.held(name, prompt(1, 35)) for name in ("aside-card", "a", "b")] == [0, 35, 35]


# Rows of embeddings


@every_kind
def test_rows_at_the_end_write_what_a_whole_recompute_writes(kind: Kind) -> None:
    decoder, ids, rows = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW), rows_of(kind)
    for _ in range(2):  # the second time on the session's cache
        reply, _ = written(decoder, ids, session="a", prefix=Prefix(rows, "end"))
        assert reply == by_rows(kind, ids, rows, [])


@every_kind
def test_rows_at_the_end_never_stay_in_the_cache(kind: Kind) -> None:
    decoder, ids = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW)
    reply, _ = written(decoder, ids, session="a", prefix=Prefix(rows_of(kind), "end"))
    asked = [*ids, *reply, 9]
    again, end = written(decoder, asked, session="a")
    assert again == by_generate(kind, asked)
    assert end.reused == len(ids), "what came before the rows is whole"


@every_kind
@pytest.mark.parametrize("has_bos", [True, False])
def test_rows_at_the_start_come_after_bos_or_before_everything(kind: Kind, has_bos: bool) -> None:
    bos, rows, rest = 3, rows_of(kind), prompt(1, SLIDING_WINDOW + 5)
    ids = [bos, *rest] if has_bos else rest
    decoder = decoder_of(kind, bos_id=bos)
    before = written(decoder, ids, session="a")[0]
    reply, end = written(decoder, ids, session="a", prefix=Prefix(rows, "start"), wants_hidden=True)
    assert reply == by_rows(kind, [bos] if has_bos else [], rows, rest)
    assert end.hidden is not None
    assert float(np.abs(end.hidden - state_of(kind, ids).numpy()).max()) <= 1e-4
    assert written(decoder, ids, session="a")[0] == before


def test_rows_after_a_bos_alone() -> None:
    rows = rows_of("llama")
    reply, _ = written(decoder_of("llama", bos_id=3), [3], prefix=Prefix(rows, "start"))
    assert reply == by_rows("llama", [3], rows, [])


def test_parts_lose_and_repeat_nothing() -> None:
    ids, rows = list(range(10)), torch.zeros(2, 4)
    for behind in (None, 0, 1, 4, 10):
        for size in (1, 3, 4, 100):
            taken = list(parts(ids, size, rows, behind))
            assert [one for part, _ in taken for one in part] == ids
            assert all(len(part) <= size for part, _ in taken)
            with_rows = [place for place, (_, carried) in enumerate(taken) if carried is not None]
            assert len(with_rows) == 1
            assert sum(len(part) for part, _ in taken[: with_rows[0] + 1]) == (10 if behind is None else behind)


# The hidden state


@every_kind
def test_the_hidden_state_is_that_of_a_plain_forward_pass(kind: Kind) -> None:
    decoder, ids = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW)
    expected = state_of(kind, ids).numpy()
    for prefix in (None, None, Prefix(rows_of(kind), "end")):  # new, wholly cached, and with rows behind it
        _, end = written(decoder, ids, session="a", wants_hidden=True, max_tokens=2, prefix=prefix)
        assert end.hidden is not None
        assert end.hidden.dtype == np.float32
        assert end.hidden.shape == expected.shape
        assert float(np.abs(end.hidden - expected).max()) <= 1e-4


def test_the_hidden_state_takes_no_extra_pass() -> None:
    decoder, ids, passes = decoder_of("llama"), prompt(1, 30), list[int]()
    hook = model_of("llama").register_forward_hook(lambda *_: passes.append(1))
    try:
        for wants_hidden in (False, True):
            written(decoder, ids, max_tokens=3, wants_hidden=wants_hidden)
    finally:
        hook.remove()
    assert len(passes) == 2 * 3, "one for the prompt, and one for each token but the last"


# Masks


class Alternating:
    """Allows even tokens, then odd ones, and is done after `length` of them."""

    def __init__(self, length: int) -> None:
        self.length, self.taken, self.remaining = length, list[int](), list[int]()

    @property
    def is_done(self) -> bool:
        return len(self.taken) == self.length

    def bias(self, remaining: int) -> Tensor | None:
        self.remaining.append(remaining)
        return torch.arange(300) % 2 == len(self.taken) % 2

    def accept(self, token: int) -> None:
        self.taken.append(token)


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_a_mask_decides_which_tokens_may_come(temperature: float) -> None:
    mask = Alternating(6)
    sampling = Sampling(temperature=temperature, seed=1)
    reply, end = written(decoder_of("llama"), prompt(1, 20), mask=mask, sampling=sampling)
    assert [token % 2 for token in reply] == [0, 1, 0, 1, 0, 1]
    assert (mask.taken, mask.remaining) == (reply, [12, 11, 10, 9, 8, 7])
    assert end.reason == "end"


# What a model can do


@every_kind
def test_every_architecture_is_found_to_do_everything(kind: Kind) -> None:
    assert decoder_of(kind).probe() == {
        Capability.GENERATE,
        Capability.HIDDEN,
        Capability.CROP,
        Capability.STEER_END,
        Capability.FOCUS,
    }


def test_layers_that_cannot_be_cut_are_found_and_read_whole_each_turn() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(convolutional(), dtype=torch.float32).eval()
    decoder = Decoder(model, device="cpu", sessions=1, cache_bytes=10**9, stop_ids=set())
    assert Capability.CROP not in decoder.probe()
    first = prompt(1, 20)
    reply, _ = written(decoder, first, session="a")
    for asked, reused in (([*first, *reply, 9], len(first) + len(reply) - 1), ([*first[:9], 7], 0)):
        again, end = written(decoder, asked, session="a")
        assert (again, end.reused) == (written(decoder, asked)[0], reused)


def convolutional() -> Lfm2Config:
    """Convolutions beside attention, whose states hold no more than their last few tokens."""
    return Lfm2Config(
        vocab_size=420,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention", "conv"],
        initializer_range=0.1,
    )


def test_a_model_without_a_base_of_its_own_shows_no_state_but_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("llama")
    monkeypatch.setattr(type(model), "base_model", property(lambda itself: itself))
    assert decoder_of("llama").probe() == {
        Capability.GENERATE,
        Capability.CROP,
        Capability.STEER_END,
        Capability.FOCUS,
    }
