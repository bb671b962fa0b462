"""The answer to a mail with which the user answered a digest: one letter, from their server to their own address.

Its Message-ID is an HMAC under the home's key, the same each time it is sent, so that this home knows its own answer again
when it comes back into the mailbox; it says that it was written by a program, so that no other one answers it. It knows
the row and the settings, and no server.
"""

from __future__ import annotations

import hmac
import re
from email.headerregistry import Address
from email.message import EmailMessage

from assistant.config.schema import Settings
from assistant.delivery.addresses import configured, one_line
from assistant.delivery.carriers import Letter, Wording
from assistant.delivery.mail import LIST_ID, recipient_of
from assistant.delivery.marks import CHARACTERS, mark
from assistant.delivery.policy import POLICY
from assistant.delivery.references import answering, subject_of_answer
from assistant.secrets import mask, secret_values
from assistant.withheld import NOTHING, Withheld
from memory.models import Request

SUBJECT_CHARACTERS = 200
_OWN = re.compile(rf"^<answer-(\d{{1,18}})\.([0-9a-f]{{{CHARACTERS}}})@")


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


def compose(request: Request, settings: Settings, key: bytes, withheld: Withheld = NOTHING) -> Letter:
    """Raises: Refused if an address of the configuration is none."""
    own = recipient_of(settings)
    recipient, sender = configured(own, "[user] email"), configured(settings.mail.sender or own, "[mail] sender")
    hidden = secret_values(settings)
    message = EmailMessage(policy=POLICY)
    message["From"] = sender if sender.display_name else Address("Telos", addr_spec=sender.addr_spec)
    message["To"] = recipient
    message["Subject"] = subject_of_answer(one_line(mask(withheld.without(request.subject), hidden)))[
        :SUBJECT_CHARACTERS
    ]
    message["Date"] = request.at
    message["Message-ID"] = f"<answer-{request.id}.{_secret(request.id or 0, key)}@{recipient.domain}>"
    for name, value in answering(request.message_id, request.references).items():
        message[name] = value
    message["List-Id"] = LIST_ID
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mask(withheld.without(request.answer), hidden).strip() + "\n", cte="quoted-printable")
    return Letter(
        name=f"answer-{request.id}",
        sender=sender.addr_spec,
        recipients=(recipient.addr_spec,),
        message=message,
        wording=wording_of(request.id or 0),
    )


def _secret(request_id: int, key: bytes) -> str:
    return mark(key, "telos", "answer", request_id)
