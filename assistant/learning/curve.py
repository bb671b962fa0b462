"""What editing costs over time, a point a decided draft: whether Telos learns.

It reads rows and draws nothing: the command line makes a plot of the points.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.answers.profile import CostPoint
from assistant.learning.alignment import distance, words
from memory.profile.scope import family
from memory.store.drafts import Decided


def points(decided: Sequence[Decided], *, kind: str = "", recipient: str = "") -> list[CostPoint]:
    """Of each approved draft, the earliest first: the words changed, of how many, and which share that is (1 at most).

    `kind` and `recipient` choose some; `mail` has the replies too.
    """
    found: list[CostPoint] = []
    for one in decided:
        reader = str(one.draft.context.get("recipient", ""))
        if kind and kind not in (one.draft.kind.value, family(one.draft.kind.value)):
            continue
        if recipient and reader != recipient.casefold():
            continue
        cost = distance(one.drafted.text, one.final.text) if one.drafted.number != one.final.number else 0
        length = max(len(words(one.drafted.text)), len(words(one.final.text)))
        found.append(
            CostPoint(
                at=one.draft.decided_at or one.draft.changed_at,
                kind=one.draft.kind.value,
                recipient=reader,
                cost=cost,
                words=length,
                share=cost / length if length else 0.0,
            )
        )
    return found
