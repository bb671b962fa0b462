"""What no lesson is made of without a word: texts that are no text, and edits that leave nothing of the draft.

Pure functions of texts. The verbs ask before they keep a version; the user's answer decides.
"""

from __future__ import annotations

import re

from assistant.engine.sentences import content
from assistant.errors import BadRequest
from assistant.learning.alignment import words

LEAST_LEFT = 0.1
"""With no more of the draft's telling words left than this, it is asked whether that was meant,"""
OF_THE_DRAFT = 0.5
"""unless the text that is left has so many of its words from the draft."""
SHORT = 8
"""Words. Of a shorter draft little may be left by any edit."""
MOST_CONTROL = 0.02
LONGEST = 200_000
"""Characters."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""What Unicode calls a control or half a pair, and is no white space."""


def require_text(text: str) -> None:
    """Raises: BadRequest for what no editor of texts wrote, or for more of it than a draft may have."""
    if len(text) > LONGEST:
        raise BadRequest(
            f"A draft has at most {LONGEST:,} characters, and this text has {len(text):,}.",
            "Nothing was changed; keep longer texts as files.",
        )
    control = len(_CONTROL.findall(text))
    if "\0" in text or control > MOST_CONTROL * max(len(text), 1):
        raise BadRequest(
            "What was saved is no text: it holds bytes that no text has.",
            "The draft is as it was. Save it from your editor as plain text in UTF-8.",
        )


def question(before: str, after: str) -> str:
    """What to ask before anything is learned from this edit; empty where it is a plain one. A text cut to one of its own
    sentences is a plain edit, one about something else is not."""
    if not before.strip():
        return ""
    if not any(char.isalnum() for char in after):
        return "Nothing is left of the draft. Shall the empty text be kept?"
    if len(words(before)) <= SHORT:
        return ""
    was, now = content(before), content(after)
    common = len(was & now)
    if common <= LEAST_LEFT * len(was) and common < OF_THE_DRAFT * len(now):
        return "Next to nothing is left of the draft. Is this your own writing, to be learned from?"
    return ""
