"""The login at an IMAP server: an app password, or XOAUTH2 with the token of the user's own client.

Called by `connectors.mail.mailbox`.
"""

from __future__ import annotations

import imaplib
from typing import TYPE_CHECKING

from imap_tools.errors import MailboxLoginError

from connectors.base import NeedsLogin, SourceFailure
from connectors.mail.connection import failure_of_answer
from connectors.mail.remedies import about_login, words

if TYPE_CHECKING:
    from connectors.mail.connection import Connection
    from connectors.mail.options import MailOptions
    from connectors.transport import WaysOut


def log_in(connection: Connection, options: MailOptions, ways_out: WaysOut) -> None:
    """Raises: NeedsLogin, TryLater."""
    shown = f"{options.host}:{options.number}"
    password = options.password.get_secret_value() if options.password else ""
    if not password:
        raise NeedsLogin(f"{shown} wants a password. Name a file with it in password_file. {about_login(shown)}")
    try:
        if (options.username + password).isascii():
            connection.login(options.username, password, initial_folder=None)
        else:
            connection.login_utf8(options.username, password, initial_folder=None)
        connection.client.ask_capabilities()
    except MailboxLoginError as err:
        raise _refused(words(err.command_result[1]), shown) from err
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as err:
        raise _refused(words(str(err)), shown) from err


def _refused(answer: str, shown: str) -> SourceFailure:
    failure = failure_of_answer(answer, shown)
    if getattr(failure, "after", None):
        return failure
    return NeedsLogin(f"{shown} refuses the login: {answer}. {about_login(shown)}")
