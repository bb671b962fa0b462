"""The frozen model in training: what is read side by side, padded, is what each sequence gives alone."""

from __future__ import annotations

import pytest
import torch

from assistant.engine.contract import Place
from assistant.steering.training.clone import states_of
from tests.assistant.at_work import model_of
from tests.assistant.steering.frozen_models import LENGTHS, PROMPTS, REPLIES, alone, frozen_of
from tests.tiny_models import Kind

pytestmark = pytest.mark.integration  # loads models
SEVERAL: tuple[Kind, ...] = ("llama", "qwen3", "gemma3")
ROWS = 0.3 * torch.randn((len(PROMPTS), 2, 64), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", SEVERAL)
@pytest.mark.parametrize("place", ["start", "end", None])
def test_each_reply_is_as_likely_as_it_is_alone(kind: Kind, place: Place | None) -> None:
    frozen = frozen_of(kind)
    bos = model_of(kind).config.get_text_config().bos_token_id
    prompts = [[bos, *PROMPTS[0]] if bos is not None else PROMPTS[0], *PROMPTS[1:]]
    rows = None if place is None else ROWS
    with torch.no_grad():
        losses, there = frozen.losses(prompts, REPLIES, rows, place or "end")
    for number, (ids, reply) in enumerate(zip(prompts, REPLIES, strict=True)):
        logits = alone(kind, ids, reply, None if rows is None else rows[number], place or "end")
        expected = torch.nn.functional.cross_entropy(logits, torch.tensor(reply), reduction="none")
        torch.testing.assert_close(losses[number, : len(reply)], expected, atol=1e-4, rtol=1e-4)
        assert losses[number, len(reply) :].tolist() == [0] * (losses.shape[1] - len(reply))
    assert there.sum(1).tolist() == [len(reply) for reply in REPLIES]


@pytest.mark.parametrize("kind", SEVERAL)
def test_a_state_is_that_of_the_last_token_of_the_prompt_after_the_final_norm(kind: Kind) -> None:
    found = states_of(frozen_of(kind), PROMPTS, batch=3)
    for state, ids in zip(found, PROMPTS, strict=True):
        with torch.no_grad():
            output = model_of(kind)(torch.tensor([ids]), output_hidden_states=True)
        torch.testing.assert_close(state, output.hidden_states[-1][0, -1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("place", ["start", "end"])
def test_gradients_reach_every_row_and_nothing_of_the_model(place: Place) -> None:
    rows = ROWS.clone().requires_grad_(True)
    frozen_of("llama").losses(PROMPTS, REPLIES, rows, place)[0].sum().backward()
    assert rows.grad is not None
    assert bool(rows.grad.isfinite().all())
    assert (rows.grad.abs().amax(-1) > 0).all(), f"rows of prompts of {LENGTHS} tokens"
    assert not any(weights.requires_grad or weights.grad is not None for weights in model_of("llama").parameters())
