"""Text comes in whole characters and is what the tokenizer makes of the whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generation.text import Detokenizer, decode
from tests.tiny_models import Kind, Training, tiny_tokenizer

pytestmark = pytest.mark.integration  # it imports torch and trains tokenizers
KINDS: list[tuple[Training, Kind]] = [
    ("byte_bpe", "qwen3"),
    ("byte_bpe", "llama"),
    ("sentencepiece", "llama"),
    ("sentencepiece", "gemma2"),
]


@cache
def tokenizer(training: Training, kind: Kind) -> Any:
    return tiny_tokenizer(training, kind=kind)


@pytest.mark.parametrize(("training", "kind"), KINDS)
@given(data=st.data())
def test_the_pieces_of_any_ids_are_the_text_of_the_whole(training: Training, kind: Kind, data: st.DataObject) -> None:
    made = tokenizer(training, kind)
    ids = data.draw(st.lists(st.integers(0, len(made) + 2), max_size=24))
    detokenizer = Detokenizer(made)
    pieces = [detokenizer.push(number) for number in ids]
    assert "".join([*pieces, detokenizer.flush()]) == decode(made, ids)


@pytest.mark.parametrize(("training", "kind"), KINDS)
def test_a_character_of_several_tokens_comes_when_it_is_whole(training: Training, kind: Kind) -> None:
    made, detokenizer = tokenizer(training, kind), Detokenizer(tokenizer(training, kind))
    ids = made.encode("Grüße 😀 漢字 ok", add_special_tokens=False)
    pieces = [detokenizer.push(number) for number in ids]
    assert "\ufffd" not in "".join(pieces)
    assert "" in pieces, "the emoji takes several tokens"
    assert "".join([*pieces, detokenizer.flush()]) == "Grüße 😀 漢字 ok"
