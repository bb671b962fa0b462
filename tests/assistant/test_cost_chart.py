"""What editing costs, drawn: each draft where it belongs, an average that follows, a picture that can be opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from rich.console import Console

from assistant.answers.profile import CostPoint
from assistant.cli.profile.cost import moving_average, tallies
from assistant.cli.profile.cost_chart import ROWS, Canvas, chart, highest
from assistant.cli.profile.cost_plot import draw
from assistant.errors import BadRequest

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KINDS = ("mail", "document")
READERS = ("ann@example.org", "ben@example.org")


def points(shares: Sequence[float], kinds: Sequence[str] = KINDS) -> list[CostPoint]:
    return [
        CostPoint(
            at=NOW + timedelta(days=number),
            kind=kinds[number % len(kinds)],
            recipient=READERS[number % 4 // 2],
            cost=round(100 * share),
            words=100,
            share=share,
        )
        for number, share in enumerate(shares)
    ]


def shown(found: Sequence[CostPoint], columns: int = 80) -> list[str]:
    screen = Console(width=columns, force_terminal=False)
    with screen.capture() as captured:
        for part in chart(found, columns):
            screen.print(part)
    return captured.get().splitlines()


def test_the_average_is_of_the_last_ones() -> None:
    assert moving_average([1.0, 0.0, 0.5, 0.0], window=2) == [1.0, 0.5, 0.25, 0.25]
    assert moving_average([]) == []


def test_a_dot_stands_where_its_share_says() -> None:
    canvas = Canvas(4, 2)
    canvas.dot(0, 1, "")
    canvas.dot(1, 0, "red")
    assert [canvas.line(row).plain for row in (0, 1)] == ["⠁   ", "   ⢀"]


def test_a_chart_has_its_axis_its_days_and_fits_the_screen() -> None:
    lines = shown(points([0.72, 0.4, 0.3, 0.1, 0.0, 0.0]))
    assert lines[2].startswith(" 80% ┤")
    assert lines[ROWS + 1].startswith("  0% ┤")
    assert "2026-11-20" in lines[ROWS + 3]
    assert "2026-11-25" in lines[ROWS + 3]
    assert "6 drafts" in lines[ROWS + 3]
    assert max(map(len, lines)) <= 80
    plot = [line.ljust(80) for line in lines[2 : ROWS + 2]]
    first, last = (next(row for row, line in enumerate(plot) if line[place].strip()) for place in (6, 79))
    assert first < last, "the first draft, which cost the most, stands highest"


@pytest.mark.parametrize("shares", [[0.0], [1.0], [0.0, 0.0], [1.0] * 300], ids=["one", "all of it", "none", "many"])
def test_any_number_of_drafts_can_be_drawn(shares: list[float]) -> None:
    assert len(shown(points(shares), 40)) > ROWS


def test_the_axis_ends_above_all_shares() -> None:
    assert [highest(points([share])) for share in (0.0, 0.2, 0.21, 1.0)] == [0.2, 0.2, 0.4, 1.0]


def test_sums_are_by_kind_and_by_reader() -> None:
    found = {one.name: one for one in tallies(points([0.8, 0.6, 0.4, 0.0]))}
    assert set(found) == {"all", "mail", "document", "to ann@example.org", "to ben@example.org"}
    assert (found["all"].drafts, found["all"].untouched) == (4, 1)
    assert (found["all"].first, found["all"].last) == pytest.approx((0.7, 0.2))
    assert (found["mail"].first, found["mail"].last) == pytest.approx((0.8, 0.4))


def test_without_drafts_it_says_how_to_get_some() -> None:
    assert "telos drafts approve" in " ".join(shown([]))
    with pytest.raises(BadRequest, match="nothing to draw"):
        draw([], Path("never.png"), "png")


@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG\r\n"), ("svg", b"<?xml")])
def test_a_picture_is_written(tmp_path: Path, form: Literal["png", "svg"], begins: bytes) -> None:
    file = tmp_path / f"cost.{form}"
    draw(points([0.8, 0.6, 0.5, 0.4, 0.2, 0.0], ("mail", "a$b$c")), file, form)
    assert file.read_bytes().startswith(begins)
    assert file.stat().st_size > 5_000
    with pytest.raises(BadRequest, match="cannot be written"):
        draw(points([0.5]), tmp_path / "none" / "cost", form)
