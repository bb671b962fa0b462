"""What a rewritten text says that the one before did not: the news in a paper's second version, in an updated article.

A pure function of two texts. `assistant.stories.placing` asks whether there is any, so that the story moves, and
`assistant.digest.candidates` what it is, so that the digest tells this and nothing else of the item.
"""

from __future__ import annotations

from assistant.engine.sentences import LEAST_WORDS, SAME_AS_TOLD, content, covered, reading_length, split

MOST_ADDED = 60
"""Of a text that was rewritten from end to end, so many sentences are news enough."""


def added(before: str, after: str) -> list[str]:
    """The sentences of `after` that `before` does not say, in their order; a corrected or moved one is not among them."""
    old = split(before)
    known, said = set(old), [content(sentence) for sentence in old]
    changed = [one for one in split(after) if one not in known and reading_length(one) >= LEAST_WORDS][:MOST_ADDED]
    return [one for one in changed if all(covered(content(one), other) < SAME_AS_TOLD for other in said)]
