"""One letter over the user's own mail server: connect, secure, log in, name the sender and every recipient, then DATA.

All that can fail without a doubt does so before DATA. A letter goes to all of its recipients or to none: where the server
refuses one of them it hears no DATA, because who got it and who did not is what nobody would know afterwards. From DATA on
only the server's own answer counts; without one the letter may have been taken, and that is what `Unanswered` says. It
knows no digest, no draft and no row; `assistant.delivery.dispatch` calls it, and `assistant.doctor` tries the way up to the login.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from assistant.config.schema import MailSettings
from assistant.delivery.addresses import ascii_domain
from assistant.delivery.carriers import Deferred, HandOver, Letter, Refused, Unanswered, Wording
from assistant.delivery.policy import BEYOND_ASCII
from connectors.mail.remedies import about_login, words
from connectors.mail.sasl import xoauth2

GREETING = "[127.0.0.1]"
"""What we call ourselves: the machine's own name is nobody's business, and looking it up can take long."""

OK, FORWARDED = 250, 251
DOCTOR = "telos doctor"

_CHECK = "Check host, port and security in [mail], then run `telos doctor`."


class SmtpCarrier:
    """`password` is already read from wherever the configuration says. `token` gives one instead (XOAUTH2), a fresh one
    when it is called with True, because the server refused the last; it raises Deferred or Refused."""

    def __init__(
        self, settings: MailSettings, password: str | None = None, token: Callable[[bool], str] | None = None
    ) -> None:
        self._settings = settings
        self._password = password
        self._token = token

    @contextmanager
    def ready(self, letter: Letter) -> Iterator[HandOver]:
        """Yields once the server has taken sender and recipients.

        Raises: Deferred or Refused.
        """
        addresses = [_envelope(address, letter) for address in (letter.sender, *letter.recipients)]
        beyond = next((address for address in addresses if not address.isascii()), None)
        content = letter.message.as_bytes(policy=None if beyond is None else BEYOND_ASCII)
        with self.login() as server:
            with self._translated("take the letter", letter.wording.resend):
                server.ehlo_or_helo_if_needed()
                options = [f"SIZE={len(content)}"] if server.has_extn("size") else []
                if beyond is not None:
                    self._expect_utf8(server, beyond)
                    options += ["SMTPUTF8", "BODY=8BITMIME"]
                code, answer = server.mail(addresses[0], options)
                if code != OK:
                    raise _answered(code, answer, f"the sender {letter.sender}", letter.wording.resend)
                _name_recipients(server, addresses[1:], letter)
            yield lambda: self._data(server, content, letter.wording)

    @contextmanager
    def login(self) -> Iterator[smtplib.SMTP]:
        """A connection as secure as the configuration asks, logged in if it names a user; closed at the end.

        Raises: Deferred or Refused.
        """
        server = self._connect()
        try:
            with self._translated("log in", DOCTOR):
                if self._settings.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self._token:
                    self._log_in_by_token(server, self._token)
                elif self._settings.username:
                    server.login(self._settings.username, self._password or "")
            yield server
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _log_in_by_token(self, server: smtplib.SMTP, token: Callable[[bool], str]) -> None:
        """A token that is refused may have been taken back before its time: the second one is fresh."""
        server.ehlo_or_helo_if_needed()
        for is_last in (False, True):
            said = xoauth2(self._settings.username, token(is_last))
            try:
                # a challenge tells what is wrong, and the server waits for an empty answer before it refuses
                server.auth("XOAUTH2", lambda challenge=None, said=said: "" if challenge else said)
            except smtplib.SMTPAuthenticationError:
                if is_last:
                    raise
            else:
                return

    def _connect(self) -> smtplib.SMTP:
        with self._translated("connect", DOCTOR):
            host, port, timeout_s = self._settings.host, self._settings.port, self._settings.timeout_s
            if self._settings.security == "tls":
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(host, port, GREETING, timeout=timeout_s, context=context)
            return smtplib.SMTP(host, port, GREETING, timeout=timeout_s)

    def _expect_utf8(self, server: smtplib.SMTP, address: str) -> None:
        if not server.has_extn("smtputf8"):
            raise Refused(
                f"{address} cannot be written in ASCII, and {_lower(self._name)} takes no other address (it does not offer "
                "SMTPUTF8).",
                "Write to another address of theirs.",
            )

    def _data(self, server: smtplib.SMTP, content: bytes, wording: Wording) -> str:
        try:
            code, answer = server.data(content)
        except smtplib.SMTPDataError as err:
            raise _answered(err.smtp_code, err.smtp_error, "the letter", wording.resend) from err
        except (smtplib.SMTPException, OSError) as err:
            raise self._unanswered(_reason(err), wording) from err
        if 400 <= code <= 599:
            raise _answered(code, answer, "the letter", wording.resend)
        if not 200 <= code <= 299:
            raise self._unanswered(f"{code} {words(answer)}", wording)
        return words(answer)

    def _unanswered(self, reason: str, wording: Wording) -> Unanswered:
        return Unanswered(
            f"{self._name} gave no answer after {wording.thing} was handed over ({reason}): it may have arrived.",
            wording.unsure,
        )

    @contextmanager
    def _translated(self, step: str, then: str) -> Iterator[None]:
        """Every failure before DATA, as `Deferred` or, where the server answers 5xx, `Refused`.

        `then` is the command to run once what the server names is put right.
        """
        try:
            yield
        except smtplib.SMTPAuthenticationError as err:
            failure = Refused if _is_permanent(err.smtp_code) else Deferred
            raise failure(
                f"{self._name} refuses the login of {self._settings.username}: {words(err.smtp_error)}.",
                self._remedy,
            ) from err
        except smtplib.SMTPResponseException as err:
            raise _answered(err.smtp_code, err.smtp_error, f"to {step}", then) from err
        except smtplib.SMTPNotSupportedError as err:
            raise Deferred(f"{self._name} does not offer what [mail] asks for: {err}", _CHECK) from err
        except ssl.SSLCertVerificationError as err:
            raise Deferred(
                f"The certificate of {self._name} is not to be trusted: {err.verify_message}.",
                "Check host in [mail]; for a server with a certificate of your own, name its file in SSL_CERT_FILE.",
            ) from err
        except UnicodeEncodeError as err:
            raise Refused(
                f"Username or password for {self._name} hold a character that SMTP cannot carry.",
                "Use plain ASCII in [mail]; many providers make such passwords for programs.",
            ) from err
        except (smtplib.SMTPException, OSError, UnicodeError) as err:
            raise Deferred(f"{self._name} does not answer: {_reason(err)}.", _CHECK) from err

    @property
    def _remedy(self) -> str:
        if self._token:
            return f"Run `telos mail login {self._settings.login_of}`, then `telos doctor`."
        return f"Check username and password in [mail], then run `telos doctor`. {about_login(self._settings.host)}"

    @property
    def _name(self) -> str:
        return f"The mail server {self._settings.host}:{self._settings.port}"


def _name_recipients(server: smtplib.SMTP, addresses: Sequence[str], letter: Letter) -> None:
    """Name each of them, so that the sentence tells of every refusal at once; one is enough for none to get it."""
    answers = [(address, *server.rcpt(address)) for address in addresses]
    refused = [(address, code, said) for address, code, said in answers if code not in (OK, FORWARDED)]
    if not refused:
        return
    address, code, said = max(refused, key=lambda one: _is_permanent(one[1]))
    others = [other for other, _, _ in refused if other != address]
    named = f"the recipient {address}" + (f" (nor {', '.join(others)})" if others else "")
    nobody = " It was sent to none of its recipients." if len(addresses) > 1 else ""
    raise _answered(code, said, named, letter.wording.resend, nobody)


def _answered(code: int, answer: bytes | str, what: str, then: str, further: str = "") -> Deferred | Refused:
    sentence = f"The mail server does not take {what}: {code} {words(answer)}.{further}"
    if _is_permanent(code):
        return Refused(sentence, f"Put right what it names, then run `{then}`.")
    return Deferred(sentence)


def _is_permanent(code: int) -> bool:
    return 500 <= code <= 599


def _envelope(address: str, letter: Letter) -> str:
    """The address as servers take it: the name of an international domain in its ASCII form."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{ascii_domain(domain)}"
    except ValueError as err:
        raise Refused(
            f"The domain of {address!r} cannot be written in ASCII.",
            f"Name another address, then run `{letter.wording.resend}`.",
        ) from err


def _reason(err: BaseException) -> str:
    if isinstance(err, smtplib.SMTPServerDisconnected) and isinstance(err.__context__, OSError):
        return _reason(err.__context__)
    if isinstance(err, TimeoutError):
        return "it took too long"
    if isinstance(err, OSError) and err.strerror:
        return err.strerror
    return str(err) or type(err).__name__


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
