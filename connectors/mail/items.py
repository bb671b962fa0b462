"""A letter as an `Item`: whose it is, whom it speaks to, which conversation and which newsletter it belongs to.

It knows no server; called by `connectors.mail.source`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Item
from connectors.mail.folders import Folder
from connectors.mail.headers import Person
from connectors.mail.letters import Letter
from connectors.mail.messages import Message
from connectors.mail.options import MailOptions

NO_SUBJECT = "(no subject)"
_BELIEVED = timedelta(days=2)
"""A Date further than this from when the server got the mail is a wrong clock, or a spammer."""
_MOST_PEOPLE = 30
_MOST_NAMED = 20
_MOST_REFERENCES = 20
_LONGEST_NAME = 80
_LONGEST_ADDRESS = 120
_LARGEST = 16_000
"""Characters of JSON."""


def item_of(letter: Letter, message: Message, folder: Folder, options: MailOptions) -> Item:
    """The item that a mail is. It is private, and has no HTML: what mail loads when shown tells its sender."""
    by_me = is_own(letter.sender.address, options)
    to_me = not by_me and any(is_own(person.address, options) for person in (*letter.to, *letter.cc))
    attached = f"\n\nAttached: {', '.join(letter.attachments[:_MOST_NAMED])}" if letter.attachments else ""
    return Item(
        external_id=letter.identity,
        kind="mail",
        title=letter.subject or NO_SUBJECT,
        text=f"{letter.text}{attached}".strip(),
        url=letter.archived_at,
        authors=tuple(filter(None, (letter.sender.shown,))),
        topics=tuple(dict.fromkeys(filter(None, _topics(letter, folder)))),
        links=letter.links,
        thread_id=letter.thread_id,
        published=_sent(letter, message),
        private=True,
        to_me=to_me and (letter.is_discussion or not letter.is_newsletter),
        by_me=by_me,
        details=_details(letter, message, folder),
    )


def is_own(address: str, options: MailOptions) -> bool:
    """Whether an address is the user's: `ada+lists@example.org` is `ada@example.org`."""
    local, _, domain = address.lower().rpartition("@")
    return not options.own.isdisjoint({address.lower(), f"{local.partition('+')[0]}@{domain}"})


def _topics(letter: Letter, folder: Folder) -> tuple[str, ...]:
    """A newsletter's own name, a list's, and the folder that the user sorted it into."""
    newsletter = (letter.list_name or letter.sender.shown) if letter.is_newsletter else ""
    return newsletter, "" if folder.role else folder.name


def _sent(letter: Letter, message: Message) -> datetime:
    if letter.date and abs(letter.date - message.received) <= _BELIEVED:
        return letter.date
    return message.received


def _details(letter: Letter, message: Message, folder: Folder) -> dict[str, Any]:
    """A mail to hundreds names the first of them."""
    found = (_facts(letter, message, folder, most) for most in (_MOST_PEOPLE, 8, 2))
    return next((facts for facts in found if len(json.dumps(facts)) <= _LARGEST), {})


def _facts(letter: Letter, message: Message, folder: Folder, most: int) -> dict[str, Any]:
    return {
        "message_id": letter.message_id,
        "in_reply_to": letter.in_reply_to,
        "references": list(letter.references[-min(_MOST_REFERENCES, most) :]),
        "from": _people(letter.senders[:most] or (letter.sender,)),
        "to": _people(letter.to[:most]),
        "cc": _people(letter.cc[:most]),
        "reply_to": _people(letter.reply_to[:most]),
        "folder": folder.name,
        "role": folder.role or "",
        "uid": message.uid.number,
        "uidvalidity": message.uid.validity,
        "flags": list(message.flags)[:_MOST_NAMED],
        "list_id": letter.list_id,
        "is_newsletter": letter.is_newsletter,
        "is_automatic": letter.is_automatic,
        "is_answered": r"\Answered" in message.flags,
        "is_whole": message.is_whole,
        "attachments": [name[:_LONGEST_NAME] for name in letter.attachments[: min(_MOST_NAMED, most)]],
        "authentication": letter.authentication,
    }


def _people(people: tuple[Person, ...]) -> list[dict[str, str]]:
    return [
        {"name": one.name[:_LONGEST_NAME], "address": one.address[:_LONGEST_ADDRESS]} for one in people if one.address
    ]
