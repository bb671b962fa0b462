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


class Replies:
    """What a far model says with a planner, or with nobody's rows among its prompt's; `beginning` compares such replies, too."""

    def __init__(self, far: Far, settings: TrainingSettings) -> None:
        self._far, self._settings = far, settings

    def to(
        self, prompts: Sequence[Prompt], steer: Steer | None, *, temperature: float = 0.0, seed: int = 0
    ) -> list[str]:
        """The text of the reply to each; `seed` is the first one's. Raises: ModelFailed, also for one that was not steered."""
        none = Prefix(np.zeros((0, self._far.row_width), dtype=np.float32)) if steer is None else None
        requests = [
            Request(
                messages=messages,
                max_tokens=self._settings.gate_tokens,
                sampling=Sampling(temperature=temperature, seed=self._settings.seed + seed + place),
                steer=steer,
                prefix=none,
            )
            for place, messages in enumerate(prompts)
        ]
        replies = self._far.batch(requests)
        if steer is not None and any(reply.steered is None for reply in replies):
            notice = next(reply.usage.notice for reply in replies if reply.steered is None)
            raise ModelFailed(f"A reply was not steered. {notice}".strip(), "`telos steer status` says why.")
        return [reply.text for reply in replies]


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
    total, done, replies = 2 * (len(chosen) + len(asked)), 0, Replies(far, settings)

    def said(of: Sequence[Prompt], temperature: float, steer: Steer | None) -> list[str]:
        nonlocal done
        found: list[str] = []
        for start in range(0, len(of), AT_ONCE):
            rest()
            on_progress(done, total, WHAT)
            found += replies.to(of[start : start + AT_ONCE], steer, temperature=temperature, seed=start)
            done += len(of[start : start + AT_ONCE])
        return found

    ways = (Steer(planner=planner), None)
    perplexities = [_perplexity(far, chosen, said(chosen, settings.temperature, way), rest) for way in ways]
    failed, failed_unsteered = (dict(probes.failures(probes.PROBES, said(asked, 0.0, way))) for way in ways)
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
