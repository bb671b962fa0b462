"""The verbs on the profile: what the user prefers, why, and their own word on it.

Lessons come from edits (`assistant.learning`); preferences follow from them (`memory.profile`). The API and, through it,
the command line call this.
"""

from __future__ import annotations

from sqlmodel import Session

from assistant.answers.profile import (
    ChangeLine,
    CostPoint,
    Exported,
    Imported,
    LearnTexts,
    LessonView,
    NewPreference,
    PreferenceEdit,
    PreferenceLine,
    PreferenceView,
    WarmedUp,
)
from assistant.errors import BadRequest, NotFound
from assistant.learning import curve, portable, warm_up
from assistant.learning.telling import change_line, evidence_line, lesson_view, lines
from assistant.learning.wording import amount_of, dimension_of, scope_of, value_of
from assistant.progress import Progress, unheard
from assistant.service import Service
from memory.models import Lesson, Preference
from memory.profile import learning, rulings
from memory.profile.scope import Scope, family
from memory.store import audit, drafts, preferences
from memory.store import lessons as lesson_rows

LIST = "`telos profile list --all` shows the numbers of preferences."


def list_preferences(
    service: Service, *, kind: str = "", recipient: str = "", dimension: str = "", with_retired: bool = False
) -> list[PreferenceLine]:
    """What holds, the surest first; with `with_retired` what held before and what was forgotten, too.

    `kind` and `recipient` leave what holds in such texts, `dimension` what begins so.
    """
    with service.database.read() as session:
        rows = preferences.every(session) if with_retired else preferences.held(session)
        chosen = [row for row in rows if _is_asked(row, kind, recipient.casefold(), dimension)]
        return lines(session, chosen)


def why(service: Service, preference_id: int) -> PreferenceView:
    """A preference with the edits behind it, those that speak against it, and its history.

    Raises: NotFound.
    """
    with service.database.read() as session:
        row = _preference(session, preference_id)
        return PreferenceView(
            line=lines(session, [row])[0],
            evidence=[evidence_line(*one) for one in preferences.evidence_of(session, preference_id)],
            changes=[
                change_line(session, change) for change in preferences.history(session, preference_id=preference_id)
            ],
        )


def state(service: Service, new: NewPreference) -> PreferenceLine:
    """What the user says they want, pinned at once.

    Raises: BadRequest for a dimension or a value that there is not.
    """
    dimension = dimension_of(new.dimension)
    value = value_of(dimension, new.value)
    now = service.clock.now()
    scope = scope_of(new.kind, new.recipient, new.domain, new.source)
    with service.database.write() as session:
        row = rulings.state(session, dimension, value, scope, now, amount=amount_of(dimension, value))
        audit.record(session, "stated", f"preference {row.id}", at=now, by="user")
        return lines(session, [row])[0]


def edit(service: Service, preference_id: int, change: PreferenceEdit) -> PreferenceLine:
    """Another value or scope by the user's word, or pinned, or left to the evidence again.

    Raises: NotFound, or BadRequest where nothing is to be changed or the value is none.
    """
    now = service.clock.now()
    with service.database.write() as session:
        row = _preference(session, preference_id)
        if not change.model_dump(exclude_none=True):
            raise BadRequest("Nothing was said to be changed.", "Name a value, a scope, or whether it is pinned.")
        scope = _scope(row, change)
        if change.value is not None or scope is not None:
            value = None if change.value is None else value_of(row.dimension, change.value)
            amount = None if value is None else amount_of(row.dimension, value)
            rulings.edit(session, row, now, value=value, amount=amount, scope=scope)
            audit.record(session, "corrected", f"preference {preference_id}", at=now, by="user")
        if change.is_pinned is not None:
            (rulings.pin if change.is_pinned else rulings.unpin)(session, row, now)
            audit.record(session, "pinned" if change.is_pinned else "unpinned", f"preference {preference_id}", at=now)
        return lines(session, [row])[0]


def pin(service: Service, preference_id: int) -> PreferenceLine:
    """It holds whatever later edits say. Raises: NotFound."""
    return edit(service, preference_id, PreferenceEdit(is_pinned=True))


def unpin(service: Service, preference_id: int) -> PreferenceLine:
    """Edits decide again. Raises: NotFound."""
    return edit(service, preference_id, PreferenceEdit(is_pinned=False))


def forget(service: Service, preference_id: int) -> PreferenceLine:
    """Its evidence teaches nothing any more; new evidence may teach the same again.

    Raises: NotFound.
    """
    now = service.clock.now()
    with service.database.write() as session:
        row = _preference(session, preference_id)
        rulings.forget(session, row, now)
        audit.record(session, "forgotten", f"preference {preference_id}", at=now, by="user")
        return lines(session, [row])[0]


def history(service: Service, preference_id: int | None = None, limit: int = 50) -> list[ChangeLine]:
    """What changed, of one preference or of all, the latest first. Raises: NotFound."""
    with service.database.read() as session:
        if preference_id is not None:
            _preference(session, preference_id)
        rows = preferences.history(session, preference_id=preference_id, limit=limit)
        return [change_line(session, row) for row in rows]


def lessons(service: Service, limit: int = 50) -> list[LessonView]:
    """What was learned, the latest first, undone lessons as well."""
    with service.database.read() as session:
        return [lesson_view(session, row) for row in lesson_rows.recent(session, limit=limit)]


def undo(service: Service, lesson_id: int | None = None) -> LessonView:
    """Take a lesson back, the last one that holds if none is named, as if it had never been.

    Raises: NotFound; BadRequest where it was undone before.
    """
    now = service.clock.now()
    with service.database.write() as session:
        row = _lesson(session, lesson_id)
        assert row.id is not None
        if row.undone_at is not None:
            raise BadRequest(f"The lesson {row.id} was undone before.", "`telos profile history` shows what held when.")
        view = lesson_view(session, row)
        learning.take_back(session, row.id, now)
        audit.record(session, "unlearned", f"lesson {row.id}", at=now, by="user")
        return view.model_copy(update={"undone_at": now, "undo": ""})


def export(service: Service) -> Exported:
    """The whole profile as it holds now, for a file."""
    with service.database.read() as session:
        return portable.exported(session, service.clock.now())


def import_(service: Service, told: Exported) -> Imported:
    """Take in a profile from a file. What is there already, or ruled otherwise by the user, stays.

    Raises: BadRequest for a dimension or a value that there is not.
    """
    rows = portable.rows(told)
    now = service.clock.now()
    with service.database.write() as session:
        added, kept = rulings.import_(session, rows, now)
        audit.record(session, "imported", "profile", at=now, by="user", added=added)
        return Imported(added=added, kept=kept)


def learn(service: Service, texts: LearnTexts, progress: Progress = unheard) -> WarmedUp:
    """Learn from texts of the user's own, each once however often it is given; others' are left out and said.

    Raises: BadRequest where there is no text, or too much of it.
    """
    user = service.settings.user
    owner = warm_up.Owner(name=user.name, address=user.email)
    past = warm_up.sorted_out(texts.texts, owner)
    return warm_up.learned(
        service.database, past, owner, service.embedder, service.clock.now(), service.heeding(progress)
    )


def cost(service: Service, *, kind: str = "", to: str = "") -> list[CostPoint]:
    """What each approved draft cost to edit, the earliest first; of a kind, or to a reader."""
    with service.database.read() as session:
        return curve.points(drafts.decided(session), kind=kind, recipient=to)


def _is_asked(row: Preference, kind: str, recipient: str, dimension: str) -> bool:
    if kind and row.kind not in ("", kind, family(kind)):
        return False
    if recipient and row.recipient not in ("", recipient):
        return False
    return row.dimension.startswith(dimension)


def _scope(row: Preference, change: PreferenceEdit) -> Scope | None:
    """The scope that an edit names; `None` where it leaves it."""
    named = {name: getattr(change, name) for name in ("kind", "recipient", "domain", "source")}
    if all(value is None for value in named.values()):
        return None
    whole = {name: getattr(row, name) if value is None else value for name, value in named.items()}
    return scope_of(whole["kind"], whole["recipient"], whole["domain"], whole["source"])


def _preference(session: Session, preference_id: int) -> Preference:
    row = preferences.get(session, preference_id)
    if row is None:
        raise NotFound(f"There is no preference {preference_id}.", LIST)
    return row


def _lesson(session: Session, lesson_id: int | None) -> Lesson:
    if lesson_id is not None:
        row = lesson_rows.get(session, lesson_id)
        if row is None:
            raise NotFound(f"There is no lesson {lesson_id}.", "`telos profile history` names lessons.")
        return row
    live = lesson_rows.recent(session, limit=1, is_live=True)
    if not live:
        raise NotFound("There is no lesson that could be undone.", "Edit a draft: `telos drafts edit N`.")
    return live[0]
