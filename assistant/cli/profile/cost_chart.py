"""What editing costs, drawn in the terminal: a dot a draft, a line for the moving average, sums below.

Dots are braille, eight to a character. It knows the answers' points and Rich; `telos profile cost` prints it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from assistant.cli.profile.cost import AXIS, TITLE, WINDOW, Tally, kinds, moving_average, tallies
from assistant.cli.screen import count, harmless

if TYPE_CHECKING:
    from rich.console import RenderableType

    from assistant.answers.profile import CostPoint

ROWS = 13
_LABELS_EVERY = 3
COLOURS = ("cyan", "magenta", "yellow", "green", "blue", "red")
AVERAGE = "bold"
_MARGIN = len("100% ┤")
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Of a braille character, by row and column of its dots."""
_EMPTY = "No draft is decided yet. The cost of a draft is known when you approve it: telos drafts approve ID"


class Canvas:
    """`columns` x `rows` characters, twice as many dots across and four times as many down. The last style of a cell wins."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._dots = [[0] * columns for _ in range(rows)]
        self._styles = [[""] * columns for _ in range(rows)]

    def dot(self, x: float, y: float, style: str) -> None:
        """`x` and `y` in [0, 1], from the left and from below."""
        self._set(round(x * (2 * self.columns - 1)), round((1 - y) * (4 * self.rows - 1)), style)

    def spot(self, x: float, y: float, style: str) -> None:
        """Four dots, which the eye finds among others."""
        across = min(round(x * (2 * self.columns - 1)), 2 * self.columns - 2)
        down = min(round((1 - y) * (4 * self.rows - 1)), 4 * self.rows - 2)
        for right in (0, 1):
            for below in (0, 1):
                self._set(across + right, down + below, style)

    def line(self, row: int) -> Text:
        drawn = Text()
        for dots, style in zip(self._dots[row], self._styles[row], strict=True):
            drawn.append(chr(0x2800 + dots) if dots else " ", style)
        return drawn

    def _set(self, across: int, down: int, style: str) -> None:
        row, column = down // 4, across // 2
        self._dots[row][column] |= _BITS[down % 4][across % 2]
        self._styles[row][column] = style


def chart(points: Sequence[CostPoint], columns: int) -> Iterator[RenderableType]:
    """Over the drafts in their order: how much of each was changed, then who and what that was for, in figures."""
    if not points:
        yield Text(_EMPTY)
        return
    names = kinds(points)
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    top = highest(points)
    yield Text(TITLE, style="bold") + Text(f"  {AXIS.lower()}, by draft; the line is the mean of {WINDOW}", style="dim")
    yield Text()
    canvas = _drawn(points, colours, top, max(columns - _MARGIN, 20))
    for row in range(ROWS):
        yield _label(row, top) + canvas.line(row)
    yield _under(points, canvas.columns)
    if len(names) > 1:
        yield Text(" " * _MARGIN).append_text(
            Text("   ").join(Text("⠿ ", style=colours[name]) + Text(harmless(name)) for name in names)
        )
    yield Text()
    yield _table(tallies(points))


def highest(points: Sequence[CostPoint]) -> float:
    """Where the axis ends: the next fifth above all shares, so that its labels are round."""
    return max(math.ceil(5 * max(point.share for point in points)), 1) / 5


def _drawn(points: Sequence[CostPoint], colours: dict[str, str], top: float, columns: int) -> Canvas:
    canvas = Canvas(columns, ROWS)
    last = max(len(points) - 1, 1)
    average = moving_average([point.share for point in points])
    steps = 2 * columns
    for step in range(steps):  # between its points the line is straight
        place = step / (steps - 1) * (len(points) - 1)
        before = min(int(place), len(points) - 1)
        after = min(before + 1, len(points) - 1)
        value = average[before] + (average[after] - average[before]) * (place - before)
        canvas.dot(step / (steps - 1), value / top, AVERAGE)
    for number, point in enumerate(points):
        canvas.spot(number / last, point.share / top, colours[point.kind])
    return canvas


def _label(row: int, top: float) -> Text:
    """The share at some lines, and the axis."""
    is_named = row % _LABELS_EVERY == 0
    share = f"{100 * top * (1 - row / (ROWS - 1)):.0f}%"
    return Text(f"{share if is_named else '':>4} {'┤' if is_named else '│'}", style="dim")


def _under(points: Sequence[CostPoint], columns: int) -> Text:
    """The axis of drafts, with the days of the first and the last."""
    first, last = (f"{point.at.astimezone():%Y-%m-%d}" for point in (points[0], points[-1]))
    middle = count(len(points), "draft")
    room = max(columns - len(first) - len(last), len(middle) + 2)
    return Text(f"{'':>4} └{'─' * columns}\n{' ' * _MARGIN}{first}{middle:^{room}}{last}", style="dim")


def _table(found: Sequence[Tally]) -> Table:
    table = Table(
        "", "Drafts", "Left as they were", "At first", "By now", box=None, pad_edge=False, padding=(0, 2, 0, 0),
        header_style="bold",
    )  # fmt: skip
    for one in found:
        trend = "green" if one.last < one.first else "red" if one.last > one.first else ""
        table.add_row(
            Text(harmless(one.name)),
            str(one.drafts),
            str(one.untouched),
            f"{100 * one.first:.0f}%",
            Text(f"{100 * one.last:.0f}%" if one.drafts > 1 else "", style=trend),
        )
    return table
