"""A home of Telos between two real servers: Dovecot holds its user's mailbox, aiosmtpd takes what it sends into the inbox.

    with PostOffice.open(tmp_path) as office:
        office.write("When do we sail?")        somebody's mail arrives
        office.round()                          polled, followed up, drafted, placed, found sent
        office.placed()                         what lies in the Drafts folder

`restart` ends the service and begins it anew on the same home, as after a crash; `is_killed_at` is such a crash.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

import pytest

from assistant import failpoints
from assistant.clock import FakeClock
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.service import Service
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder
from tests.mail_box import PASSWORD, USER, MailBox
from tests.mail_server import MailServer

ANN = "Ann Lee <ann@example.net>"
ADA = f"Ada Byron <{USER}>"
SUBJECT = "The ferry"
SOURCE = "letters"

CONFIGURATION = """
[user]
name = "Ada Byron"
email = "{user}"
timezone = "UTC"

[digest]
days = []

[mail]
via = "smtp"
host = "127.0.0.1"
port = {smtp}
security = "none"
place_drafts = {places}

[network]
allow_private = ["127.0.0.0/8"]

[[sources]]
name = "{source}"
kind = "mail"
host = "127.0.0.1"
port = {imap}
security = "none"
username = "{user}"
password = "{password}"
"""

_number = count(1)


class Killed(BaseException):
    """The process ends here."""


class PostOffice:
    def __init__(self, folder: Path, box: MailBox, smtp: MailServer, *, places: bool) -> None:
        self.box, self.smtp = box, smtp
        self.home = Home.at(folder / "home")
        self.home.prepare()
        write_empty(self.home.database)
        facts = {"user": USER, "smtp": smtp.port, "imap": box.port, "password": PASSWORD, "source": SOURCE}
        self.home.config_file.write_text(CONFIGURATION.format(places=str(places).lower(), **facts))
        self.home.config_file.chmod(0o600)
        self.clock = FakeClock(datetime.now(UTC))
        self._begin()
        self._brought = 0

    @classmethod
    @contextmanager
    def open(cls, folder: Path, *, places: bool = True) -> Iterator[Self]:
        with ExitStack() as stack:
            box = stack.enter_context(MailBox.start())
            office = cls(folder, box, stack.enter_context(MailServer()), places=places)
            try:
                yield office
            finally:
                office.service.close()

    def _begin(self) -> None:
        self.service = Service(self.home, clock=self.clock, embedder=WordEmbedder(), make_index=HeldIndex)
        self.runner = Runner(self.service)

    def restart(self) -> None:
        self.runner.close()
        self.service.close()
        self._begin()

    # What happens in the mailbox

    def write(
        self, text: str, *, to: str = ADA, sender: str = ANN, folder: str = "INBOX", **headers: str
    ) -> EmailMessage:
        """A mail that somebody wrote arrives; `headers` have underscores for dashes."""
        message = composed(text, to=to, sender=sender, **headers)
        self.box.deliver(message, folder)
        return message

    def send(self, draft: EmailMessage, text: str, *, keeps_mark: bool = False) -> EmailMessage:
        """The user changes a placed draft in their mail program and sends it: under another Message-ID, its lines broken at 72
        characters, and mostly without the header that the program does not know."""
        sent = composed(text, to=str(draft["To"]), sender=ADA, Subject=str(draft["Subject"]))
        for name in ("In-Reply-To", "References", *(("X-Telos-Draft",) if keeps_mark else ())):
            if draft[name]:
                sent[name] = str(draft[name])
        self.discard(draft)
        self.box.deliver(sent, "Sent")
        return sent

    def parsed_copy(self, draft: EmailMessage, text: str) -> EmailMessage:
        """A placed draft as a program saves it anew: another text under the same headers, the Message-ID with them."""
        named = {
            name: str(draft[name]) for name in ("Message-ID", "In-Reply-To", "References", "X-Telos-Draft", "Subject")
        }
        return composed(text, to=str(draft["To"]), sender=ADA, **named)

    def discard(self, draft: EmailMessage) -> None:
        with self.box.client("Drafts") as client:
            _, found = client.uid("SEARCH", "HEADER", "Message-ID", str(draft["Message-ID"]).strip())
            for number in found[0].decode().split():
                client.uid("STORE", number, "+FLAGS", r"(\Deleted)")
            client.expunge()

    def deliver_own(self) -> list[EmailMessage]:
        """What Telos sent since the last time arrives in the inbox, as the user's server brings it."""
        new = [one.message for one in self.smtp.received[self._brought :]]
        self._brought = len(self.smtp.received)
        for message in new:
            self.box.deliver(message)
        return new

    # What Telos does

    def poll(self) -> None:
        self.clock.advance(timedelta(minutes=1))
        self.runner.run(f"poll:{SOURCE}")

    def round(self) -> str:
        self.poll()
        self.runner.run("answers")
        sentence = self.runner.run("mailbox").sentence
        self.runner.run("deliver")
        return sentence

    def is_killed_at(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """A round that ends at a failpoint, and the next start."""

        def die(_pid: int, _signal: int) -> None:
            raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(failpoints, "_countdown", {name: 1})
            patched.setattr("os.kill", die)
            with pytest.raises(Killed):
                self.round()
        self.restart()

    # What there is to see

    def placed(self) -> list[EmailMessage]:
        return self.lying("Drafts")

    def lying(self, folder: str) -> list[EmailMessage]:
        return [parsed(raw) for raw in self.box.messages(folder)]


def composed(text: str, *, to: str, sender: str, **headers: str) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    values: dict[str, Any] = {
        "From": sender,
        "To": to,
        "Subject": SUBJECT,
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": f"<{next(_number)}.test@mail.example>",
    }
    for name, value in (values | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n").strip() if body is not None else ""
