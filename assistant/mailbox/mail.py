"""A mail as memory keeps it: who wrote it to whom, what its writer says in it, and where it stands in its conversation.

It is made from an item's row and its current text; what others are quoted with is set apart. It knows no folder and no
server. Everything in this room reads mails through it. Whatever stands in one is data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from typing import Any

from assistant.drafting.recipients import Recipient, tidy
from assistant.style.piece import People, Piece, parse
from assistant.style.quoted import is_quoted, set_apart
from assistant.style.splitting import sentences
from memory.models import Item, Version

READ_CHARACTERS = 20_000
"""Of a mail so much is looked at for questions and promises."""
_ROBOT = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|postmaster|bounces?|notifications?|notify|alerts?|newsletter|news|"
    r"updates?|automated|robot|bot|system|root|cron)(?:$|[-_.+@])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=False, kw_only=True)
class Mail:
    """`message_id`, `in_reply_to` and `references` stand in angle brackets. `authentication` is what the receiving server found,
    by method (`dkim`, `spf`, `dmarc`), in lower case."""

    item_id: int
    source_id: int
    at: datetime
    subject: str
    text: str
    sender: Recipient | None
    to: tuple[Recipient, ...] = ()
    cc: tuple[Recipient, ...] = ()
    reply_to: tuple[Recipient, ...] = ()
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread: str = ""
    to_me: bool = False
    by_me: bool = False
    is_answered: bool = False
    is_automatic: bool = False
    language: str = ""
    folder: str = ""
    authentication: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def piece(self) -> Piece:
        return parse(self.text[:READ_CHARACTERS], People())

    @cached_property
    def own(self) -> str:
        """What its writer wrote, greeting and closing with it, without a line of what they quote."""
        return own_text(self.text)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """What its writer says, without greeting, closing, and what they quote."""
        parts = (part for block in self.piece.blocks if block.kind != "verbatim" for part in block.parts)
        lines = (line for part in parts for line in part.split("\n") if not is_quoted(line))
        return tuple(one for line in lines for one in sentences(line))

    @property
    def everybody(self) -> tuple[Recipient, ...]:
        return (*self.to, *self.cc)

    @property
    def ids_before(self) -> tuple[str, ...]:
        """The mails that it answers, the one it answers itself last."""
        return tuple(dict.fromkeys([*self.references, *([self.in_reply_to] if self.in_reply_to else [])]))

    def is_by(self, own: frozenset[str]) -> bool:
        """Whether the user wrote it. `own` are their addresses, case-folded."""
        return self.by_me or (self.sender is not None and self.sender.address.casefold() in own)

    def answers(self, other: Mail) -> bool:
        return bool(other.message_id) and other.message_id in self.ids_before

    def as_message(self) -> str:
        """The mail as mail programs save it, as far as memory keeps it: what a draft of an answer is made from."""
        message = EmailMessage(policy=SMTP.clone(utf8=True, linesep="\n"))
        for name, people in (
            ("From", [self.sender] if self.sender else []),
            ("To", list(self.to)),
            ("Cc", list(self.cc)),
            ("Reply-To", list(self.reply_to)),
        ):
            if people:
                message[name] = ", ".join(_written(one) for one in people)
        message["Subject"] = tidy(self.subject)
        message["Date"] = format_datetime(self.at)
        if self.message_id:
            message["Message-ID"] = self.message_id
        if self.references or self.in_reply_to:
            message["References"] = " ".join(self.ids_before)
        message.set_content(self.text, cte="8bit")
        return message.as_string()


def of_item(item: Item, version: Version) -> Mail:
    """The mail in an item of the kind `mail`. What its details lack is taken for empty."""
    details: Mapping[str, Any] = item.details or {}
    senders = _people(details.get("from"))
    sender = senders[0] if len(senders) == 1 else None
    return Mail(
        item_id=item.id or 0,
        source_id=item.source_id,
        at=item.published_at,
        subject=version.title,
        text=version.text,
        sender=sender,
        to=_people(details.get("to")),
        cc=_people(details.get("cc")),
        reply_to=_people(details.get("reply_to")),
        message_id=identification(details.get("message_id")),
        in_reply_to=identification(details.get("in_reply_to")),
        references=tuple(one for text in _listed(details.get("references")) if (one := identification(text))),
        thread=item.thread_id,
        to_me=item.to_me,
        by_me=item.by_me,
        is_answered=bool(details.get("is_answered")),
        is_automatic=_is_automatic(details, sender),
        language=item.language,
        folder=str(details.get("folder", "")),
        authentication={
            str(name).lower(): str(found).lower() for name, found in (details.get("authentication") or {}).items()
        },
    )


def own_text(text: str) -> str:
    """`text` without what others wrote: neither what follows a quotation's head nor any marked line."""
    own, _ = set_apart(text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line for line in own.split("\n") if not is_quoted(line)).strip()


def identification(value: object) -> str:
    """A Message-ID in its angle brackets; empty for what is none."""
    found = re.search(r"[^<>\s]{1,998}", str(value or ""))
    return f"<{found[0]}>" if found is not None else ""


def _is_automatic(details: Mapping[str, Any], sender: Recipient | None) -> bool:
    """Newsletters, lists, notices of programs, and what answers by itself."""
    auto = str(details.get("auto_submitted") or "no").strip().lower()
    return (
        bool(details.get("is_newsletter") or details.get("list_id") or details.get("is_automatic"))
        or not auto.startswith("no")
        or (sender is not None and bool(_ROBOT.match(sender.address)))
    )


def _people(rows: object) -> tuple[Recipient, ...]:
    listed = rows if isinstance(rows, Sequence) and not isinstance(rows, str) else ()
    found = (Recipient(tidy(str(row.get("name") or "")), tidy(str(row.get("address") or ""))) for row in listed)
    return tuple(one for one in found if one.address)


def _listed(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return value.split()
    return [str(one) for one in value] if isinstance(value, Sequence) else []


def _written(one: Recipient) -> str:
    name = one.name.replace("\\", "").replace('"', "")
    return f'"{name}" <{one.address}>' if name else one.address
