"""Whether an answer keeps to an instruction, by plain code: each check is a function from text to a verdict.

An answer that a check cannot judge is `unscored`, never broken: an empty one, or one too short to tell its language. Knows
no model and no instruction's words; `probes` puts them together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Literal

Verdict = Literal["kept", "broken", "unscored"]
Check = Callable[[str], Verdict]

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")
_ENDING = " \t\n*_\"'“”‘’`"
_LEAST_KNOWN = 3
"""Words that tell a language, below which nobody can say which one it is."""
_COMMON = {
    "English": "the and of to in is it that for with are was you not this but have from they be on as at which",
    "French": "le la les et de des un une est dans que qui pour pas vous nous avec sur ce il elle sont du au ne je",
    "German": "der die das und ist nicht ein eine mit auf zu den von für es sie ich wir sind auch dem im wird man",
    "Spanish": "el los las y de un una es en que por para con no se del al su como más son muy pero lo está hay",
    "Italian": "il gli e di un una è che per con non si della del sono come più ma lo questo anche nel alla le molto",
}
_KNOWN = {language: frozenset(words.split()) for language, words in _COMMON.items()}


def says(*wanted: str) -> Check:
    """One of the words or phrases stands in it, in any case."""
    found = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in wanted), re.IGNORECASE)
    return _scored(lambda text: bool(found.search(text)))


def begins(wanted: str) -> Check:
    return _scored(lambda text: text.lstrip(_ENDING).casefold().startswith(wanted.casefold()))


def ends(wanted: str) -> Check:
    """With these words, or this sign; quotation marks around it are nothing."""
    return _scored(lambda text: text.rstrip(_ENDING).rstrip("." if wanted[-1] != "." else "").endswith(wanted))


def is_upper() -> Check:
    return _scored(lambda text: text.isupper())


def is_lower() -> Check:
    return _scored(lambda text: text.islower())


def without_letter(letter: str) -> Check:
    return _scored(lambda text: letter not in text.casefold())


def words(least: int, most: int) -> Check:
    return _scored(lambda text: least <= len(_WORD.findall(text)) <= most)


def sentences(least: int, most: int) -> Check:
    def holds(text: str) -> bool:
        ended = len(_SENTENCE_END.findall(text))
        is_open = not re.search(r"[.!?…][\"'”’)*_]*\s*$", text)
        return least <= ended + is_open <= most

    return _scored(holds)


def lines(least: int, most: int) -> Check:
    return _scored(lambda text: least <= sum(bool(line.strip()) for line in text.splitlines()) <= most)


def each_line(pattern: str, least: int = 2) -> Check:
    """Every line that says something matches, and there are so many."""
    one = re.compile(pattern)

    def holds(text: str) -> bool:
        written = [line.strip() for line in text.splitlines() if line.strip()]
        return len(written) >= least and all(one.match(line) for line in written)

    return _scored(holds)


def is_object(*keys: str) -> Check:
    """It is one JSON object with these keys, and nothing else; marks of a code block around it are taken off."""

    def holds(text: str) -> bool:
        bare = re.sub(r"^```(?:json)?\s*|\s*```$", "", text.strip())
        try:
            read = json.loads(bare)
        except ValueError:
            return False
        return isinstance(read, dict) and set(keys) <= read.keys()

    return _scored(holds)


def picks(letter: str) -> Check:
    """Of the choices A to D this one. Unscored where no letter stands alone, or where several do."""

    def check(text: str) -> Verdict:
        alone = re.fullmatch(r"\W*([a-dA-D])\W*", text)
        found = {alone[1].upper()} if alone else set(re.findall(r"(?<![\w'’])([A-D])(?![\w'’])", text))
        if len(found) != 1:
            return "unscored"
        return "kept" if found == {letter} else "broken"

    return check


def is_in(language: str) -> Check:
    """By the words that are common in one of five languages. Unscored where few of them stand in it, or two tie."""

    def check(text: str) -> Verdict:
        said = [word.casefold() for word in _WORD.findall(text)]
        known = {name: sum(word in common for word in said) for name, common in _KNOWN.items()}
        first, second = sorted(known.values(), reverse=True)[:2]
        if first < _LEAST_KNOWN or first == second:
            return "unscored"
        return "kept" if known[language] == first else "broken"

    return check


def both(*checks: Check) -> Check:
    """All of them: broken where one is, unscored where none is and one cannot be judged."""

    def check(text: str) -> Verdict:
        verdicts = {one(text) for one in checks}
        return "broken" if "broken" in verdicts else "unscored" if "unscored" in verdicts else "kept"

    return check


def _scored(holds: Callable[[str], bool]) -> Check:
    def check(text: str) -> Verdict:
        if not _WORD.search(text):
            return "unscored"
        return "kept" if holds(text.strip()) else "broken"

    return check
