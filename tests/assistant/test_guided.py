"""Replies guided away from what would be said without the instructions are what the formula gives, token by token."""

from __future__ import annotations

import pytest

from assistant.generation.order import Guide, Order
from tests.assistant.at_work import by_generate, decoder_of, logits_of, prompt

pytestmark = pytest.mark.integration  # it loads models


def by_formula(ids: list[int], bare: list[int], strength: float, tokens: int) -> list[int]:
    """Greedily, all of it read again for each token."""
    drawn: list[int] = []
    for _ in range(tokens):
        own, other = (logits_of("llama", [*before, *drawn]).log_softmax(-1) for before in (ids, bare))
        drawn.append(int((other + strength * (own - other)).argmax()))
    return drawn


@pytest.mark.parametrize("strength", [1.5, 4.0])
def test_guided_replies_of_a_batch_are_those_of_the_formula(strength: float) -> None:
    prompts = [prompt(seed, length) for seed, length in ((1, 30), (2, 22), (3, 26))]
    bare = [ids[10:] for ids in prompts]
    orders = [Order(max_tokens=n, guide=Guide(less, strength)) for n, less in zip((9, 3, 7), bare, strict=True)]
    replies = [reply.tokens for reply in decoder_of("llama").batch(prompts, orders)]
    assert replies == [
        by_formula(ids, less, strength, order.max_tokens)
        for ids, less, order in zip(prompts, bare, orders, strict=True)
    ]
    assert any(reply != by_generate("llama", ids, len(reply)) for reply, ids in zip(replies, prompts, strict=True))


def test_guidance_of_one_and_of_the_same_prompt_changes_nothing() -> None:
    ids = prompt(1, 20)
    orders = [Order(max_tokens=8, guide=Guide(prompt(2, 15), 1.0)), Order(max_tokens=8, guide=Guide(ids, 3.0))]
    for reply in decoder_of("llama").batch([ids, ids], orders):
        assert reply.tokens == by_generate("llama", ids, 8)
