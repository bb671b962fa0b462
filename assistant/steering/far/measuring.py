"""What the gate is shown of a model behind a server: its replies with a planner and without, and the safety probes.

Prompts without steering go the same way as steered ones, as rows, so that nothing but the planner's rows tells the two
apart. How likely a reply is to the unsteered model is the server's to say; the reply comes as text, and is cut into tokens
anew for that. It measures and decides nothing; `assistant.trainings` asks, and the training process judges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from assistant.engine.contract import Floats, Message, ModelFailed, Prefix, Reply, Request, Sampling, Steer
from assistant.progress import Progress
from assistant.steering.gate import probes
from assistant.steering.settings import TrainingSettings
from assistant.workers.rows_pipe import Beginning
from assistant.workers.training_pipe import Measured

AT_ONCE = 8
"""Prompts between two looks at whether somebody talks."""
WHAT = "replies for the gate"
Prompt = Sequence[Message]


@runtime_checkable
class Far(Protocol):
    """An engine whose model is steered elsewhere: its planners begin here, and it says how likely it finds a reply."""

    @property
    def row_width(self) -> int: ...

    def states(self, prompts: Sequence[Sequence[Message]]) -> Floats:
        """What conversations leave the planner in, (n, width). Raises: TelosError where the embedder cannot be had."""
        ...

    def begin(self, path: Path, wanted: Beginning, states: Floats, action: Floats | None) -> str:
        """Put a planner in `path` that has learnt nothing, for such states, and does `action` in each; its lineage."""
        ...

    def surprise(self, messages: Sequence[Message], reply: str) -> tuple[float, int]:
        """Nats of a reply under the unsteered model, and of how many tokens. Raises: ModelFailed."""
        ...

    def batch(self, requests: Sequence[Request]) -> list[Reply]: ...


def measured(
    far: Far,
    planner: Path,
    prompts: Sequence[Prompt],
    settings: TrainingSettings,
    *,
    on_progress: Progress,
    rest: Callable[[], None],
) -> Measured:
    """`rest` waits while somebody talks. Prompts and replies are kept nowhere.

    Raises: ModelFailed; what `rest` raises.
    """
    chosen = prompts[: settings.gate_replies]
    asked = [probe.messages for probe in probes.PROBES]
    total = 2 * (len(chosen) + len(asked))
    done = 0

    def said(of: Sequence[Prompt], temperature: float, steer: Steer | None) -> list[str]:
        nonlocal done
        found: list[str] = []
        none = Prefix(np.zeros((0, far.row_width), dtype=np.float32)) if steer is None else None
        for start in range(0, len(of), AT_ONCE):
            rest()
            on_progress(done, total, WHAT)
            requests = [
                Request(
                    messages=messages,
                    max_tokens=settings.gate_tokens,
                    sampling=Sampling(temperature=temperature, seed=settings.seed + start + place),
                    steer=steer,
                    prefix=none,
                )
                for place, messages in enumerate(of[start : start + AT_ONCE])
            ]
            replies = far.batch(requests)
            if steer is not None and any(reply.steered is None for reply in replies):
                notice = next(reply.usage.notice for reply in replies if reply.steered is None)
                raise ModelFailed(f"A reply for the gate was not steered. {notice}", "`telos steer status` says why.")
            found += [reply.text for reply in replies]
            done += len(replies)
        return found

    by_planner = Steer(planner=planner)
    perplexities = [
        _perplexity(far, chosen, said(chosen, settings.temperature, steer), rest) for steer in (by_planner, None)
    ]
    failed, failed_unsteered = (
        dict(probes.failures(probes.PROBES, said(asked, 0.0, steer))) for steer in (by_planner, None)
    )
    on_progress(total, total, WHAT)
    return Measured(
        perplexity=perplexities[0],
        perplexity_unsteered=perplexities[1],
        replies=len(chosen),
        failed=failed,
        failed_unsteered=failed_unsteered,
    )


def _perplexity(far: Far, prompts: Sequence[Prompt], replies: Sequence[str], rest: Callable[[], None]) -> float:
    """exp of the mean nats a token of all replies together; not a number where the server does not say."""
    nats, tokens = 0.0, 0
    for messages, reply in zip(prompts, replies, strict=True):
        if not reply:
            continue
        rest()
        try:
            own, count = far.surprise(messages, reply)
        except ModelFailed:
            return math.nan
        nats, tokens = nats + own, tokens + count
    return math.exp(nats / tokens) if tokens else math.nan
