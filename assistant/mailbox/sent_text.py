"""What the user wrote in a mail that they sent: its text without quotations, with the line ends that they meant.

Mail programs break long lines and add what is answered below; neither is the user's writing. Pure functions of a message
and the draft that it was. `sent` learns from what this gives.
"""

from __future__ import annotations

import re
from email.message import EmailMessage

from assistant.drafting.incoming import own_parts
from assistant.mailbox.mail import own_text
from assistant.style.quoted import is_quoted
from connectors.mail.bodies import text_of
from connectors.reading import markup

_BULLET = re.compile(r"^\s*(?:[-*•–—]|\d{1,2}[.)])\s")
_BLANK = re.compile(r"\n[ \t]*\n")
_OPENS = re.compile(r"<blockquote\b", re.IGNORECASE)
_CLOSES = "</blockquote>"
_GMAIL = re.compile(r"<div class=\"gmail_quote.*", re.IGNORECASE | re.DOTALL)
BROKEN_AT = 45
"""No program breaks a line that is shorter, so that a shorter one was meant."""
LONGEST = 200_000


def own_words_of(message: EmailMessage, before: str) -> str:
    """The text of a sent mail as its writer meant it. `before` is the draft: its line ends were meant."""
    return unwrapped(own_text(body(message)[:LONGEST]), before)


def body(message: EmailMessage) -> str:
    """Its plain text, else what its HTML says; empty where it has neither."""
    first = {part.get_content_type(): part for part in reversed([*own_parts(message)])}
    if "text/plain" in first:
        return text_of(first["text/plain"])
    if "text/html" in first:
        return markup.read(markup.clean(_GMAIL.sub("", _unquoted(text_of(first["text/html"]))))).text
    return ""


def unwrapped(text: str, before: str) -> str:
    """`text` with its paragraphs on one line each, where a program broke them; lines that the draft has stay as they are."""
    known = {line.strip() for line in before.splitlines()}
    return "\n\n".join(_joined(part.split("\n"), known) for part in _BLANK.split(text.strip()) if part.strip())


def _unquoted(html: str) -> str:
    """Without everything from the first quotation to the end of the last."""
    opens, closes = _OPENS.search(html), html.lower().rfind(_CLOSES)
    if opens is None:
        return html
    return html[: opens.start()] + (html[closes + len(_CLOSES) :] if closes > opens.start() else "")


def _joined(lines: list[str], known: set[str]) -> str:
    kept: list[str] = []
    for line in (one.strip() for one in lines):
        before = kept[-1] if kept else ""
        is_meant = (
            not before
            or len(before.rsplit("\n", 1)[-1]) < BROKEN_AT
            or bool(_BULLET.match(line))
            or before in known
            or is_quoted(line)
        )
        if is_meant:
            kept.append(line)
        else:
            kept[-1] = f"{before} {line}"
    return "\n".join(kept)
