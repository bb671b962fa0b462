"""A raw mail as a `Letter`: who wrote to whom, in which thread, what it says, whether a person or a list sent it.

Never fails. It knows no server and no item. `connectors.mail.source` reads pages of mail with `read_all` in the reader
process; `assistant` reads single ones with `read`.
"""

from __future__ import annotations

import email
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.mail import bodies
from connectors.mail.headers import Headers, Person
from connectors.reading import dates
from connectors.reading.links import is_web

NOBODY = Person("", "")
_BULK = {"bulk", "list", "junk"}
_MOST_REFERENCES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Ids are written `<id>`; `references` are oldest first, at most fifty, with In-Reply-To at their end. `identity` stands for the mail in
    whatever folder and under whatever number it lies. `authentication` is what the receiving server found:
    `{"server": ..., "dkim": "pass", ...}`, empty where it says nothing."""

    identity: str
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""
    sender: Person = NOBODY
    senders: tuple[Person, ...] = ()
    """All that From names: one, in an honest mail."""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    date: datetime | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    list_id: str = ""
    list_name: str = ""
    is_newsletter: bool = False
    """Sent in bulk: a newsletter, a mailing list, a notice of a machine to many."""
    is_discussion: bool = False
    """A mailing list that takes answers."""
    is_automatic: bool = False
    """Written by a machine: an out-of-office note, a report of non-delivery, a notice."""
    archived_at: str = ""
    authentication: dict[str, str]

    @property
    def thread_id(self) -> str:
        return next((identity for identity in self.references), self.message_id or self.identity)


def read_all(mails: Sequence[bytes]) -> list[Letter]:
    """One letter each, in order."""
    return [read(raw) for raw in mails]


def read(raw: bytes) -> Letter:
    """`raw` may be the beginning of a mail only."""
    message = email.message_from_bytes(raw)
    headers = Headers(message)
    list_id = headers.text("List-Id")
    is_newsletter = bool(
        list_id or headers.first("List-Unsubscribe") or headers.first("Precedence").lower().strip() in _BULK
    )
    body = bodies.read(message, prefers_html=is_newsletter)
    in_reply_to = next(iter(headers.ids("In-Reply-To")), "")
    references = [known for known in headers.ids("References") if known != in_reply_to]
    archived_at = headers.first("Archived-At").strip("<> ")
    return Letter(
        identity=headers.identity,
        message_id=headers.message_id,
        in_reply_to=in_reply_to,
        references=_bounded([*references, in_reply_to] if in_reply_to else references),
        subject=headers.text("Subject")[:1000],
        sender=next(iter(headers.people("From", "Sender")), NOBODY),
        senders=headers.people("From"),
        to=headers.people("To"),
        cc=headers.people("Cc"),
        reply_to=headers.people("Reply-To"),
        date=dates.parse(headers.first("Date")[:100]),
        text=body.text,
        links=body.links,
        attachments=body.attachments,
        list_id=_bare(list_id),
        list_name=list_id.partition("<")[0].strip(" \"'"),
        is_newsletter=is_newsletter,
        is_discussion=headers.first("List-Post").lower().strip().startswith("<mailto:"),
        is_automatic=headers.first("Auto-Submitted").lower().strip() not in ("", "no"),
        archived_at=archived_at if is_web(archived_at) else "",
        authentication=headers.authentication,
    )


def _bounded(references: list[str]) -> tuple[str, ...]:
    """The first, which names the thread, and the last ones."""
    return tuple(
        references if len(references) <= _MOST_REFERENCES else [references[0], *references[1 - _MOST_REFERENCES :]]
    )


def _bare(list_id: str) -> str:
    _, bracket, rest = list_id.partition("<")
    return (rest.partition(">")[0] if bracket else list_id).strip().lower()[:250]
