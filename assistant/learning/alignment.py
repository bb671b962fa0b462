"""Two texts laid side by side: what an edit costs in words, which runs stay, go and come, which sentences answer which.

It knows strings and nothing of style. The cost of an edit, in words, is counted here and nowhere else: verbs, lessons and
benchmarks ask `distance`. White space costs nothing, so that a paragraph broken in two is no word changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from rapidfuzz.distance import Indel, Levenshtein

from assistant.answers.drafts import WordSpan
from memory.scripts import UNSPACED

Change = Literal["same", "gone", "new"]
_Step = tuple[str, int, int, int, int]
"""What to do, from where to where before, from where to where after, in words."""

ALIKE = 0.5
"""From this share of common words on, two sentences are one that was rewritten."""
_MOVED = 0.02
"""What a sentence in another place has to be more alike by."""
_TOKEN = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
_LETTERS = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+(?:['’.,:/@-][^\W_{UNSPACED}]+)*")
_SMALL = 3
"""A word of so few letters between two changed runs is read with them."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence before, the one that it became, and how alike they are, in (0, 1]."""

    before: int
    after: int
    likeness: float


@dataclass(frozen=True, slots=True)
class Sentences:
    """`pairs` in the order of the text after; a sentence that was split or joined stands in several. `gone` and `new` are
    the numbers of those that have no other."""

    pairs: tuple[Pair, ...]
    gone: tuple[int, ...]
    new: tuple[int, ...]


def words(text: str) -> list[str]:
    """What is counted: the runs between white space, a character each in scripts without spaces."""
    return _TOKEN.findall(text)


def distance(before: str, after: str) -> int:
    """Word-level Levenshtein distance: words to put in, take out or replace."""
    return int(Levenshtein.distance(*_encoded(words(before), words(after))))


def spans(before: str, after: str) -> list[WordSpan]:
    """The runs of both texts in reading order, white space and all: same and gone are `before`, same and new `after`."""
    old, old_tail = _with_gaps(before)
    new, new_tail = _with_gaps(after)
    found: list[WordSpan] = []
    first, second = _encoded([word for _, word in old], [word for _, word in new])
    for tag, old_from, old_to, new_from, new_to in _readable(_steps(first, second), new):
        if tag != "equal":
            _add(found, "gone", "".join(gap + word for gap, word in old[old_from:old_to]))
            _add(found, "new", "".join(gap + word for gap, word in new[new_from:new_to]))
            continue
        for (old_gap, word), (new_gap, _) in zip(old[old_from:old_to], new[new_from:new_to], strict=True):
            _add_gap(found, old_gap, new_gap)
            _add(found, "same", word)
    _add_gap(found, old_tail, new_tail)
    return found


def aligned(before: Sequence[str], after: Sequence[str]) -> Sentences:
    """Which sentence became which, wherever it stands now; the most alike first, each taken once, and then what was split
    or joined."""
    old = [_bare(sentence) for sentence in before]
    new = [_bare(sentence) for sentence in after]
    likeness = _likeness(old, new)
    pairs: list[Pair] = []
    free_old, free_new = set(range(len(old))), set(range(len(new)))
    for like, one, other in sorted(likeness, reverse=True):
        if one in free_old and other in free_new and like >= ALIKE:
            pairs.append(Pair(one, other, min(like, 1.0)))
            free_old.discard(one)
            free_new.discard(other)
    pairs += _split_or_joined(old, new, free_old, free_new)
    pairs.sort(key=lambda pair: (pair.after, pair.before))
    matched_old, matched_new = {pair.before for pair in pairs}, {pair.after for pair in pairs}
    return Sentences(
        tuple(pairs),
        tuple(number for number in range(len(old)) if number not in matched_old),
        tuple(number for number in range(len(new)) if number not in matched_new),
    )


def _encoded(*texts: Sequence[str]) -> tuple[str, ...]:
    """Each word as one character, so that words are compared as fast as characters are."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(chain.from_iterable(texts)), start=1)}
    characters = {word: chr(number if number < 0xD800 else number + 0x800) for word, number in numbers.items()}
    return tuple("".join([characters[word] for word in text]) for text in texts)


def _with_gaps(text: str) -> tuple[list[tuple[str, str]], str]:
    """The words with the white space before each, and what follows the last."""
    found: list[tuple[str, str]] = []
    end = 0
    for match in _TOKEN.finditer(text):
        found.append((text[end : match.start()], match[0]))
        end = match.end()
    return found, text[end:]


def _steps(first: str, second: str) -> list[_Step]:
    return [
        (one.tag, one.src_start, one.src_end, one.dest_start, one.dest_end)
        for one in Levenshtein.opcodes(first, second)
    ]


def _readable(steps: Sequence[_Step], new: Sequence[tuple[str, str]]) -> list[_Step]:
    """The steps, where a small word that happens to stand in both of two long changed runs parts them no more."""
    found: list[_Step] = []
    for number, step in enumerate(steps):
        tag, old_from, old_to, new_from, new_to = step
        is_small = new_to - new_from == 1 and len(new[new_from][1]) <= _SMALL
        if tag == "equal" and is_small and 0 < number < len(steps) - 1:
            around = (steps[number - 1], steps[number + 1])
            if all(min(one[2] - one[1], one[4] - one[3]) >= 2 for one in around):
                tag = "replace"
        if found and tag != "equal" and found[-1][0] != "equal":
            found[-1] = ("replace", found[-1][1], old_to, found[-1][3], new_to)
        else:
            found.append((tag, old_from, old_to, new_from, new_to))
    return found


def _add(found: list[WordSpan], change: Change, text: str) -> None:
    if not text:
        return
    if found and found[-1].change == change:
        found[-1] = WordSpan(change=change, text=found[-1].text + text)
    elif change == "gone" and len(found) > 1 and (found[-1].change, found[-2].change) == ("new", "gone"):
        found[-2] = WordSpan(change="gone", text=found[-2].text + text)  # what went stands before what came
    else:
        found.append(WordSpan(change=change, text=text))


def _add_gap(found: list[WordSpan], old: str, new: str) -> None:
    if old == new:
        _add(found, "same", old)
    else:
        _add(found, "gone", old)
        _add(found, "new", new)


def _bare(sentence: str) -> list[str]:
    return [word.casefold() for word in _LETTERS.findall(sentence)] or sentence.split()


def _likeness(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> list[tuple[float, int, int]]:
    """(likeness, number before, number after) of those that are nearly alike enough, or more; in the same place counts a
    little more."""
    where: dict[str, set[int]] = {}
    for number, sentence in enumerate(new):
        for word in sentence:
            where.setdefault(word, set()).add(number)
    codes = _encoded(*old, *new)
    found: list[tuple[float, int, int]] = []
    for one, sentence in enumerate(old):
        for other in sorted({number for word in sentence for number in where.get(word, ())}):
            like = Indel.normalized_similarity(codes[one], codes[len(old) + other], score_cutoff=ALIKE - 2 * _MOVED)
            if not like:
                continue
            place = abs(one / max(len(old), 1) - other / max(len(new), 1))
            found.append((float(like) + _MOVED * (1 - place), one, other))
    return found


def _split_or_joined(
    old: Sequence[Sequence[str]], new: Sequence[Sequence[str]], free_old: set[int], free_new: set[int]
) -> list[Pair]:
    """What is left over and lies within another sentence: parts of one that was split, or of one that was joined."""
    found: list[Pair] = []
    for part in sorted(free_new):
        whole = _holder(new[part], old)
        if whole is not None:
            found.append(Pair(whole[0], part, whole[1]))
    for part in sorted(free_old):
        whole = _holder(old[part], new)
        if whole is not None:
            found.append(Pair(part, whole[0], whole[1]))
    return found


def _holder(part: Sequence[str], wholes: Sequence[Sequence[str]]) -> tuple[int, float] | None:
    """The longer sentence that holds most of `part`'s words, in their order, and how much of it."""
    if len(part) < 3:
        return None
    best: tuple[int, float] | None = None
    for number, whole in enumerate(wholes):
        if len(whole) <= len(part):
            continue
        first, second = _encoded(part, whole)
        common = (len(part) + len(whole) - Indel.distance(first, second)) / 2
        share = common / len(part)
        if share >= 0.75 and (best is None or share > best[1]):
            best = (number, share)
    return best
