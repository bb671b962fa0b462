"""What editing costs, as a picture: PNG or SVG by matplotlib, for a report or a page.

It knows the answers' points, and draws without a window. `telos profile cost --png` imports it when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from assistant.cli.profile.cost import AXIS, DRAFTS, TITLE, WINDOW, kinds, moving_average
from assistant.cli.screen import harmless
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from assistant.answers.profile import CostPoint

WIDTH_IN, HEIGHT_IN, DOTS_PER_IN = 9.0, 5.0, 150
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's, which the colour-blind tell apart."""
_OWN_LINES = 3
"""Kinds with so many drafts have a line of their own."""


def draw(points: Sequence[CostPoint], file: Path, form: Literal["png", "svg"]) -> None:
    """Write the picture.

    Raises: BadRequest where there is nothing to draw, or the file cannot be written.
    """
    if not points:
        raise BadRequest("There is nothing to draw: no draft is decided yet.", "Approve one: telos drafts approve ID")
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    _draw(figure.add_subplot(), points)
    try:
        figure.savefig(
            file.expanduser(), format=form, dpi=DOTS_PER_IN, metadata=None if form == "png" else {"Date": None}
        )
    except OSError as err:
        raise BadRequest(f"{file} cannot be written: {err.strerror}.") from err


def _draw(axes: Axes, points: Sequence[CostPoint]) -> None:
    numbers = list(range(1, len(points) + 1))
    names = kinds(points)
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        own = [(at, point.share) for at, point in zip(numbers, points, strict=True) if point.kind == name]
        across, shares = [at for at, _ in own], [share for _, share in own]
        axes.scatter(
            across,
            shares,
            s=26,
            color=colour,
            alpha=0.55,
            linewidths=0,
            clip_on=False,
            label=f"{_plain(name)} ({len(own)})",
        )
        if len(names) > 1 and len(own) >= _OWN_LINES:
            axes.plot(across, moving_average(shares), color=colour, linewidth=1.2, alpha=0.8)
    average = moving_average([point.share for point in points])
    axes.plot(numbers, average, color="black", linewidth=2.2, label=f"mean of the last {WINDOW}")
    first, last = (f"{point.at.astimezone():%d %b %Y}" for point in (points[0], points[-1]))
    axes.set_title(TITLE, loc="left", fontsize=15, fontweight="bold", pad=24)
    axes.text(0, 1.02, _caption(points, average), transform=axes.transAxes, fontsize=11, color="#555555")
    axes.set_xlabel(f"{DRAFTS}, {first} to {last}", fontsize=11)
    axes.set_ylabel(AXIS, fontsize=11)
    axes.set_xlim(0.5, max(len(points), 2) + 0.5)
    axes.set_ylim(0, max(max(point.share for point in points) * 1.08, 0.1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(xmax=1, decimals=0, symbol=""))
    axes.tick_params(labelsize=10)
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=10, loc="best")


def _caption(points: Sequence[CostPoint], average: Sequence[float]) -> str:
    untouched = sum(point.cost == 0 for point in points)
    return f"{len(points)} drafts, {untouched} left as they were; on average {100 * average[-1]:.0f}% changed by now"


def _plain(text: str) -> str:
    """Outside text for matplotlib, which takes what stands between dollar signs for a formula."""
    return harmless(text).replace("$", r"\$")
