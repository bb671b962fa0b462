"""The verbs on a digest in the user's editor: its text, and what their changes teach.

An entry written otherwise is the lesson of a draft, an entry taken out a word on its story, a section taken out a lesson on
the digest's form. The API calls these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from assistant import digests, drafts, feedback
from assistant.answers.digest import Corrected, DigestText
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.answers.profile import LessonView
from assistant.digest.as_text import as_text, corrections
from assistant.digest.view import DigestView
from assistant.feedback import Place
from assistant.learning import teaching
from assistant.learning.telling import lesson_view
from assistant.service import Service
from assistant.style import traits
from assistant.style.piece import People
from memory.models import DraftKind, Verb
from memory.profile.context import Context, Observation
from memory.store import digests as digest_rows
from memory.store import drafts as draft_rows


def text(service: Service, day: date | None = None, *, left_out: frozenset[int] = frozenset()) -> DigestText:
    """The digest of `day`, or the last one sent, as a text to be edited: as the user left it, where they edited it before.
    What stands on the items `left_out` is not in it, and `correct` is to be told the same.

    Raises: NotFound.
    """
    view = digests.show(service, day, left_out=left_out)
    with service.database.read() as session:
        return DigestText(day=view.local_date, text=as_text(view, _rewritten(session, view)))


def correct(service: Service, edited: DigestText, *, left_out: frozenset[int] = frozenset()) -> Corrected:
    """Learn from an edited digest: entries written otherwise, entries and sections taken out. What was learned of it
    before is not learned twice.

    Raises: NotFound; BadRequest where the text cannot be told apart into its entries, and nothing is learned then.
    """
    view = digests.show(service, edited.day, left_out=left_out)
    with service.database.read() as session:
        found = corrections(view, edited.text, _rewritten(session, view))
    done = Corrected(day=view.local_date)
    for number, said in found.rewritten.items():
        draft = drafts.new(service, NewDraft(kind="digest", entry=number, day=view.local_date))
        edit = DraftEdit(version=draft.current.number, text=said, is_sure=edited.is_sure)
        decided = drafts.edit(service, draft.line.id, edit)
        if decided.question:
            done.question = f"Entry {number}: {decided.question}"
        if decided.lesson is not None:
            done.lessons.append(decided.lesson)
    now = service.clock.now()
    with service.database.write() as session:
        for number in found.removed:
            word = feedback.say(session, Verb.LESS, Place(number, view.local_date), now=now, origin="edit")
            if not word.was_said_before:
                done.less.append(word)
        if found.sections:
            done.lessons.append(_without_sections(session, found.sections, service, now))
    return done


def _without_sections(session: Session, keys: Sequence[str], service: Service, now: datetime) -> LessonView:
    """The lesson that the user wants none of these sections."""
    seen = [Observation(dimension=f"{traits.SECTION}{key}", value="no", before="yes") for key in keys]
    taught = teaching.observed(
        session, seen, Context(kind=DraftKind.DIGEST), People(writer=service.settings.user.name), now
    )
    return lesson_view(session, taught.lesson)


def _rewritten(session: Session, view: DigestView) -> dict[int, str]:
    """What the user made of entries before, by number."""
    entries = {entry.number: entry.id for entry in digest_rows.entries(session, view.id or 0)}
    held = {number: draft_rows.of_origin(session, entry_id=entry_id) for number, entry_id in entries.items()}
    last = draft_rows.current(session, [draft.id or 0 for draft in held.values() if draft is not None])
    return {number: last[draft.id or 0].text for number, draft in held.items() if draft is not None}
