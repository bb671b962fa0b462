"""The model of `drift` that is trained from scratch, kept as a hub folder by a hash of all that it depends on.

It learns from dialogues of two to five rounds; what it is measured on is longer. It knows its world and no method.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks import drift_world, report
from benchmarks.games import scratch_model
from benchmarks.games.kept import Kept, digest
from benchmarks.games.scratch_model import Conversation, Lessons, Recipe

DIALOGUES = 8000
RECIPE = Recipe(
    width=96,
    layers=4,
    heads=4,
    key_value_heads=2,
    inner=288,
    context=1024,
    epochs=6,
    batch=16,
    rate=3e-3,
    least=1,
    described=0.0,
)
_QUICK = replace(RECIPE, width=64, layers=2, inner=128, epochs=2)


def trained(kept: Kept, *, seed: int, is_quick: bool) -> Path:
    """The folder of the model; a few minutes where there is none yet."""
    recipe = replace(_QUICK if is_quick else RECIPE, seed=seed)
    dialogues = 800 if is_quick else DIALOGUES
    chance = np.random.default_rng(1)
    world = [drift_world.dialogue(chance).messages for _ in range(200)]
    key = digest(recipe, dialogues, world)
    return kept.file("model", key, "", lambda part: _make(part, recipe, dialogues))


def _make(folder: Path, recipe: Recipe, dialogues: int) -> None:
    chance = np.random.default_rng(recipe.seed)
    tokenizer = scratch_model.tokenizer_for([drift_world.dialogue(chance) for _ in range(4000)], (), least=recipe.least)
    model = scratch_model.build(recipe, tokenizer)
    lessons = Lessons(tokenizer, recipe)
    report.say(f"{sum(one.numel() for one in model.parameters()) / 1e6:.1f} M parameters, {len(tokenizer)} words")
    scratch_model.train(
        model,
        lessons,
        [drift_world.dialogue] * dialogues,
        recipe,
        on_epoch=lambda epoch, loss: report.say(f"epoch {epoch + 1} of {recipe.epochs}: {loss:.3f} nats a word"),
    )
    scratch_model.save(model, tokenizer, folder)


def perplexity(folder: Path, seed: int, dialogues: int = 300) -> float:
    """Of dialogues it never saw, as long as those it learnt from."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    lessons = Lessons(AutoTokenizer.from_pretrained(folder), RECIPE)
    make = partial(drift_world.dialogue, np.random.default_rng(seed + 77))
    conversations: list[Conversation] = [make() for _ in range(dialogues)]
    return scratch_model.perplexity(model, lessons, conversations)
