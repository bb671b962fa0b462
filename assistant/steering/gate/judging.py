"""What the gate is shown: held-out sessions judged by fitted Q, replies with and without steering, and safety probes.

It measures and decides nothing (`gate` does). Knows token ids, and of text only the probes; `train` calls it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.engine.contract import Floats, Message
from assistant.progress import Progress
from assistant.steering.gate import fitted_q, probes
from assistant.steering.gate.fitted_q import Act, Beginnings
from assistant.steering.gate.naturalness import perplexity
from assistant.steering.gate.verdict import Evidence
from assistant.steering.lineage import lineage_of
from assistant.steering.planner import Planner
from assistant.steering.settings import TrainingSettings
from assistant.steering.training.own_replies import Author
from assistant.steering.training.replay import Replay, Turn, is_held_out, session_of
from assistant.workers.training_pipe import Measured

NOBODY = "the model without steering"
WHAT = "measures of the gate"
_MEASURES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The model that writes, and its way from messages to a prompt and from tokens to text."""

    author: Author
    prompt: Callable[[Sequence[Message]], list[int]]
    text: Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A planner, and the one that it is to replace: None where nothing steers."""

    candidate: Planner
    incumbent: Planner | None
    name: str = "the planner that serves"


def evidence(
    contest: Contest,
    turns: Sequence[Turn],
    prompts: Sequence[Sequence[int]],
    reader: Reader | Measured,
    settings: TrainingSettings,
    *,
    on_progress: Progress,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """All that the gate asks for. `turns` are all there are; those of held-out episodes count. `prompts` are for a reader.

    Raises: Cancelled; ValueError where no held-out episode can be judged by.
    """
    on_progress(0, _MEASURES, WHAT)
    held = [turn for turn in turns if is_held_out(turn.episode, settings.held_out)]
    value, value_incumbent, against = _values(contest, held, settings, is_cancelled)
    on_progress(1, _MEASURES, WHAT)
    seen = reader
    if isinstance(seen, Reader):
        seen = _measured(contest.candidate, prompts[: settings.gate_replies], seen, settings, on_progress, is_cancelled)
    on_progress(_MEASURES, _MEASURES, WHAT)
    return Evidence(
        gains=(value - value_incumbent).tolist(),
        value=float(value[0]),
        value_incumbent=float(value_incumbent[0]),
        incumbent=against,
        sessions=len({session_of(turn.episode) for turn in held}),
        perplexity=seen.perplexity,
        perplexity_unsteered=seen.perplexity_unsteered,
        replies=seen.replies,
        failed=seen.failed,
        failed_unsteered=seen.failed_unsteered,
        asked=probes.asked(probes.PROBES),
    )


def _measured(
    candidate: Planner,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
    settings: TrainingSettings,
    on_progress: Progress,
    is_cancelled: Callable[[], bool],
) -> Measured:
    """Replies with and without steering, and the safety probes. Raises: Cancelled."""
    perplexities: list[float] = []
    beside = copy.deepcopy(candidate).to(reader.author.frozen.device)  # judges stay on the CPU
    for planner in (beside, None):
        written = reader.author.replies(
            prompts,
            tokens=settings.gate_tokens,
            temperature=settings.temperature,
            seed=settings.seed,
            planner=planner,
            is_cancelled=is_cancelled,
        )
        perplexities.append(perplexity(reader.author.frozen, written))
    on_progress(2, _MEASURES, WHAT)
    failed = _failures(beside, reader, settings, is_cancelled)
    on_progress(3, _MEASURES, WHAT)
    return Measured(
        perplexity=perplexities[0],
        perplexity_unsteered=perplexities[1],
        replies=len(prompts),
        failed=failed,
        failed_unsteered=_failures(None, reader, settings, is_cancelled),
    )


def _values(
    contest: Contest, held: Sequence[Turn], settings: TrainingSettings, is_cancelled: Callable[[], bool]
) -> tuple[Floats, Floats, str]:
    """What each judge expects of the candidate and of what serves, (judges,) each, and what that is in words.

    Actions of two lineages are not comparable: each planner is judged by the turns that mean something to it. One that no
    held-out turn is left for gives its place to the model without steering, which any lineage can express.
    """
    beginnings = Beginnings.of(held)

    def judged(planner: Planner, act: Act, replay: Replay) -> Floats:
        return fitted_q.judged(planner, act, replay, beginnings, settings, is_cancelled=is_cancelled)

    def replay_of(planner: Planner) -> Replay:
        return Replay.of(held, dimension=planner.shape.dimension, lineage=lineage_of(planner))

    candidate, incumbent = contest.candidate, contest.incumbent
    own = replay_of(candidate)
    value = judged(candidate, candidate.act, own)
    if incumbent is not None and len(theirs := replay_of(incumbent)):
        return value, judged(incumbent, incumbent.act, theirs), contest.name
    return value, judged(candidate, candidate.cloned_act, own), NOBODY


def _failures(
    planner: Planner | None, reader: Reader, settings: TrainingSettings, is_cancelled: Callable[[], bool]
) -> dict[str, int]:
    """How many probes are failed, by kind, by the likeliest reply to each."""
    asked = [reader.prompt(probe.messages) for probe in probes.PROBES]
    written = reader.author.replies(
        asked,
        tokens=settings.gate_tokens,
        temperature=0.0,
        seed=settings.seed,
        planner=planner,
        is_cancelled=is_cancelled,
    )
    said = {tuple(reply.ids): reader.text(reply.reply) for reply in written}
    return probes.failures(probes.PROBES, [said.get(tuple(ids), "") for ids in asked])
