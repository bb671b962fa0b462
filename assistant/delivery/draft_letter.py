"""A mail or a reply that the user approved, as a letter from them to those it is addressed to.

It goes out as its text stands: nothing is added to it, and nothing masked. What must not leave (a gap, a secret of the
configuration, a memory marked as private) is refused. The Message-ID is an HMAC under the home's key, the same each time this version is sent; the
header `X-Telos-Draft` another, by which this home alone knows its own mail again. It knows rows and no server.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage

from assistant.config.schema import Settings
from assistant.delivery import addresses
from assistant.delivery.carriers import Letter, Refused, Wording
from assistant.delivery.mail import recipient_of
from assistant.delivery.marks import mark
from assistant.delivery.policy import POLICY
from assistant.delivery.references import answering, subject_of_answer
from assistant.drafting.gaps import gaps_in
from assistant.secrets import secret_values
from assistant.withheld import NOTHING, Withheld
from memory.models import Draft, DraftKind, DraftVersion

MARK = "X-Telos-Draft"
KINDS = (DraftKind.MAIL, DraftKind.REPLY)
MOST_RECIPIENTS = 100
"""What any server has to take at once (RFC 5321, 4.5.3.1.8)."""
SUBJECT_CHARACTERS = 500


def wording_of(draft_id: int) -> Wording:
    return Wording(
        name=f"draft {draft_id}",
        thing=f"draft {draft_id}",
        resend=f"telos drafts send {draft_id} --again",
        unsure=f"Find out whether it arrived; if it did not, run `telos drafts send {draft_id} --again`.",
    )


def mark_of(draft: Draft, key: bytes) -> str:
    """What tells this home that a mail was this draft, and nobody anything else."""
    return mark(key, "telos", "draft", draft.id, draft.created_at.isoformat())


def message_id_of(draft: Draft, version: int, domain: str, key: bytes) -> str:
    """The same each time a version is sent. `domain` is the sender's."""
    return f"<{mark(key, 'telos', 'draft letter', draft.id, draft.created_at.isoformat(), version)}@{domain}>"


def compose(
    draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes, withheld: Withheld = NOTHING
) -> Letter:
    """The version as a letter, dated `at`: when the user sent it.

    Raises: Refused, with what to do, where it must not leave or is no letter.
    """
    assert draft.id is not None
    _refuse_gaps(draft, version)
    message = _message(draft, version, at, settings, key, withheld)
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


def place(
    draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes, withheld: Withheld = NOTHING
) -> EmailMessage:
    """The version as it lies in a Drafts folder, for the user to fill in, change and send from there. Gaps stay marked.

    Raises: Refused, where it holds a secret of the configuration, or what is private, or is no letter.
    """
    message = _message(draft, version, at, settings, key, withheld)
    message[MARK] = placed_mark_of(draft, key)
    return message


def placed_mark_of(draft: Draft, key: bytes) -> str:
    """`id:secret`: which draft a message in the user's mailbox was, and the proof that this home put it there."""
    return f"{draft.id}:{mark_of(draft, key)}"


def _message(
    draft: Draft, version: DraftVersion, at: datetime, settings: Settings, key: bytes, withheld: Withheld
) -> EmailMessage:
    """All of the letter but its mark."""
    if draft.kind not in KINDS:
        raise Refused(f"Draft {draft.id} is a {draft.kind.value}, and only mails and replies are sent.", _EXPORT)
    sender, reply_to = _senders(settings)
    recipients = _recipients(draft)
    subject = _subject(draft, version)
    _refuse_secrets(draft, settings, [subject, version.text, *(str(one) for one in recipients)])
    if withheld.holds_private(subject) or withheld.holds_private(version.text):
        raise Refused(
            f"Draft {draft.id} holds words of a memory that you marked as private, so that it is not sent.",
            _edit(draft, "Take them out, or the mark away (`telos memory private`)"),
        )
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = recipients
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Subject"] = subject
    message["Date"] = at
    message["Message-ID"] = message_id_of(draft, version.number, sender.domain, key)
    incoming = draft.incoming
    for name, value in answering(incoming.get("message_id", ""), incoming.get("references", ())).items():
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
    where = "[mail] sender" if settings.mail.sender else "[user] email"
    named = addresses.configured(settings.mail.sender or recipient_of(settings), where)
    sender = Address(addresses.display(settings.user.name) or named.display_name, addr_spec=named.addr_spec)
    reply_to = addresses.configured(own, "[user] email") if own else sender
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
    subject = addresses.one_line(version.subject) or addresses.one_line(str(draft.incoming.get("subject", "")))
    return (subject_of_answer(subject) if draft.kind is DraftKind.REPLY else subject)[:SUBJECT_CHARACTERS]


def _body(text: str) -> str:
    """The text as it was written, without characters that mean nothing to a reader but something to a terminal."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or (ord(c) >= 0x20 and not 0x7F <= ord(c) <= 0x9F))
