"""Text comes in whole characters and is what the tokenizer makes of the whole; nothing of a stop string comes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.generation.text import Detokenizer, StopStrings, decode
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


@given(st.text("ab<|", max_size=30), st.lists(st.text("ab<|", max_size=4), max_size=3), st.data())
def test_everything_before_the_first_stop_string_comes_and_no_more(
    text: str, stops: list[str], data: st.DataObject
) -> None:
    found = [text.find(stop) for stop in stops if stop and stop in text]
    listener, shown, rest = StopStrings(stops), "", text
    is_stopped = False
    while rest and not is_stopped:
        size = data.draw(st.integers(1, len(rest)))
        emitted, is_stopped = listener.push(rest[:size])
        shown, rest = shown + emitted, rest[size:]
        assert not any(stop and stop in shown for stop in stops)
    assert is_stopped == bool(found)
    if not is_stopped:
        shown += listener.flush()
    if len({stop for stop in stops if stop}) == 1 or not found:
        assert shown == (text[: min(found)] if found else text)


def test_what_cannot_become_a_stop_string_is_not_held_back() -> None:
    listener = StopStrings(["\nUser:"])
    assert listener.push("Hello\nUs") == ("Hello", False)
    assert listener.push(" and you") == ("\nUs and you", False)
    assert listener.push("\nUser: me") == ("", True)
