"""Attention in two parts is attention in one; raised, it is what an eager softmax with the formula of the paper gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from assistant.config.schema import ModelSettings
from assistant.engine.contract import Capability, Message, Request
from assistant.generation.cache import Past
from assistant.generation.forward import Forward
from assistant.generation.order import Order
from assistant.generation.running import Running
from assistant.generation.served import LanguageModel
from assistant.generation.template import Prompts
from assistant.steering.split_softmax import Focus, Split, attend, partial
from assistant.workers.model_pipe import ModelOrder
from tests.assistant.at_work import by_generate, decoder_of, ids_of, model_of, prompt, together, written
from tests.tiny_models import KINDS, SLIDING_WINDOW, TEMPLATES, Kind, Template, tiny_model, tiny_tokenizer

pytestmark = pytest.mark.integration  # it loads models
every_kind = pytest.mark.parametrize("kind", KINDS)
EXPONENTS = (1.0, 0.9, 0.7, 0.5, 0.1)
SPAN = (3, 12)


def eager(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor, focuses: list[Focus], *, softcap: float | None = None
) -> tuple[Tensor, Tensor]:
    """The paper's own words: softmax over all keys, then two factors, one for the instructions and one for the rest.

    Gives the outputs (batch, queries, heads, width) and the weights (batch, heads, queries, keys).
    """
    groups, length = query.shape[1] // key.shape[1], key.shape[2]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    scores = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    for row, focus in enumerate(focuses):
        for number in range(query.shape[2]):
            if length - query.shape[2] + number >= focus.end:
                one = weights[row, :, number]
                share = one[:, focus.start : focus.end].sum(-1, keepdim=True)
                factors = ((1 - share**focus.exponent) / (1 - share)).repeat(1, length)
                factors[:, focus.start : focus.end] = share**focus.exponent / share
                weights[row, :, number] = one * factors
    return (weights @ value).transpose(1, 2), weights


def drawn(seed: int, queries: int, keys: int, *, heads: int = 4, shared: int = 2, batch: int = 2) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    shapes = ((batch, heads, queries, 16), (batch, shared, keys, 16), (batch, shared, keys, 16))
    query, key, value = (torch.randn(shape, generator=generator) for shape in shapes)
    return 2 * query, key, value


def causal(queries: int, keys: int, padding: list[int]) -> Tensor:
    """Which keys each query sees, (batch, 1, queries, keys); a padding column sees itself, as a softmax needs one."""
    columns = torch.arange(keys)
    seen = columns[None] <= torch.arange(keys - queries, keys)[:, None]
    rows = [seen & ((columns >= pad)[None] | (columns[None] == columns[-queries:, None])) for pad in padding]
    return torch.stack(rows)[:, None]


def split_of(focuses: list[Focus], length: int) -> Split:
    split = Split(focuses, "cpu")
    with split.over(model_of("llama"), length):
        pass
    return split


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(EXPONENTS),
    st.sampled_from([(1, 4), (2, 4), (4, 4)]),
    st.sampled_from([1, 2, 7, 20]),
    st.sampled_from([None, 3.0]),
)
def test_two_parts_are_the_eager_softmax_with_its_factors(
    seed: int, exponent: float, heads: tuple[int, int], queries: int, softcap: float | None
) -> None:
    shared, own = heads
    query, key, value = drawn(seed, queries, 20, heads=own, shared=shared)
    padding = [0, 4]
    mask = causal(queries, 20, padding)
    focuses = [Focus(*SPAN, exponent).shifted(pad) for pad in padding]
    split = split_of(focuses, 20)
    out, _ = attend(None, query, key, value, mask, split=split, softcap=softcap)
    expected, weights = eager(query, key, value, mask, focuses, softcap=softcap)
    real = [slice(max(pad - (20 - queries), 0), None) for pad in padding]
    for row, those in enumerate(real):
        assert float((out - expected)[row, those].abs().max()) < 2e-5
    plain = eager(query, key, value, mask, [Focus(*SPAN).shifted(pad) for pad in padding], softcap=softcap)[1]
    shares = [plain[row, :, -1, 3 + pad : 12 + pad].sum(-1).mean() for row, pad in enumerate(padding)]
    assert split.share is not None
    assert torch.allclose(split.share, torch.stack(shares), atol=1e-5), "measured before it was raised"
    assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)


@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("queries", [1, 20])
def test_rows_sum_to_one(exponent: float, queries: int) -> None:
    query, key, value = drawn(1, queries, 20)
    ones = torch.ones_like(value)
    out, _ = attend(
        None, query, key, ones, causal(queries, 20, [0, 0]), split=split_of([Focus(*SPAN, exponent)] * 2, 20)
    )
    assert torch.allclose(out, torch.ones(()), atol=1e-6)


def test_an_exponent_of_one_is_what_the_library_computes() -> None:
    query, key, value = drawn(2, 9, 20)
    mask = causal(9, 20, [0, 0])
    out, _ = attend(None, query, key, value, mask, split=split_of([Focus(*SPAN)] * 2, 20))
    expected = scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=True).transpose(1, 2)
    assert float((out - expected).abs().max()) < 1e-6


@pytest.mark.parametrize("share", [1e-7, 0.03, 0.5, 1 - 1e-6])
def test_a_share_becomes_its_power_however_small_or_great(share: float) -> None:
    key = torch.zeros(1, 1, 2, 16)
    key[..., 0, 0] = float(torch.logit(torch.tensor(share, dtype=torch.float64))) * 4
    query, value = torch.zeros(1, 1, 1, 16), torch.zeros(1, 1, 2, 16)
    query[..., 0] = 1
    value[..., 0, 0] = value[..., 1, 1] = 1
    out, _ = attend(
        None, query, key, value, torch.ones(1, 1, 1, 2, dtype=torch.bool), split=split_of([Focus(0, 1, 0.5)], 2)
    )
    assert float(out[0, 0, 0, 0]) == pytest.approx(share**0.5, rel=1e-4)
    assert float(out[0, 0, 0, 1]) == pytest.approx(1 - share**0.5, rel=1e-3)


def test_the_form_that_is_written_out_is_the_kernels() -> None:
    query, key, value = drawn(3, 9, 20)
    mask = torch.zeros(2, 1, 9, 20).masked_fill(~causal(9, 20, [0, 4]), torch.finfo(torch.float32).min)
    ours = partial(query, key, value, mask, 0.25, softcap=1e6)  # a cap so wide caps nothing, and no kernel takes it
    kernels = partial(query, key, value, mask, 0.25)
    for one, other in zip(ours, kernels, strict=True):
        assert float((one - other).abs().max()) < 1e-3


def test_what_puts_more_into_the_softmax_is_refused() -> None:
    query, key, value = drawn(4, 1, 20)
    with pytest.raises(ValueError, match="cannot be split"):
        attend(
            None, query, key, value, causal(1, 20, [0, 0]), split=split_of([Focus(*SPAN)] * 2, 20), s_aux=torch.ones(4)
        )


# In a model


@every_kind
@pytest.mark.parametrize("exponent", [1.0, 0.5])
def test_a_cached_conversation_says_what_a_full_recompute_says(kind: Kind, exponent: float) -> None:
    decoder, first = decoder_of(kind), prompt(1, 2 * SLIDING_WINDOW)
    focus = Focus(4, 20, exponent)
    reply, _ = written(decoder, first, session="a", focus=focus)
    second = [*first, *reply, *prompt(2, 9)]
    again, end = written(decoder, second, session="a", focus=focus)
    fresh, _ = written(decoder_of(kind), second, focus=focus)
    assert (again, end.reused) == (fresh, len(first) + len(reply) - 1)
    if exponent == 1:
        assert again == by_generate(kind, second)


@every_kind
def test_logits_of_a_decode_with_a_cache_are_those_of_one_pass(kind: Kind) -> None:
    model = model_of(kind)
    ids, focus = prompt(1, 3 * SLIDING_WINDOW), Focus(4, 20, 0.5)
    split = Split([focus], "cpu")
    with torch.no_grad(), split.over(model, len(ids)) as extra:
        whole = model(input_ids=ids_of(ids)[None], use_cache=False, **extra).logits[0]
    forward, past = Forward(model, "cpu"), Past(model.config)
    past.split = Split([focus], "cpu")
    for start, end in ((0, 10), (10, 30), (30, 60)):
        assert float((forward.feed(past, ids[start:end]) - whole[end - 1]).abs().max()) <= 1e-4
    for place in range(60, len(ids)):
        assert float((forward.feed(past, [ids[place]]) - whole[place]).abs().max()) <= 1e-4


@every_kind
def test_what_is_read_within_the_instructions_is_untouched_and_what_comes_after_is_not(kind: Kind) -> None:
    model, ids = model_of(kind), ids_of(prompt(1, 40))[None]
    before = model.config._attn_implementation
    with torch.no_grad():
        plain = model(input_ids=ids, use_cache=False).logits[0]
        with Split([Focus(4, 20, 0.5)], "cpu").over(model, 40) as extra:
            raised = model(input_ids=ids, use_cache=False, **extra).logits[0]
        after = model(input_ids=ids, use_cache=False).logits[0]
    differ = (plain - raised).abs().amax(-1)
    assert float(differ[:20].max()) <= 1e-5 < 1e-3 < float(differ[20:].min())
    assert model.config._attn_implementation == before
    assert torch.equal(plain, after)


@every_kind
def test_rows_of_a_batch_are_what_each_is_alone(kind: Kind) -> None:
    decoder = decoder_of(kind)
    prompts = [prompt(seed, length) for seed, length in ((1, 50), (2, 33), (3, 41))]
    orders = [
        Order(max_tokens=tokens, focus=Focus(3, 15 + n, 0.5), wants_attention=True)
        for n, tokens in enumerate((9, 5, 12))
    ]
    replies = decoder.batch(prompts, orders)
    for ids, order, reply in zip(prompts, orders, replies, strict=True):
        alone, end = written(decoder, ids, max_tokens=order.max_tokens, focus=order.focus, wants_attention=True)
        assert reply.tokens == alone
        assert reply.attention == pytest.approx(end.attention, abs=1e-5)
    plain = together(decoder, prompts, [Order(max_tokens=12)] * 3)
    assert plain != [reply.tokens for reply in replies]


def test_sessions_are_kept_for_each_exponent_apart() -> None:
    decoder, ids = decoder_of("llama", sessions=3), prompt(1, 30)
    written(decoder, ids, session="a")
    for exponent, reused in ((0.5, 0), (0.9, 0), (0.5, 29), (1.0, 29)):
        reply, end = written(decoder, ids, session="a", focus=Focus(4, 20, exponent))
        assert end.reused == reused
        assert reply == written(decoder_of("llama"), ids, focus=Focus(4, 20, exponent))[0]
    decoder.forget("a")
    assert written(decoder, ids, session="a", focus=Focus(4, 20, 0.5))[1].reused == 0


def test_attention_is_told_where_it_is_asked_for_and_lies_between_none_and_all() -> None:
    decoder, ids = decoder_of("llama"), prompt(1, 40)
    reply, told = written(decoder, ids, focus=Focus(4, 20), wants_attention=True)
    assert told.attention is not None
    assert 0 < told.attention < 1
    assert reply == by_generate("llama", ids)
    assert written(decoder, ids, focus=Focus(4, 20, 0.5))[1].attention is None
    most = written(decoder, ids, focus=Focus(0, 40), wants_attention=True, max_tokens=1)[1].attention
    assert most == pytest.approx(1.0)


# Where the instructions stand


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("text", ["Answer in French.", "a", "1. Be short.\n2. Be kind.\n", "<|im_end|> is no end"])
def test_the_instructions_are_found_whatever_the_template_does_with_them(template: Template, text: str) -> None:
    tokenizer = tiny_tokenizer("byte_bpe", template=template)
    prompts = Prompts(tokenizer)
    messages = [
        Message("system", text),
        Message("user", "Where is a?"),
        Message("assistant", "1 there."),
        Message("user", "1?"),
    ]
    found = prompts.instructed(messages)
    assert found is not None
    ids = prompts.ids(messages)
    assert tokenizer.decode(ids[slice(*found)]).strip() == text.strip()
    assert found[0] > 0 or template == "none"
    assert prompts.instructed(messages, with_first=True) == (0, found[1])
    assert prompts.instructed(messages[1:]) is None


_TURN = "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
_SAID_AGAIN = f"{{% for message in messages %}}{_TURN}{{% endfor %}}{{{{ messages[0]['content'] }}}}\nassistant: "
"""The first message once more where the reply begins."""
_IN_EACH = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'user' %}{{ messages[0]['content'] }}\n{% endif %}{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}assistant: "
)


@pytest.mark.parametrize("template", [_SAID_AGAIN, _IN_EACH], ids=["said again", "in each message"])
def test_a_template_that_has_no_one_place_for_them_switches_it_off_and_says_so(template: str, tmp_path: Path) -> None:
    folder = tiny_model("llama", tmp_path)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    settings = ModelSettings(engine="local", device="cpu", dtype="float32")
    described = Running(ModelOrder(folder, "tiny", settings)).description
    assert Capability.FOCUS not in described.capabilities
    assert Capability.STEER_END in described.capabilities
    assert any("Split-softmax is off for this template" in note for note in described.notes)


def test_instructions_that_are_said_twice_have_no_span() -> None:
    tokenizer = tiny_tokenizer("byte_bpe")
    tokenizer.chat_template = _SAID_AGAIN
    told = [Message("system", "Answer in French."), Message("user", "Where does the ferry leave, and when?")]
    assert Prompts(tokenizer).instructed(told) is None


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_of_the_usual_kind_leaves_it_on(template: Template) -> None:
    assert Prompts(tiny_tokenizer("byte_bpe", template=template)).why_unfocused() == ""


def test_a_model_says_how_far_it_heeds_its_instructions(tmp_path: Path) -> None:
    order = ModelOrder(
        tiny_model("llama", tmp_path), "tiny", ModelSettings(engine="local", device="cpu", dtype="float32")
    )
    served: Any = LanguageModel(order)
    assert Capability.FOCUS in served.describe().capabilities
    messages = [Message("system", "Answer in one word, in French, and never name a colour."), Message("user", "Hello?")]
    plain, *others = (
        list(served.stream(Request(messages=messages, max_tokens=12, focus=k, wants_attention=True)))[-1]
        for k in (1, 0.9, 0.3)
    )
    assert 0 < plain.attention < 1
    assert all(0 < other.attention < 1 for other in others)
    (reply,) = next(iter(served.batch([Request(messages=messages, max_tokens=12, focus=0.3, wants_attention=True)])))
    assert reply.attention == pytest.approx(others[-1].attention, abs=1e-4)
