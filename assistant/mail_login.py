"""The login of a mail source by its user's own client (XOAUTH2): begun, and finished once they have typed its code.

The verbs take the service; the API's router calls them. Mail is sent by the same login (`assistant.delivery.smtp_login`).
"""

from __future__ import annotations

from typing import TypeGuard

from assistant.answers.mail import Answered, AskedLogin, LoginState
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from connectors.base import NeedsLogin, Options
from connectors.mail.options import MailOptions
from connectors.mail.tokens import Tokens
from memory.store import sources as rows


def begin(service: Service, name: str) -> AskedLogin:
    """Ask the provider for a code to show. Raises: NotFound, BadRequest, SourceFailure."""
    return _asked(Tokens(_options(service, name), service.ways_out))


def begin_if_needed(service: Service, options: Options) -> AskedLogin | None:
    """The same for a source that is not configured yet; `None` where it logs in otherwise, or its login is there and serves.

    Raises: SourceFailure.
    """
    if not _is_by_code(options):
        return None
    tokens = Tokens(options, service.ways_out)
    try:
        tokens.access()
    except NeedsLogin:
        return _asked(tokens)
    return None


def finish(service: Service, name: str, answered: Answered) -> LoginState:
    """Whether the user has logged in by now; the source is polled at once then. Raises: NotFound, BadRequest, SourceFailure."""
    state = finish_with(service, _options(service, name), answered)
    if state.is_done:
        with service.database.write() as session:
            rows.poll_soon(session, name)
    return state


def finish_with(service: Service, options: Options, answered: Answered) -> LoginState:
    """The same for a source that is not configured yet. Raises: BadRequest, SourceFailure."""
    if not _is_by_code(options):
        raise BadRequest("This source has no login that is begun by a code.")
    waiting = Tokens(options, service.ways_out).finish(answered.device_code, answered.interval_s)
    return LoginState(is_done=False, wait_s=waiting.wait_s) if waiting else LoginState(is_done=True)


def _asked(tokens: Tokens) -> AskedLogin:
    asked = tokens.begin()
    return AskedLogin(
        code=asked.code,
        address=asked.address,
        device_code=asked.device_code,
        lasts_s=asked.lasts_s,
        interval_s=asked.interval_s,
    )


def _is_by_code(options: Options) -> TypeGuard[MailOptions]:
    return isinstance(options, MailOptions) and options.login == "oauth"


def _options(service: Service, name: str) -> MailOptions:
    source = service.settings.source(name)
    if source is None:
        known = ", ".join(source.name for source in service.settings.sources if source.kind == "mail")
        raise NotFound(f"There is no source {name!r}.", f"Mail sources are: {known or 'none yet'}.")
    if not isinstance(source.options, MailOptions):
        raise BadRequest(f"{name!r} is a source of the kind {source.kind}, not of the kind mail.")
    if not _is_by_code(source.options):
        raise BadRequest(
            f"{name!r} logs in with a password.",
            'To log in without one, set login = "oauth", client_id and token_path at it; see docs/sources/mail.md.',
        )
    return source.options
