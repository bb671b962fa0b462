"""The user's points as sentences: whole sentences stay as they are, fragments get a capital and a full stop.

A point is never reworded. Pure functions of strings; `gathering` calls them.
"""

from __future__ import annotations

import re

from memory.scripts import HAN, HANGUL, KANA, UNSPACED

_MARK = re.compile(r"^\s*(?:[-*•–—‣◦]|\(?\d{1,2}[.)])\s+")
_ENDED = re.compile(r"[.!?…:;。！？؟।][\"'”’»)\]」』]*$")
_WIDE = re.compile(rf"[{HAN}{KANA}]$")
_UNSTOPPED = re.compile(rf"(?![{HAN}{KANA}{HANGUL}])[{UNSPACED}]$")
"""Thai and its neighbours end a sentence with nothing."""
_KEEPS_ITS_LETTER = re.compile(r"[A-Z@/_\d.]")
"""A first word that is a name, a code or an address: iPhone, e2e, ann@example.org, src/main.py."""
_USER = re.compile(r"The user (?P<verb>[a-z]+)\b")
_USERS = re.compile(r"\b[Tt]he user['’]s\b")
_VERBS = {"is": "am", "has": "have", "does": "do", "was": "was"}


def sentence(point: str) -> str:
    """`point` as a sentence on one line; empty where it says nothing."""
    text = _MARK.sub("", " ".join(point.split()), count=1).strip()
    if not re.search(r"\w", text):
        return ""
    first = text.split(maxsplit=1)[0]
    if text[0].islower() and not _KEEPS_ITS_LETTER.search(first.rstrip(".,;:!?")):
        text = text[0].upper() + text[1:]
    if _ENDED.search(text) or _UNSTOPPED.search(text):
        return text
    return text + ("。" if _WIDE.search(text) else ".")


def first_person(fact: str) -> str:
    """What is known of the user, as the user says it: "The user lives in Porto." is "I live in Porto."."""
    text = sentence(fact)
    if found := _USER.match(text):
        verb, rest = found["verb"], text[found.end() :]
        return f"I {_VERBS.get(verb) or _bare(verb)}{rest}"
    return _USERS.sub(lambda found: "My" if found.start() == 0 else "my", text)


def _bare(verb: str) -> str:
    """likes: like, watches: watch, studies: study."""
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:ch|sh|ss|x|zz|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def title(text: str, most_words: int = 9) -> str:
    """A subject made of what a text begins with."""
    words = _MARK.sub("", " ".join(text.split()), count=1).split()
    short = " ".join(words[:most_words]).rstrip(".,;:!?… ")
    if len(words) > most_words:
        short += " …"
    return short[:1].upper() + short[1:] if short and not _KEEPS_ITS_LETTER.search(words[0]) else short
