"""Replies written side by side are those that each prompt gets alone."""

from __future__ import annotations

import pytest

from assistant.engine.contract import Sampling
from assistant.errors import BadRequest
from assistant.generation import batching
from assistant.generation.batching import batches
from assistant.generation.order import Order
from tests.assistant.at_work import by_generate, decoder_of, prompt, together
from tests.tiny_models import KINDS, SLIDING_WINDOW, Kind

pytestmark = pytest.mark.integration  # each loads models, and together they take a while
LENGTHS = (3, SLIDING_WINDOW, 2 * SLIDING_WINDOW, 5, 61)
PROMPTS = [prompt(number, length) for number, length in enumerate(LENGTHS)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_reply_is_the_one_the_prompt_gets_alone(kind: Kind) -> None:
    limits = (12, 30, 1, 25, 12)
    orders = [Order(max_tokens=limit) for limit in limits]
    expected = [by_generate(kind, ids, limit) for ids, limit in zip(PROMPTS, limits, strict=True)]
    assert together(decoder_of(kind), PROMPTS, orders) == expected


def test_long_prompts_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "CHUNK", 16)
    expected = [by_generate("gemma3", ids) for ids in PROMPTS]
    assert together(decoder_of("gemma3"), PROMPTS, [Order(max_tokens=12)] * len(PROMPTS)) == expected


def test_more_prompts_than_a_batch_holds_are_all_answered_in_their_order() -> None:
    prompts = [prompt(number, 4 + number % 7) for number in range(2 * batching.ROWS + 3)]
    expected = [by_generate("llama", ids, 3) for ids in prompts]
    assert together(decoder_of("llama"), prompts, [Order(max_tokens=3)] * len(prompts)) == expected


def test_each_row_ends_at_its_own_stop_token() -> None:
    whole = [by_generate("llama", ids) for ids in PROMPTS]
    stops = {whole[0][2], whole[3][5]}
    expected = [reply[: min([reply.index(stop) for stop in stops if stop in reply], default=12)] for reply in whole]
    assert together(decoder_of("llama", stop_ids=stops), PROMPTS, [Order(max_tokens=12)] * len(PROMPTS)) == expected


def test_each_row_has_its_own_seed_and_penalty() -> None:
    sampling = Sampling(temperature=1.0, repetition_penalty=1.2, seed=5)
    alone, others = Order(max_tokens=12, sampling=sampling), Order(max_tokens=12, sampling=Sampling())
    decoder = decoder_of("llama")
    (expected,) = together(decoder, PROMPTS[:1], [alone])
    replies = together(decoder, PROMPTS, [alone, *[others] * 4])
    assert replies[0] == expected
    assert replies[1] == by_generate("llama", PROMPTS[1])


def test_a_cancelled_batch_gives_back_what_it_has() -> None:
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) > 5

    replies = together(decoder_of("llama"), PROMPTS, [Order(max_tokens=12)] * len(PROMPTS), is_cancelled=is_cancelled)
    assert replies == [by_generate("llama", ids)[:4] for ids in PROMPTS]


def test_nothing_asked_is_nothing_written() -> None:
    decoder = decoder_of("llama")
    assert together(decoder, [], []) == []
    assert together(decoder, PROMPTS[:2], [Order(max_tokens=0), Order(max_tokens=2)])[0] == []
    with pytest.raises(BadRequest):
        decoder.batch([[]], [Order(max_tokens=2)])


def test_batches_hold_prompts_of_like_length_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "TOKENS_AT_ONCE", 200)
    prompts = [prompt(0, length) for length in (10, 90, 11, 80, 300, 12)]
    orders = [Order(max_tokens=10)] * len(prompts)
    assert list(batches(prompts, orders, 2)) == [[4], [1, 3], [5, 2], [0]]
