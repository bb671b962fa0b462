"""A section by its RSS: fetched only where it changed, and read by the reader of feeds.

`connectors.nytimes.reading` calls `read` for each section, where no key is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.base import Item, Misconfigured
from connectors.nytimes.bylines import names
from connectors.nytimes.sections import feed_address
from connectors.reading import documents
from connectors.reading.links import canonical, is_web
from connectors.transport import WaysOut


@dataclass(frozen=True, slots=True)
class Listing:
    """The stories of a section, in its order. `validators` are what its server needs to answer "not modified"."""

    items: Sequence[Item] = ()
    validators: Sequence[str] = ()
    is_unchanged: bool = False


def read(ways_out: WaysOut, section: str, validators: Sequence[str]) -> Listing:
    """What a section shows now. Raises: NeedsLogin, TryLater or Misconfigured."""
    address = feed_address(section)
    if address is None:
        raise Misconfigured(f"The section {section!r} has no RSS. Take it out, or give an API key.")
    conditions = zip(("If-None-Match", "If-Modified-Since"), validators, strict=False)
    fetched = ways_out.fetch(address, headers={name: value for name, value in conditions if value})
    if fetched.status == 304:
        return Listing(is_unchanged=True)
    try:
        document = ways_out.read(documents.read, fetched.body, dict(fetched.headers), fetched.url)
    except Misconfigured as err:
        raise Misconfigured(f"{address} cannot be read. {err}") from err
    items = tuple(_of_section(item, section) for item in document.items)
    return Listing(items, (fetched.headers.get("etag", ""), fetched.headers.get("last-modified", "")))


def _of_section(item: Item, section: str) -> Item:
    """The item with its authors apart, under the section, and by its address: the API has ids of its own."""
    identity = canonical(item.external_id) if is_web(item.external_id) else item.external_id
    authors = tuple(name for byline in item.authors for name in names(byline))
    topics = tuple(dict.fromkeys((section, *item.topics)))[:15]
    return replace(item, external_id=identity, authors=authors, topics=topics)
