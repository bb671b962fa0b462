"""An attention function of our own has its place: registered with a mask function of the same name, the loop runs on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from assistant.generation.cache import Past
from assistant.generation.decoding import Decoder
from assistant.generation.forward import Forward
from assistant.generation.loading import load
from tests.assistant.at_work import by_generate, logits_of, prompt, written
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind, tiny_model

pytestmark = pytest.mark.integration  # it loads models
every_kind = pytest.mark.parametrize("kind", KINDS)
NAME = "telos-as-it-is"


class Attending:
    """The identity: softmax attention written out, soft caps too; it counts how often it is asked, and what is masked."""

    def __init__(self) -> None:
        self.asked = self.masked = 0

    def __call__(
        self,
        module: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        *,
        scaling: float,
        softcap: float | None = None,
        **_: Any,
    ) -> tuple[Tensor, None]:
        """`query` is (batch, heads, tokens, width); keys and values have fewer heads, each for several of the query's."""
        self.asked += 1
        groups = query.shape[1] // key.shape[1]
        scores = query @ key.repeat_interleave(groups, 1).transpose(2, 3) * scaling
        if softcap is not None:
            scores = torch.tanh(scores / softcap) * softcap
        if mask is not None:
            self.masked += int((~mask).sum())
            scores = scores.masked_fill(~mask, -torch.inf)
        return (scores.softmax(-1) @ value.repeat_interleave(groups, 1)).transpose(1, 2).contiguous(), None


@pytest.fixture
def attending() -> Iterator[Attending]:
    made = Attending()
    AttentionInterface.register(NAME, made)
    AttentionMaskInterface.register(NAME, lambda **options: sdpa_mask(**options | {"allow_is_causal_skip": False}))
    try:
        yield made
    finally:
        del ALL_ATTENTION_FUNCTIONS._global_mapping[NAME], ALL_MASK_ATTENTION_FUNCTIONS._global_mapping[NAME]


def decoder_on(kind: Kind, folder: Path) -> Decoder:
    loaded = load(tiny_model(kind, folder), device="cpu", dtype="float32", attention=NAME)
    return Decoder(loaded.model, device="cpu", sessions=2, cache_bytes=10**9, stop_ids=set())


@every_kind
def test_the_identity_writes_what_the_librarys_own_attention_writes(
    kind: Kind, tmp_path: Path, attending: Attending
) -> None:
    decoder, ids = decoder_on(kind, tmp_path), prompt(1, 2 * SLIDING_WINDOW)
    reply, _ = written(decoder, ids, session="a")
    assert reply == by_generate(kind, ids)
    second = [*ids, *reply, *prompt(2, 9)]
    again, end = written(decoder, second, session="a")
    assert (again, end.reused) == (by_generate(kind, second), len(ids) + len(reply) - 1)
    assert attending.asked >= 4 * 24, "each of the four layers, for each token"
    assert attending.masked > 0


@every_kind
def test_its_logits_are_those_of_sdpa_with_a_cache_and_without(
    kind: Kind, tmp_path: Path, attending: Attending
) -> None:
    model = load(tiny_model(kind, tmp_path), device="cpu", dtype="float32", attention=NAME).model
    forward, past, ids = Forward(model, "cpu"), Past(model.config), prompt(1, 3 * SLIDING_WINDOW)
    forward.feed(past, ids)
    assert past.cut(2 * SLIDING_WINDOW)
    asked = [*ids[: 2 * SLIDING_WINDOW], *prompt(2, 7)]
    whole = logits_of(kind, asked)
    for logits in (forward.feed(past, prompt(2, 7)), forward.feed(Past(model.config), asked)):
        assert float((logits - whole).abs().max()) <= 1e-4


def test_without_a_mask_function_of_its_name_it_is_refused_because_causality_would_be_lost(
    tmp_path: Path, attending: Attending
) -> None:
    folder, ids = tiny_model("llama", tmp_path), prompt(1, 20)
    model = load(folder, device="cpu", dtype="float32", attention=NAME).model
    del ALL_MASK_ATTENTION_FUNCTIONS._global_mapping[NAME]
    try:
        with torch.no_grad():
            first, other = (model(input_ids=torch.tensor([[*ids, last]])).logits[0, 0] for last in (5, 6))
        assert float((first - other).abs().max()) > 1e-3, "the first token sees the last one"
        with pytest.raises(ValueError, match="no mask function"):
            load(folder, device="cpu", attention=NAME)
    finally:
        AttentionMaskInterface.register(NAME, sdpa_mask)
