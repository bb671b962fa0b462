"""Sampling says what transformers' own processors say, and the same seed draws the same tokens."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers.generation.logits_process import (
    LogitsProcessor,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from assistant.engine.contract import Sampling
from assistant.generation.sampling import Sampler, drawn, near_best, nucleus, only, penalised

pytestmark = pytest.mark.integration  # it imports torch

torch.set_num_threads(1)
VOCABULARY = 1000


def logits(seed: int, scale: float = 3.0, size: int = VOCABULARY) -> Tensor:
    return scale * torch.randn(size, generator=torch.Generator().manual_seed(seed))


def by_transformers(processor: LogitsProcessor, scores: Tensor, ids: tuple[int, ...] = (0,)) -> Tensor:
    processed = processor(torch.tensor([ids]), scores[None].clone())
    assert isinstance(processed, Tensor)
    return processed[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("top_p", [0.0, 0.1, 0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("scale", [0.01, 3.0])
def test_top_p_keeps_what_transformers_keeps(seed: int, top_p: float, scale: float) -> None:
    scores = logits(seed, scale)
    assert torch.equal(nucleus(scores, top_p), by_transformers(TopPLogitsWarper(top_p), scores))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("min_p", [0.01, 0.1, 0.9, 1.0])
def test_min_p_keeps_what_transformers_keeps(seed: int, min_p: float) -> None:
    scores = logits(seed)
    assert torch.equal(near_best(scores, min_p), by_transformers(MinPLogitsWarper(min_p), scores))


@pytest.mark.parametrize("penalty", [0.8, 1.2, 2.0])
def test_the_penalty_is_that_of_transformers(penalty: float) -> None:
    scores, said = logits(1), (3, 500, 3, 999)
    seen = torch.zeros(VOCABULARY, dtype=torch.bool)
    seen[list(said)] = True
    expected = by_transformers(RepetitionPenaltyLogitsProcessor(penalty), scores, said)
    assert torch.equal(penalised(scores, seen, penalty), expected)


def test_a_sampler_draws_from_what_all_processors_leave_together() -> None:
    scores, said = logits(2), (1, 2, 3)
    expected = scores
    for processor in (
        RepetitionPenaltyLogitsProcessor(1.3),
        TemperatureLogitsWarper(0.7),
        TopPLogitsWarper(0.9),
        MinPLogitsWarper(0.05),
    ):
        expected = by_transformers(processor, expected, said)
    sampling = Sampling(temperature=0.7, top_p=0.9, min_p=0.05, repetition_penalty=1.3)
    left = expected.isfinite().nonzero().flatten().tolist()
    tokens = [int(Sampler(replace(sampling, seed=seed), said).next(scores)) for seed in range(300)]
    assert set(tokens) <= set(left)
    likeliest = int(expected.argmax())
    share = float(expected.softmax(0)[likeliest])
    assert Counter(tokens)[likeliest] / 300 == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 300))


def test_tokens_are_drawn_by_their_probability() -> None:
    generator, scores = torch.Generator().manual_seed(0), torch.tensor([0.0, 1.0, -torch.inf, 2.0])
    drawn_ones = Counter(int(drawn(scores, generator)) for _ in range(4000))
    assert drawn_ones[2] == 0
    for token, share in enumerate(scores.softmax(0).tolist()):
        assert drawn_ones[token] / 4000 == pytest.approx(share, abs=0.03)


def test_at_temperature_0_the_best_token_is_taken_whatever_else_is_asked_for() -> None:
    scores = logits(3)
    sampler = Sampler(Sampling(temperature=0.0, top_p=0.1, min_p=0.5, seed=4), [])
    assert int(sampler.next(scores)) == int(scores.argmax())


def test_what_is_not_allowed_is_never_drawn_nor_what_lies_past_the_mask() -> None:
    scores = torch.tensor([5.0, 1.0, 0.0, 9.0])
    allowed = torch.tensor([False, True, True])
    assert only(scores, allowed).tolist() == [-torch.inf, 1.0, 0.0, -torch.inf]
    greedy, hot = Sampler(Sampling(), []), Sampler(Sampling(temperature=5.0, seed=1), [])
    assert int(greedy.next(scores, allowed)) == 1
    assert {int(hot.next(scores, allowed)) for _ in range(100)} == {1, 2}


def test_a_mask_longer_than_the_vocabulary_is_cut() -> None:
    assert only(torch.tensor([1.0, 2.0]), torch.tensor([True, False, True])).tolist() == [1.0, -torch.inf]


def test_a_token_once_drawn_is_penalised_from_then_on() -> None:
    scores = torch.tensor([2.0, 1.9, 1.8])
    sampler = Sampler(Sampling(repetition_penalty=2.0), [])
    assert [int(sampler.next(scores)) for _ in range(3)] == [0, 1, 2]


@given(seed=st.integers(0, 2**64), temperature=st.floats(0.1, 3.0), top_p=st.floats(0.0, 1.0), min_p=st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_the_same_seed_draws_the_same_tokens(seed: int, temperature: float, top_p: float, min_p: float) -> None:
    sampling = Sampling(temperature=temperature, top_p=top_p, min_p=min_p, seed=seed)
    scores = [logits(number, size=50) for number in range(5)]
    first, second = Sampler(sampling, []), Sampler(sampling, [])
    assert [int(first.next(one)) for one in scores] == [int(second.next(one)) for one in scores]


def test_without_a_seed_two_replies_differ() -> None:
    flat = torch.zeros(VOCABULARY)
    one, other = (Sampler(Sampling(temperature=1.0), []) for _ in range(2))
    assert [int(one.next(flat)) for _ in range(8)] != [int(other.next(flat)) for _ in range(8)]
