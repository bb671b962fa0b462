"""The user's mailboxes: the configured sources of the kind `mail`, opened to place drafts and to find what was sent.

What goes wrong with a server becomes `Unavailable`, with the connector's own sentence and remedy. `placing` and `sent`
work in what `opened` gives; the rest of this room needs no server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from assistant.config.schema import Settings
from assistant.errors import Unavailable
from assistant.service import Service
from connectors.failures import SourceFailure
from connectors.mail.options import MailOptions
from memory.store import sources

if TYPE_CHECKING:
    from connectors.mail.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Account:
    """A configured mailbox, under the name and the row of its source."""

    name: str
    source_id: int
    options: MailOptions


def accounts(service: Service) -> list[Account]:
    """Those that are read, in the order of the configuration."""
    with service.database.read() as session:
        rows = {row.name: row.id for row in sources.live(session)}
    return [
        Account(source.name, row_id, source.options)
        for source in service.settings.mailboxes
        if (row_id := rows.get(source.name)) is not None
    ]


def own_addresses(settings: Settings) -> frozenset[str]:
    """Every address that is the user's by the configuration, case-folded."""
    named = [settings.user.email]
    for source in settings.sources:
        if isinstance(source.options, MailOptions):
            named += source.options.own
    return frozenset(address.strip().casefold() for address in named if address.strip())


def answered_at(settings: Settings) -> frozenset[str]:
    """The addresses at which a digest is answered, case-folded: where its links and `Reply-To` lead, and whom it comes from."""
    named = [parseaddr(text)[1].casefold() for text in (settings.mail.reply_to, settings.mail.sender)]
    return own_addresses(settings) | frozenset(filter(None, named))


@contextmanager
def opened(service: Service, account: Account) -> Iterator[Mailbox]:
    """The mailbox, logged in; left again in any case.

    Raises: Unavailable, for whatever the server does.
    """
    from connectors.mail.mailbox import Mailbox  # weight: it loads imap_tools, which only those with a mailbox need

    try:
        with Mailbox(account.options, service.ways_out) as mailbox:
            yield mailbox
    except SourceFailure as err:
        raise Unavailable(f"The mailbox {account.name}: {err}") from err
