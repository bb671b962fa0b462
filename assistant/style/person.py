"""Who speaks in an English text: `i`, `we`, or nobody (`impersonal`).

"I" and "we" are written for one another, with the verbs that agree. What names both sides ("shall we meet", "our call")
or one person alone ("my wife", "Ann and I") is neither read nor changed. `impersonal` is read, and never written: to take
the speaker out of a sentence is to write another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.trait import Difference, Form, Reading, Setting, Trait
from assistant.style.wording import MASK, begins, is_english, like, masked, quoted_from, reworded, running, spliced

SINGULAR, PLURAL, IMPERSONAL = "i", "we", "impersonal"
_SHARE = 0.75
"""So much of what speaks must speak alike."""
_LEAST_WORDS = 25
"""A shorter text may well have no occasion to name its writer."""

_TALK = "(?:meet|met|speak|spoke|talk|talked|chat|chatted|discuss|discussed|agree|agreed)"
_SHARED = (
    rf"(?:shall|can|could|should|might|when|where|before|until|once|as|if) we(?= (?:both |all |next |last |first )?{_TALK}\b)"
    rf"|shall we|let us|let['’]s|we (?:all|both)|we(?= (?:met|spoke|talked|chatted|discussed|agreed|(?:should|could|can) {_TALK})\b)"
    r"|(?:both|each|one|some|all|most|many|two|three|either|neither|none|between) of us|between us|join us"
    r"|our (?:last |next |first |recent |upcoming |earlier )?"
    r"(?:meeting|call|conversation|chat|discussion|talk|appointment|agreement|phone call|video call|lunch|dinner)"
)
"""Where "we" is the writer and the reader."""
_OTHERS = "(?:you|he|she|they|him|her|them|everyone|[A-Z][a-z]+)"
_PRIVATE = (
    r"[Mm]y (?:wife|husband|partner|mother|father|mum|mom|dad|parents|sons?|daughters?|children|kids|brother|sister|family"
    r"|birthday|name|phone|mobile|wedding|doctor|flight|own fault|fault)"
    rf"|{_OTHERS} and (?:I|me|we|us)|[a-z]+ and I(?= (?:are|were|have)\b|[.,;!?]|$)|(?:I|[Mm]e|[Ww]e|us) and {_OTHERS}|(?:[Aa]|[Tt]he|gold|coal|land) mine"
    r"|(?i:part|chapter|war|phase|type|class|volume|act|level|tier|stage|article|section|title|appendix) I(?!['’])"
    r"|I[/&.]\w"
)
_LEFT = re.compile(rf"\b(?:(?i:{_SHARED})|{_PRIVATE})\b")
_WORD = re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself|[Ww]e|us|[Oo]urs?|[Oo]ursel(?:ves|f))\b(?!-)")
_OF_ONE = frozenset(("i", "me", "my", "mine", "myself"))

_TO_WE = {"i": "we", "me": "us", "my": "our", "mine": "ours", "myself": "ourselves"}
_TO_I = {"we": "I", "us": "me", "our": "my", "ours": "mine", "ourselves": "myself", "ourself": "myself"}
_VERBS_OF_WE = {"am": "are", "was": "were", "wasn't": "weren't", "'m": "'re"}
_VERBS_OF_I = {"are": "am", "were": "was", "aren't": "am not", "weren't": "wasn't", "'re": "'m"}
_BETWEEN = r"(?: (?:also|just|only|still|now|really|always|already|currently|never|usually|often|recently))?"
_AFTER = re.compile(
    rf"\b(?P<word>I|[Ww]e)(?:{_BETWEEN} (?P<verb>(?:are|was|were)n['’]t|am|are|was|were)\b|(?P<short>['’](?:m|re))\b)"
)
_BEFORE = re.compile(r"\b(?P<verb>[Aa]m|[Aa]re|(?:[Ww]as|[Ww]ere)(?:n['’]t)?) (?P<word>I|we)\b(?!['’])")
_LATER = re.compile(r"(?<=\band )am\b(?!\.)|(?<=\bbut )am\b(?!\.)")
_LATER_ARE = re.compile(r"(?<=\band )are\b(?! we\b)")
""" "I came and am glad"."""
_TITLE = re.compile(r"(?:['’]\w+)? [A-Z][a-z]")
_UNREAL = re.compile(r"\b(?:if|as though|wish|unless) $", re.IGNORECASE)


class Person(Trait):
    name: ClassVar[str] = "person"
    reach: ClassVar[float] = 0.1

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = _open(running(piece))
        found = _speakers(text)
        if not found:
            is_telling = text.count(" ") >= _LEAST_WORDS and not _LEFT.search(running(piece))
            return {self.name: Reading(value=IMPERSONAL, strength=0.4)} if is_telling else {}
        singular = [match for match in found if match[0].casefold() in _OF_ONE]
        plural = [match for match in found if match[0].casefold() not in _OF_ONE]
        value, those = (SINGULAR, singular) if len(singular) > len(plural) else (PLURAL, plural)
        share = len(those) / len(found)
        if share < _SHARE:
            return {}
        strength = min(1.0, share * (0.7 + 0.1 * len(found)))
        return {self.name: Reading(value=value, strength=strength, quote=quoted_from(text, those[0].start()))}

    def compare(self, before: Piece, after: Piece, people: People) -> list[Difference]:
        """A text that named nobody, and became long enough to show it, was not changed in who speaks."""
        return [
            one
            for one in super().compare(before, after, people)
            if one.after.value != IMPERSONAL or _speakers(_open(running(before)))
        ]

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (SINGULAR, PLURAL) or not is_english(piece, people):
            return piece
        shown = self.read(piece, people).get(self.name)
        if shown is not None and shown.value in (setting.value, IMPERSONAL):
            return piece
        return reworded(piece, in_plural if setting.value == PLURAL else in_singular)

    def say(self, dimension: str, setting: Setting) -> str:
        says = {SINGULAR: 'say "I", not "we"', PLURAL: 'say "we", not "I"'}
        return says.get(setting.value, 'name no writer, neither "I" nor "we"')


PERSON = Person()


def _speakers(text: str) -> list[re.Match[str]]:
    return [match for match in _WORD.finditer(text) if not _is_title(text, match)]


def in_plural(text: str) -> str:
    """Each "I" of the writer alone as "we"."""
    changed = _swapped(text, "i", _TO_WE, _VERBS_OF_WE)
    if changed:
        shown = _open(text)
        changed |= {match.start(): (match.end(), "are") for match in _LATER.finditer(shown)}
    return spliced(text, changed)


def in_singular(text: str) -> str:
    """Each "we" of the writer's side as "I"."""
    changed = _swapped(text, "we", _TO_I, _VERBS_OF_I)
    if text.startswith("We ") and 0 in changed:
        changed |= {match.start(): (match.end(), "am") for match in _LATER_ARE.finditer(_open(text))}
    return spliced(text, changed)


def _swapped(text: str, subject: str, words: Mapping[str, str], verbs: Mapping[str, str]) -> dict[int, tuple[int, str]]:
    """Where to put what: start -> (end, word)."""
    shown = _open(text)
    changes: dict[int, tuple[int, str]] = {}
    for match in (*_AFTER.finditer(shown), *_BEFORE.finditer(shown)):
        group = "verb" if match["verb"] else "short"
        old = match[group]
        verb = verbs.get(old.casefold().replace("’", "'"))
        if match["word"].casefold() != subject or verb is None:
            continue
        if old.casefold() == "were" and _UNREAL.search(shown[: match.start("word")]):
            continue
        changes[match.start(group)] = (match.end(group), like(verb.replace("'", "’") if "’" in old else verb, old))
    for match in _WORD.finditer(shown):
        word = words.get(match[0].casefold())
        if _is_title(shown, match):
            continue
        if word == "I":
            changes[match.start()] = (match.end(), word)
        elif word:
            is_first = match[0][0].isupper() and (match[0] != "I" or begins(text, match.start()))
            changes[match.start()] = (match.end(), word.capitalize() if is_first else word)
    return changes


def _is_title(text: str, match: re.Match[str]) -> bool:
    """ "My Fair Lady", "Hallelujah, I Love Her": a title and not its speaker."""
    return (
        match[0][0].isupper()
        and not begins(text, match.start())
        and (match[0] != "I" or bool(_TITLE.match(text, match.end())))
    )


@lru_cache(maxsize=512)
def _open(text: str) -> str:
    """`text` without what may not be touched, or speaks for both sides or for one person."""
    return _LEFT.sub(lambda match: MASK * len(match[0]), masked(text))
