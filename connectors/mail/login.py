"""The login at an IMAP server: an app password, or XOAUTH2 with the token of the user's own client.

Called by `connectors.mail.mailbox`.
"""

from __future__ import annotations

import imaplib
from functools import partial
from typing import TYPE_CHECKING

from imap_tools.errors import MailboxLoginError

from connectors.base import NeedsLogin, SourceFailure
from connectors.mail.connection import failure_of_answer
from connectors.mail.remedies import about_login, is_busy, words
from connectors.mail.sasl import xoauth2
from connectors.mail.tokens import LOG_IN, Tokens

if TYPE_CHECKING:
    from connectors.mail.connection import Connection
    from connectors.mail.options import MailOptions
    from connectors.transport import WaysOut


def log_in(connection: Connection, options: MailOptions, ways_out: WaysOut) -> None:
    """Raises: NeedsLogin, TryLater, Misconfigured."""
    if options.login == "oauth":
        _by_token(connection, options, ways_out)
    else:
        _by_password(connection, options)
    connection.client.ask_capabilities()


def _by_token(connection: Connection, options: MailOptions, ways_out: WaysOut) -> None:
    """A token that is refused may have been taken back before its time: the second one is fresh."""
    tokens = Tokens(options, ways_out)
    for is_last in (False, True):
        said = xoauth2(options.username, tokens.access(renew=is_last)).encode()
        try:
            connection.client.authenticate("XOAUTH2", partial(_answer, said))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as err:
            answer = words(str(err))
            if is_busy(answer):
                raise failure_of_answer(answer, options.shown) from err
            if is_last:
                raise NeedsLogin(f"{options.shown} refuses the token: {answer}. {LOG_IN}") from err
        else:
            return


def _answer(said: bytes, challenge: bytes) -> bytes:
    """A challenge that is not empty tells what is wrong; the server waits for an empty answer before it says NO."""
    return b"" if challenge else said


def _by_password(connection: Connection, options: MailOptions) -> None:
    shown = options.shown
    password = options.password.get_secret_value() if options.password else ""
    if not password:
        raise NeedsLogin(f"{shown} wants a password. Name a file with it in password_file. {about_login(shown)}")
    try:
        if (options.username + password).isascii():
            connection.login(options.username, password, initial_folder=None)
        else:
            connection.login_utf8(options.username, password, initial_folder=None)
    except MailboxLoginError as err:
        raise _refused(words(err.command_result[1]), shown) from err
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as err:
        raise _refused(words(str(err)), shown) from err


def _refused(answer: str, shown: str) -> SourceFailure:
    if is_busy(answer):
        return failure_of_answer(answer, shown)
    return NeedsLogin(f"{shown} refuses the login: {answer}. {about_login(shown)}")
