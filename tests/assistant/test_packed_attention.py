"""Attention on a CPU is what the library computes, whichever form torch is asked for it in; and it is asked in the fast one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from assistant.generation import attention
from assistant.generation.attention import LIBRARY, NAME, attend, pack
from assistant.generation.cache import Past
from assistant.generation.decoding import Decoder
from assistant.generation.forward import Forward
from assistant.generation.loading import load
from assistant.generation.order import Order
from tests.assistant.at_work import by_generate, decoder_of, ids_of, logits_of, model_of, prompt, together, written
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind, tiny_model

pytestmark = pytest.mark.integration  # it loads models
every_kind = pytest.mark.parametrize("kind", KINDS)
WITHOUT_SDPA = ("gemma2",)
"""Its scores are capped before the softmax, which sdpa does not do."""
KEYS = 23


def drawn(seed: int, heads: int, shared: int, queries: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((2, heads, queries, 16), (2, shared, KEYS, 16), (2, shared, KEYS, 16))
    query, key, value = (torch.randn(shape, generator=generator) for shape in shapes)
    return 2 * query, key, value


def padded(queries: int, padding: int) -> Tensor:
    """Which keys the last `queries` see, (2, 1, queries, KEYS); the second sequence is padded on the left."""
    columns = torch.arange(KEYS)
    seen = columns[None] <= torch.arange(KEYS - queries, KEYS)[:, None]
    own = columns[None] == torch.arange(KEYS - queries, KEYS)[:, None]
    return torch.stack([seen, seen & ((columns >= padding)[None] | own)])[:, None]


def by_library(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> Tensor:
    module = SimpleNamespace(num_key_value_groups=query.shape[1] // key.shape[1], is_causal=True)
    found: Tensor = sdpa_attention_forward(module, query, key, value, mask, **options)[0]
    return found


def ours(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **options: Any) -> Tensor:
    module = SimpleNamespace(num_key_value_groups=query.shape[1] // key.shape[1], is_causal=True)
    return attend(module, query, key, value, mask, **options)[0]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([(4, 1), (4, 2), (6, 2), (4, 4)]),
    st.sampled_from([1, 2, 9, KEYS]),
    st.sampled_from(["none", "causal", "padded", "added"]),
    st.sampled_from([None, 0.5]),
)
def test_it_is_the_librarys_for_any_heads_queries_and_mask(
    seed: int, heads: tuple[int, int], queries: int, masked: str, scaling: float | None
) -> None:
    query, key, value = drawn(seed, *heads, queries)
    mask = None if masked == "none" else padded(queries, 5 if masked == "padded" else 0)
    if masked == "added" and mask is not None:
        mask = torch.zeros(mask.shape).masked_fill_(~mask, torch.finfo(torch.float32).min)
    if mask is None and queries not in (1, KEYS):
        queries = 1  # the library hands no mask over only where all queries are there, or one
        query = query[:, :, -1:]
    found, expected = (
        way(query, key, value, mask, scaling=scaling, dropout=0.0, sliding_window=None, softcap=None)
        for way in (ours, by_library)
    )
    assert found.shape == expected.shape == (2, queries, heads[0], 16)
    assert float((found - expected).abs().max()) < 1e-5


def test_a_mask_of_each_head_is_the_librarys_business() -> None:
    query, key, value = drawn(1, 4, 2, 1)
    mask = torch.rand((2, 4, 1, KEYS), generator=torch.Generator().manual_seed(3)) > 0.4
    assert torch.equal(ours(query, key, value, mask), by_library(query, key, value, mask))
    with pytest.raises(ValueError, match="softcap"):
        ours(query, key, value, None, softcap=30.0)


def test_gradients_are_the_librarys() -> None:
    grads = []
    for way in (ours, by_library):
        query, key, value = (one.requires_grad_() for one in drawn(2, 4, 2, 9))
        grads.append(torch.autograd.grad(way(query, key, value, padded(9, 5)).square().sum(), (query, key, value)))
    for one, other in zip(*grads, strict=True):
        assert float((one - other).abs().max()) < 1e-5


class Asked:
    """What torch is asked for, in place of torch's own function, which answers."""

    def __init__(self, answers: Any) -> None:
        self.answers = answers
        self.shapes: list[tuple[tuple[int, ...], tuple[int, ...], bool]] = []

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, **options: Any) -> Any:
        self.shapes.append((tuple(query.shape), tuple(key.shape), options.get("enable_gqa", False)))
        return self.answers(query, key, value, **options)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    made = Asked(scaled_dot_product_attention)
    monkeypatch.setattr(attention, "scaled_dot_product_attention", made)
    return made


# In a model


@every_kind
def test_a_model_on_a_cpu_attends_by_it_unless_it_was_told_otherwise(kind: Kind, tmp_path: Path) -> None:
    folder = tiny_model(kind, tmp_path)
    own = load(folder, device="cpu", dtype="float32").model.config
    assert own.get_text_config()._attn_implementation == ("eager" if kind in WITHOUT_SDPA else NAME)
    if kind == "llama":
        told = load(folder, device="cpu", dtype="float32", attention=LIBRARY).model
        assert told.config._attn_implementation == LIBRARY


@every_kind
def test_logits_of_prompts_and_of_cached_steps_are_the_librarys(kind: Kind, tmp_path: Path, asked: Asked) -> None:
    model = load(tiny_model(kind, tmp_path), device="cpu", dtype="float32").model
    forward, past, ids = Forward(model, "cpu"), Past(model.config), prompt(1, 3 * SLIDING_WINDOW)
    assert float((forward.feed(past, ids[:40]) - logits_of(kind, ids[:40])).abs().max()) <= 1e-4  # no mask
    assert float((forward.feed(past, ids[40:60]) - logits_of(kind, ids[:60])).abs().max()) <= 1e-4  # behind one
    for place in range(60, len(ids)):
        assert float((forward.feed(past, [ids[place]]) - logits_of(kind, ids[: place + 1])).abs().max()) <= 1e-4
    if kind in WITHOUT_SDPA:
        assert asked.shapes == []
        return
    forms = {(query[1:3], gqa) for query, _, gqa in asked.shapes}
    assert forms - {((4, 40), True)} == {((2, 2), False), ((4, 20), True)}  # a window masks the first part, too
    assert all(key[1] == 2 for _, key, _ in asked.shapes), "no key is copied"


@every_kind
def test_replies_alone_and_side_by_side_are_the_librarys(kind: Kind, tmp_path: Path) -> None:
    model = load(tiny_model(kind, tmp_path), device="cpu", dtype="float32").model
    decoder = Decoder(model, device="cpu", sessions=2, cache_bytes=10**9, stop_ids=set())
    first = prompt(1, 2 * SLIDING_WINDOW)
    reply, _ = written(decoder, first, session="a")
    assert reply == by_generate(kind, first)
    second = [*first, *reply, *prompt(2, 9)]
    assert written(decoder, second, session="a")[0] == by_generate(kind, second)
    prompts = [prompt(seed, length) for seed, length in ((1, 50), (2, 33), (3, 41))]
    orders = [Order(max_tokens=tokens) for tokens in (9, 5, 12)]
    assert together(decoder, prompts, orders) == together(decoder_of(kind), prompts, orders)


def test_no_token_sees_those_after_it(tmp_path: Path) -> None:
    model, ids = load(tiny_model("llama", tmp_path), device="cpu", dtype="float32").model, prompt(1, 20)
    with torch.no_grad():
        one, other = (model(input_ids=ids_of([*ids, last])[None], use_cache=False).logits[0] for last in (5, 6))
    assert torch.equal(one[:-1], other[:-1])
    assert not torch.equal(one[-1], other[-1])


def test_a_model_can_be_given_back_to_the_library(tmp_path: Path) -> None:
    model = load(tiny_model("llama", tmp_path), device="cpu", dtype="float32").model
    pack(model, LIBRARY)
    assert model.config._attn_implementation == LIBRARY
    assert model_of("llama").config._attn_implementation == LIBRARY
