"""The one table by which what became of a reply is a reward in [0, 1].

    the user's own word    /done 1.0, /fail 0.0, thumbs up 0.8, thumbs down 0.2; it replaces all below
    else                   the mean of those known of: share of criteria met, kept share of the draft, judge / 10
    minus                  0.1 for each correction and each repeated question; clipped to [0, 1]

Where nothing of the upper rows is known there is no reward: a correction alone has nothing to be taken from. It knows no
rows; `settling` finds the evidence, and every reward keeps what it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

WORDS = {"achieved": 1.0, "abandoned": 0.0}
THUMBS = {"more": 0.8, "less": 0.2}
CORRECTION = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a reply, or of the stretch of replies that it ends. `None` and empty are unknown.

    `criteria` is the share met and `kept` that of a draft's words that stayed, both in [0, 1]; `judged` is 0 to 10.
    """

    word: Literal["", "achieved", "abandoned"] = ""
    thumbs: Literal["", "more", "less"] = ""
    criteria: float | None = None
    kept: float | None = None
    judged: float | None = None
    corrections: int = 0


@dataclass(frozen=True, slots=True)
class Reward:
    """`value` is `None` where nothing is known; `sources` are `{"what": str, "value": float}` each."""

    value: float | None
    sources: tuple[dict[str, Any], ...] = ()


UNKNOWN = Reward(None)


def reward(evidence: Evidence) -> Reward:
    """By the table."""
    if evidence.word:
        what = "/done" if evidence.word == "achieved" else "/fail"
        return Reward(WORDS[evidence.word], (_source(what, WORDS[evidence.word]),))
    if evidence.thumbs:
        what = "thumbs up" if evidence.thumbs == "more" else "thumbs down"
        return Reward(THUMBS[evidence.thumbs], (_source(what, THUMBS[evidence.thumbs]),))
    known = {
        "criteria met": evidence.criteria,
        "draft kept": evidence.kept,
        "judge": None if evidence.judged is None else evidence.judged / 10,
    }
    sources = [_source(what, value) for what, value in known.items() if value is not None]
    if not sources:
        return UNKNOWN
    value = fmean(one["value"] for one in sources)
    if evidence.corrections:
        sources.append(_source("corrections", -CORRECTION * evidence.corrections))
        value += sources[-1]["value"]
    return Reward(round(min(max(value, 0.0), 1.0), 6), tuple(sources))


def _source(what: str, value: float) -> dict[str, Any]:
    return {"what": what, "value": round(value, 6)}
