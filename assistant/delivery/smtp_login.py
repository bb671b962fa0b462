"""How Telos logs in at the mail server of [mail]: by its password, or by the login of a mail source with a client of its own.

`assistant.deliveries` takes the carrier for what it sends here, and `assistant.doctor` the one that it tries. The login of a
source is begun and renewed elsewhere (`assistant.mail_login`, `connectors.mail.tokens`).
"""

from __future__ import annotations

from functools import partial

from assistant.config.schema import Settings
from assistant.delivery.carriers import Deferred, Refused
from assistant.delivery.smtp import SmtpCarrier
from assistant.errors import BadConfiguration
from connectors.base import SourceFailure, TryLater
from connectors.mail.options import MailOptions
from connectors.mail.tokens import Tokens
from connectors.transport import WaysOut


def carrier(settings: Settings, ways_out: WaysOut) -> SmtpCarrier:
    """What speaks to the server of [mail].

    Raises: BadConfiguration if [mail] names a source that has no such login.
    """
    mail = settings.mail
    if not mail.login_of:
        return SmtpCarrier(mail, mail.password.get_secret_value() if mail.password else None)
    options = _options(settings, mail.login_of)
    named = mail if mail.username else mail.model_copy(update={"username": options.username})
    return SmtpCarrier(named, token=partial(_token, Tokens(options, ways_out)))


def _options(settings: Settings, name: str) -> MailOptions:
    source = settings.source(name)
    if source is None or not isinstance(source.options, MailOptions) or source.options.login != "oauth":
        raise BadConfiguration(
            f"login_of under [mail] is {name!r}, which is no mail source that logs in by a client of its own.",
            'Name a mail source with login = "oauth".',
        )
    return source.options


def _token(tokens: Tokens, renew: bool) -> str:
    """A token for sending. Raises: Deferred or Refused, whose sentence names the remedy."""
    try:
        return tokens.access(renew=renew)
    except TryLater as err:
        raise Deferred(str(err)) from err
    except SourceFailure as err:
        raise Refused(str(err)) from err
