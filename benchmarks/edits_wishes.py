"""The wishes a simulated user may have about a text, and the change that grants each.

A wish is a kind and a value. Its change leaves a letter that already fits as it is, leaves what it says, and done twice is
done once; wishes are granted in the order of `CHANGES`, in which no later one undoes an earlier. `HIDDEN` are those kinds
that no learner is made to detect, each about as much work as the others. `simulated_user` draws wishes and decides which are
granted; nothing of Telos is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks import edits_formats as formats
from benchmarks import edits_words as words
from benchmarks.edits_letter import Case, Letter, Line, each_sentence, places_said, plain


@dataclass(frozen=True, slots=True)
class Wish:
    """`value` is such as `bullets`, `Hi {first},`, `old>new`; `amount` counts sentences or words where the kind is a length."""

    kind: str
    value: str = ""
    amount: int = 0

    @property
    def is_hidden(self) -> bool:
        return self.kind in HIDDEN


STANDING = {
    "at the end": (
        "Comments are welcome at any time.",
        "Details follow on request.",
        "Please confirm receipt by return.",
        "Questions are always welcome.",
        "All figures are provisional.",
    ),
    "at the start": (
        "The latest, in short.",
        "For information only.",
        "Short update from the desk.",
    ),
}
"""Sentences that a user may want in every text of a context. None holds a word that another wish changes."""
_STANDING = frozenset(plain(one) for some in STANDING.values() for one in some)
THANKS = re.compile(r"^(many )?(thanks|thank you|i appreciate|we appreciate|much appreciated)\b", re.IGNORECASE)
ARTICLES = re.compile(r"(?<![\w'-])(the|a|an) (?=\w)", re.IGNORECASE)


def said(letter: Letter, case: Case, wish: Wish) -> Letter:
    """Put back the points that the draft has lost; nobody gives a point in order that it be left out."""
    return _with(
        letter, [one for one in _unsaid(letter, case) if not (wish.value == "but thanks" and THANKS.match(one))]
    )


def own(letter: Letter, case: Case, wish: Wish) -> Letter:
    """Take out standing sentences that belong elsewhere; `value` is the one that belongs here, if any."""
    return _keep(letter, lambda one: plain(one) not in _STANDING or plain(one) == plain(wish.value))


def thanks(letter: Letter, case: Case, wish: Wish) -> Letter:
    return _keep(letter, lambda one: not THANKS.match(one))


def sentences(letter: Letter, case: Case, wish: Wish) -> Letter:
    """As many sentences as wanted, give or take a quarter: the last ones go, or the next ones of the source come.

    A mail of fewer points has all of them.
    """
    count, slack = len(_core(letter)), wish.amount // 4
    if count > wish.amount + slack:
        return _cut(letter, count - wish.amount)
    return _with(letter, _unsaid(letter, case)[: wish.amount - count]) if count < wish.amount - slack else letter


def length(letter: Letter, case: Case, wish: Wish) -> Letter:
    """About as many words as wanted, in whole sentences. A quarter too many or two fifths too few are let be."""
    kept, most = list(_core(letter)), wish.amount * 1.15
    if _count(kept) > wish.amount * 1.25:
        while len(kept) > 1 and _count(kept) > most:
            kept.pop()
        letter = _cut(letter, len(_core(letter)) - len(kept))
    total, added = _count(kept), list[str]()
    if total >= wish.amount * 0.6:
        return letter
    for one in _unsaid(letter, case):
        if total < wish.amount * 0.75 and total + _count([one]) <= most:
            added.append(one)
            total += _count([one])
    return _with(letter, added)


def layout(letter: Letter, case: Case, wish: Wish) -> Letter:
    """`prose`, `bullets` or `numbered`; a standing sentence may stand in the list or beside it."""
    core = [line for line in letter.body if not _is_standing(line)]
    if all(_shape(line) == wish.value for line in core):
        return letter
    first, middle, last = _apart(letter)
    if wish.value == "prose":
        shaped = [Line(tuple(middle))]
    else:
        marks = ["- " if wish.value == "bullets" else f"{number}. " for number in range(1, len(middle) + 1)]
        shaped = [
            Line((one,), mark, "\n" if number else "\n\n")
            for number, (one, mark) in enumerate(zip(middle, marks, strict=True))
        ]
    return replace(letter, body=(*_lines(first), *shaped, *_lines(last)))


def paragraphs(letter: Letter, case: Case, wish: Wish) -> Letter:
    """So many sentences a paragraph; 0 is one paragraph in all. A last one may be shorter. Lists are left."""
    core = [line for line in letter.body if not _is_standing(line)]
    if any(line.marker for line in core):
        return letter
    first, middle, last = _apart(letter)
    size = wish.amount or max(1, len(middle))
    counts = [sum(plain(one) not in _STANDING for one in line.sentences) for line in core]
    if all(count == size for count in counts[:-1]) and (not counts or counts[-1] <= size):
        return letter
    shaped = [Line(tuple(middle[start : start + size])) for start in range(0, len(middle), size)]
    return replace(letter, body=(*_lines(first), *shaped, *_lines(last)))


def standing(letter: Letter, case: Case, wish: Wish) -> Letter:
    """The sentence stands first or last in the body, whichever `STANDING` says."""
    everything = [plain(one) for one in letter.sentences]
    is_first = wish.value in STANDING["at the start"]
    if everything and everything[0 if is_first else -1] == plain(wish.value):
        return letter
    rest = _keep(letter, lambda one: plain(one) != plain(wish.value)).body
    line = Line((wish.value,))
    return replace(letter, body=(line, *rest) if is_first else (*rest, line))


def heading(letter: Letter, case: Case, wish: Wish) -> Letter:
    if wish.value == "no":
        return replace(letter, heading="")
    return letter if letter.heading else replace(letter, heading=case.title)


def greeting(letter: Letter, case: Case, wish: Wish) -> Letter:
    return replace(letter, greeting=_named(wish.value, case.reader))


def closing(letter: Letter, case: Case, wish: Wish) -> Letter:
    return replace(letter, closing=_named(wish.value, case.writer))


def signature(letter: Letter, case: Case, wish: Wish) -> Letter:
    return replace(letter, signature=_named(wish.value, case.writer))


def connective(letter: Letter, case: Case, wish: Wish) -> Letter:
    """Every third sentence begins with "Also,"."""
    places = iter(range(len(letter.sentences)))

    def change(one: str) -> str:
        return one if next(places) % 3 != 2 or re.match(r"also,", one, re.IGNORECASE) else f"Also, {_small(one)}"

    return each_sentence(letter, change, spared=_STANDING)


def capitals(letter: Letter, case: Case, wish: Wish) -> Letter:
    """The first word is written in capitals."""
    core = _core(letter)

    def change(one: str) -> str:
        return re.sub(r"^\W*\w+", _upper, one) if one == core[0] else one

    return each_sentence(letter, change, spared=_STANDING)


def hedge(letter: Letter, case: Case, wish: Wish) -> Letter:
    """The first sentence with a figure in it ends in "(so far)"."""
    figured = [one for one in _core(letter) if re.search(r"\d", one)]

    def change(one: str) -> str:
        if one != figured[0] or "(so far)" in one:
            return one
        return re.sub(r"([.!?]?[\"'”’]?)$", r" (so far)\1", one, count=1)

    return each_sentence(letter, change, spared=_STANDING) if figured else letter


def telegram(letter: Letter, case: Case, wish: Wish) -> Letter:
    """No articles."""

    def change(one: str) -> str:
        short = ARTICLES.sub("", one)
        return _big(short) if short != one else one

    return each_sentence(letter, change, spared=_STANDING)


Change = Callable[[Letter, Case, Wish], Letter]


def _in_words(change: Callable[[str, str], str]) -> Change:
    def changed(letter: Letter, case: Case, wish: Wish) -> Letter:
        return each_sentence(letter, lambda one: change(one, wish.value), spared=_STANDING)

    return changed


def _in_figures(change: Callable[[str, str, tuple[str, ...]], str]) -> Change:
    def changed(letter: Letter, case: Case, wish: Wish) -> Letter:
        return each_sentence(letter, lambda one: change(one, wish.value, case.source), spared=_STANDING)

    return changed


CHANGES: dict[str, Change] = {
    "said": said,
    "own": own,
    "thanks": thanks,
    "sentences": sentences,
    "words": length,
    "person": _in_words(words.person),
    "contractions": _in_words(words.contractions),
    "exclamation": _in_words(words.exclamation),
    "dates": _in_figures(formats.dates),
    "times": _in_words(formats.times),
    "numbers": _in_words(formats.numbers),
    "thousands": _in_figures(formats.thousands),
    "spelling": _in_words(words.spelling),
    "term": _in_words(words.term),
    "hedge": hedge,
    "telegram": telegram,
    "connective": connective,
    "layout": layout,
    "paragraphs": paragraphs,
    "capitals": capitals,
    "standing": standing,
    "heading": heading,
    "greeting": greeting,
    "closing": closing,
    "signature": signature,
}
HIDDEN = frozenset({"hedge", "telegram", "connective", "capitals"})
ORDER = {kind: place for place, kind in enumerate(CHANGES)}


def grant(letter: Letter, case: Case, wish: Wish) -> Letter:
    return CHANGES[wish.kind](letter, case, wish)


def _core(letter: Letter) -> tuple[str, ...]:
    """The sentences that are about something."""
    return tuple(one for one in letter.sentences if plain(one) not in _STANDING)


def _count(some: Iterable[str]) -> int:
    return sum(len(one.split()) for one in some)


def _unsaid(letter: Letter, case: Case) -> list[str]:
    there = places_said(_core(letter), case.source)
    return [one for place, one in enumerate(case.source) if place not in there]


def _is_standing(line: Line) -> bool:
    return all(plain(one) in _STANDING for one in line.sentences)


def _keep(letter: Letter, is_wanted: Callable[[str], bool]) -> Letter:
    lines = (replace(line, sentences=tuple(filter(is_wanted, line.sentences))) for line in letter.body)
    body = tuple(line for line in lines if line.sentences)
    return letter if body == letter.body else replace(letter, body=_numbered(body))


def _cut(letter: Letter, count: int) -> Letter:
    """Without the last `count` sentences that are about something."""
    left = len(_core(letter)) - count
    places = iter(range(len(letter.sentences)))
    return _keep(letter, lambda one: plain(one) in _STANDING or next(places) < left) if count > 0 else letter


def _with(letter: Letter, added: Sequence[str]) -> Letter:
    """`added` after the last sentence that is about something: as items where that is one, else in its paragraph."""
    if not added:
        return letter
    body = list(letter.body)
    at = max((place for place, line in enumerate(body) if not _is_standing(line)), default=None)
    if at is None:
        return replace(letter, body=(Line(tuple(added)), *body))
    line = body[at]
    if line.marker:
        more = [Line((one,), line.marker, "\n") for one in added]
        return replace(letter, body=_numbered((*body[: at + 1], *more, *body[at + 1 :])))
    end = max(place for place, one in enumerate(line.sentences) if plain(one) not in _STANDING) + 1
    body[at] = replace(line, sentences=(*line.sentences[:end], *added, *line.sentences[end:]))
    return replace(letter, body=tuple(body))


def _apart(letter: Letter) -> tuple[list[str], list[str], list[str]]:
    """Standing sentences before what the text is about, that, and those after."""
    everything = list(letter.sentences)
    about = [place for place, one in enumerate(everything) if plain(one) not in _STANDING]
    if not about:
        return everything, [], []
    within = everything[about[0] : about[-1] + 1]
    return everything[: about[0]], within, everything[about[-1] + 1 :]


def _lines(some: Iterable[str]) -> tuple[Line, ...]:
    return tuple(Line((one,)) for one in some)


def _numbered(body: tuple[Line, ...]) -> tuple[Line, ...]:
    numbers = iter(range(1, len(body) + 1))
    return tuple(
        replace(line, marker=re.sub(r"\d+", lambda _: str(next(numbers)), line.marker))
        if _shape(line) == "numbered"
        else line
        for line in body
    )


def _shape(line: Line) -> str:
    return "numbered" if re.search(r"\d", line.marker) else "bullets" if line.marker else "prose"


def _named(pattern: str, name: str) -> str:
    return pattern.replace("{first}", name.split()[0] if name.split() else "").replace("{name}", name)


def _small(sentence: str) -> str:
    """With a small first letter, unless the first word may be a name or an abbreviation."""
    found = re.match(r"\W*(\w+)", sentence)
    return (
        sentence
        if found is None or found.group(1) not in _BEGINNINGS
        else re.sub(r"\w", lambda one: one.group().lower(), sentence, count=1)
    )


_WORDS = (
    "The A An This That These Those It He She They We You There Here If When While After Before In On At For From With By But And "
    "As His Her Their Our Your My Its Please Some Many Most All Both One Two"
)
_BEGINNINGS = frozenset(_WORDS.split())
"""What a sentence may begin with that is no name."""


def _big(sentence: str) -> str:
    return re.sub(r"\w", lambda one: one.group().upper(), sentence, count=1)


def _upper(match: re.Match[str]) -> str:
    return match.group().upper()
