"""The login of a mail source by its own client (XOAUTH2), and what sends mail with the same login.

The API's router calls `begin` and `finish`; `assistant.deliveries` and `assistant.doctor` take their `carrier` here.
"""

from __future__ import annotations

from functools import partial

from assistant.answers.mail import Answered, AskedLogin, LoginState
from assistant.config.schema import MailSettings
from assistant.delivery.carriers import Deferred, Refused
from assistant.delivery.smtp import SmtpCarrier
from assistant.errors import BadConfiguration, BadRequest, NotFound
from assistant.service import Service
from connectors.base import SourceFailure, TryLater
from connectors.mail.options import MailOptions
from connectors.mail.tokens import Tokens
from memory.store import sources as rows


def begin(service: Service, name: str) -> AskedLogin:
    """Ask the provider for a code to show. Raises: NotFound, BadRequest, SourceFailure."""
    asked = Tokens(_options(service, name), service.ways_out).begin()
    return AskedLogin(
        code=asked.code,
        address=asked.address,
        device_code=asked.device_code,
        lasts_s=asked.lasts_s,
        interval_s=asked.interval_s,
    )


def finish(service: Service, name: str, answered: Answered) -> LoginState:
    """Whether the user has logged in by now; the source is polled at once then. Raises: NotFound, BadRequest, SourceFailure."""
    tokens = Tokens(_options(service, name), service.ways_out)
    waiting = tokens.finish(answered.device_code, answered.interval_s)
    if waiting:
        return LoginState(is_done=False, wait_s=waiting.wait_s)
    with service.database.write() as session:
        rows.poll_soon(session, name)
    return LoginState(is_done=True)


def carrier(service: Service) -> SmtpCarrier:
    """What speaks to the server of [mail], with its password or with the login of a mail source.

    Raises: BadConfiguration if [mail] names a source that has no such login.
    """
    mail = service.settings.mail
    if not mail.login_of:
        return SmtpCarrier(mail, mail.password.get_secret_value() if mail.password else None)
    try:
        options = _options(service, mail.login_of)
    except (NotFound, BadRequest) as err:
        raise BadConfiguration(
            f"login_of under [mail] is {mail.login_of!r}. {err.sentence}",
            'Name a mail source with login = "oauth".',
        ) from err
    return SmtpCarrier(_with_user(mail, options), token=partial(_token, Tokens(options, service.ways_out)))


def _token(tokens: Tokens, renew: bool) -> str:
    """A token for sending. Raises: Deferred or Refused, whose sentence names the remedy."""
    try:
        return tokens.access(renew=renew)
    except TryLater as err:
        raise Deferred(str(err)) from err
    except SourceFailure as err:
        raise Refused(str(err)) from err


def _with_user(mail: MailSettings, options: MailOptions) -> MailSettings:
    return mail if mail.username else mail.model_copy(update={"username": options.username})


def _options(service: Service, name: str) -> MailOptions:
    source = service.settings.source(name)
    if source is None:
        known = ", ".join(source.name for source in service.settings.sources if source.kind == "mail")
        raise NotFound(f"There is no source {name!r}.", f"Mail sources are: {known or 'none yet'}.")
    if not isinstance(source.options, MailOptions):
        raise BadRequest(f"{name!r} is a source of the kind {source.kind}, not of the kind mail.")
    if source.options.login != "oauth":
        raise BadRequest(
            f"{name!r} logs in with a password.",
            'To log in without one, set login = "oauth", client_id and token_path at it; see docs/sources/mail.md.',
        )
    return source.options
