"""The verbs of the sources: list, try, test, rename, remove, pause, import and export; `assistant.additions` adds one.

Each takes the service. The configuration file says which sources there are, so the verbs change that file, and then
what the database knows of the same name. `assistant.ingest.polling` polls them. The API's router calls these, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from itertools import islice
from threading import Event
from typing import Any

from assistant.answers import sources as answers
from assistant.config import edit
from assistant.config.naming import free, plain, slug
from assistant.config.questions import is_secret
from assistant.config.schema import SourceSettings
from assistant.errors import BadRequest, Conflict, NotFound
from assistant.ingest.polling import blamed_on, options_in_use
from assistant.service import Service
from assistant.status import source_status
from connectors import opml
from connectors.base import Connector, Item, Options, SourceFailure
from connectors.feeds import FeedOptions, Feeds
from connectors.reading import documents
from connectors.reading.links import canonical, is_web
from connectors.registry import connectors
from connectors.transport import mask_url
from memory.models import Source
from memory.store import sources as rows

_TESTED_ITEMS = 20
_TESTED_BATCHES = 5
"""Some of the first pages may hold nothing to read, such as a quiet channel of many."""


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
    return ask(service, _configured(service, name))


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
    taken = taken_names(service)
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
    """What the options say of themselves (`shown`), or what the first key of its kind that says something says, for the eye."""
    if shown := getattr(options, "shown", ""):
        return str(shown)
    values = (getattr(options, key) for key in _plain_keys(type(options)))
    value = next((value for value in values if value and isinstance(value, str | tuple | list)), "")
    return mask_url(value) if isinstance(value, str) else ", ".join(map(str, value))


def ask(service: Service, source: SourceSettings) -> answers.Tested:
    """What a source brings when it is polled for the first time. Nothing is kept.

    Raises: NeedsLogin, TryLater or Misconfigured as the source does.
    """
    with blamed_on(source):
        connector = connector_of(source.kind)(source.options, service.ways_out)
        if isinstance(connector, Feeds):
            document = connector.look()
            title, items, notices = document.title, document.items, document.notices
        else:
            title, items, notices = "", (), ()
            batches = connector.poll(None, now=service.clock.now(), limit=_TESTED_ITEMS, cancelled=Event())
            for batch in islice(batches, _TESTED_BATCHES):
                items, notices = batch.items, (*notices, *batch.notices)
                if items:
                    break
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


def connector_of(kind: str) -> type[Connector]:
    """Raises: BadRequest where no such kind is installed."""
    known = connectors()
    if kind not in known:
        raise BadRequest(f"There is no kind of source named {kind!r}.", f"The kinds are: {', '.join(known)}.")
    return known[kind]


def first_key(options: type[Options]) -> str:
    """The key that a kind's `Options` declare first of their own, secrets aside: what `sources add KIND` takes without a
    name, and what tells one source of the kind from another."""
    return next(_plain_keys(options), "")


def _plain_keys(options: type[Options]) -> Iterator[str]:
    """A kind's own keys, without those of secrets and of their files."""
    for key, field in options.model_fields.items():
        if key not in Options.model_fields and not key.endswith("_file") and not is_secret(field):
            yield key


def taken_names(service: Service) -> set[str]:
    """The names that no new source may have: those of removed ones, too, because their items keep them."""
    with service.database.read() as session:
        former = {row.name for row in rows.every(session)}
    return former | {source.name for source in service.settings.sources}


def _is_feed(source: SourceSettings) -> bool:
    return isinstance(source.options, FeedOptions)
