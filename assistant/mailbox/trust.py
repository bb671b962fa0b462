"""Whether a mail may tell Telos something: it answers a digest of this home, it is the user's, and nothing speaks against it.

A digest's id and secret come from the lines that its links bring, or from In-Reply-To and References, where they stand in its
Message-ID. Everything else is refused with a sentence that repeats nothing of the mail. `answering` asks.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from assistant.delivery.marks import CHARACTERS
from assistant.mailbox.commands import fields
from assistant.mailbox.mail import Mail

_NAME = re.compile(r"^digest-(?P<day>\d{4}-\d{2}-\d{2})-(?P<run>\d{1,4})$")
_ID = re.compile(
    rf"^<(?P<name>digest-\d{{4}}-\d{{2}}-\d{{2}}-\d{{1,4}})\.(?P<secret>[0-9a-f]{{{CHARACTERS}}})@[^<>@\s]+>$"
)
_FAILED = ("fail", "softfail", "hardfail", "permerror", "policy")
METHODS = ("dkim", "spf", "dmarc")


@dataclass(frozen=True, slots=True)
class Claim:
    """A digest that a mail says it answers, and the secret it brings."""

    day: date
    run: int
    secret: str


Secret = Callable[[Claim], str | None]
"""The secret of the digest that a claim names; `None` where there is no such digest."""


def claims(mail: Mail) -> Iterator[Claim]:
    """What the mail says it answers, the likeliest first. None for a mail that is no answer to a digest at all."""
    told = fields(mail.own)
    if "digest" in told and (claim := _claim(told["digest"], told.get("secret", ""))) is not None:
        yield claim
    for one in reversed(mail.ids_before):
        if (found := _ID.match(one)) is not None and (claim := _claim(found["name"], found["secret"])) is not None:
            yield claim


def digest_id_of(message_id: str) -> Claim | None:
    """The digest whose own Message-ID this is, if it is one's."""
    found = _ID.match(message_id)
    return _claim(found["name"], found["secret"]) if found is not None else None


def proven(mail: Mail, secret_of: Secret) -> Claim | None:
    """The first claim that brings its digest's secret."""
    for claim in claims(mail):
        secret = secret_of(claim)
        if secret is not None and hmac.compare_digest(secret, claim.secret):
            return claim
    return None


def refusal(mail: Mail, own: frozenset[str], telos: frozenset[str]) -> str:
    """Why the mail is not taken for the user's word to Telos, in half a sentence; empty where it is. `own` are the user's
    addresses, `telos` those at which a digest is answered, both case-folded."""
    if mail.sender is None:
        return "it does not have exactly one sender"
    if mail.sender.address.casefold() not in own:
        return "it does not come from your own address"
    failed = [name for name in METHODS if mail.authentication.get(name, "") in _FAILED]
    if failed:
        return f"your mail server found that its {', '.join(name.upper() for name in failed)} failed"
    if mail.is_automatic:
        return "a program wrote it"
    if telos.isdisjoint(spelling for one in mail.everybody for spelling in _spellings(one.address)):
        return "it goes to somebody else"  # a digest that is passed on brings its secret along
    return ""


def _spellings(address: str) -> tuple[str, str]:
    """An address, and without what stands behind a plus."""
    local, _, domain = address.casefold().rpartition("@")
    return address.casefold(), f"{local.partition('+')[0]}@{domain}"


def _claim(name: str, secret: str) -> Claim | None:
    found = _NAME.match(name)
    if found is None or len(secret) != CHARACTERS or not secret.isascii():
        return None
    try:
        return Claim(date.fromisoformat(found["day"]), int(found["run"]), secret.lower())
    except ValueError:
        return None
