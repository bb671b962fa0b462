"""One letter to a real mail server: what each of its answers means, and what is never done without TLS or a login."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from typing import Any

import pytest

from assistant.config.schema import MailSettings
from assistant.delivery.addresses import address
from assistant.delivery.carriers import Deferred, Letter, Refused, Unanswered, Wording
from assistant.delivery.policy import POLICY
from assistant.delivery.smtp import SmtpCarrier
from tests.mail_server import DROP, HANG, Answer, Certificate, MailServer, Step
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),  # what a user may have to live with
]

ANNA = "anna@example.org"
WORDING = Wording(name="letter 1", thing="the letter", resend="post it", unsure="Ask them.")


def letter(text: str = "Good morning.\n", *, recipients: tuple[str, ...] = (ANNA,)) -> Letter:
    message = EmailMessage(policy=POLICY)
    message["From"], message["To"] = ANNA, [address(one) for one in recipients]
    message["Subject"], message["Message-ID"] = "Today", "<digest-1@example.org>"
    message.set_content(text, cte="quoted-printable")
    return Letter(name="digest-1", sender=ANNA, recipients=recipients, message=message, wording=WORDING)


def carrier(server: MailServer, *, password: str | None = None, **settings: Any) -> SmtpCarrier:
    values = {"via": "smtp", "host": "localhost", "port": server.port, "security": server.security, "timeout_s": 5}
    return SmtpCarrier(MailSettings.model_validate(values | settings), password)


def send(through: SmtpCarrier, sent: Letter) -> str:
    with through.ready(sent) as hand_over:
        return hand_over()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate


def test_a_letter_arrives_as_it_was_written() -> None:
    text = "Dots:\n.\n..\nGrüße, 早安 and a long line " + "of words " * 300 + "\n"
    with MailServer() as server:
        assert send(carrier(server), letter(text)) == "OK"
    [received] = server.received
    assert received.message.get_content().replace("\r\n", "\n") == text
    assert (received.sender, received.recipients) == (ANNA, (ANNA,))
    assert received.message_id == "<digest-1@example.org>"


def test_nothing_is_handed_over_until_the_caller_says_so() -> None:
    with MailServer() as server, carrier(server).ready(letter()):
        pass
    assert (server.attempts, server.transactions) == (1, 0)


@pytest.mark.parametrize(
    ("answers", "failure", "transactions"),
    [
        pytest.param({"MAIL": "421 4.3.2 going down"}, Deferred, 0, id="421 and the end of the session"),
        pytest.param({"MAIL": "451 4.3.0 try later"}, Deferred, 0, id="4xx to the sender"),
        pytest.param({"RCPT": "450 4.2.1 greylisted"}, Deferred, 0, id="4xx to the recipient"),
        pytest.param({"RCPT": DROP}, Deferred, 0, id="hangs up before DATA"),
        pytest.param({"RCPT": HANG}, Deferred, 0, id="never answers before DATA"),
        pytest.param({"DATA": "452 4.3.1 disk full"}, Deferred, 1, id="4xx to the letter"),
        pytest.param({"MAIL": "550 5.7.1 not you"}, Refused, 0, id="5xx to the sender"),
        pytest.param({"RCPT": "550 5.1.1 no such user"}, Refused, 0, id="5xx to the recipient"),
        pytest.param({"DATA": "554 5.6.0 spam"}, Refused, 1, id="5xx to the letter"),
        pytest.param({"DATA": DROP}, Unanswered, 1, id="hangs up after DATA"),
        pytest.param({"DATA": HANG}, Unanswered, 1, id="never answers after DATA"),
        pytest.param({"DATA": "199 what"}, Unanswered, 1, id="an answer that means nothing after DATA"),
    ],
)
def test_each_answer_of_the_server_has_one_meaning(
    answers: dict[Step, Answer], failure: type[Exception], transactions: int
) -> None:
    timeout_s = 3 if HANG in answers.values() else 30
    with MailServer(answers=answers) as server:
        with pytest.raises(failure):
            send(carrier(server, timeout_s=timeout_s), letter())
        wait_until(lambda: server.transactions >= transactions)
        assert server.transactions == transactions


def test_a_refusal_names_the_server_s_words_without_control_characters() -> None:
    with (
        MailServer(answers={"RCPT": "550 5.1.1 no \x1b[31msuch user"}) as server,
        pytest.raises(Refused, match=r"recipient anna@example.org: 550 5.1.1 no \[31msuch user\."),
    ):
        send(carrier(server), letter())


def test_a_server_that_is_down_defers_the_letter() -> None:
    port = free_port()
    settings = MailSettings(via="smtp", host="127.0.0.1", port=port, security="none", timeout_s=10)
    with pytest.raises(Deferred, match=f"127.0.0.1:{port} does not answer: Connection refused"):
        send(SmtpCarrier(settings), letter())


def test_something_that_is_no_mail_server_defers_the_letter() -> None:
    with _mute_listener() as port:
        settings = MailSettings(via="smtp", host="127.0.0.1", port=port, security="none", timeout_s=0.3)
        with pytest.raises(Deferred, match="took too long"):
            send(SmtpCarrier(settings), letter())


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_login_and_the_letter_go_encrypted(security: Any, trusted: Certificate) -> None:
    with MailServer(security=security, certificate=trusted, passwords={"anna": "secret"}) as server:
        send(carrier(server, username="anna", password="secret"), letter())
    [received] = server.received
    assert (received.was_encrypted, received.login) == (True, "anna")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(security: Any, certificate: Certificate) -> None:
    with MailServer(security=security, certificate=certificate) as server:
        with pytest.raises(Deferred, match=r"certificate of .*localhost:\d+ is not to be trusted"):
            send(carrier(server), letter())
        assert server.received == []


def test_a_certificate_for_another_name_is_not_accepted(trusted: Certificate) -> None:
    with (
        MailServer(security="tls", certificate=trusted) as server,
        pytest.raises(Deferred, match="not to be trusted"),
    ):
        send(carrier(server, host="127.0.0.1"), letter())


def test_a_server_without_starttls_gets_neither_password_nor_letter() -> None:
    with MailServer(passwords={"anna": "secret"}) as server:
        with pytest.raises(Deferred, match="does not offer"):
            send(carrier(server, security="starttls", username="anna", password="secret"), letter())
        assert server.transactions == 0


def test_a_wrong_password_is_said_without_repeating_it() -> None:
    with (
        MailServer(passwords={"anna": "secret"}) as server,
        pytest.raises(Refused, match="refuses the login of anna") as refusal,
    ):
        send(carrier(server, username="anna", password="hunter2"), letter())
    assert "hunter2" not in str(refusal.value)


def test_a_password_that_smtp_cannot_carry_is_said_without_repeating_it() -> None:
    with (
        MailServer(passwords={"anna": "geheimnis"}) as server,
        pytest.raises(Refused, match="a character that SMTP cannot carry") as refusal,
    ):
        send(carrier(server, username="anna", password="geheimniß"), letter())
    assert "geheim" not in str(refusal.value)


BOB, EVE = "bob@example.net", "eve@example.com"


def test_a_letter_goes_to_all_of_its_recipients_in_one_transaction() -> None:
    with MailServer() as server:
        send(carrier(server), letter(recipients=(ANNA, BOB, EVE)))
    [received] = server.received
    assert received.recipients == (ANNA, BOB, EVE)
    assert server.transactions == 1


@pytest.mark.parametrize(
    ("answers", "failure", "words"),
    [
        pytest.param({BOB: "550 5.1.1 gone"}, Refused, rf"recipient {BOB}: 550 5.1.1 gone\.", id="one never"),
        pytest.param({BOB: "450 4.2.1 later"}, Deferred, rf"recipient {BOB}: 450 4.2.1 later\.", id="one not now"),
        pytest.param(
            {BOB: "450 4.2.1 later", EVE: "550 5.1.1 gone"},
            Refused,
            rf"recipient {EVE} \(nor {BOB}\): 550 5.1.1 gone\.",
            id="one never and one not now",
        ),
    ],
)
def test_where_one_of_several_recipients_is_refused_none_gets_the_letter(
    answers: dict[str, str], failure: type[Exception], words: str
) -> None:
    with MailServer(recipients=answers) as server:
        with pytest.raises(failure, match=words + " It was sent to none of its recipients"):
            send(carrier(server), letter(recipients=(ANNA, BOB, EVE)))
        assert (server.transactions, server.received) == (0, [])


def test_what_is_refused_names_the_command_that_sends_it_again() -> None:
    with MailServer(answers={"DATA": "554 no"}) as server, pytest.raises(Refused, match="then run `post it`"):
        send(carrier(server), letter())
    with MailServer(answers={"DATA": DROP}) as server, pytest.raises(Unanswered, match=r"after the letter .* Ask them"):
        send(carrier(server), letter())


def test_an_international_domain_is_written_in_ascii() -> None:
    with MailServer() as server:
        send(carrier(server), letter(recipients=("anna@bücher.example",)))
    assert server.received[0].recipients == ("anna@xn--bcher-kva.example",)


def test_an_address_beyond_ascii_goes_to_a_server_that_speaks_smtputf8() -> None:
    with MailServer() as server:
        send(carrier(server), letter("Grüße\n", recipients=("änna@bücher.example", BOB)))
    [received] = server.received
    assert received.recipients == ("änna@xn--bcher-kva.example", BOB)
    assert "änna@" in received.message["To"]
    assert received.message.get_content().strip() == "Grüße"


def test_an_address_beyond_ascii_is_refused_with_a_sentence_where_the_server_does_not() -> None:
    with MailServer(speaks_utf8=False) as server:
        with pytest.raises(Refused, match=r"änna@example.org cannot be written in ASCII.*does not offer SMTPUTF8"):
            send(carrier(server), letter(recipients=("änna@example.org",)))
        assert server.attempts == 0


@contextmanager
def _mute_listener() -> Iterator[int]:
    """Takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]
