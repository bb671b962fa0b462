"""A figure as the commands on steering draw one: PNG or SVG, without a window, with a heading, a caption and two axes.

It knows matplotlib and files, and nothing of what is drawn: `picture` and `drift_plot` put that in.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from matplotlib.figure import Figure

from assistant.errors import BadRequest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS_PER_IN = 150
FORMS = ("png", "svg")
_GREY, _PALE = "#555555", "#dddddd"


def form_of(file: Path, example: str) -> str:
    """`png` or `svg`, by the file's name. Raises: BadRequest for another; `example` is a name that would do."""
    form = file.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise BadRequest(f"{file} names neither a PNG nor an SVG.", f"Give a name such as {example}.")
    return form


def empty(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    """A figure with room for one drawing."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    return figure, figure.add_subplot()


def frame(
    axes: Axes, *, heading: str, caption: str, across: str, up: str, lines: Literal["both", "x", "y"] = "both"
) -> None:
    """What stands around a drawing. `lines` says which axis has pale lines behind it: `x`, `y` or `both`."""
    axes.set_title(heading, loc="left", fontsize=15, fontweight="bold", pad=24)
    axes.text(0, 1.02, caption, transform=axes.transAxes, fontsize=11, color=_GREY)
    axes.set_xlabel(across, fontsize=11)
    axes.set_ylabel(up, fontsize=11)
    axes.grid(axis=lines, color=_PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def write(figure: Figure, file: Path, form: str) -> None:
    """Raises: BadRequest where it cannot be written."""
    undated = None if form == "png" else {"Date": None}  # the same drawing is the same file
    try:
        figure.savefig(file.expanduser(), format=form, dpi=DOTS_PER_IN, metadata=undated)
    except OSError as err:
        raise BadRequest(f"{file} cannot be written: {err.strerror}.") from err
