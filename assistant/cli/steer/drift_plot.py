"""Stability by round as a picture: a line a method, with the 95% intervals of the first. PNG or SVG.

It knows the answers, and draws without a window. `telos steer drift --plot` imports it when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator, PercentFormatter

from assistant.cli.screen import harmless
from assistant.cli.steer.figure import empty, form_of, frame, write
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.drift import Drift, DriftLine

WIDTH_IN, HEIGHT_IN = 9.0, 5.0
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which the colour-blind tell apart."""
MARKERS = "osD^vPX"


def draw(told: Drift, file: Path) -> None:
    """Write the picture.

    Raises: BadRequest where there is nothing to draw, or the file cannot be written.
    """
    form = form_of(file, "drift.png")
    if not any(one.stability is not None for line in told.lines for one in line.rounds):
        raise BadRequest(
            "There is nothing to draw: no answer could be scored.", "Measure more probes, or another model."
        )
    figure, axes = empty(WIDTH_IN, HEIGHT_IN)
    for number, line in enumerate(told.lines):
        across, shares = _points(line)
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(across, shares, color=colour, marker=MARKERS[number % len(MARKERS)], markersize=5, label=line.method)
        if number == 0:
            known = [one for one in line.rounds if one.low is not None and one.high is not None]
            lows, highs = [one.low or 0.0 for one in known], [one.high or 0.0 for one in known]
            axes.fill_between(across, lows, highs, color=colour, alpha=0.12, linewidth=0)
    name = harmless(told.model).replace("$", r"\$")  # between dollar signs matplotlib sees a formula
    frame(
        axes,
        heading="Instructions kept, round by round",
        caption=f"{name}, {told.probes} probes; shaded: 95% interval of the first line",
        across="Rounds of conversation before the probe",
        up="Answers that keep to the instruction (%)",
        lines="y",
    )
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=""))
    axes.legend(frameon=False, fontsize=10, loc="best")
    write(figure, file, form)


def _points(line: DriftLine) -> tuple[list[int], list[float]]:
    known = [(one.number, one.stability) for one in line.rounds if one.stability is not None]
    return [number for number, _ in known], [share for _, share in known]
