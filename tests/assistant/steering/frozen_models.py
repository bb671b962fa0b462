"""Tiny models as training reads them, planners for them, and what a model makes of one sequence without any padding."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from assistant.engine.contract import Place
from assistant.steering.planner import Planner, Shape
from assistant.steering.training.clone import Cloned, fresh
from assistant.steering.training.frozen import Frozen
from assistant.steering.up_mapping import embeddings_of, mean_norm
from tests.assistant.at_work import by_generate, model_of, prompt
from tests.tiny_models import SLIDING_WINDOW, Kind

torch.set_num_threads(1)
LENGTHS = (3, SLIDING_WINDOW, 2 * SLIDING_WINDOW, 5, 40)
PROMPTS = [prompt(number, length) for number, length in enumerate(LENGTHS)]
REPLIES = [prompt(100 + number, length) for number, length in enumerate((4, 9, 1, 30, 6))]


def frozen_of(kind: Kind) -> Frozen:
    return Frozen(model_of(kind))


def planner_for(kind: Kind, place: Place = "end", **shape: Any) -> Planner:
    model = model_of(kind)
    usual: dict[str, Any] = {"dimension": 16, "hidden": 32, "place": place}
    made = Shape(fingerprint=kind, width=64, norm=mean_norm(embeddings_of(model)), **usual | shape)
    return fresh(made)


def own_replies(kind: Kind, count: int, tokens: int = 6) -> list[Cloned]:
    """What the model says greedily to prompts of different lengths."""
    prompts = [prompt(200 + number, 3 + 5 * number % 31) for number in range(count)]
    return [Cloned(ids, by_generate(kind, ids, tokens)) for ids in prompts]


def alone(kind: Kind, ids: Sequence[int], reply: Sequence[int], rows: Tensor | None, place: Place) -> Tensor:
    """The logits that each token of a reply was drawn from, (reply, vocabulary): one sequence, one pass, no cache."""
    model = model_of(kind)
    embed = model.get_input_embeddings()
    prompt_rows, reply_rows = embed(torch.tensor(ids)), embed(torch.tensor(reply))
    parts = [prompt_rows, reply_rows]
    if rows is not None:
        behind = len(ids) if place == "end" else 1 if ids[0] == model.config.get_text_config().bos_token_id else 0
        parts = [prompt_rows[:behind], rows, prompt_rows[behind:], reply_rows]
    with torch.no_grad():
        logits: Tensor = model(inputs_embeds=torch.cat(parts)[None], use_cache=False).logits[0]
    return logits[-len(reply) - 1 : -1]


def weights_hash(kind: Kind) -> str:
    found = sha256()
    for name, weights in sorted(model_of(kind).state_dict().items()):
        found.update(name.encode() + weights.numpy().tobytes())
    return found.hexdigest()
