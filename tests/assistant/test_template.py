"""A conversation becomes a prompt by whatever template a model has, and text in it stays text."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.contract import Message
from assistant.errors import BadRequest
from assistant.generation.template import Prompts, without_thoughts
from assistant.generation.text import decode
from tests.tiny_models import OWN_TOKENIZER, Kind, Template, tiny_tokenizer

pytestmark = pytest.mark.integration  # it imports torch and trains tokenizers

CONTROLS = (
    "<|im_end|>",
    "<|im_start|>",
    "<|begin_of_text|>",
    "<think>",
    "</think>",
    "<start_of_turn>",
    "</s>",
    "[INST]",
)
PAIRS: list[tuple[Kind, Template]] = [
    ("qwen3", "plain"),
    ("qwen3", "thinking_stripped"),
    ("qwen3", "opens_thinking"),
    ("llama", "bos"),
    ("llama", "alternating"),
    ("llama", "none"),
    ("mistral", "instructed"),
    ("mistral", "no_system"),
    ("gemma2", "gemma"),
    ("gemma2", "none"),
]

odd_text = st.lists(
    st.one_of(
        st.text(st.characters(), max_size=8), st.sampled_from([*CONTROLS, "\ud83d", "\x00\x1b[2J", " ", "＜think＞"])
    ),
    max_size=5,
).map("".join)
conversations = st.lists(
    st.builds(Message, st.sampled_from(["system", "user", "assistant"]), odd_text), min_size=1, max_size=6
)


@cache
def prompts(kind: Kind, template: Template) -> Prompts:
    return Prompts(tokenizer(kind, template))


@cache
def tokenizer(kind: Kind, template: Template) -> Any:
    return tiny_tokenizer(OWN_TOKENIZER[kind], template=template, kind=kind)


def steering(kind: Kind, template: Template, ids: list[int]) -> list[int]:
    """The ids that are no text."""
    known = {
        number for number, token in tokenizer(kind, template).added_tokens_decoder.items() if token.content.strip()
    }
    return [number for number in ids if number in known]


def said(*turns: tuple[str, str]) -> list[Message]:
    return [Message(role, text) for role, text in turns]  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "template"), PAIRS)
@settings(max_examples=40)
@given(messages=conversations)
def test_no_text_steers_the_model(kind: Kind, template: Template, messages: list[Message]) -> None:
    """A conversation with any text has the control tokens of the same one with harmless text, and no others."""
    found = steering(kind, template, prompts(kind, template).ids(messages))
    harmless = [Message(message.role, "x") for message in messages]
    assert found == steering(kind, template, prompts(kind, template).ids(harmless))


@pytest.mark.parametrize(("kind", "template"), PAIRS)
@settings(max_examples=25)
@given(messages=conversations)
def test_bos_stands_once_and_first_where_a_model_has_it(
    kind: Kind, template: Template, messages: list[Message]
) -> None:
    ids, bos = prompts(kind, template).ids(messages), tokenizer(kind, template).bos_token_id
    assert bos is None or (ids[0] == bos and ids.count(bos) == 1)


@pytest.mark.parametrize(("kind", "template"), PAIRS)
@pytest.mark.parametrize("text", ["Grüße <|im_end|> 漢字", "a <s> b</s>", "<think>no</think>", "[INST] <end_of_turn>"])
def test_text_that_spells_a_control_token_reaches_the_model_as_it_is(kind: Kind, template: Template, text: str) -> None:
    ids = prompts(kind, template).ids(said(("user", f"So: {text} .")))
    assert text in decode(tokenizer(kind, template), ids)


@pytest.mark.parametrize(("kind", "template"), PAIRS)
def test_a_later_turn_goes_on_where_the_last_one_stood(kind: Kind, template: Template) -> None:
    """The prompt of a turn, up to its reply's opening, begins the prompt of the next: the cache of a session is of use."""
    head = said(("system", "Be brief."), ("user", "One."))
    first = prompts(kind, template).ids(head)
    second = prompts(kind, template).ids([*head, *said(("assistant", "Two."), ("user", "Three."))])
    pairs = zip(first, second, strict=False)
    shared = next((place for place, (one, other) in enumerate(pairs) if one != other), len(first))
    rest = decode(tokenizer(kind, template), first[shared:])
    assert "One" not in rest
    assert "brief" not in rest


def test_instructions_without_a_role_for_them_stand_before_the_first_message() -> None:
    made = prompts("gemma2", "gemma")
    assert not made.traits.takes_system
    text = decode(tokenizer("gemma2", "gemma"), made.ids(said(("system", "Be brief."), ("user", "Hi."))))
    assert text == "user\nBe brief.\n\nHi.\nmodel\n"


def test_neighbours_of_one_role_are_joined_where_roles_must_alternate() -> None:
    text = decode(
        tokenizer("llama", "alternating"),
        prompts("llama", "alternating").ids(said(("user", "One."), ("user", "Two."), ("assistant", "Three."))),
    )
    assert text == "user\nOne.\n\nTwo.\nassistant\nThree.\nassistant\n"


def test_instructions_that_a_template_moves_to_the_newest_message_stay_first() -> None:
    text = decode(
        tokenizer("mistral", "instructed"),
        prompts("mistral", "instructed").ids(
            said(("system", "Brief."), ("user", "One."), ("assistant", "Two."), ("user", "Three."))
        ),
    )
    assert text.index("Brief.") < text.index("One.")


def test_a_conversation_may_begin_with_a_reply() -> None:
    text = decode(
        tokenizer("gemma2", "gemma"), prompts("gemma2", "gemma").ids(said(("assistant", "Hello."), ("user", "Hi.")))
    )
    assert text == "user\n…\nmodel\nHello.\nuser\nHi.\nmodel\n"


def test_thoughts_of_earlier_replies_are_taken_out_and_a_block_that_is_opened_is_closed() -> None:
    turns = said(("user", "One."), ("assistant", "<think>\nhm\n</think>\n\nTwo."), ("user", "Three."))
    made = tokenizer("qwen3", "opens_thinking")
    text = made.decode(prompts("qwen3", "opens_thinking").ids(turns))
    assert "hm" not in text
    assert text.endswith("assistant\n<think>\n\n</think>\n\n")
    assert prompts("qwen3", "opens_thinking").traits.opens_thinking
    assert not prompts("qwen3", "thinking_stripped").traits.opens_thinking, "that one can be told not to"


@pytest.mark.parametrize(
    ("reply", "rest"),
    [
        ("<think>a</think>\n\nb", "b"),
        ("a</think>b", "b"),
        ("b", "b"),
        ("He wrote <think>a</think> here", "He wrote <think>a</think> here"),
    ],
)
def test_only_the_thoughts_that_a_reply_begins_with_are_no_part_of_it(reply: str, rest: str) -> None:
    assert without_thoughts(reply, ("<think>", "</think>")) == rest


def test_a_tokenizer_without_a_template_gets_a_plain_one_and_says_so() -> None:
    made = prompts("gemma2", "none")
    assert "no chat template" in made.notice
    assert made.traits.is_plain
    assert made.stop_strings == ("\nUser:",)
    text = decode(tokenizer("gemma2", "none"), made.ids(said(("system", "Brief."), ("user", "Hi."))))
    assert text == "Brief.\nUser: Hi.\nAssistant:"


def test_a_template_with_a_mistake_in_it_is_as_good_as_none() -> None:
    broken = tiny_tokenizer("byte_bpe", kind="qwen3")
    for template in ("{% for message in messages %}", "{{ messages[0].content.parts[0] }}", "{{ 'Hello' }}"):
        broken.chat_template = template
        made = Prompts(broken)
        assert "cannot be used" in made.notice
        assert made.ids(said(("user", "Hi.")))


@pytest.mark.parametrize(
    ("kind", "template", "closing"),
    [("qwen3", "plain", "<|im_end|>"), ("gemma2", "gemma", "<end_of_turn>"), ("mistral", "instructed", "</s>")],
)
def test_what_closes_a_reply_in_the_template_ends_one(kind: Kind, template: Template, closing: str) -> None:
    assert tokenizer(kind, template).convert_tokens_to_ids(closing) in prompts(kind, template).stop_ids


def test_the_length_of_a_text_is_that_of_its_tokens() -> None:
    made = prompts("qwen3", "plain")
    assert made.lengths(["", "a", "<|im_end|>"]) == [0, 1, len(made.encode("<|im_end|>"))]
    assert made.encode("<|im_end|>") != [tokenizer("qwen3", "plain").convert_tokens_to_ids("<|im_end|>")]


def test_a_conversation_without_messages_is_refused() -> None:
    with pytest.raises(BadRequest):
        prompts("qwen3", "plain").ids([])
