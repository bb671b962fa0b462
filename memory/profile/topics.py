"""The words that name what some texts are about, for a preference that holds near its evidence only.

It knows texts and no preference. Called when a topical preference is made, or rests on a new lesson.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import log

from sqlmodel import Session

from memory.languages import common_words, detect
from memory.store import lessons

WORDS = 3
LATEST, OTHERS = 12, 60
"""So many texts are read: the latest of the topic, and others to tell it from."""
_WORD = re.compile(r"[^\W\d_]{3,}")


def topic_of(session: Session, lesson_ids: Sequence[int]) -> str:
    """Up to three words that these lessons' texts share and others do not, the most telling first."""
    mine = lessons.texts(session, lesson_ids[-LATEST:])
    others = [text for text in lessons.other_texts(session, lesson_ids, OTHERS) if text]
    return ", ".join(telling(list(mine.values()), others))


def telling(texts: Sequence[str], others: Sequence[str]) -> list[str]:
    """By the share of texts that have a word, and how rare it is among the others; of equals what stands first, as titles do."""
    here = Counter(word for text in texts for word in _words(text))
    there = Counter(word for text in others for word in _words(text))
    worth = {
        word: count / max(len(texts), 1) * log((len(others) + 2) / (there[word] + 1))
        for word, count in here.items()
        if count > 1 or len(texts) < 3
    }
    order = {word: place for place, word in enumerate(dict.fromkeys(word for text in texts for word in _words(text)))}
    return sorted(worth, key=lambda word: (-worth[word], order[word]))[:WORDS]


@lru_cache(maxsize=256)  # with each lesson the latest texts are read again
def _words(text: str) -> tuple[str, ...]:
    """Each once, in the order of the text."""
    common = common_words(detect(text) or "en")
    return tuple(word for word in dict.fromkeys(_WORD.findall(text.casefold())) if word not in common)
