"""One letter over the user's own mail server: connect, secure, log in, name the sender and the recipient, then DATA.

All that can fail without a doubt does so before DATA. From DATA on only the server's own answer counts; without one
the letter may have been taken, and that is what `Unanswered` says. It knows no digest and no row; `assistant.delivery.dispatch`
calls it, and `assistant.doctor` tries the way up to the login.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.config.schema import MailSettings
from assistant.delivery.carriers import Deferred, HandOver, Letter, Refused, Unanswered

GREETING = "[127.0.0.1]"
"""What we call ourselves: the machine's own name is nobody's business, and looking it up can take long."""

LONGEST_ANSWER = 200
"""Characters of a server's answer that are repeated to the user."""

_CHECK = "Check host, port and security in [mail], then run `telos doctor`."


class SmtpCarrier:
    """`password` is already read from wherever the configuration says."""

    def __init__(self, settings: MailSettings, password: str | None = None) -> None:
        self._settings = settings
        self._password = password

    @contextmanager
    def ready(self, letter: Letter) -> Iterator[HandOver]:
        """Yields once the server has taken sender and recipient.

        Raises: Deferred or Refused.
        """
        content = letter.message.as_bytes()
        with self.login() as server:
            with self._translated("take the letter"):
                server.ehlo_or_helo_if_needed()
                size = [f"SIZE={len(content)}"] if server.has_extn("size") else []
                _expect(server.mail(_ascii(letter.sender), size), f"the sender {letter.sender}")
                _expect(server.rcpt(_ascii(letter.recipient)), f"the recipient {letter.recipient}")
            yield lambda: self._data(server, content)

    @contextmanager
    def login(self) -> Iterator[smtplib.SMTP]:
        """A connection as secure as the configuration asks, logged in if it names a user; closed at the end.

        Raises: Deferred or Refused.
        """
        server = self._connect()
        try:
            with self._translated("log in"):
                if self._settings.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self._settings.username:
                    server.login(self._settings.username, self._password or "")
            yield server
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        with self._translated("connect"):
            host, port, timeout_s = self._settings.host, self._settings.port, self._settings.timeout_s
            if self._settings.security == "tls":
                context = ssl.create_default_context()
                return smtplib.SMTP_SSL(host, port, GREETING, timeout=timeout_s, context=context)
            return smtplib.SMTP(host, port, GREETING, timeout=timeout_s)

    def _data(self, server: smtplib.SMTP, content: bytes) -> str:
        try:
            code, answer = server.data(content)
        except smtplib.SMTPDataError as err:
            raise _answered(err.smtp_code, err.smtp_error, "the letter") from err
        except (smtplib.SMTPException, OSError) as err:
            raise self._unanswered(_reason(err)) from err
        if 400 <= code <= 599:
            raise _answered(code, answer, "the letter")
        if not 200 <= code <= 299:
            raise self._unanswered(f"{code} {_words(answer)}")
        return _words(answer)

    def _unanswered(self, reason: str) -> Unanswered:
        return Unanswered(
            f"{self._name} gave no answer after the digest was handed over ({reason}): it may have arrived.",
            "Look into your mailbox; if it is not there, run `telos digest resend`.",
        )

    @contextmanager
    def _translated(self, step: str) -> Iterator[None]:
        """Every failure before DATA, as `Deferred` or, where the server answers 5xx, `Refused`."""
        try:
            yield
        except smtplib.SMTPAuthenticationError as err:
            failure = Refused if _is_permanent(err.smtp_code) else Deferred
            raise failure(
                f"{self._name} refuses the login of {self._settings.username}: {_words(err.smtp_error)}.",
                "Check username and password in [mail], then run `telos doctor`.",
            ) from err
        except smtplib.SMTPResponseException as err:
            raise _answered(err.smtp_code, err.smtp_error, f"to {step}") from err
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
    def _name(self) -> str:
        return f"The mail server {self._settings.host}:{self._settings.port}"


def _expect(answer: tuple[int, bytes], what: str) -> None:
    code, words = answer
    if code not in (250, 251):
        raise _answered(code, words, what)


def _answered(code: int, answer: bytes | str, what: str) -> Deferred | Refused:
    sentence = f"The mail server does not take {what}: {code} {_words(answer)}."
    if _is_permanent(code):
        return Refused(sentence, "Put right what it names, then run `telos digest resend`.")
    return Deferred(sentence)


def _is_permanent(code: int) -> bool:
    return 500 <= code <= 599


def _ascii(address: str) -> str:
    """The address as every server takes it: the name of an international domain in its ASCII form."""
    local, _, domain = address.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
        plain.encode("ascii")
    except UnicodeError as err:
        raise Refused(
            f"The address {address!r} cannot be written in ASCII.", "Name another one in [user] email or [mail] sender."
        ) from err
    return plain


def _reason(err: BaseException) -> str:
    if isinstance(err, smtplib.SMTPServerDisconnected) and isinstance(err.__context__, OSError):
        return _reason(err.__context__)
    if isinstance(err, TimeoutError):
        return "it took too long"
    if isinstance(err, OSError) and err.strerror:
        return err.strerror
    return str(err) or type(err).__name__


def _words(answer: bytes | str) -> str:
    """A server's answer on one line, without control characters, cut to a bearable length."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line.rstrip(".") if len(line) <= LONGEST_ANSWER else f"{line[:LONGEST_ANSWER]}..."
