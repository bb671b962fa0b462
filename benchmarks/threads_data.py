"""A year of a real channel, whose conversations somebody has told apart: its messages, in two halves cut between conversations.

Called by `benchmarks.threads`, which reports on the second half, and `benchmarks.threads_fit`, which learns from the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from assistant.stories.threads import Said
from benchmarks.embedded import lead_vectors

FILE = Path("slack") / "racket_general_2017.xml"
_MENTION = re.compile(r"<@([^>|]+)")


@dataclass(frozen=True, slots=True)
class Talk:
    """Messages in the order of time, and the conversation that each belongs to."""

    said: tuple[Said, ...]
    gold: tuple[int, ...]

    def part(self, start: int, end: int) -> Talk:
        return Talk(self.said[start:end], self.gold[start:end])

    @property
    def minutes(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([one.at.timestamp() / 60 for one in self.said])

    def without_meaning(self) -> Talk:
        bare = (Said(one.at, one.speaker, one.text, one.mentions) for one in self.said)
        return Talk(tuple(bare), self.gold)


def read(data: Path, most: int | None = None) -> Talk:
    """The whole channel, with vectors; `most` messages of it at most.

    Raises: NoEmbedder if the model is not here.
    """
    rows = list(ElementTree.parse(data / FILE).getroot().iter("message"))[:most]  # noqa: S314  (ours, and local)
    texts = [row.findtext("text") or "" for row in rows]
    vectors = lead_vectors([("", text) for text in texts])
    said = [
        Said(
            at=datetime.fromisoformat(f"{row.findtext('ts')}+00:00"),
            speaker=row.findtext("user") or "",
            text=text,
            mentions=frozenset(_MENTION.findall(text)),
            vector=vector,
        )
        for row, text, vector in zip(rows, texts, vectors, strict=True)
    ]
    return Talk(tuple(said), tuple(int(row.get("conversation_id") or 0) for row in rows))


def parts(talk: Talk, count: int) -> list[Talk]:
    """About equal parts, cut where one conversation ends and another begins."""
    total = len(talk.said)
    cuts = [0]
    for number in range(1, count):
        cut = max(total * number // count, cuts[-1] + 1)
        while cut < total and _is_within(talk.gold, cut):
            cut += 1
        cuts.append(cut)
    return [talk.part(start, end) for start, end in zip(cuts, [*cuts[1:], total], strict=True)]


def _is_within(gold: Sequence[int], cut: int) -> bool:
    return gold[cut] == gold[cut - 1]
