"""The live monitor: how much attention a reply paid to the instructions, what it broke, and what to do about it.

A pure rule over the turns of one conversation: when the share pi sinks under a part of what it was at first, or
replies break their criteria, the context is to be re-anchored (the instructions said again near the end) and k lowered.
Knows no model and no database; sessions ask it before a turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

LEAST_FOCUS = 0.5
"""The published effect grows below it, and so does the damage to what is said."""
STEP = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One turn: `attention` is pi, if the engine told it; `broken` criteria of those it was checked against."""

    attention: float | None = None
    broken: int = 0
    was_anchored: bool = False
    focus: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`sunk`: the part of the first turns' attention that is too little. `broken` criteria in the last `window` turns are
    too many. Nothing is anchored again before `rest` turns have passed."""

    sunk: float = 0.5
    broken: int = 2
    window: int = 3
    rest: int = 4


@dataclass(frozen=True, slots=True)
class Advice:
    """What the next turn is to do: say the instructions again, with this k; the reasons are sentences for the session's log,
    the second for an engine that lets nobody at its attention."""

    is_to_anchor: bool
    focus: float
    why: str = ""
    why_without_focus: str = ""


def advise(turns: Sequence[Seen], focus: float = 1.0, limits: Limits | None = None) -> Advice:
    """For the turn after these; `focus` is the k that is configured, above which none is ever chosen.

    k goes down by a step each time the context is anchored again, not under `LEAST_FOCUS`, and stays there.
    """
    limits = limits or Limits()
    known = min([focus, *(turn.focus for turn in turns)])
    since = next((n for n, turn in enumerate(reversed(turns)) if turn.was_anchored), len(turns))
    late = turns[len(turns) - min(limits.window, since) :] if since else []
    if len(late) < limits.window or since < limits.rest:
        return Advice(False, known)
    broken = sum(turn.broken for turn in late)
    first = _mean(turns[: limits.window])
    now = _mean(late)
    whys: list[str] = []
    if first is not None and now is not None and len(turns) >= 2 * limits.window and now < limits.sunk * first:
        whys.append(f"attention to the instructions sank from {first:.3f} to {now:.3f}")
    if broken >= limits.broken:
        whys.append(f"{broken} criteria were broken in the last {limits.window} turns")
    if not whys:
        return Advice(False, known)
    lower = max(round(known - STEP, 2), min(LEAST_FOCUS, known))
    sentence = f"{' and '.join(whys)}: the instructions are said again"
    sentence = sentence[0].upper() + sentence[1:]
    return Advice(True, lower, f"{sentence}, with k = {lower:g}.", f"{sentence}.")


def _mean(turns: Sequence[Seen]) -> float | None:
    told = [turn.attention for turn in turns if turn.attention is not None]
    return fmean(told) if told else None
