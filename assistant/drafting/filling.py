"""What a draft would have said, had its gaps been filled: Telos's text with the user's words in the place of its marks.

Filling a gap is saying what was missing, and no taste: held against this text, an edit shows the rest of what was changed.
Pure functions of texts; `drafts.edit` asks before it teaches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from assistant.drafting import gaps
from assistant.style.splitting import sentences

LIKE = 0.34
"""Two paragraphs that share so much are one before and after the edit."""
_BETWEEN = re.compile(r"\n[ \t]*\n\s*")
_TOKEN = re.compile(r"(?:\[(?:\.\.\.|…)(?:[^\[\]\n\"]|\"[^\"\n]*\")*\]\S*|\S+)\s*")


def filled(before: str, after: str) -> str:
    """`before` with what `after` has in the place of its gaps; a gap that was taken out is gone."""
    old, new = _paragraphs(before), _paragraphs(after)
    if not (gaps.gaps_in(before) and new):
        return before
    pairs = _pairs(old, new)
    kept: list[str] = []
    for index, paragraph in enumerate(old):
        if _is_gap(paragraph):
            is_first = index == 0 or not _is_gap(old[index - 1])
            kept += _between(index, old, new, pairs) if is_first else []
        else:
            kept.append(_inline(paragraph, new[pairs[index]] if index in pairs else ""))
    return "\n\n".join(kept)


def _paragraphs(text: str) -> list[str]:
    return [one for one in _BETWEEN.split(text.strip()) if one]


def _is_gap(paragraph: str) -> bool:
    """Whether it holds marks and nothing else."""
    return all(gaps.gaps_in(token) for token in _TOKEN.findall(paragraph)) and bool(gaps.gaps_in(paragraph))


def _pairs(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """The paragraphs that stayed, by their numbers before and after, in the same order."""
    found: dict[int, int] = {}
    least = 0
    for index, paragraph in enumerate(old):
        if _is_gap(paragraph):
            continue
        alike = {place: _likeness(paragraph, new[place]) for place in range(least, len(new))}
        best = max(alike, key=lambda place: (alike[place], -place), default=None)
        if best is not None and alike[best] >= LIKE:
            found[index] = best
            least = best + 1
    for ours, theirs in (
        (0, 0),
        (len(old) - 1, len(new) - 1),
    ):  # the first and last words of a letter, in whatever form
        if ours not in found and theirs not in found.values() and not _is_gap(old[ours]):
            found[ours] = theirs
    return found


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold().split(), other.casefold().split(), autojunk=False).ratio()


def _between(index: int, old: Sequence[str], new: Sequence[str], pairs: dict[int, int]) -> list[str]:
    """The paragraphs where the gap was; or, where there are none, what the paragraph before has more at its end."""
    before = max((place for place in pairs if place < index), default=None)
    after = min((place for place in pairs if place > index), default=None)
    first = pairs[before] + 1 if before is not None else 0
    last = pairs[after] if after is not None else len(new)
    if first < last:
        return list(new[first:last])
    if before is None:
        return []
    known = len(sentences(old[before]))
    return [" ".join(more)] if (more := sentences(new[pairs[before]])[known:]) else []


def _inline(paragraph: str, edited: str) -> str:
    """A paragraph with the words that stand in the edited one where it has marks."""
    if not gaps.gaps_in(paragraph):
        return paragraph
    old, new = _TOKEN.findall(paragraph), _TOKEN.findall(edited)
    told: list[str] = []
    steps = SequenceMatcher(
        None, [one.strip() for one in old], [one.strip() for one in new], autojunk=False
    ).get_opcodes()
    for _, start, end, first, last in steps:
        for place in range(start, end):
            if not gaps.gaps_in(old[place]):
                told.append(old[place])
            elif not any(gaps.gaps_in(one) for one in new[first:last]):
                told += new[first + place - start : max(last - (end - place - 1), first)]
            else:
                told.append(old[place])  # it stands still
    return "".join(told).strip()
