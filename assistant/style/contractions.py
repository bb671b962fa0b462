"""Whether an English text contracts: `yes` ("don't", "it's") or `no` ("do not", "it is").

Only what can be told is changed: "Ann's" is nobody's verb, "she's finished" may be `is` or `has`, "as it is." stays, and so
does "I'd" before a verb that tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from assistant.style.piece import People, Piece
from assistant.style.trait import Form, Reading, Setting, Trait
from assistant.style.wording import begins, is_english, is_name, like, masked, quoted_from, reworded, running, spliced

YES, NO = "yes", "no"
_SHARE = 0.7
"""So much of what may be contracted must be so, or not be so."""
_ENOUGH = 3
"""From so many places on, a text shows it as surely as it can."""

_IRREGULAR = (
    "been|done|gone|seen|made|taken|given|got|had|found|sent|written|spoken|left|kept|told|said|thought|put|read|met|come|"
    "become|known|shown|begun|chosen|brought|bought|built|paid|heard|felt|held|lost|won|run|set|spent|understood|grown|"
    "drawn|fallen|risen|broken|forgotten|learnt|led|sold|taught|caught|cut|shut|dealt|meant|driven|flown|hit|let"
)
_NO_PARTICIPLES = (
    "limited|unlimited|mixed|detailed|related|increased|reduced|dedicated|added|need|indeed|advanced|feed|speed"
)
_PARTICIPLE = rf"(?:(?:{_IRREGULAR})\b|(?!(?:{_NO_PARTICIPLES})\b)\w{{2,}}ed\b)"
_HAS = "been|got|had|become|gotten"
_EITHER = "taken|gone|happened|come|grown|changed|made|shown|proved|proven|turned|started|begun|fallen|risen|left|run|lost|won|done"
"""After "it's" these go with `is` and with `has`."""
_ADVERB = "(?:also|already|just|never|always|now|only|not|still|recently|since|finally|really|probably|certainly)"
_WISHES = (
    "like|love|be|have|appreciate|suggest|prefer|recommend|need|want|say|go|do|make|take|get|give|see|think|know|ask|hate|"
    "expect|help|welcome|propose|advise|argue|hope|add|rather|use|keep|send|write|call|meet|work|come|find|start|value|enjoy"
)
_NOT = "do|does|did|is|are|was|were|has|have|had|would|could|should|must"
_PRONOUN = "I|you|he|she|it|we|they|there"
_THING, _PERSON = "it|that|this|there|here|what|where|how", "he|she|who"

_SHORT = re.compile(
    rf"\b(?:(?P<aux>{_NOT}|ca|wo|sha)n['’]t\b(?: (?P<asked>(?:{_PRONOUN})\b(?!['’])))?"
    r"|(?P<am>I)['’]m\b|(?P<are>you|we|they)['’]re\b"
    r"|(?P<have>I|you|we|they|could|would|should|might|must)['’]ve\b"
    r"|(?P<will>I|you|he|she|it|we|they|that|there)['’]ll\b"
    r"|(?P<had>I|you|he|she|it|we|they)['’]d(?= (?:better|been|had)\b)"
    rf"|(?P<would>I|you|he|she|it|we|they)['’]d(?= (?:{_ADVERB} )?(?:{_WISHES})\b)"
    rf"|(?P<has>{_THING}|{_PERSON})['’]s(?= (?:{_ADVERB} )?(?:{_HAS})\b)"
    rf"|(?P<is>(?:{_THING})(?=['’]s (?!(?:{_ADVERB} )?(?:{_HAS}|{_EITHER})\b)\w)"
    rf"|(?:{_PERSON})(?=['’]s (?!(?:{_ADVERB} )?{_PARTICIPLE})\w))['’]s"
    r"|(?P<us>let)['’]s\b)",
    re.IGNORECASE,
)
_LONG = re.compile(
    rf"\b(?:(?P<aux>{_NOT}|will|shall|can) ?not\b(?! only\b)"
    rf"|(?P<question>{_NOT}|will|can) (?P<asked>{_PRONOUN}) not\b"
    r"|(?P<am>I) am(?= \w)|(?P<are>you|we|they) are(?= \w)"
    rf"|(?P<have>I|you|we|they) have(?= (?!not\b)(?:{_ADVERB} )?{_PARTICIPLE})"
    rf"|(?P<could>could|would|should|might|must) have(?= {_PARTICIPLE})"
    r"|(?P<will>I|you|he|she|it|we|they) will(?= (?!not\b|and\b|or\b|but\b)\w)"
    r"|(?P<would>I|you|he|she|we|they) would(?= (?!not\b|and\b|or\b|but\b|have\b)\w)"
    rf"|(?P<has>it|that|there|what|he|she|who) has(?= (?!not\b)(?:{_ADVERB} )?(?:{_HAS})\b)"
    rf"|(?P<is>it|that|there|here|what|he|she|who) is(?= (?!and\b|or\b|but\b|why\b|how\b|what\b|when\b|where\b|who\b)\w)"
    r"|(?P<us>let) us\b(?= (?!know\b|have\b|in\b|be\b)\w))",
    re.IGNORECASE,
)
_FULL = {
    "am": "am",
    "are": "are",
    "have": "have",
    "will": "will",
    "had": "had",
    "would": "would",
    "has": "has",
    "is": "is",
    "us": "us",
}
_CUT = {
    "am": "m",
    "are": "re",
    "have": "ve",
    "could": "ve",
    "will": "ll",
    "would": "d",
    "has": "s",
    "is": "s",
    "us": "s",
}
_STEMS = {"ca": "can", "wo": "will ", "sha": "shall "}
_CLIPPED = {"can": "ca", "will": "wo", "shall": "sha"}
_ASKING = re.compile(r"(?:, |; |\bwhy )$", re.IGNORECASE)


class Contractions(Trait):
    name: ClassVar[str] = "contractions"
    reach: ClassVar[float] = 0.05

    def read(self, piece: Piece, people: People) -> Mapping[str, Reading]:
        if not is_english(piece, people):
            return {}
        text = running(piece)
        short, full = list(_expanded(text)), list(_contracted(text))
        total = len(short) + len(full)
        for value, found in ((YES, short), (NO, full)):
            if total and len(found) / total >= _SHARE:
                share = len(found) / total
                quote = quoted_from(text, found[0][0])
                return {
                    self.name: Reading(value=value, strength=share * min(1.0, 0.4 + total * 0.6 / _ENOUGH), quote=quote)
                }
        return {}

    def write(self, piece: Piece, form: Form, people: People) -> Piece:
        setting = form.get(self.name)
        if setting is None or setting.value not in (YES, NO) or not is_english(piece, people):
            return piece
        shown = self.read(piece, people).get(self.name)
        if shown is not None and shown.value == setting.value:
            return piece
        return reworded(piece, contracted if setting.value == YES else expanded)

    def say(self, dimension: str, setting: Setting) -> str:
        return 'contract ("don\'t", "it\'s")' if setting.value == YES else 'do not contract ("do not", "it is")'


CONTRACTIONS = Contractions()


def expanded(text: str) -> str:
    """ "It's late, don't wait": "It is late, do not wait"."""
    return spliced(text, {start: (end, words) for start, end, words in _expanded(masked(text))})


def contracted(text: str) -> str:
    """The other way round, with the apostrophe that the text has."""
    mark = "’" if "’" in text else "'"
    changes = {start: (end, words.replace("'", mark)) for start, end, words in _contracted(masked(text))}
    return spliced(text, changes)


def _expanded(text: str) -> Iterator[tuple[int, int, str]]:
    if "'" not in text and "’" not in text:
        return
    for match in _SHORT.finditer(text):
        if _is_title(text, match):
            continue
        group = next(name for name in ("aux", *_FULL) if match[name])
        words = _without_not(text, match) if group == "aux" else f"{match[group]} {_like_end(_FULL[group], match)}"
        if words:
            yield match.start(), match.end(), words


def _is_title(text: str, match: re.Match[str]) -> bool:
    """ "Don't Look Now": the words of a title."""
    return not match[0].startswith("I") and not begins(text, match.start()) and is_name(text, match)


def _without_not(text: str, match: re.Match[str]) -> str:
    """ "Don't you" asks and is "do you not"; what asks somebody with a name is left."""
    head = like(_STEMS.get(match["aux"].casefold(), match["aux"].casefold() + " "), match["aux"])
    tail = "NOT" if match[0].isupper() and len(match["aux"]) > 1 else "not"
    asks = begins(text, match.start()) or bool(_ASKING.search(text[: match.start()]))
    asked = match["asked"]
    if asked and asks:
        return f"{head.strip()} {asked} {tail}"
    if asks and begins(text, match.start()) and match["aux"].casefold() != "do":
        return ""
    return f"{head}{tail}" + (f" {asked}" if asked else "")


def _contracted(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _LONG.finditer(text):
        if _is_title(text, match):
            continue
        group = next(name for name in ("aux", "question", *_CUT) if match[name])
        head = match[group]
        if match[0].isupper() and len(match[0]) > 4:
            continue
        if group in ("aux", "question"):
            asks = begins(text, match.start()) or bool(_ASKING.search(text[: match.start()]))
            if group == "question" and not asks:
                continue
            words = like(_CLIPPED.get(head.casefold(), head.casefold()), head) + "n't"
            yield match.start(), match.end(), f"{words} {match['asked']}" if group == "question" else words
        elif group != "us" or begins(text, match.start()):
            yield match.start(), match.end(), f"{head}'{_CUT[group]}"


def _like_end(word: str, match: re.Match[str]) -> str:
    """In capitals where the short form was: "I'M"."""
    return word.upper() if match[0][-1].isupper() else word
