"""What a mail says, as plain text: the better of its alternatives, HTML without what it hides, attachments by name.

Never fails, whatever was sent. It knows no header of the letter itself; called by `connectors.mail.letters` in the reader
process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from connectors.mail.headers import decoded
from connectors.reading import charset, markup
from connectors.reading.links import found_in

_MOST_PARTS = 300
_DEEPEST = 20
_LONGEST_HTML = 2_000_000
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])"
    r"|max-height\s*:\s*0(?![.\d])",
    re.IGNORECASE,
)
_FILLER = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2060-\u2064\u3164\ufeff]+"
)
"""What newsletters fill their preview with. Not U+200D, which joins letters and emoji."""


@dataclass(slots=True)
class Body:
    """`text` has no quote of the mail that it answers at its end. `links` are absolute web addresses."""

    text: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    parts: int = 0


def read(message: Message, *, prefers_html: bool) -> Body:
    """`prefers_html` is for newsletters, whose plain text is mostly a list of addresses."""
    found = _Found()
    _collect(message, found, 0)
    plain = markup.tidy(_FILLER.sub("", "\n\n".join(found.plain)))
    reading = markup.read(markup.clean(_shown("\n".join(found.html)[:_LONGEST_HTML])))
    html = markup.tidy(_FILLER.sub("", reading.text))
    is_html = bool(html) and len(plain) < len(html) * (3 if prefers_html else 0.4)
    text = without_quote(html if is_html else plain)
    links = (*(reading.links if is_html or not plain else ()), *(() if is_html else found_in(plain)))
    return Body(text, tuple(dict.fromkeys(links))[:200], tuple(dict.fromkeys(found.attachments))[:_MOST_PARTS])


def without_quote(text: str) -> str:
    """`text` without the quoted mail at its end, and the line that announces it, if there is something above it."""
    rows = text.split("\n")
    while rows and (not rows[-1].strip() or rows[-1].lstrip().startswith(">")):
        rows.pop()
    if not rows or ">" not in "".join(text.split("\n")[len(rows) :]):
        return text
    if rows[-1].rstrip().endswith(":"):  # "On Monday Ada wrote:", which programs break before its last word
        last = rows.pop()
        if rows and rows[-1].strip() and len(last.split()) < 3:
            rows.pop()
    return "\n".join(rows).rstrip() or text


def _collect(part: Message, found: _Found, depth: int) -> None:
    found.parts += 1
    if found.parts > _MOST_PARTS or depth > _DEEPEST:
        return
    kind = part.get_content_type()
    if part.is_multipart() and kind != "message/rfc822":
        for inner in _parts(part):
            _collect(inner, found, depth + 1)
        return
    name = _file_name(part)
    is_attached = part.get_content_disposition() == "attachment"
    if kind == "message/rfc822":
        inner_parts = list(_parts(part))
        subject = decoded(str(inner_parts[0].get("Subject", ""))) if inner_parts else ""
        found.attachments.append(name or f"{subject or 'forwarded message'}.eml")
    elif kind in ("text/plain", "text/html") and not is_attached and not (name and depth and kind == "text/html"):
        (found.plain if kind == "text/plain" else found.html).append(text_of(part))
    elif name and not (part.get("Content-ID") and part.get_content_maintype() == "image" and not is_attached):
        found.attachments.append(name)


def _parts(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (inner for inner in payload if isinstance(inner, Message))


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return "attachment"
    return decoded(str(name))[:200]


def text_of(part: Message) -> str:
    """The text of a part; a damaged encoding of it is read as far as it goes."""
    try:
        raw = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        raw = None
    if not isinstance(raw, bytes):
        raw = str(part.get_payload()).encode("utf-8", "surrogateescape")
    try:
        declared = str(part.get_param("charset", "") or "")
    except (ValueError, LookupError, TypeError):
        declared = ""
    text = charset.decode(raw, {"Content-Type": f'text/plain; charset="{declared[:40]}"' if declared else ""})
    return _flowed(text, part) if str(part.get_param("format", "")).lower() == "flowed" else text


def _flowed(text: str, part: Message) -> str:
    """The paragraphs that `format=flowed` (RFC 3676) broke into lines, whole again."""
    joined: list[str] = []
    deletes = str(part.get_param("delsp", "")).lower() == "yes"
    flows = False
    for row in text.replace("\r\n", "\n").split("\n"):
        is_plain = not row.startswith(">")
        row = row.removeprefix(" ")
        ends = row[:-1] if deletes and row.endswith(" ") else row
        if flows and is_plain and row != "-- ":
            joined[-1] += ends
        else:
            joined.append(ends)
        flows = is_plain and row.endswith(" ") and row != "-- "
    return "\n".join(joined)


def _shown(html: str) -> str:
    """`html` without the elements that no reader sees: preview texts, decoys, what is hidden from machines."""
    if not html or not _HIDING.search(html):
        return html
    from lxml import html as parser  # weight, and needed for few mails
    from lxml.etree import LxmlError

    try:
        tree = parser.document_fromstring(html)
    except (LxmlError, ValueError):
        return html
    for element in list(tree.iter()):
        if (
            isinstance(element.tag, str)
            and _HIDING.search(element.get("style", ""))
            and element.getparent() is not None
        ):
            element.drop_tree()
    return str(parser.tostring(tree, encoding="unicode"))
