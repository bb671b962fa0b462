"""The actions of all sessions as a picture: where they lie in the plane, coloured by what they earned. PNG or SVG.

It knows the answers' points, and draws without a window. `telos steer picture` imports it when it is asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.steer.figure import empty, form_of, frame, write
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from assistant.answers.steering import Picture, Point

WIDTH_IN, HEIGHT_IN = 8.0, 6.0
_UNKNOWN = "#bbbbbb"
_COLOURS = "viridis"
"""Which the colour-blind tell apart, and a printer without colours."""


def draw(picture: Picture, file: Path) -> None:
    """Write the picture.

    Raises: BadRequest where there is nothing to draw, or the file cannot be written.
    """
    form = form_of(file, "actions.png")
    if not picture.points:
        raise BadRequest(
            "There is nothing to draw: no turn was steered yet.", "`telos steer status` says what is missing."
        )
    figure, axes = empty(WIDTH_IN, HEIGHT_IN)
    _draw(figure, axes, picture)
    write(figure, file, form)


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
    first, second = (f"{100 * share:.0f}%" for share in picture.shares)
    frame(
        axes,
        heading="What the planner did",
        caption=f"{len(picture.points)} actions of {picture.dimension} numbers, by their first two principal components",
        across=f"first component ({first} of the variance)",
        up=f"second component ({second})",
    )
    if unknown:
        axes.legend(frameon=False, fontsize=10, loc="best")


def _scatter(axes: Axes, points: list[Point], *, color: str, label: str) -> None:
    if points:
        axes.scatter(
            [point.x for point in points], [point.y for point in points], s=30, color=color, linewidths=0, label=label
        )
