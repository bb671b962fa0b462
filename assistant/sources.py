"""The verbs of the sources: list, try, test, add, rename, remove, pause, import and export.

Each takes the service. The configuration file says which sources there are, so the verbs change that file, and then
what the database knows of the same name. `assistant.ingest.polling` polls them. The API's router calls these, and nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from threading import Event
from typing import Any, get_origin

from assistant.answers import sources as answers
from assistant.config import edit
from assistant.config.naming import free, plain, slug
from assistant.config.schema import SourceSettings
from assistant.errors import BadRequest, Conflict, NotFound
from assistant.ingest.polling import blamed_on, options_in_use
from assistant.service import Service
from assistant.status import source_status
from connectors import opml
from connectors.base import Batch, Connector, Item, Options, SourceFailure
from connectors.feeds import FeedOptions, Feeds
from connectors.reading import documents
from connectors.reading.links import canonical, is_web
from connectors.registry import connectors
from connectors.transport import mask_url
from memory.models import Source
from memory.store import sources as rows

_TESTED_ITEMS = 20


def list_sources(service: Service) -> list[answers.SourceLine]:
    """The configured sources, in the order of the file."""
    with service.database.read() as session:
        known = {row.name: row for row in rows.live(session)}
        return [_line(source, known.get(source.name)) for source in service.settings.sources]


def try_document(service: Service, document: answers.Document) -> answers.Tried:
    """What a document would bring. Nothing is kept, and what is wrong with it is part of the answer."""
    shown = document.name if document.content is not None else mask_url(document.name)
    try:
        if document.content is not None:
            found = service.ways_out.read(documents.read, document.content, {}, "")
        elif is_web(document.name):
            found = Feeds(FeedOptions(url=document.name), service.ways_out).look()
        else:
            return answers.Tried(document=shown, error=f"{shown} is no http(s) address.")
    except SourceFailure as err:
        return answers.Tried(document=shown, error=str(err))
    return answers.Tried(document=shown, kind=found.kind, items=[_tried(item) for item in found.items])


def test(service: Service, name: str) -> answers.Tested:
    """Ask the source as the next poll would for the first time. Nothing is kept.

    Raises: NotFound; NeedsLogin, TryLater or Misconfigured as the source does.
    """
    return _asked(service, _configured(service, name))


def add(service: Service, addition: answers.Addition) -> answers.Added:
    """Write a source into the configuration, once it has answered.

    Raises: BadRequest where it does not answer or its keys make no sense; Conflict where the name is taken.
    """
    connector = _connector(addition.kind)
    keys = _keys(connector, addition)
    taken = _taken(service)
    name = addition.name or free(plain(keys, addition.kind), taken)
    table = {"name": name, "kind": addition.kind, **keys}
    path = service.home.config_file
    source = edit.would_be(path, lambda text: edit.add(text, table)).source(name)
    assert source is not None
    items = None
    if addition.is_tested:
        try:
            tested = _asked(service, source)
        except SourceFailure as err:
            remedy = "Nothing was added. Correct it, or give `--untested` to add it all the same."
            raise BadRequest(str(err), remedy) from err
        items = len(tested.items)
        if not addition.name:
            table["name"] = free(slug(tested.title) or name, taken)
    edit.change(path, lambda text: edit.add(text, table))
    service.reload()
    return answers.Added(name=table["name"], kind=addition.kind, items=items, advice=_advice(keys))


def rename(service: Service, name: str, new: str) -> answers.SourceLine:
    """Give a source another name; its items and its state go with it."""
    _configured(service, name)
    with service.database.write() as session:
        if rows.by_name(session, new) is not None:
            raise Conflict(f"A source named {new!r} is or was there, and its items keep that name.", "Choose another.")
        rows.rename(session, name, new)
        edit.change(service.home.config_file, partial(edit.set_key, name=name, key="name", value=new))
    service.reload()
    return _one(service, new)


def remove(service: Service, name: str) -> None:
    """Take a source out of the configuration. What it brought stays; `memory erase --source` takes that away."""
    _configured(service, name)
    with service.database.write() as session:
        rows.mark_removed(session, name, service.clock.now())
        edit.change(service.home.config_file, partial(edit.remove, name=name))
    service.reload()


def set_paused(service: Service, name: str, paused: bool) -> answers.SourceLine:
    """Stop polling a source, or go on with it."""
    _configured(service, name)
    change = partial(edit.set_key, key="paused", value=True) if paused else partial(edit.drop_key, key="paused")
    edit.change(service.home.config_file, partial(change, name=name))
    service.reload()
    return _one(service, name)


def import_opml(service: Service, content: bytes) -> answers.Imported:
    """Add the feeds of an OPML file, folders as sections. They are not tested: there may be hundreds.

    Raises: Misconfigured where it is no OPML.
    """
    subscriptions = service.ways_out.read(opml.read, content)
    followed = {canonical(source.options.url) for source in service.settings.sources if _is_feed(source)}
    taken = _taken(service)
    tables: list[dict[str, Any]] = []
    known: list[str] = []
    for subscription in subscriptions:
        identity = canonical(subscription.url)
        if identity in followed:
            known.append(mask_url(subscription.url))
            continue
        followed.add(identity)
        name = free(slug(subscription.title) or plain({"url": subscription.url}, "feed"), taken)
        taken.add(name)
        table = {"name": name, "kind": "feeds", "url": subscription.url}
        tables.append(table | ({"section": subscription.folder} if subscription.folder else {}))
    if tables:
        edit.change(service.home.config_file, lambda text: edit.add(text, *tables))
        service.reload()
    return answers.Imported(added=[table["name"] for table in tables], known=known)


def export_opml(service: Service) -> answers.Exported:
    """The feeds as OPML. An address that is kept in a file of its own is a secret, and stays there."""
    feeds = [source for source in service.settings.sources if _is_feed(source)]
    public = [source for source in feeds if is_web(source.options.url) and not source.options.url_file]
    document = opml.write(
        (opml.Subscription(url=source.options.url, title=source.name, folder=source.section) for source in public),
        title="Telos sources",
        now=service.clock.now(),
    )
    left_out = [source.name for source in service.settings.sources if source not in public]
    return answers.Exported(opml=document.decode(), left_out=left_out)


def _configured(service: Service, name: str) -> SourceSettings:
    source = service.settings.source(name)
    if source is not None:
        return source
    close = get_close_matches(name, [source.name for source in service.settings.sources], n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else "`telos sources list` shows those there are."
    raise NotFound(f"There is no source named {name!r}.", hint)


def _one(service: Service, name: str) -> answers.SourceLine:
    return next(line for line in list_sources(service) if line.name == name)


def _line(source: SourceSettings, row: Source | None) -> answers.SourceLine:
    options = source.options if row is None else options_in_use(source, row)
    return answers.SourceLine(address=_address(options), **source_status(source, row).model_dump())


def _address(options: Options) -> str:
    """What the first key of its kind says, for the eye."""
    if isinstance(options, FeedOptions):
        return options.shown
    value = getattr(options, _first_key(type(options)), "")
    return mask_url(value) if isinstance(value, str) else ", ".join(str(part) for part in value)


def _asked(service: Service, source: SourceSettings) -> answers.Tested:
    with blamed_on(source):
        connector = _connector(source.kind)(source.options, service.ways_out)
        if isinstance(connector, Feeds):
            document = connector.look()
            title, items, notices = document.title, document.items, document.notices
        else:
            batches = connector.poll(None, now=service.clock.now(), limit=_TESTED_ITEMS, cancelled=Event())
            batch = next(iter(batches), Batch())
            title, items, notices = "", batch.items, batch.notices
    return answers.Tested(
        name=source.name, kind=source.kind, title=title, items=[_tried(item) for item in items], notices=list(notices)
    )


def _tried(item: Item) -> answers.TriedItem:
    return answers.TriedItem(
        id=item.external_id,
        title=item.title,
        url=item.url,
        published=item.published,
        updated=item.updated,
        authors=list(item.authors),
        text=item.text,
    )


def _connector(kind: str) -> type[Connector]:
    known = connectors()
    if kind not in known:
        raise BadRequest(f"There is no kind of source named {kind!r}.", f"The kinds are: {', '.join(known)}.")
    return known[kind]


def _first_key(options: type[Options]) -> str:
    """The key that a kind's `Options` declare first of their own: what `sources add KIND` takes without a name."""
    return next((key for key in options.model_fields if key not in Options.model_fields), "")


def _keys(connector: type[Connector], addition: answers.Addition) -> dict[str, Any]:
    """The keys of the new table, without name and kind."""
    if not addition.arguments:
        return dict(addition.keys)
    key = _first_key(connector.Options)
    if not key:
        raise BadRequest(f"A source of kind {addition.kind} takes no {addition.arguments[0]!r}.")
    is_list = get_origin(connector.Options.model_fields[key].annotation) in (tuple, list)
    if not is_list and len(addition.arguments) > 1:
        raise BadRequest(f"A source of kind {addition.kind} takes one {key}, not {len(addition.arguments)}.")
    return {key: list(addition.arguments) if is_list else addition.arguments[0], **addition.keys}


def _taken(service: Service) -> set[str]:
    """The names that no new source may have: those of removed ones, too, because their items keep them."""
    with service.database.read() as session:
        former = {row.name for row in rows.every(session)}
    return former | {source.name for source in service.settings.sources}


def _is_feed(source: SourceSettings) -> bool:
    return isinstance(source.options, FeedOptions)


def _advice(keys: Mapping[str, Any]) -> str:
    url = keys.get("url", "")
    if not isinstance(url, str) or mask_url(url) == url:
        return ""
    return "Its address holds a secret. You may put it into a file that only you can read and name that in url_file."
