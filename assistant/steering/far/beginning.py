"""Self-cloning where no gradient comes back: of actions drawn at random, the one behind which a model says what it says anyway.

Behind a server a planner's rows are the principal directions of the model's own embeddings (Dialogue Action Tokens, arXiv
2406.11978, offers them beside learnt ones), so no action leaves the model quite as it is. The nearest one found
is what the cloned planner does in every state: likeness is the cosine of the embedder's vectors of both replies. Knows
messages and an engine; `assistant.trainings` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.engine.contract import Floats, Message, Steer
from assistant.progress import Progress
from assistant.steering.far.measuring import Far, Replies
from assistant.steering.settings import TrainingSettings
from assistant.workers.rows_pipe import Beginning

DRAWN = 12
"""Actions that are tried, by one reply to each of `ASKED` prompts."""
ASKED = 6
MEASURED = 256
"""Prompts whose states say how states are standardised."""
WHAT = "replies compared with the model's own"


def begin(
    far: Far,
    path: Path,
    wanted: Beginning,
    prompts: Sequence[Sequence[Message]],
    settings: TrainingSettings,
    *,
    on_progress: Progress,
    rest: Callable[[], None],
) -> dict[str, Any]:
    """Put a planner in `path` to begin training with; facts on how it was chosen. `prompts` are not empty.

    Raises: ModelFailed; TelosError where the embedder cannot be had; what `rest` raises.
    """
    states = far.states(prompts[:MEASURED])
    lineage = far.begin(path, wanted, states, None)
    asked, total = list(prompts[:ASKED]), (DRAWN + 1) * len(prompts[:ASKED])
    replies = Replies(far, settings)

    def said(number: int, behind: Steer | None) -> Floats:
        """What the embedder makes of the likeliest replies: unit rows, (prompts, width)."""
        rest()
        on_progress(number * len(asked), total, WHAT)
        return far.states([[Message("assistant", text)] for text in replies.to(asked, behind)])

    own = said(0, None)
    actions = drawn(wanted.dimension, wanted.seed)
    likeness = [
        float((own * said(number, Steer(planner=path, action=action))).sum(1).mean())
        for number, action in enumerate(actions, 1)
    ]
    on_progress(total, total, WHAT)
    best = int(np.argmax(likeness))
    far.begin(path, wanted, states, actions[best])
    return {
        "stage": "begin",
        "lineage": lineage,
        "prompts": len(asked),
        "likeness": round(likeness[best], 4),
        "likeness_of_all": [round(one, 4) for one in likeness],
    }


def drawn(dimension: int, seed: int) -> Floats:
    """Unit vectors in all directions alike, (DRAWN, dimension)."""
    found = np.random.default_rng(seed).normal(size=(DRAWN, dimension)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)
