"""A lesson: what an edit taught is kept, and said in one line with the command that takes it back.

The verbs on drafts, digests and conversations call it, in their transaction, with the texts and their context. It reads
texts as evidence of style and does nothing that stands in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from assistant.learning import alignment
from assistant.learning.announcing import announced
from assistant.learning.observing import STANDING, accepted, observe, observe_own
from assistant.learning.own_words import LookUp, Own, own_words
from assistant.learning.refusing import require_text
from assistant.style.piece import People
from memory.embed import pack_one
from memory.models import Lesson, LessonOrigin, PreferenceChange
from memory.profile import learning
from memory.profile.context import Context, Observation
from memory.profile.lengths import LENGTHS
from memory.store import lessons, preferences

SHAPES = ("sentences", "words", "paragraphs", "layout", "heading")
"""What sentences show whoever wrote them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """`before` is what Telos wrote last, `after` what the user made of it. `material` are the texts that the draft was drawn
    from: a sentence put back from there is not the user's writing, and says how much they want, and in which shape.
    `sources` are others, such as the mail that it answers: what is added from them word for word says nothing at all.
    `ours` says which dimensions were Telos's to choose (all of them where it is `None`): letting another one be shows
    nothing.
    """

    context: Context
    people: People
    before: str
    after: str
    draft_id: int | None = None
    from_version: int | None = None
    to_version: int | None = None
    material: Sequence[str] = ()
    sources: Sequence[str] = ()
    ours: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A lesson that was kept, and what it changed. `line` and `undo` are empty where nothing is to be announced: nothing
    new was learned, or it was said at an earlier edit. `pasted` are the sentences that are another's and did not teach."""

    lesson: Lesson
    changes: Sequence[PreferenceChange]
    line: str = ""
    undo: str = ""
    own: str = ""
    """What of the text is the user's writing."""
    pasted: Sequence[str] = ()


def teach(session: Session, edit: Edit, now: datetime, *, look_up: LookUp | None = None) -> Taught:
    """Learn from an edit. A further edit of the same draft takes the place of its lesson.

    Raises: BadRequest where one of the texts is no text.
    """
    require_text(edit.after)
    own = own_words(edit.before, edit.after, sources=[*edit.sources, *edit.material], look_up=look_up)
    seen = _ours(_seen(session, edit, own, look_up), edit.ours) if own.text.strip() else []
    cost = alignment.distance(edit.before, edit.after)
    lesson = _lesson(edit.context, edit.after, now, LessonOrigin.EDIT if cost else LessonOrigin.ACCEPTED)
    lesson.cost = cost
    lesson.draft_id, lesson.from_version, lesson.to_version = edit.draft_id, edit.from_version, edit.to_version
    return replace(_kept(session, lesson, seen, edit.people), own=own.text, pasted=own.foreign)


def accept(
    session: Session,
    text: str,
    context: Context,
    people: People,
    now: datetime,
    *,
    draft_id: int | None = None,
    version: int | None = None,
    ours: Callable[[str], bool] | None = None,
) -> Taught:
    """Learn from a text that the user approved as Telos wrote it: weakly, for what it has of Telos's choice."""
    lesson = _lesson(context, text, now, LessonOrigin.ACCEPTED)
    lesson.draft_id, lesson.from_version, lesson.to_version = draft_id, version, version
    return _kept(session, lesson, _ours(accepted(text, people), ours), people)


def observed(session: Session, seen: Sequence[Observation], context: Context, people: People, now: datetime) -> Taught:
    """Learn what the user did with more than a text, such as taking a section out of a digest."""
    return _kept(session, _lesson(context, "", now, LessonOrigin.EDIT), seen, people)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnText:
    """A text that the user wrote without Telos, and when."""

    text: str
    context: Context
    people: People
    at: datetime


def own_texts(session: Session, texts: Sequence[OwnText], now: datetime) -> Sequence[PreferenceChange]:
    """A lesson of each; nothing is announced of them. Raises: BadRequest where one is no text."""
    told: list[tuple[Lesson, list[Observation]]] = []
    for one in texts:
        require_text(one.text)
        own = own_words("", one.text).text
        told.append((_lesson(one.context, one.text, one.at, LessonOrigin.OWN_TEXT), observe_own(own, one.people)))
    return learning.keep_all(session, told, now)


def _kept(session: Session, lesson: Lesson, seen: Sequence[Observation], people: People) -> Taught:
    held = lessons.of_draft(session, lesson.draft_id) if lesson.draft_id is not None else None
    said = held.line if held is not None else ""
    if lesson.draft_id is not None:
        changes = learning.replace(session, lesson.draft_id, lesson, seen)
    else:
        changes = learning.keep(session, lesson, seen)
    kept = lessons.get(session, lesson.id or 0) or lesson
    kept.line = announced(
        session, kept, [one for one in seen if one.strength > 0], preferences.changed_by(session, kept.id or 0), people
    )
    is_new = bool(kept.line) and kept.line != said
    if is_new:
        kept.announced_at = lesson.at
    lessons.add(session, kept)
    line, undo = (kept.line, undo_of(kept)) if is_new else ("", "")
    return Taught(lesson=kept, changes=changes, line=line, undo=undo)


def _seen(session: Session, edit: Edit, own: Own, look_up: LookUp | None) -> list[Observation]:
    """How the user's own words differ from the draft; in length and shape, with what they put back of its material."""
    known = preferences.dimensions(session, STANDING)
    seen = observe(edit.before, own.text, edit.people, known)
    if not (own.foreign and edit.material):
        return seen
    whole = own_words(edit.before, edit.after, sources=edit.sources, look_up=look_up, material=edit.material)
    if whole.text == own.text:
        return seen
    shaped = observe(edit.before, whole.text, edit.people, known)
    return [one for one in seen if one.dimension not in SHAPES] + [one for one in shaped if one.dimension in SHAPES]


def _ours(seen: Sequence[Observation], ours: Callable[[str], bool] | None) -> list[Observation]:
    """Without what was only let be and followed from what was to be said. That a length was let be which nobody chose is
    kept, and says nothing of how long such texts are to be (strength 0): what is as long need not be cut."""
    return [
        one if _is_ours(one, ours) else replace(one, strength=0.0)
        for one in seen
        if _is_ours(one, ours) or one.dimension in LENGTHS
    ]


def _is_ours(one: Observation, ours: Callable[[str], bool] | None) -> bool:
    return one.is_active or ours is None or ours(one.dimension)


def undo_of(lesson: Lesson) -> str:
    """The command that takes a lesson back; empty where there is nothing to take back."""
    return f"telos profile undo {lesson.id}" if lesson.undone_at is None else ""


def _lesson(context: Context, text: str, now: datetime, origin: LessonOrigin) -> Lesson:
    return Lesson(
        at=now,
        origin=origin,
        words=len(alignment.words(text)),
        kind=context.kind,
        recipient=context.recipient,
        domain=context.domain,
        source=context.source,
        language=context.language,
        text=context.text,
        vector=None if context.vector is None else pack_one(context.vector),
        embedder=context.embedder if context.vector is not None else "",
    )
