"""What a lesson taught, in one line: `Learned for mail to ann@example.org: greet with "Hi Ann,"; write bullets`.

It reads what the lesson changed, and says a dimension once, for the narrowest scope that it was learned for. `teaching`
keeps the line; `assistant.profile` says preferences with the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session

from assistant.learning.scope_words import learned_for
from assistant.style.names import People, fill, names_of
from assistant.style.trait import Setting
from assistant.style.traits import say
from memory.models import Lesson, Preference, PreferenceChange, PreferenceState
from memory.profile.context import Observation
from memory.store import preferences

NEWS = frozenset({"learned", "returned"})
MOST = 5
"""So many are said; of the rest, how many."""
_READERS = ("greeting",)


def announced(
    session: Session,
    lesson: Lesson,
    seen: Sequence[Observation],
    changes: Sequence[PreferenceChange],
    people: People,
) -> str:
    """The line; empty where the lesson taught nothing new. What was only let be is not said to be learned."""
    done = {(one.dimension, one.value) for one in seen if one.is_active}
    found: dict[str, Preference] = {}
    for change in changes:
        if change.what not in NEWS:
            continue
        row = preferences.get(session, change.preference_id)
        if row is None or row.state is not PreferenceState.HELD or (row.dimension, row.value) not in done:
            continue
        if row.dimension not in found or _narrowness(row) > _narrowness(found[row.dimension]):
            found[row.dimension] = row
    return _line(list(found.values()), people)


def said(row: Preference, people: People | None = None) -> str:
    """A preference as a phrase, its names filled in where they are known."""
    phrase = say(row.dimension, Setting(row.value, row.amount))
    return phrase if people is None else _named(phrase, row, people)


def _line(rows: Sequence[Preference], people: People) -> str:
    if not rows:
        return ""
    shown, rest = rows[:MOST], len(rows) - MOST
    scopes: dict[str, list[str]] = defaultdict(list)
    for row in shown:
        scopes[_scope(row)].append(said(row, people))
    parts = [f"{scope}: {'; '.join(phrases)}" for scope, phrases in scopes.items()]
    more = f"; and {rest} more" if rest > 0 else ""
    return f"Learned {' · '.join(parts)}{more}."


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
