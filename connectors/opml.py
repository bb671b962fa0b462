"""OPML, the format in which feed readers hand over their subscriptions: `read` and `write`. Knows no configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from connectors.base import Misconfigured
from connectors.reading import charset
from connectors.reading.links import is_web
from connectors.reading.markup import line, visible
from connectors.reading.mending import mended

_DEEPEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed that somebody follows. `folder` is the name of the innermost group it stands in."""

    url: str
    title: str = ""
    folder: str = ""


def read(body: bytes) -> tuple[Subscription, ...]:
    """The subscriptions of an OPML document, each address once, in order.

    Raises: Misconfigured where it is no OPML.
    """
    try:
        root = ElementTree.fromstring(mended(charset.decode(body, {})))  # noqa: S314  (expat limits entities itself)
    except ElementTree.ParseError as err:
        raise Misconfigured(f"It is no OPML: {err}. Export it again from the other reader.") from err
    if root.tag.lower() != "opml":
        raise Misconfigured(f"It is no OPML: its root element is {line(root.tag)!r}.")
    found: dict[str, Subscription] = {}
    for subscription in _subscriptions(root.find("body"), ""):
        found.setdefault(subscription.url, subscription)
    return tuple(found.values())


def write(subscriptions: Iterable[Subscription], *, title: str, now: datetime) -> bytes:
    """An OPML 2.0 document, in folders where the subscriptions have one."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = visible(title)
    ElementTree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {"": body}
    for subscription in subscriptions:
        folder = visible(subscription.folder)
        if folder not in folders:
            folders[folder] = ElementTree.SubElement(body, "outline", text=folder, title=folder)
        name = visible(subscription.title)
        ElementTree.SubElement(
            folders[folder], "outline", type="rss", text=name, title=name, xmlUrl=visible(subscription.url)
        )
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _subscriptions(parent: ElementTree.Element | None, folder: str, depth: int = 0) -> Iterator[Subscription]:
    if parent is None or depth > _DEEPEST:
        return
    for outline in parent.findall("outline"):
        attributes = {name.lower(): value for name, value in outline.attrib.items()}
        name = line(attributes.get("title") or attributes.get("text") or "")
        url = attributes.get("xmlurl", "").strip()
        if is_web(url):
            yield Subscription(url=url, title=name, folder=folder)
        yield from _subscriptions(outline, folder if url else name, depth + 1)
