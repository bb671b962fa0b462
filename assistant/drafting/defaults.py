"""The form of a draft where nothing was learned: mail greets and closes plainly, a document has a heading, all is prose.

Words by language; another language gets none, for a greeting in the wrong one is worse than none. `compose` asks.
"""

from __future__ import annotations

from collections.abc import Mapping

from assistant.style.piece import People
from assistant.style.trait import Form, Setting

GREETINGS = {"en": "Hello {first},", "de": "Hallo {first},", "fr": "Bonjour {first},", "es": "Hola {first}:"}
NAMELESS = {"en": "Hello,", "de": "Guten Tag,", "fr": "Bonjour,", "es": "Hola:"}
TO_SEVERAL = {"en": "Hello all,", "de": "Hallo zusammen,", "fr": "Bonjour à tous,", "es": "Hola a todos:"}
CLOSINGS = {"en": "Best regards,", "de": "Viele Grüße", "fr": "Cordialement,", "es": "Saludos,"}
NONE = "none"
SENTENCES = {"document": 6}
"""Chosen from items where no length was learned."""
FEW_SENTENCES = 4


def completed(kind: str, form: Form, people: People, *, is_to_several: bool = False) -> Form:
    """`form` with what it leaves open, for this kind of text."""
    if kind not in ("mail", "reply"):
        return dict(form)
    language = people.language or "en"
    words: Mapping[str, str] = TO_SEVERAL if is_to_several else GREETINGS if people.reader else NAMELESS
    plain = {
        "greeting": words.get(language, NONE),
        "closing": CLOSINGS.get(language, NONE),
        "signature": "{first}" if people.writer else NONE,
    }
    return {name: Setting(value) for name, value in plain.items()} | dict(form)


def sentences_from_items(kind: str) -> int:
    return SENTENCES.get(kind, FEW_SENTENCES)
