"""The verbs on memory: add, import, export, search, show, forget, erase, reindex.

Each takes the service and answers with a model of `assistant.answers.memory`. Texts that the user brings belong to two
sources of their own, `notes` and `import`, so that everything kept says where it came from. The API and, through it, the
command line call this.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import uuid4

from sqlmodel import Session

from assistant import backups
from assistant.answers import memory as answers
from assistant.errors import BadRequest, Conflict, NotFound, no_item
from assistant.ingest import reindexing
from assistant.ingest.indexing import Indexed, index_pending
from assistant.progress import Progress
from assistant.service import Service
from assistant.workers.embedder import WorkerEmbedder
from memory import erase as erasing
from memory import languages
from memory.erase import Erasing, Places, Wanted, What
from memory.models import IMPORT, NOTES, Item, Version
from memory.recall import Recall
from memory.store import audit, items, sources
from memory.store.items import ItemFilter, NewItem

EXPORT_PAGE = 500


def search(service: Service, query: answers.Query) -> answers.Answers:
    """What answers a query, by words and by meaning.

    Raises: NotFound if the source that is to answer is not in memory.
    """
    if query.filters.source is not None:
        with service.database.read() as session:
            _known_source(session, query.filters.source)
    recall = Recall(service.database, service.embedder, service.vectors)
    today = service.clock.now().astimezone(service.settings.user.zone).date()
    found = recall.search(query.query, filters=_filter(service, query.filters), limit=query.limit, today=today)
    hits = [answers.HitLine.model_validate(asdict(hit)) for hit in found.hits]
    return answers.Answers(hits=hits, notices=list(found.notices))


def add(service: Service, note: answers.Note) -> answers.Added:
    """Keep a text of the user's."""
    item = NewItem(
        external_id=uuid4().hex,
        kind=note.kind,
        title=note.title,
        text=note.text,
        language=languages.detect(note.text),
        published=service.clock.now(),
    )
    saved = _save(service, NOTES, [item])
    return answers.Added(item_id=saved.new_ids[0])


def import_lines(service: Service, lines: answers.Lines) -> answers.Imported:
    """Keep the texts of JSONL lines; a bad line is named and stops no other."""
    wanted: list[NewItem] = []
    problems: list[str] = []
    for number, line in enumerate(lines.lines, start=lines.first):
        if line.strip():
            try:
                wanted.append(_imported(line))
            except ValueError as err:
                problems.append(f"Line {number} was passed over: {err}.")
    saved = _save(service, IMPORT, wanted)
    return answers.Imported(new=saved.new, updated=saved.updated, unchanged=saved.unchanged, problems=problems)


def index(service: Service, progress: Progress) -> answers.IndexedTexts:
    """Bring what waits into the indexes now."""
    done: Indexed = index_pending(service.indexing(), service.heeding(progress))
    return answers.IndexedTexts(versions=done.versions, waiting=done.waiting, why=done.why)


def export(service: Service, after: int, left_out: Collection[int] = ()) -> answers.ExportPage:
    """A page of everything that is kept and not forgotten, from the item after the id `after` on, but for `left_out`."""
    with service.database.read() as session:
        rows = items.page(session, after, EXPORT_PAGE)
        names = _source_names(session, rows)
        texts = items.current_versions(session, [item.id or 0 for item in rows])
    lines = [_exported(item, texts[item.id or 0], names[item.source_id]) for item in rows if item.id not in left_out]
    return answers.ExportPage(lines=lines, next=rows[-1].id if len(rows) == EXPORT_PAGE else None)


def show(service: Service, item_id: int) -> answers.ItemView:
    with service.database.read() as session:
        item = _item(session, item_id)
        version = items.current_versions(session, [item_id])[item_id]
        names = _source_names(session, [item])
    return answers.ItemView(
        item_id=item_id,
        ref=item.external_id,
        title=version.title,
        text=version.text,
        source=names[item.source_id],
        kind=item.kind,
        url=item.url,
        authors=item.authors,
        topics=item.topics,
        language=item.language,
        published=item.published_at,
        first_seen=item.first_seen_at,
        versions=version.ord + 1,
        story_id=item.story_id,
        is_hidden=item.hidden_at is not None,
        to_me=item.to_me,
        by_me=item.by_me,
        details=item.details,
    )


def forget(service: Service, item_id: int, *, undo: bool) -> answers.ItemView:
    """Hide an item from recall and learning, or bring it back. Twice is once."""
    now = service.clock.now()
    with service.database.write() as session:
        _item(session, item_id)
        has_changed = items.unhide(session, item_id) if undo else items.hide(session, item_id, now)
        if has_changed:
            audit.record(session, "remembered" if undo else "forgot", f"item {item_id}", at=now)
    return show(service, item_id)


def estimate(service: Service, request: answers.EraseRequest) -> answers.EraseEstimate:
    """How many items an erasure would take."""
    with service.database.read() as session:
        return answers.EraseEstimate(items=len(erasing.choose(session, _wanted(service, session, request))))


def erase(service: Service, request: answers.EraseRequest, progress: Progress) -> answers.ErasedAnswer:
    """Erase for good, and prove it. Once begun it is not interrupted."""
    with service.database.read() as session:
        wanted = _wanted(service, session, request)
    service.ahead.wait()  # what is read behind an edit is soon kept, and erased with the rest
    done = erasing.erase(erasing_parts(service), wanted, service.clock.now(), progress)
    return answers.ErasedAnswer(
        items=done.items,
        entries=done.entries,
        turns=done.turns,
        drafts=done.drafts,
        lessons=done.lessons,
        copies=done.copies,
        files=done.files,
        probes=done.probes,
        found=list(done.found),
        notices=_erase_notices(service, wanted),
    )


def finish_erasure(service: Service) -> bool:
    """Do the rest of an erasure that was cut short; whether there was one. Called at every start."""
    with service.database.read() as session:
        if not erasing.is_unfinished(session):
            return False
    with service.vectors.turn:
        erasing.finish(erasing_parts(service), service.clock.now(), lambda done, total, what: None)
    return True


def reindex(service: Service, progress: Progress) -> answers.ReindexedAnswer:
    """Embed everything with the embedder that the configuration names, then switch to it.

    Until all is ready the one before serves. With the same embedder the indexes are made anew from the rows.
    """
    progress = service.heeding(progress)
    wanted, served = service.settings.memory, service.serving
    if (wanted.embedder, wanted.revision) == (served.embedder, served.revision):
        parts = service.indexing()
        embedded = reindexing.embed_missing(parts, progress)
        reindexing.rebuild(parts, progress)
        return answers.ReindexedAnswer(embedded=embedded, slug=service.embedder.slug)
    embedder = WorkerEmbedder(wanted)
    parts = replace(service.indexing(), embedder=embedder, vectors=service.vectors_of(embedder))
    embedded = reindexing.embed_missing(parts, progress)
    reindexing.complete(parts)
    with service.vectors.turn:  # nothing is being indexed with the one before
        service.serve_embedder(wanted, embedder, parts.vectors)
    embedded += reindexing.embed_missing(parts, progress)  # what that one indexed meanwhile
    reindexing.complete(parts)
    return answers.ReindexedAnswer(embedded=embedded, slug=embedder.slug)


def count_words(service: Service, progress: Progress) -> bool:
    """Bring the arrays of frequent words up to date, where that is due; whether it was. Called once a day."""
    return reindexing.count_words(service.indexing(), service.heeding(progress))


def erasing_parts(service: Service) -> Erasing:
    home = service.home
    leave = (home.config_file, home.key_file, home.lock)
    places = Places(
        root=home.data, outbox=home.outbox, edits=home.edits, logs=home.logs, backups=home.backups, leave=leave
    )

    def let_go() -> None:
        service.engines.close()  # with the caches of conversations that its process holds
        service.forget_training()

    return Erasing(service.database, service.vectors, places, home.key, let_go)


def _save(service: Service, source: str, wanted: Sequence[NewItem]) -> items.Saved:
    now = service.clock.now()
    with service.database.write() as session:
        known = sources.by_name(session, source)
        if known is not None and known.kind != source:
            raise Conflict(
                f"A source of yours is called {source!r}, which is the name of what you bring yourself.",
                f"Give it another one: telos sources rename {source} NAME.",
            )
        row = sources.ensure(session, source, source, now)
        assert row.id is not None
        return items.save(session, row.id, wanted, now)


def _imported(line: str) -> NewItem:
    """Raises: ValueError, saying what is wrong with the line."""
    try:
        content: Any = json.loads(line)
    except ValueError as err:
        raise ValueError(f"it is no JSON ({err})") from err
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    for key in ("ref", "text"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise ValueError(f"it has no {key!r}")
    author = str(content.get("author") or "")
    return NewItem(
        external_id=content["ref"],
        kind=str(content.get("kind") or "note"),
        title=str(content.get("title") or ""),
        text=content["text"],
        url=str(content.get("url") or ""),
        authors=(author,) if author else (),
        thread_id=str(content.get("thread") or ""),
        language=languages.detect(content["text"]),
        published=_instant(content["time"]) if content.get("time") else None,
    )


def _instant(written: object) -> datetime:
    """An ISO 8601 instant or day; one without a zone is UTC."""
    try:
        instant = datetime.fromisoformat(str(written))
    except ValueError as err:
        raise ValueError(f"its time {written!r} is not as in 2026-11-20T07:00:00Z") from err
    return instant.replace(tzinfo=instant.tzinfo or UTC)


def _exported(item: Item, version: Version, source: str) -> answers.ExportLine:
    return answers.ExportLine(
        ref=item.external_id,
        text=version.text,
        title=version.title,
        time=item.published_at,
        author=", ".join(item.authors),
        kind=item.kind,
        source=source,
        url=item.url,
    )


def _item(session: Session, item_id: int) -> Item:
    item = items.get(session, item_id)
    if item is None:
        raise no_item(item_id)
    return item


def _filter(service: Service, wanted: answers.Filters) -> ItemFilter:
    """What is asked for; a moment without a zone is one of the user's days."""
    zone = service.settings.user.zone
    moments = {name: moment for name in ("since", "until") if (moment := getattr(wanted, name)) is not None}
    aware = {name: moment.replace(tzinfo=moment.tzinfo or zone) for name, moment in moments.items()}
    return ItemFilter(**(dict(wanted) | aware))


def _known_source(session: Session, name: str) -> None:
    if sources.by_name(session, name) is None:
        raise NotFound(f"There is no source {name!r} in memory.", "`telos sources list` shows those configured.")


def _source_names(session: Session, rows: Sequence[Item]) -> dict[int, str]:
    known = sources.by_ids(session, sorted({item.source_id for item in rows}))
    return {source_id: source.name for source_id, source in known.items()}


def _wanted(service: Service, session: Session, request: answers.EraseRequest) -> Wanted:
    """Raises: NotFound or BadRequest where nothing can be meant."""
    what, name = What(request.what), request.name.strip()
    if not name:
        raise BadRequest("Nothing was named to be erased.")
    if what is What.SOURCE:
        _known_source(session, name)
        return Wanted(what, name, keeps_source=service.settings.source(name) is not None)
    if what is What.BEFORE:
        return Wanted(what, name, before=_day(service, name))
    if what is What.ITEM:
        if not name.isdecimal():
            raise BadRequest(f"{name!r} is not the number of an item.")
        return Wanted(what, name, item_id=_item(session, int(name)).id or 0)
    return Wanted(what, name)


def _day(service: Service, name: str) -> datetime:
    """The start of a local day, or an instant."""
    try:
        instant = datetime.fromisoformat(name)
    except ValueError as err:
        raise BadRequest(f"{name!r} is not a date such as 2026-11-20.") from err
    zone = service.settings.user.zone
    if len(name) == len("2026-11-20"):
        return datetime.combine(instant.date(), time(), tzinfo=zone)
    return instant.replace(tzinfo=instant.tzinfo or zone)


def _erase_notices(service: Service, wanted: Wanted) -> list[str]:
    notices = ["Copies and backups that you made yourself, and mail already sent, are yours to delete."]
    notices += [f"This backup still holds what was erased: {file}" for file in backups.still_there(service)]
    if wanted.keeps_source:
        notices.append(
            f"The source {wanted.name} is still configured and goes on being read; "
            f"end that with: telos sources remove {wanted.name}"
        )
    elif wanted.what is not What.SOURCE and service.settings.sources:
        notices.append("What your sources still list comes back when they are read again.")
    config = service.home.config_file
    if wanted.what is What.PERSON and config.is_file() and wanted.name in config.read_text(encoding="utf-8"):
        notices.append(f"Your configuration {config} still holds the name; it is yours to edit.")
    return notices
