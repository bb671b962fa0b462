"""What a draft lacks, marked in its text: `[...]` for a name or a number, `[... answer: "When?"]` for a question.

A text with a gap is not sent. Pure functions; `compose` and `author` mark, the verbs of drafts list and ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.engine.sentences import STOPWORDS, content, covered
from assistant.engine.support.inflection import same_word
from assistant.engine.support.numerals import numbers

MARK = "[...]"
_MARKED = re.compile(r"\[(?:\.\.\.|…)(?:[^\[\]\n\"]|\"[^\"\n]*\")*\]")
_PLACEHOLDER = re.compile(r"\{(?:first|last|name)\}")
_WHEN = re.compile(
    r"\b(?:when|what (?:time|day|date)|which (?:day|date)|how long|wann|quand|à quelle heure|cuándo)\b", re.IGNORECASE
)
_TIME = re.compile(
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:to(?:day|morrow|night)|noon|week|montag|dienstag|mittwoch|"
    r"donnerstag|freitag|samstag|sonntag|heute|morgen|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|lunes|"
    r"martes|miércoles|jueves|viernes|sábado|domingo|mañana)",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"\W*(?:yes|yeah|no|not|sure|ok|okay|fine|great|perfect|of course|certainly|gladly|happy to|agreed|ja|nein|gerne?|oui|non|bien sûr|sí|claro)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|wer|was|wann|wo|welche\w*|warum|wie|qui|quoi|quand|où|quel\w*|"
    r"pourquoi|comment|quién|qué|cuándo|dónde|cuál|por qué|cómo)\b",
    re.IGNORECASE,
)
_SHARED = 0.33


def gaps_in(text: str) -> list[str]:
    """The gaps of a text as they are marked, in order."""
    return [found[0] for found in _MARKED.finditer(text)]


def answer_to(question: str) -> str:
    """The mark that stands for an answer."""
    said = " ".join(question.split()).replace('"', "'").replace("[", "(").replace("]", ")")
    return f'[... answer: "{said}"]'


def to_say(about: str) -> str:
    """The mark of a draft for which nothing was given but, perhaps, what it is about."""
    said = about.replace('"', "'").replace("[", "(").replace("]", ")")
    return f'[... what is to be said of "{said}"]' if said else "[... what is to be said]"


def without_name(greeting: str) -> str:
    """A greeting whose reader's name is not known."""
    return _PLACEHOLDER.sub(MARK, greeting)


def wants_name(value: str) -> bool:
    return _PLACEHOLDER.search(value) is not None


def unanswered(questions: Sequence[str], said: Sequence[str], language: str = "") -> list[str]:
    """The questions that none of the sentences `said` touches. A bare yes or no answers one question that asks for it."""
    spare = sum(_YES_OR_NO.match(one) is not None for one in said)
    left: list[str] = []
    for question in questions:
        if any(touches(one, question, language) for one in said):
            continue
        if spare and not _OPEN.search(question):
            spare -= 1
            continue
        left.append(question)
    return left


def touches(said: str, question: str, language: str = "") -> bool:
    """Whether a sentence speaks of what a question asks."""
    asked = {word for word in content(question) if word not in STOPWORDS}
    told = content(said)
    shared = frozenset(_shared(asked, told, language))
    if _WHEN.search(question):
        return bool(shared or not asked) and (_TIME.search(said) is not None or bool(numbers(said, language or "en")))
    return bool(shared) and covered(frozenset(asked), shared) >= _SHARED


def _shared(asked: set[str], told: frozenset[str], language: str) -> Iterator[str]:
    for word in asked:
        if any(word == other or same_word(word, other, language) for other in told):
            yield word
