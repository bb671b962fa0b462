"""A digest as a mail: the rendered parts in a multipart message, its headers, and the feedback links beside each entry.

What authenticates a reply is an HMAC of the digest's key under the home's key file. It stands in the Message-ID and in
the links, is computed anew each time and stored nowhere, so a resend has the same Message-ID and no row can leak it.
It knows the view and the settings, no row and no server; `assistant.delivery.post` calls it.
"""

from __future__ import annotations

from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote, urlencode

from assistant.config.schema import Settings
from assistant.delivery.addresses import ascii_domain, configured
from assistant.delivery.carriers import Letter, Wording
from assistant.delivery.marks import mark
from assistant.delivery.policy import POLICY
from assistant.digest.render import render
from assistant.digest.view import ASK, FOLLOW_UP_VERBS, DigestView
from assistant.secrets import secret_values
from assistant.withheld import NOTHING, Withheld

LIST_ID = "Telos morning digest <digest.telos.localhost>"
"""The same in every digest, so that a mail program can file them. RFC 2919 keeps `localhost` for lists without a domain."""

FALLBACK_ADDRESS = "you@localhost"
"""Who a digest is for while [user] email is empty: good enough for a file, never for a server."""


def wording_of(digest_id: int | None) -> Wording:
    return Wording(
        name=f"digest {digest_id}",
        thing="the digest",
        resend="telos digest resend",
        unsure="Look into your mailbox; if it is not there, run `telos digest resend`.",
    )


def recipient_of(settings: Settings) -> str:
    return settings.user.email or FALLBACK_ADDRESS


def name_of(view: DigestView) -> str:
    """The digest's name for people and files: its local day, and which of the day it is."""
    return f"digest-{view.local_date.isoformat()}-{view.run}"


def secret_of(view: DigestView, key: bytes) -> str:
    """What a reply to this digest has to bring. `key` is the home's."""
    return mark(key, "telos digest", view.local_date.isoformat(), view.recipient, view.run)


def message_id_of(view: DigestView, key: bytes) -> str:
    """The same each time the digest is sent. The domain is the recipient's: the mail goes there and nowhere else."""
    domain = ascii_domain(view.recipient.rpartition("@")[2])
    return f"<{name_of(view)}.{secret_of(view, key)}@{domain}>"


def feedback_link(view: DigestView, number: int, verb: str, *, secret: str, reply_to: str) -> str:
    """A `mailto:` address whose mail says everything a reader of the mailbox needs, and nothing the user must add; but for
    the question, which they write."""
    is_follow_up = verb in FOLLOW_UP_VERBS
    what = {"follow-up" if is_follow_up else "entry": str(number)} if verb != ASK else {}
    body = {**({"verb": verb} if what else {}), **what, "digest": name_of(view), "secret": secret}
    named = f"{verb} {'f' if is_follow_up else ''}{number}" if what else verb
    fields = {
        "subject": f"Telos: {named} ({view.local_date.isoformat()})",
        "body": "\r\n".join(f"telos-{name}: {value}" for name, value in body.items()) + "\r\n",
    }
    return f"mailto:{quote(reply_to, safe='@')}?{urlencode(fields, quote_via=quote)}"


def compose(view: DigestView, settings: Settings, key: bytes, withheld: Withheld = NOTHING) -> Letter:
    """The digest as a letter from the user's server to the user, without any secret of the configuration, and without
    what became private since it was built.

    Raises: Refused if an address of the configuration is none.
    """
    mail = settings.mail
    sender = configured(mail.sender or view.recipient, "[mail] sender")
    reply_to = configured(mail.reply_to or view.recipient, "[mail] reply_to").addr_spec
    recipient = configured(view.recipient, "[user] email")
    secret = secret_of(view, key)
    held = replace(withheld, secrets=secret_values(settings))

    def link(entry: int, verb: str) -> str:
        return feedback_link(view, entry, verb, secret=secret, reply_to=reply_to)

    rendered = render(
        view,
        feedback_link=None if reply_to == FALLBACK_ADDRESS else link,
        is_mailbox_read=bool(settings.mailboxes) and mail.via == "smtp",
    )
    message = EmailMessage(policy=POLICY)
    message["From"] = sender if sender.display_name else Address("Telos", addr_spec=sender.addr_spec)
    message["To"] = recipient
    message["Subject"] = " ".join(held.without(rendered.subject).split())
    message["Date"] = view.built_at
    message["Message-ID"] = message_id_of(view, key)
    message["List-Id"] = LIST_ID
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Reply-To"] = reply_to
    message.set_content(held.without(rendered.text), cte="quoted-printable")
    message.add_alternative(held.without(rendered.html), subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{secret}")  # unknown to whoever wrote the texts, and the same in a resend
    return Letter(
        name=name_of(view),
        sender=sender.addr_spec,
        recipients=(recipient.addr_spec,),
        message=message,
        wording=wording_of(view.id),
    )
