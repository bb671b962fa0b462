"""What went wrong on the way, as one of the three failures: a sentence that names the masked address and the remedy.

The only place that knows the exceptions of httpx and what an HTTP status asks of the user. Called by
`connectors.transport.ways_out`, and by connectors that ask by themselves or whose library hands them a status.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus

import httpx

from connectors.failures import Misconfigured, NeedsLogin, SourceFailure, TryLater
from connectors.transport.decoding import BodyTooLarge
from connectors.transport.guard import AddressRefused
from connectors.transport.masking import mask_url
from connectors.transport.pacing import LeftAlone, Stopped, retry_after
from connectors.transport.policy import MEBIBYTE, NetworkPolicy

LONGEST_QUERY = 60
_PASSING = (408, 421, 425, 429)


def failure_of_status(status: int, headers: Mapping[str, str], url: str) -> SourceFailure | None:
    """What `status` means, or None where it is an answer (2xx, 304)."""
    if 200 <= status < 300 or status == 304:
        return None
    answered = f"{_named(url)} answered {status}{_phrase(status)}"
    if status in (401, 407):
        return NeedsLogin(f"{answered}: check the username and password, or the token in its address.")
    if status == 403:
        return NeedsLogin(f"{answered}: it wants a login, or lets no program read it.")
    if status in _PASSING or status >= 500:
        after = retry_after(headers)
        when = f"asks to be left alone for {_spoken(after)}" if after else "will be asked again later"
        return TryLater(f"{answered}; it {when}.", after)
    if status == 410:
        return Misconfigured(f"{answered}: it is gone for good. Remove the source or give its new address.")
    return Misconfigured(f"{answered}: check its address.")


@contextmanager
def translated(url: str, policy: NetworkPolicy) -> Iterator[None]:
    """What httpx, or a layer below it here, raises within the block, as one of the failures."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as err:
        raise failure_of(err, url, policy) from err


def failure_of(error: Exception, url: str, policy: NetworkPolicy) -> SourceFailure:
    """What an exception of httpx, or of the layers below it here, means for the source at `url`."""
    shown = _named(url)
    match error:
        case AddressRefused():
            return Misconfigured(f"{shown} was not asked: {error}. If it is yours, name it in [network] allow_private.")
        case BodyTooLarge():
            return Misconfigured(f"{shown} sends more than {policy.max_bytes / MEBIBYTE:g} MB, the most that is read.")
        case LeftAlone():
            wait = f"{shown} was not asked: its host wants to be left alone for {_spoken(error.after)} more."
            return TryLater(wait, error.after)
        case Stopped():
            return TryLater(f"{shown} was not read: Telos is stopping.")
        case httpx.TooManyRedirects():
            return Misconfigured(f"{shown} redirects more than {policy.max_redirects} times. Check its address.")
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | httpx.LocalProtocolError():
            return Misconfigured(f"{shown} is no address that can be fetched: it must begin with http:// or https://.")
        case httpx.TimeoutException():
            return TryLater(f"{shown} did not answer in full within {policy.timeout_s:g} s.")
        case httpx.ConnectError() if certificate := _certificate_error(error):
            return TryLater(
                f"{shown} shows a certificate that cannot be trusted ({certificate.verify_message}). "
                "Check its address and this machine's clock."
            )
        case httpx.ConnectError():
            return TryLater(f"{shown} cannot be reached: {error}. Check its address and the network.")
        case httpx.DecodingError():
            return TryLater(f"{shown} sent a body that cannot be decoded: {error}.")
        case _:
            return TryLater(f"{shown} broke off the connection before its answer was complete.")


def _named(url: str) -> str:
    """The address, masked; of a long query, which says nothing to its reader, no more than that there is one."""
    address, mark, query = mask_url(url).partition("?")
    return f"{address}?..." if len(query) > LONGEST_QUERY else f"{address}{mark}{query}"


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _spoken(wait: timedelta) -> str:
    seconds = max(1, round(wait.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"


def _certificate_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    return next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__
