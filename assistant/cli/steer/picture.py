"""The actions of all sessions as a picture: where they lie in the plane, coloured by what they earned. PNG or SVG.

It knows the answers' points, and draws without a window. `telos steer picture` imports it when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from assistant.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from assistant.answers.steering import Picture, Point

WIDTH_IN, HEIGHT_IN, DOTS_PER_IN = 8.0, 6.0, 150
FORMS = ("png", "svg")
_UNKNOWN = "#bbbbbb"
_COLOURS = "viridis"
"""Which the colour-blind tell apart, and a printer without colours."""


def draw(picture: Picture, file: Path) -> None:
    """Write the picture.

    Raises: BadRequest where there is nothing to draw, or the file cannot be written.
    """
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise BadRequest(f"{file} names neither a PNG nor an SVG.", "Give a name such as actions.png.")
    if not picture.points:
        raise BadRequest(
            "There is nothing to draw: no turn was steered yet.", "`telos steer status` says what is missing."
        )
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    axes = figure.add_subplot()
    _draw(figure, axes, picture)
    try:
        figure.savefig(
            file.expanduser(), format=form, dpi=DOTS_PER_IN, metadata=None if form == "png" else {"Date": None}
        )
    except OSError as err:
        raise BadRequest(f"{file} cannot be written: {err.strerror}.") from err


def _draw(figure: Figure, axes: Axes, picture: Picture) -> None:
    unknown = [point for point in picture.points if point.reward is None]
    known = [point for point in picture.points if point.reward is not None]
    _scatter(axes, unknown, color=_UNKNOWN, label=f"not known yet ({len(unknown)})")
    if known:
        shown = axes.scatter(
            [point.x for point in known],
            [point.y for point in known],
            c=[point.reward or 0.0 for point in known],
            cmap=_COLOURS,
            vmin=0.0,
            vmax=1.0,
            s=30,
            linewidths=0,
        )
        figure.colorbar(shown, ax=axes, label="reward")
    axes.set_title("What the planner did", loc="left", fontsize=15, fontweight="bold", pad=24)
    first, second = (f"{100 * share:.0f}%" for share in picture.shares)
    caption = f"{len(picture.points)} actions of {picture.dimension} numbers, by their first two principal components"
    axes.text(0, 1.02, caption, transform=axes.transAxes, fontsize=11, color="#555555")
    axes.set_xlabel(f"first component ({first} of the variance)", fontsize=11)
    axes.set_ylabel(f"second component ({second})", fontsize=11)
    axes.grid(color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if unknown:
        axes.legend(frameon=False, fontsize=10, loc="best")


def _scatter(axes: Axes, points: list[Point], *, color: str, label: str) -> None:
    if points:
        axes.scatter(
            [point.x for point in points], [point.y for point in points], s=30, color=color, linewidths=0, label=label
        )
