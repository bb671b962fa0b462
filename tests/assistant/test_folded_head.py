"""From states to logits: the table of tokens is read where it lies, for one sequence and for several."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from assistant.generation.loading import load
from tests.assistant.at_work import ids_of, logits_of, prompt
from tests.tiny_models import KINDS, Kind, tiny_model

pytestmark = pytest.mark.integration  # it loads models


@pytest.mark.parametrize("sequences", [1, 3])
def test_the_table_is_not_copied_for_the_last_of_several_tokens(sequences: int, tmp_path: Path) -> None:
    model = load(tiny_model("llama", tmp_path), device="cpu", dtype="float32").model
    head = model.get_output_embeddings()
    states = torch.randn(sequences, 5, head.in_features)[:, -1:]
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU]) as seen:
        logits = head(states)
    called = {one.key for one in seen.key_averages()}
    assert "aten::mm" in called
    assert "aten::bmm" not in called
    assert torch.allclose(logits, states @ head.weight.T, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_the_librarys(kind: Kind, tmp_path: Path) -> None:
    model, ids = load(tiny_model(kind, tmp_path), device="cpu", dtype="float32").model, prompt(1, 20)
    with torch.no_grad():
        found = model(input_ids=ids_of(ids)[None], use_cache=False, logits_to_keep=1).logits[0, -1]
    assert float((found - logits_of(kind, ids)).abs().max()) <= 1e-4
