"""The mail that is answered, from an `.eml` file or standard input: who wrote it, to whom, about what, and what they ask.

RFC 5322 by the standard library, kept from failing on what comes from outside: broken encodings, missing parts, HTML
alone. What it quotes is cut off. Its text is data. `gathering` reads with it, and the row of a draft keeps what it found;
`assistant.mailbox.sent_text` takes a mail's own parts as it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from assistant.drafting.recipients import Recipient, of_header, tidy
from assistant.errors import BadRequest
from assistant.style.piece import People, Piece, parse
from assistant.style.splitting import sentences
from connectors.reading import charset, markup

MOST_CHARACTERS = 5_000_000
TEXT_CHARACTERS = 20_000
"""Of its text so much is kept: it is asked what the sender wants, which is said early."""
MOST_PARTS = 200
MOST_QUESTIONS = 6
MOST_REFERENCES = 20
HEADER_CHARACTERS = 10_000

_ASKED = ("?", "？", "؟")
_BETWEEN = re.compile(r"\n|(?<=[?？؟])\s+")
"""Between sentences; and after a question, whatever follows: "when? where?" are two."""
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^>]*>", re.IGNORECASE)
_KNOWN = ("from", "to", "subject", "date", "message-id", "received", "reply-to", "return-path", "mime-version")
_SEPARATOR = re.compile(r"\A[\s\ufeff]*(?:>?From [^\n]*\n)?")
"""What stands before the headers: a byte order mark, and the line between the mails of a mailbox."""
_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,250}>")
_REPLIED = re.compile(r"^(?:\s*(?:re|aw|antw|sv|ref|rif|rép|odp)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
_POLITE = re.compile(
    r"\b(?:how (?:are|is|have) (?:you|things|it|everything|life)|how do you do|wie geht|comment (?:allez|vas|ça)|cómo est)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """`reply_to` is who an answer goes to. `text` is what its sender wrote, without what they quoted."""

    sender: Recipient | None
    reply_to: tuple[Recipient, ...]
    recipients: tuple[Recipient, ...]
    subject: str
    text: str
    date: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def reply_subject(self) -> str:
        return f"Re: {_REPLIED.sub('', self.subject)}".strip()

    def row(self) -> dict[str, Any]:
        """What `Draft.incoming` keeps."""
        return {
            "message_id": self.message_id,
            "references": list(self.references),
            "sender": self.sender.row() if self.sender else {},
            "recipients": [one.row() for one in self.recipients],
            "subject": self.subject,
            "date": self.date,
            "text": self.text,
        }


def read(raw: str) -> Incoming:
    """The mail in `raw`, bytes that are no text kept by surrogateescape.

    Raises: BadRequest where it is no mail, or too long.
    """
    if len(raw) > MOST_CHARACTERS:
        raise BadRequest(
            f"The mail has {len(raw):,} characters, and {MOST_CHARACTERS:,} is the most.",
            "Save it without attachments.",
        )
    raw = _SEPARATOR.sub("", raw, count=1)
    try:
        message = message_from_bytes(raw.encode("utf-8", "surrogateescape"))
    except (MessageError, ValueError, RecursionError) as err:  # ValueError: what no codec takes
        raise _no_mail() from err
    if not any(message.get(name) for name in _KNOWN):
        raise _no_mail()
    piece = parse(_body(message)[:TEXT_CHARACTERS], People())
    senders = of_header(_values(message, "from"))
    to = tuple(of_header([*_values(message, "to"), *_values(message, "cc")]))
    answered = of_header(_values(message, "reply-to")) or senders
    return Incoming(
        sender=senders[0] if senders else None,
        reply_to=tuple(_named(one, senders) for one in answered),
        recipients=to,
        subject=tidy(_value(message, "subject")),
        text=_text(piece),
        date=_date(message),
        message_id=next(iter(_ids(message, "message-id")), ""),
        references=tuple(dict.fromkeys([*_ids(message, "references"), *_ids(message, "in-reply-to")]))[
            -MOST_REFERENCES:
        ],
        questions=tuple(_questions(piece))[:MOST_QUESTIONS],
    )


def _no_mail() -> BadRequest:
    return BadRequest(
        "This is no mail as mail programs save it: it has none of the lines From, To, Subject and Date.",
        "Save the mail as an .eml file, or pass it whole, with its headers.",
    )


def _named(answered: Recipient, senders: list[Recipient]) -> Recipient:
    """Reply-To often leaves the name out, which the sender has."""
    if answered.name or len(senders) != 1 or answered.domain != senders[0].domain:
        return answered
    return Recipient(senders[0].name, answered.address)


def _text(piece: Piece) -> str:
    """What the sender says: a paragraph a line, without greeting, closing, and what they quote."""
    return "\n\n".join(
        ("\n" if block.kind == "verbatim" else " ").join(block.parts) if block.kind != "bullets" else _list(block.parts)
        for block in piece.blocks
    )


def _list(parts: tuple[str, ...]) -> str:
    return "\n".join(f"- {part}" for part in parts)


def _questions(piece: Piece) -> Iterator[str]:
    """What the sender asks, each once; how somebody is, is no question that wants an answer."""
    seen: set[str] = set()
    for block in piece.blocks:
        for part in block.parts if block.kind != "verbatim" else ():
            for sentence in _BETWEEN.split("\n".join(sentences(part))):
                said = " ".join(sentence.split())
                if (
                    said.endswith(_ASKED)
                    and said.strip("?？؟ ")
                    and not _POLITE.search(said)
                    and said.casefold() not in seen
                ):
                    seen.add(said.casefold())
                    yield said


# Its parts and headers


def _body(message: Message) -> str:
    """Plain text where there is any, else what HTML says; attachments are none of it."""
    html = ""
    for number, part in enumerate(own_parts(message)):
        if number >= MOST_PARTS:
            break
        kind = part.get_content_type()
        if kind == "text/plain" and (text := _decoded(part).strip()):
            return markup.visible(text.replace("\r\n", "\n").replace("\r", "\n"))
        if kind == "text/html" and not html:
            html = _decoded(part)
    return markup.read(_unquoted(markup.clean(html))).text if html else ""


def _unquoted(html: str) -> str:
    """Markup with a line in the place of each quotation, as plain text marks it. It trusts that tags are balanced."""
    kept: list[str] = []
    depth = end = 0
    for tag in _BLOCKQUOTE.finditer(html):
        if not depth:
            kept.append(html[end : tag.start()] + "<p>&gt; …</p>")
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        end = tag.end()
    return "".join(kept) + html[end:] if not depth else "".join(kept)


def own_parts(message: Message) -> Iterator[Message]:
    """The parts that are its own text; a mail attached to it is another one."""
    if message.get_content_disposition() == "attachment" or message.get_content_maintype() == "message":
        return
    payload = message.get_payload()
    if isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from own_parts(part)
    else:
        yield message


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return charset.decode(payload, {"content-type": str(part.get("content-type", ""))})


def _values(message: Message, name: str) -> list[str]:
    found = [str(value) for key, value in message.raw_items() if key.lower() == name]
    return [_plain(value) for value in found[:MOST_PARTS]]


def _value(message: Message, name: str) -> str:
    return next(iter(_values(message, name)), "")


def _plain(value: str) -> str:
    """A header as one reads it: encoded words decoded, raw bytes taken for what they most likely are."""
    value = charset.decode(value[:HEADER_CHARACTERS].encode("utf-8", "surrogateescape"), {})
    try:
        parts = decode_header(value)
    except (MessageError, ValueError):  # an encoded word that is none
        return value
    read = "".join(part if isinstance(part, str) else _word(part, coding) for part, coding in parts)
    return read if read.strip() else value


def _word(part: bytes, coding: str | None) -> str:
    if coding is None:
        return part.decode("raw_unicode_escape", "replace")  # as `decode_header` encodes what stands between words
    return charset.decode(part, {"content-type": f'text/plain; charset="{coding}"'})


def _ids(message: Message, name: str) -> list[str]:
    return _ID.findall(" ".join(_values(message, name)))


def _date(message: Message) -> str:
    try:
        return parsedate_to_datetime(_value(message, "date")).isoformat()
    except (ValueError, TypeError, OverflowError, IndexError):
        return ""
