"""Notes in Markdown, plain text and HTML: the bytes of a file to a `Note`. Knows no folder and no network.

A note's title is that of its front matter, else its first heading, else none: the caller has the file's name.
HTML is hostile until it is cleaned, so `of_html` runs in the reader process; the two others only look at lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from connectors.base import Misconfigured
from connectors.reading import dates
from connectors.reading.charset import decode
from connectors.reading.links import found_in
from connectors.reading.markup import clean, line, plain, read, tidy

_FRONT = re.compile(r"\A---[ \t]*\n(?P<fields>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^(?P<name>[A-Za-z][\w-]*)[ \t]*:[ \t]*(?P<value>.*)$")
_LISTED = re.compile(r"^[ \t]*-[ \t]+(?P<value>\S.*)$")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<text>\S.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(?:=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
_MARKS = re.compile(r"[*_`]+|\[(?P<shown>[^\[\]]*)\]\([^()]*\)")
_TITLE = re.compile(r"<title\b[^>]{0,200}>(?P<text>[^<]{1,1000})", re.IGNORECASE)
_FIRST_HEADING = re.compile(r"<h1\b[^>]{0,500}>(?P<text>.{1,2000}?)</h1", re.IGNORECASE | re.DOTALL)
_STRANGE = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
MOST_LINKS = 100
_HEADING_WITHIN = 50


@dataclass(frozen=True, slots=True)
class Note:
    """What a file says. `text` is plain; `dated` is the date it gives itself; `left_out` says what was not read."""

    title: str = ""
    text: str = ""
    html: str = ""
    authors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    dated: datetime | None = None
    left_out: str = ""


def of_text(body: bytes) -> Note:
    """A plain text has no title of its own. Raises: Misconfigured where it is none."""
    text = _text(body)
    return Note(text=tidy(text), links=found_in(text)[:MOST_LINKS])


def of_markdown(body: bytes) -> Note:
    """Raises: Misconfigured where it is no text."""
    text = _text(body)
    front = _FRONT.match(text)
    fields = _fields(front["fields"]) if front else {}
    content = text[front.end() :] if front else text
    tags = [tag.lstrip("#") for name in ("tags", "tag", "keywords", "categories") for tag in fields.get(name, ())]
    authors = [author for name in ("author", "authors") for author in fields.get(name, ())]
    dated = next((fields[name][0] for name in ("date", "created") if fields.get(name)), "")
    return Note(
        title=_first(fields.get("title")) or _heading(content),
        text=tidy(content),
        authors=tuple(filter(None, map(line, authors))),
        topics=tuple(filter(None, map(line, tags))),
        links=found_in(content)[:MOST_LINKS],
        dated=dates.parse(dated) if dated else None,
    )


def of_html(body: bytes) -> Note:
    """All that a saved page shows, cleaned. Raises: Misconfigured where it is no text."""
    page = _text(body)
    html = clean(page)
    reading = read(html)
    title = _TITLE.search(page) or _FIRST_HEADING.search(page)
    return Note(
        title=line(plain(title["text"]) or unescape(title["text"])) if title else "",
        text=reading.text,
        html=html,
        links=reading.links[:MOST_LINKS],
    )


def _text(body: bytes) -> str:
    """The decoded text with its lines ended by a newline each."""
    text = decode(body, {}).replace("\r\n", "\n").replace("\r", "\n")
    if len(_STRANGE.findall(text[:100_000])) > len(text[:100_000]) // 100:
        raise Misconfigured("it is no text, whatever its name says.")
    return text


def _fields(front: str) -> dict[str, list[str]]:
    """The fields of front matter that hold a text or a list of texts; what nests deeper is not looked at."""
    fields: dict[str, list[str]] = {}
    name = ""
    for row in front.split("\n"):
        if match := _FIELD.match(row):
            name = match["name"].lower()
            fields[name] = _values(match["value"])
        elif (listed := _LISTED.match(row)) and name:
            fields[name] += _values(listed["value"])
    return fields


def _values(written: str) -> list[str]:
    written = written.strip()
    if written.startswith("[") and written.endswith("]"):
        return [value for part in written[1:-1].split(",") if (value := _unquoted(part))]
    return [value] if (value := _unquoted(written)) else []


def _unquoted(written: str) -> str:
    written = written.strip()
    if len(written) > 1 and written[0] == written[-1] and written[0] in "\"'":
        return written[1:-1].strip()
    return written


def _first(values: list[str] | None) -> str:
    return line(values[0]) if values else ""


def _heading(content: str) -> str:
    """The first heading near the beginning, without its marks."""
    rows = content.split("\n", 2 * _HEADING_WITHIN)[: 2 * _HEADING_WITHIN]
    is_code = False
    for row, following in zip(rows, [*rows[1:], ""], strict=True):
        if _FENCE.match(row):
            is_code = not is_code
        elif is_code:
            continue
        elif match := _HEADING.match(row):
            return _unmarked(match["text"])
        elif row.strip() and _UNDERLINE.match(following) and not _UNDERLINE.match(row):
            return _unmarked(row)
    return ""


def _unmarked(text: str) -> str:
    return line(_MARKS.sub(lambda match: match["shown"] or "", text))
