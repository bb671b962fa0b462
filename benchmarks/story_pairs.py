"""The labelled pairs of `story_pairs.csv`, as tellings: which of two texts tell the same event.

The file holds places in the shared data, hashes that say whether it is still the same data, labels given by hand, and
the half that each pair belongs to; pairs with a text in common are in one half. It holds no text. `story_pairs_more.csv`
holds more pairs, for choosing alone: none has a text of the reporting half.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.stories.telling import Telling, crowd_of
from benchmarks.embedded import lead_vectors
from benchmarks.news import ag_news_rows, bbc_rows
from connectors.reading import documents
from connectors.reading.links import canonical

PAIRS = Path(__file__).with_name("story_pairs.csv")
MORE_PAIRS = Path(__file__).with_name("story_pairs_more.csv")
AT_ONCE = 500
NOW = datetime(2025, 3, 18, 12, tzinfo=UTC)
"""Of what has no date: AG News and BBC give none, so that only their words tell them apart."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tellings and whether a person says that they tell the same event."""

    corpus: str
    one: Telling
    other: Telling
    is_same: bool
    half: str


def corpora(folder: Path) -> dict[str, dict[str, Telling]]:
    """`ag`, `bbc` and `feeds`: their texts by place, with vectors."""
    return {
        "ag": _tellings([_untitled(title, text) for title, text, _ in ag_news_rows(folder)]),
        "bbc": _tellings([_untitled(title, text) for title, text, _ in bbc_rows(folder)]),
        "feeds": _feeds(folder / "feeds" / "publishers"),
    }


def pairs(known: dict[str, dict[str, Telling]], path: Path = PAIRS) -> list[Pair]:
    """Raises: ValueError where the data is not that which was labelled."""
    found: list[Pair] = []
    with path.open(encoding="ascii", newline="") as lines:
        for row in csv.DictReader(lines):
            one, other = (known[row["corpus"]][row[place]] for place in ("first", "second"))
            if (digest_of(one), digest_of(other)) != (row["first_hash"], row["second_hash"]):
                raise ValueError(
                    f"Pair {row['corpus']} {row['first']} {row['second']} is not the text that was labelled."
                )
            found.append(Pair(row["corpus"], one, other, row["same"] == "1", row["half"]))
    return found


def digest_of(telling: Telling) -> str:
    return hashlib.sha256(f"{telling.title}\n{telling.text}".encode()).hexdigest()[:12]


def _untitled(title: str, text: str) -> Telling:
    return Telling(item_id=0, kind="article", published=NOW, title=title, text=text)


def _tellings(told: Sequence[Telling], places: Sequence[str] = ()) -> dict[str, Telling]:
    """The tellings with numbers and vectors, by place; the place of a line is its number."""
    rows = lead_vectors([(one.title, one.text) for one in told])
    for number, (one, row) in enumerate(zip(told, rows, strict=True)):
        one.item_id, one.vector = number, row
    for start in range(0, len(told), AT_ONCE):
        cosines = rows[start : start + AT_ONCE] @ rows.T
        cosines[range(len(cosines)), range(start, start + len(cosines))] = -1
        for one, crowd in zip(told[start : start + AT_ONCE], crowd_of(cosines), strict=True):
            one.crowd = float(crowd)
    return dict(zip(places or [str(number) for number in range(len(told))], told, strict=True))


def _feeds(folder: Path) -> dict[str, Telling]:
    places: list[str] = []
    told: list[Telling] = []
    for path in sorted(folder.glob("*.xml")):
        document = documents.read(path.read_bytes(), {}, f"https://{path.stem}.example/feed")
        for number, item in enumerate(document.items):
            url = canonical(item.url)
            links = frozenset(canonical(link) for link in item.links) - {url, ""}
            places.append(f"{path.stem}:{number}")
            told.append(Telling(0, item.kind, item.published or NOW, item.title, item.text, url, links))
    return _tellings(told, places)
