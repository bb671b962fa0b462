"""What editing costs, in figures: shares of words changed as they are averaged, and sums by kind of text and by reader.

Pure functions of the answers' points; `cost_chart` and `cost_plot` draw them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answers.profile import CostPoint

WINDOW = 10
"""Drafts in a moving average, and at each end of a sum."""
TITLE = "What your edits cost"
AXIS = "Words changed (%)"
DRAFTS = "Drafts, in the order in which you decided on them"
_MOST_READERS = 8


@dataclass(frozen=True, slots=True)
class Tally:
    """Of some drafts: how many, how many of them were left as they were, and the mean share in the first and last ones."""

    name: str
    drafts: int
    untouched: int
    first: float
    last: float


def moving_average(shares: Sequence[float], window: int = WINDOW) -> list[float]:
    """At each point the mean of the last `window` shares up to it, or of as many as there are."""
    return [sum(part) / len(part) for end in range(1, len(shares) + 1) if (part := shares[max(0, end - window) : end])]


def kinds(points: Iterable[CostPoint]) -> list[str]:
    """The kinds of text, the most frequent first."""
    counts: dict[str, int] = {}
    for point in points:
        counts[point.kind] = counts.get(point.kind, 0) + 1
    return sorted(counts, key=lambda kind: (-counts[kind], kind))


def tallies(points: Sequence[CostPoint]) -> list[Tally]:
    """Of all, of each kind, of the readers that most were for."""
    by_reader: dict[str, list[CostPoint]] = {}
    for point in points:
        if point.recipient:
            by_reader.setdefault(point.recipient, []).append(point)
    readers = sorted(by_reader, key=lambda reader: (-len(by_reader[reader]), reader))[:_MOST_READERS]
    found = [_tally("all", points)]
    if len(names := kinds(points)) > 1:
        found += [_tally(name, [point for point in points if point.kind == name]) for name in names]
    if len(by_reader) > 1 or (readers and len(by_reader[readers[0]]) < len(points)):
        found += [_tally(f"to {reader}", by_reader[reader]) for reader in readers]
    return found


def _tally(name: str, points: Sequence[CostPoint]) -> Tally:
    shares = [point.share for point in points]
    some = min(WINDOW, max(len(shares) // 2, 1))
    return Tally(
        name=name,
        drafts=len(shares),
        untouched=sum(point.cost == 0 for point in points),
        first=sum(shares[:some]) / some,
        last=sum(shares[-some:]) / some,
    )
