"""Which sentences of a paragraph stand in a quotation that begins or ends in another of them.

Pure. A quotation within one sentence is masked there (`wording`); these are somebody else's words, and left entirely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile(r'["“”„«»]')
_INCHES = re.compile(r'\d"')


def quoted_parts(parts: Sequence[str]) -> frozenset[int]:
    """The numbers of such sentences. A mark that nothing matches concerns its own sentence alone."""
    found: set[int] = set()
    pending: list[int] = []
    for number, part in enumerate(parts):
        marks = len(_MARK.findall(part))
        if not pending:
            if (marks - len(_INCHES.findall(part))) % 2 and marks % 2:
                pending = [number]
            continue
        pending.append(number)
        if marks % 2:
            found.update(pending)
            pending = []
    return frozenset(found) | frozenset(pending[:1])
