"""A mail or a reply that the user approved, as a letter from them to those it is addressed to.

It goes out as its text stands: nothing is added to it, and nothing masked. What must not leave (a gap, a secret of the
configuration) is refused. The Message-ID is an HMAC under the home's key, the same each time this version is sent; the
header `X-Telos-Draft` another, by which this home alone knows its own mail again. It knows rows and no server.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from assistant.config.schema import Settings
from assistant.delivery import addresses
from assistant.delivery.carriers import Letter, Refused, Wording
from assistant.delivery.mail import FALLBACK_ADDRESS
from assistant.delivery.policy import POLICY
from assistant.drafting.gaps import gaps_in
from assistant.secrets import secret_values
from memory.models import Draft, DraftKind, DraftVersion

MARK = "X-Telos-Draft"
KINDS = (DraftKind.MAIL, DraftKind.REPLY)
MOST_RECIPIENTS = 100
"""What any server has to take at once (RFC 5321, 4.5.3.1.8)."""
SUBJECT_CHARACTERS = 500
MOST_REFERENCES = 30
MARK_CHARACTERS = 32
"""Of an HMAC in hexadecimal: 128 bits."""

_IDENTIFICATION = re.compile(r"<[!-;=?-~]{1,250}>")
_IS_REPLY = re.compile(r"\s*(?:re|aw|antw|sv|ref|rif|r\u00e9p)(?:\[\d+\])?\s*:", re.IGNORECASE)


def wording_of(draft_id: int) -> Wording:
    return Wording(
        name=f"draft {draft_id}",
        thing=f"draft {draft_id}",
        resend=f"telos drafts send {draft_id} --again",
        unsure=f"Find out whether it arrived; if it did not, run `telos drafts send {draft_id} --again`.",
    )


def mark_of(draft: Draft, key: bytes) -> str:
    """What tells this home that a mail was this draft, and nobody anything else."""
    return _hmac(key, "draft", draft.id, draft.created_at.isoformat())


def message_id_of(draft: Draft, version: int, domain: str, key: bytes) -> str:
    """The same each time a version is sent. `domain` is the sender's."""
    return f"<{_hmac(key, 'draft letter', draft.id, draft.created_at.isoformat(), version)}@{domain}>"


def compose(draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes) -> Letter:
    """The version as a letter, dated `at`: when the user sent it.

    Raises: Refused, with what to do, where it must not leave or is no letter.
    """
    assert draft.id is not None
    _refuse_gaps(draft, version)
    message = _message(draft, version, at, settings, key)
    message[MARK] = mark_of(draft, key)
    sender: Address = message["From"].addresses[0]
    recipients: tuple[Address, ...] = message["To"].addresses
    return Letter(
        name=f"draft-{draft.id}-{version.number}",
        sender=sender.addr_spec,
        recipients=tuple(one.addr_spec for one in recipients),
        message=message,
        wording=wording_of(draft.id),
    )


def place(draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes) -> EmailMessage:
    """The version as it lies in a Drafts folder, for the user to fill in, change and send from there. Gaps stay marked.

    Raises: Refused, where it holds a secret of the configuration or is no letter.
    """
    message = _message(draft, version, at, settings, key)
    message[MARK] = placed_mark_of(draft, key)
    return message


def placed_mark_of(draft: Draft, key: bytes) -> str:
    """`id:secret`: which draft a message in the user's mailbox was, and the proof that this home put it there."""
    return f"{draft.id}:{mark_of(draft, key)}"


def _message(draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes) -> EmailMessage:
    """All of the letter but its mark."""
    if draft.kind not in KINDS:
        raise Refused(f"Draft {draft.id} is a {draft.kind.value}, and only mails and replies are sent.", _EXPORT)
    sender, reply_to = _senders(settings)
    recipients = _recipients(draft)
    subject = _subject(draft, version)
    _refuse_secrets(draft, settings, [subject, version.text, *(str(one) for one in recipients)])
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = recipients
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    message["Date"] = at
    message["Message-ID"] = message_id_of(draft, version.number, sender.domain, key)
    for name, value in _thread(draft.incoming).items():
        message[name] = value
    try:
        message.set_content(_body(version.text), cte="quoted-printable")
    except UnicodeEncodeError as err:
        raise Refused(
            f"Draft {draft.id} holds a character that no mail can carry.", _edit(draft, "Take it out")
        ) from err
    return message


_EXPORT = "`telos drafts export` writes the others to a file."


def _refuse_gaps(draft: Draft, version: DraftVersion) -> None:
    if not version.text.strip():
        raise Refused(f"Draft {draft.id} is empty.", _edit(draft, "Write it"))
    gaps = [*gaps_in(version.subject), *gaps_in(version.text)]
    if gaps:
        raise Refused(
            f"Draft {draft.id} lacks something where {'; '.join(dict.fromkeys(gaps))} stands.",
            _edit(draft, "Fill it in"),
        )


def _refuse_secrets(draft: Draft, settings: Settings, texts: Iterable[str]) -> None:
    """The sentence does not say which, for a sentence is kept and shown."""
    secrets = secret_values(settings)
    if any(secret in text for text in texts for secret in secrets):
        raise Refused(
            f"Draft {draft.id} holds a password or key of your configuration, so that it is not sent.",
            _edit(draft, "Take it out"),
        )


def _edit(draft: Draft, what: str) -> str:
    return f"{what}: `telos drafts edit {draft.id}`, then approve and send it."


def _senders(settings: Settings) -> tuple[Address, Address | None]:
    """From, and where answers go if that is elsewhere: the configured sender under the user's own name."""
    own = settings.user.email
    named = settings.mail.sender or own or FALLBACK_ADDRESS
    where = "[mail] sender" if settings.mail.sender else "[user] email"
    try:
        sender = addresses.read(named)
        sender.addr_spec.encode("ascii")
        sender = Address(addresses.display(settings.user.name) or sender.display_name, addr_spec=sender.addr_spec)
        reply_to = addresses.read(own) if own else sender
    except ValueError as err:
        raise Refused(
            f"{where} is {named!r}, which is no mail address.", "Put it right, then run `telos doctor`."
        ) from err
    return sender, (reply_to if reply_to.addr_spec.casefold() != sender.addr_spec.casefold() else None)


def _recipients(draft: Draft) -> list[Address]:
    """Each address once, in the order of the draft."""
    found: dict[str, Address] = {}
    for row in draft.recipients:
        name, specification = str(row.get("name", "")), str(row.get("address", "")).strip()
        if not specification:
            raise Refused(f"Draft {draft.id} has no address for {addresses.display(name)!r}.", _anew(draft))
        try:
            one = addresses.address(specification, name)
        except ValueError as err:
            raise Refused(f"{specification!r} is no mail address.", _anew(draft)) from err
        found.setdefault(one.addr_spec.casefold(), one)
    if not found:
        raise Refused(f"Draft {draft.id} is addressed to nobody.", _anew(draft))
    if len(found) > MOST_RECIPIENTS:
        raise Refused(f"Draft {draft.id} has {len(found)} recipients; {MOST_RECIPIENTS} is the most.", _anew(draft))
    return list(found.values())


def _anew(draft: Draft) -> str:
    return f"Make it anew with `telos drafts new {draft.kind.value} --to 'Ann Lee <ann@example.org>'`."


def _subject(draft: Draft, version: DraftVersion) -> str:
    subject = _line(version.subject) or _line(str(draft.incoming.get("subject", "")))
    if draft.kind is DraftKind.REPLY and not _IS_REPLY.match(subject):
        subject = f"Re: {subject}".strip()
    return subject[:SUBJECT_CHARACTERS]


def _line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _thread(incoming: dict[str, Any]) -> dict[str, str]:
    """In-Reply-To and References (RFC 5322, 3.6.4), of what in the answered mail is an identification."""
    answered = _identifications(incoming.get("message_id", ""))[-1:]
    if not answered:
        return {}
    before = [one for one in _identifications(incoming.get("references", ())) if one not in answered]
    # The first one is what the whole conversation hangs on; of the rest the last ones matter.
    kept = before if len(before) < MOST_REFERENCES else [before[0], *before[2 - MOST_REFERENCES :]]
    return {"In-Reply-To": answered[0], "References": " ".join([*kept, *answered])}


def _identifications(value: str | Sequence[str]) -> list[str]:
    text = value if isinstance(value, str) else " ".join(map(str, value))
    return list(dict.fromkeys(_IDENTIFICATION.findall(text)))


def _body(text: str) -> str:
    """The text as it was written, without characters that mean nothing to a reader but something to a terminal."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or (ord(c) >= 0x20 and not 0x7F <= ord(c) <= 0x9F))


def _hmac(key: bytes, *identity: object) -> str:
    told = json.dumps(["telos", *identity])
    return hmac.digest(key, told.encode(), "sha256").hex()[:MARK_CHARACTERS]
