"""Steering in the terminal: how it stands, and why a turn went as it did. It knows the answers alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.cli.screen import ago, count, print_table, say

if TYPE_CHECKING:
    from assistant.answers.steering import MaterialLine, PlannerLine, SteeringStatus, Why

_LABEL = len("Material  ")


def print_status(answer: SteeringStatus) -> None:
    """The sentence, what there is to learn from, the planners."""
    say(answer.sentence)
    if not answer.can:
        return
    say(f"Model     {answer.model}", _LABEL)
    say(f"Material  {_material(answer.material)}", _LABEL)
    if answer.training:
        say(f"Training  {answer.training}", _LABEL)
    if not answer.planners:
        return
    say("")
    rows = [
        (
            f"{line.number}{' *' if line.serves else ''}",
            ago(line.trained_at),
            count(line.transitions, "turn"),
            _verdict(line),
            line.why,
        )
        for line in answer.planners
    ]
    print_table(("Planner", "Trained", "From", "Gate", "Why"), rows)
    if any(line.serves for line in answer.planners):
        say("* serves" if answer.is_on else "* would serve")


def why_page(told: Why) -> Iterator[str]:
    """Lines: who steered, how far from the cloned behaviour, what the critics expect, what came of it."""
    yield f"Conversation {told.conversation}, turn {told.number}: {told.sentence}"
    if told.was_steered:
        yield f"  rows at the {told.place or 'end'} of the prompt" + (
            f", explored by {told.noise:g}" if told.noise else ""
        )
    if told.value is not None:
        done = "this action" if told.was_steered else "what it would have done"
        yield f"  expected   {told.value:.3f} for {done}; {told.value_cloned or 0.0:.3f} without steering"
    if told.angle is not None:
        yield f"  distance   {told.angle:.3f} radians from what the model does by itself"
    if told.action:
        yield f"  action     {len(told.action)} numbers, beginning {', '.join(f'{one:+.2f}' for one in told.action[:6])}"
    if told.reward is None:
        yield "  reward     not known yet"
    else:
        sources = ", ".join(f"{one['what']} {one['value']:g}" for one in told.reward_from)
        yield f"  reward     {told.reward:.2f}: {sources}"
    if told.unsteered or told.steered:
        yield f"  unsteered  {told.unsteered.strip()}"
        yield f"  steered    {told.steered.strip()}"


def _material(line: MaterialLine) -> str:
    missing = f", {line.missing} more are needed to train" if line.missing else ", enough to train"
    simulated = f", {line.simulated} simulated" if line.simulated else ""
    return (
        f"{count(line.transitions, 'turn')} kept, {line.steered} of them steered{simulated}; "
        f"{line.counts} lead to a reward{missing}"
    )


def _verdict(line: PlannerLine) -> str:
    if not line.fits:
        return "another model's"
    return "not asked" if line.passed is None else "passed" if line.passed else "refused"
