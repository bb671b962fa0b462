"""Whether words that a message states of its writer are really another's: read back from what memory had shown.

What stands word for word in a recalled item, an attached file or an earlier reply is a quotation, marked as one or not,
and is never learned as a fact. It knows strings alone; `keeping` asks.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.sessions.phrases import words

LEAST_WORDS = 5
"""Fewer are the user's own: anybody may say "I live in Porto"."""


def is_borrowed(quote: str, texts: Iterable[str]) -> bool:
    """Whether the quote, of five words or more, stands in one of the texts as it is, but for case and punctuation."""
    said = words(quote)
    if len(said) < LEAST_WORDS:
        return False
    needle = f" {' '.join(said)} "
    return any(needle in f" {' '.join(words(text))} " for text in texts)
