"""What is said where memory holds no answer: one plain sentence, with what was looked for.

A model may know the world, or find the answer in the conversation itself; so it is told what memory lacks, and what to
say if only memory could have known. Where no model writes, the sentence is the reply. `recalling` and `turn` ask.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.sessions.rules.manner import asks
from assistant.sessions.rules.message import clauses

MOST_WORDS = 8
SENTENCE = "I do not know: nothing in memory answers this"


def is_question(said: str) -> bool:
    return any(asks(clause) for clause in clauses(said))


def sentence(looked_for: Sequence[str]) -> str:
    """ "I do not know", and the words that were looked for."""
    words = ", ".join(f"“{word}”" for word in looked_for[:MOST_WORDS])
    return SENTENCE + (f"; I looked for {words}." if words else ".")


def is_said(reply: str) -> bool:
    """Whether a reply says so: it tells nothing to whoever asks again."""
    return SENTENCE in reply


def notes(unknown: str) -> list[str]:
    """What a model is told of it, before its act."""
    if not unknown:
        return []
    return [
        "Nothing in memory supports an answer to this. If it asks for what the user or somebody they know said, did or "
        f"has, and neither this conversation nor what is known of the user tells it, reply just: {unknown}"
    ]
