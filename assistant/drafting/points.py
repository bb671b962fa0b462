"""The user's points as sentences: whole sentences stay as they are, fragments get a capital and a full stop, or, where
they plainly ask, a question mark.

A point is never reworded. Pure functions of strings; `gathering` calls them.
"""

from __future__ import annotations

import re

from assistant.style.splitting import sentences
from memory.scripts import HAN, HANGUL, KANA, UNSPACED

_MARK = re.compile(r"^\s*(?:[-*•–—‣◦]|\(?\d{1,2}[.)])\s+")
_ENDED = re.compile(r"[.!?…:;。！？؟।][\"'”’»)\]」』]*$")
_WIDE = re.compile(rf"[{HAN}{KANA}]$")
_UNSTOPPED = re.compile(rf"(?![{HAN}{KANA}{HANGUL}])[{UNSPACED}]$")
"""Thai and its neighbours end a sentence with nothing."""
_KEEPS_ITS_LETTER = re.compile(r"[A-Z@/_\d.]")
"""A first word that is a name, a code or an address: iPhone, e2e, ann@example.org, src/main.py."""
_OPENING = re.compile(r"^[¿¡\"'“„«‹(\[]+(?=[^\W\d_])")
_SUBJECT = r"(?:i|you|we|they|he|she|there|anyone|anybody|someone|somebody|everyone|everybody)"
_THING = r"(?:it|this|that|these|those|the|a|an|my|your|our|their|his|her)"
_ASKS = re.compile(
    rf"^(?:(?:and|but|so|also)\s)?(?:"
    rf"(?:can|could|would|will|shall|do|does|did|is|are|was|were|am|have|has|may|(?:is|are|do|does|did|ca|could|wo|would)n['’]t)\s{_SUBJECT}"
    rf"|(?:can|could|would|will|does|did|is|are|was|were|has)\s{_THING}"
    rf"|(?:when|where|why|who|how(?:\s\w+)?|what(?:\s\w+)?|which(?:\s\w+)?)\s(?:can|could|would|will|shall|should|do|does|did|is|are|was|were|am|have|has)"
    rf"\s(?:{_SUBJECT}|{_THING})"
    r"|(?:what|how)\sabout|why\snot"
    r"|(?:(?:wann|wo|wohin|woher|warum|wieso|was|wer|wen|wem|wie(?:\s(?:viel\w*|lange|oft|spät|teuer|weit))?|welche[nmrs]?(?:\s\w+)?)\s)?"
    r"(?:kannst|könntest|könnt|können|könnten|hast|habt|bist|seid|sind|willst|wollt|wollen|möchtest|möchten|magst|soll|sollen|"
    r"darf|dürfen|musst|müssen|wirst|weißt|gibt|geht|passt|kommst|fährt|fährst|beginnt|kostet|ist)"
    r"\s(?:du|ihr|sie|wir|ich|es|er|man|dir|euch|ihnen|das|die|der|den)"
    r"|(?:\w+\s)?est-ce\squ|(?:(?:quand|où|comment|pourquoi|combien|que|qui)\s)?"
    r"(?:peux|pouvez|pourrais|pourriez|veux|voulez|as|avez|es|êtes|sais|savez|viens|venez|est|sont|a|ont|va|vas|allez)"
    r"-(?:t-)?(?:tu|vous|il|elle|on|ce|nous|ils|elles|je)"
    r")\b(?![^.]*[,:])|^¿",
    re.IGNORECASE,
)
"""How questions begin that want an answer. With a comma or a colon it may be a condition: "are you late, call me"."""
_FRENCH = re.compile(r"est-ce\squ|\w-(?:t-)?(?:tu|vous|il|elle|on|ce|nous|ils|elles|je)\b", re.IGNORECASE)
_USER = re.compile(r"The user (?P<verb>[a-z]+)\b")
_USERS = re.compile(r"\b[Tt]he user['’]s\b")
_VERBS = {"is": "am", "has": "have", "does": "do", "was": "was"}


def sentence(point: str) -> str:
    """`point` as a sentence on one line; empty where it says nothing."""
    text = _MARK.sub("", " ".join(point.split()), count=1).strip().rstrip(", ")
    if not re.search(r"\w", text):
        return ""
    first = text.split(maxsplit=1)[0]
    if text[0].islower() and not _KEEPS_ITS_LETTER.search(first.rstrip(".,;:!?")):
        text = text[0].upper() + text[1:]
    elif (opening := _OPENING.match(text)) and not _KEEPS_ITS_LETTER.search(first.rstrip(".,;:!?")):
        text = opening[0] + text[opening.end()].upper() + text[opening.end() + 1 :]
    if _ENDED.search(text) or _UNSTOPPED.search(text):
        return text
    if _ASKS.match(text):
        return text + (" ?" if _FRENCH.search(text) else "?")
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
    """A subject made of what a text begins with: its first sentence, if that is more than a word."""
    line = _MARK.sub("", " ".join(text.split()), count=1)
    first = next(iter(sentences(line)), "")
    is_whole = len(first.split()) > 1 and first.count("(") == first.count(")")
    words = (first if is_whole else line).split()
    short = " ".join(words[:most_words]).rstrip(".,;:!?…。！？ ")
    if len(words) > most_words:
        short += " …"
    return short[:1].upper() + short[1:] if short and not _KEEPS_ITS_LETTER.search(words[0]) else short
