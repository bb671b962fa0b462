"""What is no form, though a trait read it so: sentences in a signature, addresses in a greeting, words that give orders.

Values are written into later drafts and said to models. So none may carry what was meant to be done, and not how to write.
`observing` asks of each difference and reading; a text that fails here teaches nothing in that dimension.
"""

from __future__ import annotations

import re
import unicodedata

from memory.profile.context import Observation

_LINES = ("greeting", "closing", "signature")
_SAID = ("stock/", "term/", "phrase/")
_LONGEST = {"greeting": 80, "closing": 80, "signature": 60}
"""Characters of a line."""
_MOST_LINES = 6
_LONGEST_VALUE = 300
_SENTENCE_WORDS = 7
_BREAK = re.compile(r"\n| / ")
_ENDED = re.compile(r"[.!?…。！？]\s*$")
_ADDRESS = re.compile(r"[^\s@]@[^\s@]|://|www\.", re.IGNORECASE)
_ORDERS = re.compile(
    r"\b(?:from now on|(?:ignore|disregard|forget) (?:all|any|what|every|your|the|my)\b|(?:previous|earlier|prior|system) "
    r"(?:instructions?|prompts?|messages?)|you (?:are|must|will|should|shall) now\b|(?:your|new) instructions?\b|prompts?\b"
    r"|(?:send|forward|copy|cc|bcc|mail|e-?mail|post|upload|transfer) (?:it |them |this |that |these |all |every\w* |any\w* )"
    r"(?:\w+ ){0,6}?to\b|(?:run|execute|install|delete|approve) (?:the |this |all |every\w* )?(?:command|script|file|code|telos|draft)\w*"
    r"|telos\b|assistants?\b|language model|passwords?\b|credentials?\b|api keys?\b"
    r"|ab sofort|ignorier\w+|désormais|ignore[rz]\b|a partir de ahora|ignora\b)",
    re.IGNORECASE,
)


def is_of_form(seen: Observation) -> bool:
    """Whether a value says how to write, and nothing to be done."""
    if any(unicodedata.category(char) == "Cc" and char != "\n" for char in seen.value):
        return False
    family = seen.dimension.partition("/")[0]
    if family in _LINES:
        return _is_plain_line(family, seen.value)
    if seen.dimension.startswith(_SAID):
        text = f"{seen.dimension.replace('-', ' ')} {seen.value}"
        return len(seen.value) <= _LONGEST_VALUE and not _ADDRESS.search(seen.value) and not gives_orders(text)
    return True


def gives_orders(text: str) -> bool:
    """Whether somebody who reads along could take it for something to do, and not for a text to a reader."""
    return bool(_ORDERS.search(text))


def _is_plain_line(family: str, value: str) -> bool:
    lines = _BREAK.split(value)
    if len(lines) > _MOST_LINES or gives_orders(value):
        return False
    if family != "signature" and _ADDRESS.search(value):
        return False
    return not any(_is_too_much(line, _LONGEST[family]) for line in lines)


def _is_too_much(line: str, longest: int) -> bool:
    is_sentence = len(line.split()) >= _SENTENCE_WORDS and bool(_ENDED.search(line))
    return len(line) > longest or is_sentence
