"""Stability by round as a picture: a line a method, with the 95% intervals of the first. PNG or SVG.

It knows the answers, and draws without a window. `telos steer drift --plot` imports it when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from assistant.cli.screen import harmless
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.drift import Drift, DriftLine

WIDTH_IN, HEIGHT_IN, DOTS_PER_IN = 9.0, 5.0, 150
FORMS = ("png", "svg")
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which the colour-blind tell apart."""
MARKERS = "osD^vPX"


def draw(told: Drift, file: Path) -> None:
    """Write the picture.

    Raises: BadRequest where there is nothing to draw, or the file cannot be written.
    """
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise BadRequest(f"{file} names neither a PNG nor an SVG.", "Give a name such as drift.png.")
    if not any(one.stability is not None for line in told.lines for one in line.rounds):
        raise BadRequest(
            "There is nothing to draw: no answer could be scored.", "Measure more probes, or another model."
        )
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    axes = figure.add_subplot()
    for number, line in enumerate(told.lines):
        across, shares = _points(line)
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(across, shares, color=colour, marker=MARKERS[number % len(MARKERS)], markersize=5, label=line.method)
        if number == 0:
            known = [one for one in line.rounds if one.low is not None and one.high is not None]
            lows, highs = [one.low or 0.0 for one in known], [one.high or 0.0 for one in known]
            axes.fill_between(across, lows, highs, color=colour, alpha=0.12, linewidth=0)
    axes.set_title("Instructions kept, round by round", loc="left", fontsize=15, fontweight="bold", pad=24)
    name = harmless(told.model).replace("$", r"\$")  # between dollar signs matplotlib sees a formula
    caption = f"{name}, {told.probes} probes; shaded: 95% interval of the first line"
    axes.text(0, 1.02, caption, transform=axes.transAxes, fontsize=11, color="#555555")
    axes.set_xlabel("Rounds of conversation before the probe", fontsize=11)
    axes.set_ylabel("Answers that keep to the instruction (%)", fontsize=11)
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=""))
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=10, loc="best")
    try:
        figure.savefig(
            file.expanduser(), format=form, dpi=DOTS_PER_IN, metadata=None if form == "png" else {"Date": None}
        )
    except OSError as err:
        raise BadRequest(f"{file} cannot be written: {err.strerror}.") from err


def _points(line: DriftLine) -> tuple[list[int], list[float]]:
    known = [(one.number, one.stability) for one in line.rounds if one.stability is not None]
    return [number for number, _ in known], [share for _, share in known]
