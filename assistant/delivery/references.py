"""Which mail a letter answers, as its headers say it (RFC 5322, 3.6). Pure functions of what stood in the answered mail.

That mail came from outside: what is no identification in it goes into no header. Drafts and answers are written with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST = 30
_IDENTIFICATION = re.compile(r"<[!-;=?-~]{1,250}>")
_IS_REPLY = re.compile(r"\s*(?:re|aw|antw|sv|ref|rif|r\u00e9p)(?:\[\d+\])?\s*:", re.IGNORECASE)


def answering(message_id: str, references: str | Sequence[str]) -> dict[str, str]:
    """In-Reply-To and References of an answer; none where the answered mail has no identification."""
    answered = _identifications(message_id)[-1:]
    if not answered:
        return {}
    before = [one for one in _identifications(references) if one not in answered]
    # The first one is what the whole conversation hangs on; of the rest the last ones matter.
    kept = before if len(before) < MOST else [before[0], *before[2 - MOST :]]
    return {"In-Reply-To": answered[0], "References": " ".join([*kept, *answered])}


def subject_of_answer(subject: str) -> str:
    """`subject` as an answer has it: with one mark of an answer, in whichever language."""
    return subject if _IS_REPLY.match(subject) else f"Re: {subject}".strip()


def _identifications(value: str | Sequence[str]) -> list[str]:
    text = value if isinstance(value, str) else " ".join(map(str, value))
    return list(dict.fromkeys(_IDENTIFICATION.findall(text)))
