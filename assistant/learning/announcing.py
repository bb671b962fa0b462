"""What a lesson taught, in one line: `Learned for mail to ann@example.org: greet with "Hi Ann,"; write bullets`.

It reads what the lesson changed, and says a dimension once, for the narrowest scope that it was learned for. `teaching`
keeps the line; `assistant.profile` says preferences with the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import filterfalse

from sqlmodel import Session

from assistant.learning.scope_words import learned_for
from assistant.style.names import People, fill, names_of
from assistant.style.trait import Setting
from assistant.style.traits import reach, say
from memory.models import Preference, PreferenceChange, PreferenceState
from memory.profile.belief import enough
from memory.profile.context import Observation
from memory.store import preferences

LEARNED = "Learned"
SEEN = "Seen, and followed once you do so again,"
NEWS = frozenset({"learned", "returned"})
MOST = 5
"""So many are said; of the rest, how many."""
_READERS = ("greeting",)


def announced(
    session: Session,
    seen: Sequence[Observation],
    changes: Sequence[PreferenceChange],
    people: People,
) -> str:
    """The line; empty where the lesson taught nothing new. What was only let be is not said to be learned."""
    done = {(one.dimension, one.value) for one in seen if one.is_active}
    if not done or not changes:
        return ""
    shown = {row.id for row in preferences.rows(session) if (row.dimension, row.value) in done}
    found: dict[str, Preference] = {}
    for change in changes:
        row = preferences.get(session, change.preference_id) if change.preference_id in shown else None
        if row is None or not _is_news(row, change):
            continue
        held = found.get(row.dimension)
        if held is None or (is_used(row), _narrowness(row)) > (is_used(held), _narrowness(held)):
            found[row.dimension] = row
    rows = list(found.values())
    parts = (_line(LEARNED, filter(is_used, rows), people), _line(SEEN, filterfalse(is_used, rows), people))
    return " ".join(filter(None, parts))


def is_used(row: Preference) -> bool:
    """Whether drafts follow it, where it holds."""
    is_sure = row.is_pinned or row.confidence >= enough(reach(row.dimension))
    return row.state is PreferenceState.HELD and is_sure


def _is_news(row: Preference, change: PreferenceChange) -> bool:
    """Whether it is followed, or seen, only since this lesson."""
    if row.state is not PreferenceState.HELD or row.is_pinned:
        return False
    before = change.before.get("confidence")
    if change.what in NEWS:
        return True
    return before is not None and is_used(row) and float(before) < enough(reach(row.dimension))


def said(row: Preference, people: People | None = None) -> str:
    """A preference as a phrase, its names filled in where they are known."""
    phrase = say(row.dimension, Setting(row.value, row.amount))
    return phrase if people is None else _named(phrase, row, people)


def _line(begin: str, found: Iterable[Preference], people: People) -> str:
    rows = list(found)
    if not rows:
        return ""
    shown, rest = rows[:MOST], len(rows) - MOST
    scopes: dict[str, list[str]] = defaultdict(list)
    for row in shown:
        scopes[_scope(row)].append(said(row, people))
    parts = [f"{scope}: {'; '.join(phrases)}" for scope, phrases in scopes.items()]
    more = f"; and {rest} more" if rest > 0 else ""
    return f"{begin} {' · '.join(parts)}{more}."


def _scope(row: Preference) -> str:
    return learned_for(
        kind=row.kind,
        recipient=row.recipient,
        domain=row.domain,
        source=row.source,
        topic=row.topic,
        is_topical=row.is_topical,
    )


def _narrowness(row: Preference) -> int:
    named = (row.recipient, row.is_topical, row.domain, row.source, row.kind)
    return next((len(named) - place for place, part in enumerate(named) if part), 0)


def _named(phrase: str, row: Preference, people: People) -> str:
    """`{first}` is the reader's in a greeting, and the writer's elsewhere. Of many readers none is named."""
    if row.dimension in _READERS:
        return (fill(phrase, names_of(people.reader)) if row.recipient else None) or phrase
    return fill(phrase, names_of(people.writer)) or phrase
