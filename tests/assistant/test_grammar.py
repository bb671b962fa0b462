"""Whatever a model draws under a grammar is an object of the schema, whole within its budget."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Literal

import pytest
import torch
from pydantic import BaseModel, Field

from assistant.engine.contract import OutOfBudget
from assistant.engine.schema import bounded
from assistant.errors import BadRequest
from assistant.generation.grammar import Grammar
from assistant.generation.vocabulary import Vocabulary
from tests.tiny_models import Training, tiny_tokenizer

pytestmark = pytest.mark.integration  # it imports torch and trains tokenizers


class Wish(BaseModel):
    text: str = Field(min_length=1)
    weight: float
    is_met: bool


class Heard(BaseModel):
    wishes: list[Wish]
    deadline: date | None
    kind: Literal["statement", "question", "correction"]
    names: list[str] = Field(min_length=2)
    budget: int = Field(ge=1000, le=99999)
    best: Wish | None = None


class Part(BaseModel):
    name: str
    parts: list[Part] = []


class Colour(Enum):
    RED = "rot"
    GREEN = "grün, und viel länger als nötig"
    REDDISH = "röter"


class Foreign(BaseModel):
    farbe: Colour
    größe: float | int | None
    名前: str = Field(min_length=3, max_length=5)
    at: datetime
    pair: tuple[int, str]


class Counted(BaseModel):
    words: dict[str, int]
    groups: dict[str, list[str]] = Field(min_length=1)


class One(BaseModel):
    kind: Literal["one"]
    number: int


class Many(BaseModel):
    kind: Literal["many"]
    ones: list[One]


class Either(BaseModel):
    chosen: list[One | Many] = Field(min_length=1, max_length=3)


MODELS: list[type[BaseModel]] = [Heard, Part, Foreign, Counted, Either]


@cache
def vocabulary(training: Training) -> Vocabulary:
    tokenizer = tiny_tokenizer(training, kind="qwen3" if training == "byte_bpe" else "gemma")
    return Vocabulary(tokenizer, len(tokenizer) + 7)


def written(grammar: Grammar, words: Vocabulary, budget: int, chance: random.Random) -> str:
    """What somebody writes who draws any allowed token."""
    return words_of(words, [token for token, _ in drawn(grammar, budget, chance)])


def drawn(grammar: Grammar, budget: int, chance: random.Random) -> Iterator[tuple[int, int]]:
    """Tokens, each with how many were allowed in its place."""
    for remaining in range(budget, 0, -1):
        if grammar.is_done:
            return
        mask = grammar.bias(remaining)
        assert mask is not None
        allowed = mask.nonzero().flatten().tolist()
        token = chance.choice(allowed)
        grammar.accept(token)
        yield token, len(allowed)


def words_of(words: Vocabulary, tokens: list[int]) -> str:
    return b"".join(map(words.bytes_of, tokens)).decode()


def shortest(words: Vocabulary, schema: dict[str, Any]) -> int:
    """The least budget that is not refused."""
    low, high = 0, 4096
    while low + 1 < high:
        middle = (low + high) // 2
        try:
            Grammar(words, schema, middle)
        except OutOfBudget:
            low = middle
        else:
            high = middle
    return high


@pytest.mark.parametrize("training", ["byte_bpe", "sentencepiece"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_whatever_is_drawn_is_valid_within_every_budget_from_the_least(
    model: type[BaseModel], training: Training
) -> None:
    words, schema, chance = vocabulary(training), bounded(model.model_json_schema()), random.Random(7)
    least = shortest(words, schema)
    for budget in (least, least + 17, least + 90):
        model.model_validate_json(written(Grammar(words, schema, budget), words, budget, chance))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_least_budget_holds_the_least_object_and_one_token_less_is_refused_at_once(model: type[BaseModel]) -> None:
    words, schema = vocabulary("byte_bpe"), bounded(model.model_json_schema())
    least = shortest(words, schema)
    assert len(list(drawn(Grammar(words, schema, least), least, random.Random(1)))) == least
    with pytest.raises(OutOfBudget, match=rf"has {least} tokens, and the reply may have {least - 1}"):
        Grammar(words, schema, least - 1)


def test_the_shortest_of_several_ways_is_known() -> None:
    class Choice(BaseModel):
        name: Literal["an answer that takes very many tokens", "b but long", "ü", "a longer one"]
        number: float | None
        wish: int = Field(ge=120)

    words, schema = vocabulary("byte_bpe"), bounded(Choice.model_json_schema())
    least = shortest(words, schema)
    expected = '{"name": "ü", "number": null, "wish": 999}'
    assert written(Grammar(words, schema, least), words, least, random.Random(0)) == expected


def test_with_room_left_the_model_is_free() -> None:
    class Note(BaseModel):
        text: str

    words = vocabulary("byte_bpe")
    grammar = Grammar(words, bounded(Note.model_json_schema()), 60)
    choices = [allowed for _, allowed in drawn(grammar, 60, random.Random(3))]
    assert sum(allowed > 100 for allowed in choices) >= min(20, len(choices) - 8)


def test_no_token_puts_the_finish_off_by_more_than_the_bound_says() -> None:
    chance = random.Random(11)
    for model in MODELS:
        words = vocabulary("byte_bpe")
        grammar = Grammar(words, bounded(model.model_json_schema()), 10**6)
        before = len(grammar._way_out())
        for _ in range(15):
            if grammar.is_done:
                break
            grammar.accept(chance.choice(grammar._allowed(grammar._matcher).nonzero()[0].tolist()))
            after = len(grammar._way_out())
            assert after - before <= grammar._growth, model
            before = after


def test_white_space_is_what_the_grammar_puts_there() -> None:
    words = vocabulary("byte_bpe")
    grammar = Grammar(words, bounded(One.model_json_schema()), 100)
    mask = grammar.bias(100)
    assert mask is not None
    assert {words.bytes_of(token)[:1] for token in mask.nonzero().flatten().tolist()} == {b"{"}


def test_logits_without_a_token_and_special_tokens_are_never_allowed() -> None:
    words = vocabulary("byte_bpe")
    tokenizer = tiny_tokenizer("byte_bpe", kind="qwen3")
    grammar = Grammar(words, bounded(Wish.model_json_schema()), 100)
    for token in words.spelled(b'{"text": "'):
        grammar.accept(token)
    mask = grammar.bias(80)
    assert mask is not None
    assert mask.shape == (len(tokenizer) + 7,)
    assert mask.dtype == torch.bool
    assert not mask[len(tokenizer) :].any()
    assert not mask[tokenizer.convert_tokens_to_ids("<|im_end|>")]


def test_a_schema_that_cannot_be_met_is_refused_with_a_sentence() -> None:
    with pytest.raises(BadRequest, match="cannot be followed"):
        Grammar(vocabulary("byte_bpe"), {"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}, 50)
