"""The answer to a mail with which the user answered a digest: one letter, from their server to their own address.

Its Message-ID is an HMAC under the home's key, the same each time it is sent, so that this home knows its own answer again
when it comes back into the mailbox; it says that it was written by a program, so that no other one answers it. It knows
the row and the settings, and no server.
"""

from __future__ import annotations

import hmac
import json
import re
from email.headerregistry import Address
from email.message import EmailMessage

from assistant.config.schema import Settings
from assistant.delivery import addresses
from assistant.delivery.carriers import Letter, Refused, Wording
from assistant.delivery.mail import FALLBACK_ADDRESS, LIST_ID
from assistant.delivery.policy import POLICY
from assistant.secrets import mask, secret_values
from memory.models import Request

SECRET_CHARACTERS = 32
SUBJECT_CHARACTERS = 200
MOST_REFERENCES = 20
_OWN = re.compile(rf"^<answer-(\d{{1,18}})\.([0-9a-f]{{{SECRET_CHARACTERS}}})@")
_REPLIED = re.compile(r"^\s*re\s*:", re.IGNORECASE)
_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def wording_of(request_id: int) -> Wording:
    return Wording(
        name=f"answer {request_id}",
        thing="the answer to your mail",
        resend="telos status",
        unsure="Look into your mailbox; if it is not there, ask once more.",
    )


def is_own_answer(message_id: str, key: bytes) -> bool:
    """Whether this home wrote the mail with this Message-ID, as an answer."""
    found = _OWN.match(message_id)
    return found is not None and hmac.compare_digest(found[2], _secret(int(found[1]), key))


def compose(request: Request, settings: Settings, key: bytes) -> Letter:
    """Raises: Refused if an address of the configuration is none."""
    own = settings.user.email or FALLBACK_ADDRESS
    recipient, sender = _address(own, "[user] email"), _address(settings.mail.sender or own, "[mail] sender")
    hidden = secret_values(settings)
    message = EmailMessage(policy=POLICY)
    message["From"] = sender if sender.display_name else Address("Telos", addr_spec=sender.addr_spec)
    message["To"] = recipient
    message["Subject"] = _subject(mask(request.subject, hidden))
    message["Date"] = request.at
    message["Message-ID"] = f"<answer-{request.id}.{_secret(request.id or 0, key)}@{recipient.domain}>"
    if answered := _ID.findall(request.message_id)[:1]:
        before = [one for one in _ID.findall(" ".join(request.references)) if one not in answered]
        message["In-Reply-To"] = answered[0]
        message["References"] = " ".join([*before[-MOST_REFERENCES:], *answered])
    message["List-Id"] = LIST_ID
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mask(request.answer, hidden).strip() + "\n", cte="quoted-printable")
    return Letter(
        name=f"answer-{request.id}",
        sender=sender.addr_spec,
        recipients=(recipient.addr_spec,),
        message=message,
        wording=wording_of(request.id or 0),
    )


def _subject(subject: str) -> str:
    line = " ".join("".join(character if character.isprintable() else " " for character in subject).split())
    return (line if _REPLIED.match(line) else f"Re: {line}".strip())[:SUBJECT_CHARACTERS]


def _secret(request_id: int, key: bytes) -> str:
    told = json.dumps(["telos", "answer", request_id])
    return hmac.digest(key, told.encode(), "sha256").hex()[:SECRET_CHARACTERS]


def _address(text: str, where: str) -> Address:
    try:
        one = addresses.read(text)
        one.addr_spec.encode("ascii")
    except ValueError as err:
        raise Refused(
            f"{where} is {text!r}, which is no mail address.", "Put it right, then run `telos doctor`."
        ) from err
    return one
