"""What a lesson taught, in one line: `Learned for mail to ann@example.org: greet with "Hi Ann,"; write bullets`.

It reads what the lesson changed, and says a dimension once, for the narrowest scope that it was learned for; what drafts do
not follow yet only where there is nothing else to say. `teaching` keeps the line; `assistant.profile` says preferences with
the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import filterfalse

from sqlmodel import Session

from assistant.learning.scope_words import learned_for
from assistant.style.names import People, fill, names_of
from assistant.style.trait import Setting
from assistant.style.traits import reach, say
from memory.models import Lesson, Preference, PreferenceChange, PreferenceState
from memory.profile.belief import enough
from memory.profile.context import Observation
from memory.profile.scope import Scope, family
from memory.store import preferences

LEARNED = "Learned"
SEEN = "Seen, and followed once you do so again,"
NEWS = frozenset({"learned", "returned"})
KEPT = "Kept as you pinned it"
MOST = 3
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
    if not done:
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
    rows = sorted(found.values(), key=lambda row: _is_detail(row, found))
    used, guessed = list(filter(is_used, rows)), list(filterfalse(is_used, rows))
    if used or guessed:
        return _line(LEARNED, used, lesson, people) or _line(SEEN, guessed, lesson, people)
    kept = [row for row in preferences.held(session) if _overrules(row, lesson, done)]
    return f"{KEPT}: {_listed(kept, people)}." if kept else ""


def _overrules(row: Preference, lesson: Lesson, done: set[tuple[str, str]]) -> bool:
    """Whether the user's own word stands against what they did here."""
    other = any(dimension == row.dimension and value != row.value for dimension, value in done)
    if not (other and row.is_pinned) or row.is_topical:
        return False
    scope = Scope(kind=row.kind, recipient=row.recipient, domain=row.domain, source=row.source)
    return scope.covers(
        Scope(kind=family(lesson.kind), recipient=lesson.recipient, domain=lesson.domain, source=lesson.source)
    )


def _is_detail(row: Preference, found: Collection[str]) -> bool:
    """Whether it says no more than how another of them is done: where an emoji stands."""
    family_name, slash, _ = row.dimension.partition("/")
    return bool(slash) and family_name in found


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


def _line(begin: str, rows: Sequence[Preference], lesson: Lesson, people: People) -> str:
    if not rows:
        return ""
    shown, rest = rows[:MOST], len(rows) - MOST
    scopes: dict[str, list[Preference]] = defaultdict(list)
    for row in shown:
        scopes[_scope(row, lesson)].append(row)
    parts = [f"{scope}: {_listed(some, people)}" for scope, some in scopes.items()]
    more = f"; and {rest} more" if rest > 0 else ""
    return f"{begin} {' · '.join(parts)}{more}."


def _listed(rows: Sequence[Preference], people: People) -> str:
    return "; ".join(said(row, people) for row in rows)


def _scope(row: Preference, lesson: Lesson) -> str:
    if row.is_topical and row.anchor == lesson.id:
        return f"{learned_for(kind=row.kind)} like this one"  # one text's words would name no subject yet
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
        reader = names_of(people.reader)
        titled = phrase.replace("{title}", reader.title) if reader.title else phrase
        return (fill(titled, reader) if row.recipient else None) or phrase
    return fill(phrase, names_of(people.writer)) or phrase
