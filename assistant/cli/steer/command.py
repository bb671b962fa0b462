"""`telos steer ...`: how steering stands, on and off, training a planner step by step, and why a turn went as it did.

What it looks like is in `page`, the picture of the actions in `picture`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, progress_bar, say
from assistant.cli.steer.drift import drift

if TYPE_CHECKING:
    from assistant.answers.steering import Changed, Report

app = typer.Typer()
app.command()(drift)

PlannerNumber = Annotated[
    int | None, typer.Argument(help="As `telos steer status` lists it; the newest without.", metavar="NUMBER", min=1)
]


@app.callback(invoke_without_command=True)
def steer(context: typer.Context, as_json: JsonOption = False) -> None:
    """Steering toward the goal: how it stands; train, evaluate and promote a planner, roll back, explain a turn.

    Before each reply a small planner, trained on how your conversations went, chooses a few embeddings that bend the
    local model toward the goal. It is trained by night once there is enough to learn from, or by hand, in this order:

    telos steer collect, telos steer clone, telos steer train, telos steer evaluate, telos steer promote
    """
    if context.invoked_subcommand is None:
        _status(context, as_json=as_json)


@app.command()
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """What steers, what there is to learn from and how much is missing, and each planner with the gate's word on it.

    Example: telos steer status --json
    """
    _status(context, as_json=as_json)


@app.command()
def on(context: typer.Context, as_json: JsonOption = False) -> None:
    """Steer again, from the next reply on.

    Example: telos steer on
    """
    with client_from(context) as client:
        _changed(client.steering.on(), as_json)


@app.command()
def off(context: typer.Context, as_json: JsonOption = False) -> None:
    """Do not steer, from the next reply on. Turns are kept to learn from all the same.

    Example: telos steer off
    """
    with client_from(context) as client:
        _changed(client.steering.off(), as_json)


@app.command()
def collect(context: typer.Context, as_json: JsonOption = False) -> None:
    """Give late rewards to their turns, and have the model answer past prompts by itself, for cloning.

    Example: telos steer collect
    """
    with client_from(context) as client, progress_bar("Collecting") as progress:
        report = client.steering.collect(progress)
    _reported(report, as_json)


@app.command()
def clone(context: typer.Context, as_json: JsonOption = False) -> None:
    """Make the planner that leaves the model as it is, with which training begins.

    Example: telos steer clone
    """
    with client_from(context) as client, progress_bar("Cloning") as progress:
        report = client.steering.clone(progress)
    _reported(report, as_json)


@app.command()
def train(context: typer.Context, as_json: JsonOption = False) -> None:
    """Train a planner on how the turns went; it gets a number, and does not serve yet. Interrupted, it goes on next time.

    Example: telos steer train
    """
    with client_from(context) as client, progress_bar("Training") as progress:
        report = client.steering.train(progress)
    _reported(report, as_json)


@app.command()
def evaluate(context: typer.Context, number: PlannerNumber = None, as_json: JsonOption = False) -> None:
    """Hold a planner against the gate: what it earns in sessions it never saw, how natural its replies are, how safe.

    Examples: telos steer evaluate, telos steer evaluate 3
    """
    with client_from(context) as client, progress_bar("Evaluating") as progress:
        report = client.steering.evaluate(number, progress)
    _reported(report, as_json)


@app.command()
def promote(
    context: typer.Context,
    number: PlannerNumber = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Although the gate did not let it pass.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a planner serve, from the next reply on, if the gate let it pass.

    Examples: telos steer promote, telos steer promote 3
    """
    with client_from(context) as client:
        _changed(client.steering.promote(number, anyway=anyway), as_json)


@app.command()
def rollback(context: typer.Context, as_json: JsonOption = False) -> None:
    """Go back to the planner that served before, or to none before the first.

    Example: telos steer rollback
    """
    with client_from(context) as client:
        _changed(client.steering.rollback(), as_json)


@app.command()
def explain(
    context: typer.Context,
    conversation: Annotated[
        int | None, typer.Argument(help="Its number; the last one without.", metavar="CONVERSATION", min=1)
    ] = None,
    turn: Annotated[int | None, typer.Option("--turn", help="The turn's number; the last one without.", min=1)] = None,
    replies: Annotated[bool, typer.Option("--replies", help="Also write its reply both ways.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Why a turn went as it did: the action, how far it is from what the model does by itself, and what it was worth.

    Examples: telos steer explain, telos steer explain 12 --turn 3 --replies
    """
    with client_from(context) as client:
        told = client.steering.explain(conversation, turn, replies=replies)
    if as_json:
        print_json(told)
        return
    from assistant.cli.steer.page import why_page

    for line in why_page(told):
        say(line)


@app.command()
def picture(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to: a name that ends in .png or .svg.", metavar="FILE")],
    as_json: JsonOption = False,
) -> None:
    """Draw the actions of all sessions in the plane, coloured by their rewards.

    Examples: telos steer picture actions.png, telos steer picture actions.svg
    """
    with client_from(context) as client:
        points = client.steering.picture()
    from assistant.cli.steer.picture import draw  # weight: matplotlib

    draw(points, file)
    if as_json:
        print_json(points)
    else:
        say(f"Wrote {file}.")


def _status(context: typer.Context, *, as_json: bool) -> None:
    with client_from(context) as client:
        answer = client.steering.status()
    if as_json:
        print_json(answer)
        return
    from assistant.cli.steer.page import print_status

    print_status(answer)


def _changed(changed: Changed, as_json: bool) -> None:
    if as_json:
        print_json(changed)
    else:
        say(changed.sentence)


def _reported(report: Report, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    say(report.sentence)
    for reason in report.reasons:
        say(f"  {reason}", 2)
