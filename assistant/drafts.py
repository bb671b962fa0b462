"""The verbs of drafts: new, list, show, edit, approve, reject, diff, export, send.

Whatever Telos writes can be a draft, and is learned from when the user edits or approves it. A draft and its first version
are one transaction, and so are an edit and its lesson. The API calls these, and the benchmark of edits calls the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from assistant import deliveries
from assistant.answers.drafts import (
    Decided,
    DiffView,
    DraftEdit,
    DraftLine,
    DraftStateName,
    DraftView,
    KindName,
    NewDraft,
    ShapeName,
)
from assistant.answers.profile import LessonView
from assistant.drafting import author, context, exporting, filling, form, keeping, views
from assistant.drafting.author import Job, Written
from assistant.drafting.compose import size_in
from assistant.drafting.gathering import Gathered, Known, gather
from assistant.drafting.keeping import Origin
from assistant.drafting.material import Material
from assistant.drafting.recipients import Recipient
from assistant.errors import Conflict, NotFound
from assistant.failpoints import failpoint
from assistant.feedback import digest_of
from assistant.learning import alignment, own_words, phrases, refusing, teaching
from assistant.learning.teaching import Taught
from assistant.learning.telling import lesson_view, told
from assistant.progress import Progress, unheard
from assistant.service import Service
from assistant.style import traits
from assistant.style.piece import People
from memory.embed import NoEmbedder
from memory.models import Delivery, DeliveryState, Draft, DraftKind, DraftState, DraftVersion, Entry, LessonOrigin, Turn
from memory.profile import learning
from memory.profile.context import Chosen, Context
from memory.profile.lengths import LENGTHS
from memory.profile.profile import Profile
from memory.recall import Recall
from memory.store import conversations, digests, drafts, facts, items, lessons, outbox, preferences

WRITTEN = ("digest", "chat")
"""Kinds that were written when they become drafts."""
GONE = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN)
"""What only waits can still be changed: another version is not sent in its place."""


def new(service: Service, wish: NewDraft, progress: Progress = unheard) -> DraftView:
    """Write a draft from what `wish` names, in the form that was learned for such texts. An entry of a digest, or a chat's
    reply, becomes one draft of its own kind: asked for again, it is given as it stands.

    Raises: BadRequest where nothing is to be said, or what should be a mail is none; NotFound for what is not there.
    """
    progress(0, None, "gathering what is to be said")
    origin = _origin(service, wish)
    gathered = gather(_known(service), wish, origin.entry, origin.turn)
    if gathered.kind in WRITTEN and (there := _there(service, origin)) is not None:
        return there
    held = context.context_of(gathered.material, gathered.recipients, gathered.sources, service.embedder)
    profile = service.profiles.current(held.embedder or _slug(service))
    people = _people(service, gathered.recipients, gathered.material.language)
    chosen = _chosen(profile, held, gathered.material, people)
    written = _write(service, Job(gathered.material, form.form_of(chosen), people), gathered, held, profile, progress)
    now = service.clock.now()
    row, first = keeping.draft(origin, gathered, held, now), keeping.first_version(written, chosen, now)
    with service.database.write() as session:
        drafts.add(session, row, first)
        preferences.count_use(session, [one.preference_id for one in chosen if one.preference_id is not None])
        facts.count_use(session, gathered.fact_ids)
        return _view(session, row)


def _chosen(profile: Profile, held: Context, material: Material, people: People) -> list[Chosen]:
    """What the profile says of such a text. Where all that is said is the user's, its length goes by how much that is, and
    where Telos takes it from items, by what the user would make of it."""
    chosen = profile.choose(held, traits.reach)
    others = form.decided([one for one in chosen if one.dimension not in LENGTHS])
    length = profile.length(
        held,
        lambda one: size_in(material, form.form_of([*others, *([one] if one else [])]), people),
        is_given=not material.passages,
    )
    return others if length is None else [*others, length]


def list_drafts(
    service: Service, state: DraftStateName | None = None, kind: KindName | None = None, limit: int = 50
) -> list[DraftLine]:
    """The drafts that were changed last, the latest first."""
    with service.database.read() as session:
        rows = drafts.latest(
            session, limit, state=DraftState(state) if state else None, kind=DraftKind(kind) if kind else None
        )
        ids = [row.id or 0 for row in rows]
        last = drafts.current(session, ids)
        sent = outbox.of_drafts(session, ids)
        return [views.line(row, [last[row.id or 0]], sent.get(row.id or 0)) for row in rows]


def show(service: Service, draft_id: int) -> DraftView:
    """A draft with all its versions and what was learned from it.

    Raises: NotFound.
    """
    with service.database.read() as session:
        return _view(session, _draft(session, draft_id))


def edit(service: Service, draft_id: int, edited: DraftEdit, progress: Progress = unheard) -> Decided:
    """Keep the user's text as a new version, and learn from it; a question instead where next to nothing is left.

    An approved or rejected draft is open again. A text that was not changed is no version.

    Raises: NotFound; BadRequest for what is no text; Conflict where it was edited meanwhile, or is sent: the text is not
    kept then, and whoever holds it says so.
    """
    refusing.require_text(edited.text)
    text = _tidy(edited.text)
    progress(0, None, "learning from the edit")
    with service.database.write() as session:
        draft = _draft(session, draft_id)
        versions = drafts.versions(session, draft_id)
        last, drafted = versions[-1], _drafted(versions)
        subject = last.subject if edited.subject is None else " ".join(edited.subject.split())
        if (text, subject) == (last.text.rstrip(), last.subject):
            return Decided(draft=_view(session, draft))
        _require_unsent(session, draft)
        if edited.version != last.number:
            raise _meanwhile(draft_id, last)
        asked = refusing.question(drafted.text, text) if edited.teaches or not text.strip() else ""
        if asked and not edited.is_sure:
            return Decided(draft=_view(session, draft), question=asked)
        now = service.clock.now()
        version = DraftVersion(draft_id=draft_id, number=0, at=now, by=drafts.USER, subject=subject, text=text)
        version.gaps = views.gaps_of(version)
        if drafts.add_version(session, version, upon=edited.version) is None:
            raise _meanwhile(draft_id, last)
        failpoint("learn.after_version")
        if draft.state is not DraftState.OPEN:
            drafts.set_state(session, draft_id, DraftState.OPEN, now)
        taught = _teach(service, session, draft, drafted, version) if edited.teaches and text != last.text else None
        decided = Decided(draft=_view(session, draft), lesson=taught and told(session, taught))
        failpoint("learn.before_kept")
    failpoint("learn.after_kept")
    if taught is not None:
        _read_on(service, taught, drafted.text)
    return decided


def approve(service: Service, draft_id: int) -> Decided:
    """Final, by the user's word; nothing is sent. What Telos wrote and the user left as it was is learned from, a little.

    Raises: NotFound.
    """
    now = service.clock.now()
    with service.database.write() as session:
        draft = _draft(session, draft_id)
        lesson = None
        if draft.state is not DraftState.APPROVED:
            drafts.set_state(session, draft_id, DraftState.APPROVED, now)
            last = drafts.versions(session, draft_id)[-1]
            if last.by == drafts.TELOS:
                taught = teaching.accept(
                    session,
                    last.text,
                    context.of_draft(draft),
                    _people_of(service, draft),
                    now,
                    draft_id=draft_id,
                    version=last.number,
                    ours=form.chosen_by_telos(draft, last),
                )
                lesson = lesson_view(session, taught.lesson)
        return Decided(draft=_view(session, draft), lesson=lesson)


def reject(service: Service, draft_id: int) -> DraftView:
    """Not wanted. It teaches nothing: what was learned when it was approved is taken back. It can still be edited.

    Raises: NotFound; Conflict where it was sent.
    """
    with service.database.write() as session:
        draft = _draft(session, draft_id)
        _require_unsent(session, draft)
        drafts.set_state(session, draft_id, DraftState.REJECTED, service.clock.now())
        for lesson in lessons.every_of_draft(session, draft_id):
            if lesson.origin is LessonOrigin.ACCEPTED and lesson.undone_at is None and lesson.id is not None:
                learning.take_back(session, lesson.id, service.clock.now())
        return _view(session, draft)


def diff(service: Service, draft_id: int, before: int | None = None, after: int | None = None) -> DiffView:
    """What was changed, word by word: from Telos's last version to the last one, unless versions are named.

    Raises: NotFound.
    """
    with service.database.read() as session:
        _draft(session, draft_id)
        versions = drafts.versions(session, draft_id)
        old = _version(versions, before) if before is not None else _drafted(versions)
        new = _version(versions, after) if after is not None else versions[-1]
        return DiffView(
            draft=draft_id,
            before=old.number,
            after=new.number,
            spans=alignment.spans(old.text, new.text),
            cost=alignment.distance(old.text, new.text),
            lessons=_lessons(session, draft_id),
        )


def export(service: Service, draft_id: int, version: int | None = None, shape: ShapeName | None = None) -> str:
    """A version's text, the last one's without a number: of a mail the message as mail programs open it, else the text.

    Raises: NotFound; BadRequest for a shape that such a draft has not.
    """
    with service.database.read() as session:
        draft = _draft(session, draft_id)
        versions = drafts.versions(session, draft_id)
    chosen = versions[-1] if version is None else _version(versions, version)
    user = service.settings.user
    sender = Recipient(user.name, service.settings.mail.sender or user.email)
    return exporting.exported(draft, chosen, sender, shape)


def send(service: Service, draft_id: int, *, again: bool = False) -> DraftLine:
    """Send an approved mail or reply to those it is addressed to; the draft as it is then.

    Raises: NotFound; Conflict where it must not leave, or was sent already, unless `again`; BadConfiguration.
    """
    deliveries.send_draft(service, draft_id, again=again)
    with service.database.read() as session:
        return views.line(
            _draft(session, draft_id), drafts.versions(session, draft_id), outbox.of_draft(session, draft_id)
        )


# What they are made of


def _write(
    service: Service, job: Job, gathered: Gathered, held: Context, profile: Profile, progress: Progress
) -> Written:
    if gathered.kind in WRITTEN:  # these were written already, by whoever wrote them
        return author.plainly(job)
    progress(0, None, "writing")
    engine = service.engine_for("drafts", "draft", item_ids=gathered.item_ids)

    def examples() -> list[str]:
        with service.database.read() as session:
            return author.examples(session, held, profile)

    return author.write(engine, job, examples, service.heeding(progress))


def _origin(service: Service, wish: NewDraft) -> Origin:
    """The wish with the rows that it names by number. Raises: NotFound."""
    entry: Entry | None = None
    turn: Turn | None = None
    with service.database.read() as session:
        if wish.entry is not None:
            digest = digest_of(session, wish.day)
            entry = digests.entry(session, digest.id or 0, wish.entry)
            if entry is None:
                raise NotFound(
                    f"The digest of {digest.local_date} has no entry {wish.entry}.", "`telos digest show` lists them."
                )
        if wish.turn is not None or wish.conversation is not None:
            turn = _turn(session, wish)
    return Origin(wish, entry, turn)


def _there(service: Service, origin: Origin) -> DraftView | None:
    """The draft that the entry, or the reply, became before."""
    entry, turn = origin.entry, origin.turn
    with service.database.read() as session:
        row = drafts.of_origin(session, entry_id=entry.id if entry else None, turn_id=turn.id if turn else None)
        return _view(session, row) if row is not None else None


def _turn(session: Session, wish: NewDraft) -> Turn:
    row = conversations.last(session) if wish.conversation is None else conversations.get(session, wish.conversation)
    if row is None:
        raise NotFound("There is no such conversation.", "`telos conversations` lists those there are.")
    number = wish.turn
    last = conversations.last_turn(session, row.id or 0)
    found = last if number is None else conversations.turn(session, row.id or 0, number)
    if found is None or not found.reply or found.undone_at is not None:
        raise NotFound(f"Conversation {row.id} has no reply in turn {number or 1}.", "`telos conversations show` does.")
    return found


def _teach(service: Service, session: Session, draft: Draft, drafted: DraftVersion, version: DraftVersion) -> Taught:
    texts = [one.text for one in items.current_versions(session, draft.item_ids).values()]
    recall = Recall(service.database, service.embedder, service.vectors)
    return teaching.teach(
        session,
        teaching.Edit(
            context=context.of_draft(draft),
            people=_people_of(service, draft),
            before=filling.filled(drafted.text, version.text),
            after=version.text,
            draft_id=draft.id,
            from_version=drafted.number,
            to_version=version.number,
            material=texts,
            sources=[str(draft.incoming.get("text", ""))],
            ours=form.chosen_by_telos(draft, drafted),
        ),
        version.at,
        look_up=own_words.in_memory(service.database, recall),
    )


def _read_on(service: Service, taught: Taught, before: str) -> None:
    """Behind the edit, which is kept: a model may say in phrases what it shows. Nobody waits for that."""
    engine = service.engine_for("drafts", "learning from an edit")
    service.ahead.begin(lambda: phrases.learn(service.database, taught, before, engine, service.clock.now()))


def _known(service: Service) -> Known:
    user = service.settings.user
    recall = Recall(service.database, service.embedder, service.vectors)
    return Known(service.database, recall, language=user.language, address=user.email)


def _people(service: Service, recipients: Sequence[Recipient], language: str) -> People:
    """Of several readers none is the reader."""
    reader = recipients[0].name if len(recipients) == 1 else ""
    return People(writer=service.settings.user.name, reader=reader, language=language)


def _people_of(service: Service, draft: Draft) -> People:
    return _people(service, [Recipient.of_row(one) for one in draft.recipients], draft.language)


def _slug(service: Service) -> str:
    try:
        return service.embedder.slug
    except NoEmbedder:
        return ""


def _tidy(text: str) -> str:
    """The user's text as it is kept: line ends as one, and no halves of characters, which no row can hold."""
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode().rstrip()


def _draft(session: Session, draft_id: int) -> Draft:
    found = drafts.by_id(session, draft_id)
    if found is None:
        raise NotFound(f"There is no draft {draft_id}.", "`telos drafts list` shows those there are.")
    return found


def _drafted(versions: Sequence[DraftVersion]) -> DraftVersion:
    """What Telos wrote last."""
    return next(one for one in reversed(versions) if one.by == drafts.TELOS)


def _version(versions: Sequence[DraftVersion], number: int) -> DraftVersion:
    found = next((one for one in versions if one.number == number), None)
    if found is None:
        raise NotFound(f"The draft has no version {number}; it has {len(versions)}.", "`telos drafts show` lists them.")
    return found


def _require_unsent(session: Session, draft: Draft) -> None:
    delivery: Delivery | None = outbox.of_draft(session, draft.id or 0)
    if delivery is not None and delivery.state in GONE:
        was = "was sent" if delivery.state is DeliveryState.SENT else "is on its way"
        raise Conflict(f"Draft {draft.id} {was}, and stays as it is.", "Write another one with `telos drafts new`.")


def _meanwhile(draft_id: int, last: DraftVersion) -> Conflict:
    return Conflict(
        f"Draft {draft_id} was changed meanwhile: its last version is number {last.number}, by {last.by}.",
        f"Your text was not put over it. `telos drafts show {draft_id}` shows what is there; then edit it again.",
    )


def _view(session: Session, draft: Draft) -> DraftView:
    draft_id = draft.id or 0
    versions = drafts.versions(session, draft_id)
    return views.view(draft, versions, traits.say, _lessons(session, draft_id), outbox.of_draft(session, draft_id))


def _lessons(session: Session, draft_id: int) -> list[LessonView]:
    return [lesson_view(session, row) for row in lessons.every_of_draft(session, draft_id)]
