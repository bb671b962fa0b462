"""Self-cloning: rows behind which a frozen model says what it says without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assistant.engine.contract import Place
from assistant.progress import Cancelled
from assistant.steering.settings import PUBLISHED, TrainingSettings
from assistant.steering.training import clone as cloning
from assistant.steering.training.checkpoint import Checkpoint
from assistant.steering.training.clone import clone
from tests.assistant.steering.frozen_models import frozen_of, own_replies, planner_for, weights_hash

pytestmark = pytest.mark.integration  # loads models
SETTINGS: TrainingSettings = replace(PUBLISHED, clone_batch=8, clone_epochs=6)


@pytest.mark.parametrize("place", ["start", "end"])
def test_replies_become_nearly_as_likely_as_without_rows_and_the_model_is_untouched(place: Place) -> None:
    planner, before = planner_for("llama", place), weights_hash("llama")
    went = clone(frozen_of("llama"), planner, own_replies("llama", 32), replace(SETTINGS, clone_epochs=20))
    assert went.before - went.unsteered > 0.2
    assert went.after - went.unsteered < 0.5 * (went.before - went.unsteered)
    assert weights_hash("llama") == before


def test_what_it_does_in_the_states_of_prompts_before_their_replies_is_kept_as_the_cloned_behaviour() -> None:
    planner = planner_for("llama")
    examples = own_replies("llama", 8)
    clone(frozen_of("llama"), planner, examples, SETTINGS)
    states = cloning.states_of(frozen_of("llama"), [example.ids for example in examples])
    assert torch.equal(planner.act(states), planner.cloned_act(states))
    torch.testing.assert_close(planner.standard(states).mean(0), torch.zeros(64), atol=1e-4, rtol=0)
    torch.testing.assert_close(planner.standard(states).std(0, correction=0), torch.ones(64), atol=1e-3, rtol=0)
    assert not any(part.requires_grad for part in planner.parameters())


def test_a_row_is_at_first_as_long_as_meant() -> None:
    planner = planner_for("llama", radius=1.5)
    rows = planner.embedded(planner.act(torch.randn(5, 64)))
    expected = torch.full((5, 2), 1.5 * planner.shape.norm)
    torch.testing.assert_close(rows.norm(dim=-1), expected)
    assert not torch.allclose(rows[:, 0], rows[:, 1])


def test_an_up_mapping_that_is_to_be_kept_is_kept() -> None:
    planner = planner_for("llama")
    up, actor = planner.up.weight.clone(), planner.actor[0].weight.clone()
    clone(frozen_of("llama"), planner, own_replies("llama", 8), replace(SETTINGS, clone_up="keep"))
    assert torch.equal(planner.up.weight, up)
    assert not torch.equal(planner.actor[0].weight, actor)


def test_the_whole_distribution_can_be_cloned() -> None:
    examples = own_replies("llama", 16)
    settings = replace(SETTINGS, clone_target="distribution", clone_epochs=25)
    went = clone(frozen_of("llama"), planner_for("llama"), examples, settings)
    assert went.after - went.unsteered < 0.5 * (went.before - went.unsteered)


def test_a_batch_with_too_many_logits_is_read_in_parts_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = planner_for("llama"), planner_for("llama")
    examples = own_replies("llama", 8)
    clone(frozen_of("llama"), whole, examples, replace(SETTINGS, clone_epochs=1))
    monkeypatch.setattr(cloning, "LOGITS_AT_ONCE", 1)
    clone(frozen_of("llama"), parts, examples, replace(SETTINGS, clone_epochs=1))
    torch.testing.assert_close(whole.up.weight, parts.up.weight, atol=1e-5, rtol=1e-4)


def test_a_cancelled_run_goes_on_to_the_very_same_planner(tmp_path: Path) -> None:
    examples, settings = own_replies("llama", 20), replace(SETTINGS, clone_noise=0.1)
    unbroken, broken = planner_for("llama"), planner_for("llama")
    expected = clone(frozen_of("llama"), unbroken, examples, settings)
    asked = iter([False] * 9)
    checkpoint = Checkpoint(tmp_path / "run", "a run")
    with pytest.raises(Cancelled):
        clone(
            frozen_of("llama"), broken, examples, settings,
            is_cancelled=lambda: next(asked, True), checkpoint=checkpoint,
        )  # fmt: skip
    reported: list[int] = []
    again = planner_for("llama")
    went = clone(
        frozen_of("llama"), again, examples, settings,
        on_progress=lambda done, *_: reported.append(done), checkpoint=checkpoint,
    )  # fmt: skip
    assert reported[0] > 0
    assert went == expected
    for name, weights in unbroken.state_dict().items():
        if not name.startswith("critics"):
            assert torch.equal(weights, again.state_dict()[name]), name


def test_prompts_that_came_since_it_was_cancelled_are_learnt_from_too(tmp_path: Path) -> None:
    examples = own_replies("llama", 12)
    checkpoint, planner = Checkpoint(tmp_path / "run", "a run"), planner_for("llama")
    asked = iter([False] * 4)
    with pytest.raises(Cancelled):
        clone(
            frozen_of("llama"), planner, examples[:8], SETTINGS,
            is_cancelled=lambda: next(asked, True), checkpoint=checkpoint,
        )  # fmt: skip
    went = clone(frozen_of("llama"), planner, examples, SETTINGS, checkpoint=checkpoint)
    assert went.steps == 12


def test_nothing_to_clone_is_refused() -> None:
    with pytest.raises(ValueError, match="no reply"):
        clone(frozen_of("llama"), planner_for("llama"), [], SETTINGS)
