"""`telos steer drift`: how the configured model keeps to its instructions over a conversation, by each method.

It knows the answers alone; the picture is drawn by `drift_plot`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from assistant.answers.drift import Drift, DriftLine


def drift(
    context: typer.Context,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=64, help="Rounds of each conversation.")] = 8,
    probes: Annotated[int, typer.Option("--probes", min=2, help="Instructions that are measured.")] = 64,
    method: Annotated[
        list[str] | None, typer.Option("--method", help='Such as "nothing" or "split 0.7"; all without.')
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw stability by round: a name that ends in .png or .svg.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether the model keeps to its instructions: two copies converse, and are probed after each round.

    With a large model on a CPU this takes hours; fewer rounds, probes and methods take less.

    Examples: telos steer drift --rounds 4 --probes 16, telos steer drift --plot drift.png
    """
    with client_from(context) as client, progress_bar("Conversing") as progress:
        told = client.steering.drift(rounds, probes, method or [], progress)
    if plot is not None:
        from assistant.cli.steer.drift_plot import draw  # weight: matplotlib

        draw(told, plot)
    if as_json:
        print_json(told)
        return
    _print(told)
    if plot is not None:
        say(f"Wrote {plot}.")


def _print(told: Drift) -> None:
    say(f"{told.model}: the share of {told.probes} probes whose instruction was kept, after each round.")
    numbers = [str(one.number) for one in told.lines[0].rounds] if told.lines else []
    print_table(("Method", *numbers, "Unscored", "Over nothing"), [_row(line) for line in told.lines])
    for sentence in told.left_out:
        say(f"Left out: {sentence}")


def _row(line: DriftLine) -> tuple[str, ...]:
    shares = ["-" if one.stability is None else f"{100 * one.stability:.0f}%" for one in line.rounds]
    unscored = sum(one.unscored for one in line.rounds)
    gain = "" if line.gain is None else "{:+.0f} ({:+.0f} to {:+.0f})".format(*(100 * one for one in line.gain))
    return line.method, *shares, str(unscored), gain
