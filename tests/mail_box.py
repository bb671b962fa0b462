"""A real IMAP server on loopback (Dovecot of Debian's package `dovecot-imapd`), with one account and its mail on disk.

    with MailBox.start() as box:                     skips the test, with the reason, where there is no Dovecot
        box.deliver(message)                         as a mail server would: Telos' own code has no part in it
        options = box.options(folders=("inbox",))    what opens it
        box.stop(); box.run()                        an outage
        box.renumber("INBOX")                        another UIDVALIDITY, every message under another number
    MailBox.start(tokens_at=url)                     takes XOAUTH2 too, and asks that address about each token

It writes the configuration that the installed version wants, runs as whatever user, and ends by its own process id.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from connectors.mail.options import MailOptions
from tests.mail_server import Certificate
from tests.ports import free_port
from tests.waiting import wait_until

USER, PASSWORD = "ada@example.org", "correct horse battery"
TO_INSTALL = "no Dovecot here: apt-get install dovecot-imapd"
FOLDERS = {"Drafts": "Drafts", "Sent": "Sent", "Trash": "Trash", "Junk": "Junk", "Archive": "Archive"}

_START_S = 20.0
_delivered = count(1)


class MailBox:
    """The account `USER` with `PASSWORD`. `port` speaks plainly and takes STARTTLS, `tls_port` speaks TLS."""

    def __init__(self, folder: Path, tokens_at: str = "") -> None:
        self.folder = folder
        self.certificate = Certificate.make(folder)
        self.port, self.tls_port = free_port(), free_port()
        self.root = folder / "mail"
        self._tokens_at = tokens_at
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def start(cls, tokens_at: str = "") -> Iterator[Self]:
        if shutil.which("dovecot") is None:
            pytest.skip(TO_INSTALL)
        folder = Path(tempfile.mkdtemp(prefix="telos-mail-", dir="/tmp"))  # sockets want a short path
        box = cls(folder, tokens_at)
        try:
            box.run()
            yield box
        finally:
            box.stop()
            shutil.rmtree(folder, ignore_errors=True)

    def run(self) -> None:
        """Start the server, and wait until it greets."""
        written = _configuration(self)
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        configuration = self.folder / "dovecot.conf"
        configuration.write_text(written)
        self.root.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            _hand_over(self.folder)
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(configuration)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ends_at = time.monotonic() + _START_S
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > ends_at:
                said = self._process.stdout.read().decode() if self._process.poll() is not None else ""  # type: ignore[union-attr]
                raise RuntimeError(f"Dovecot does not start: {said}\n{self.log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it, with every connection that is open."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # it may not have started
            os.killpg(process.pid, signal.SIGKILL)  # asked to end, it takes a second
        process.wait()
        if process.stdout:
            process.stdout.close()
        wait_until(lambda: not self._greets(), "the last of its processes has let go of the port")

    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "log").read_text(errors="replace")
        return ""

    def options(self, **changes: Any) -> MailOptions:
        """What opens it, without TLS unless `security` says so."""
        security = changes.get("security", "none")
        given = {
            "host": "localhost" if security != "none" else "127.0.0.1",
            "port": self.tls_port if security == "tls" else self.port,
            "security": security,
            "username": USER,
            "password": PASSWORD,
        }
        return MailOptions.model_validate({**given, **changes})

    def deliver(
        self,
        message: EmailMessage | bytes,
        folder: str = "INBOX",
        *,
        flags: Sequence[str] = (),
        at: datetime | None = None,
    ) -> int:
        """Append it, received at `at`. Returns its number (UID)."""
        raw = message if isinstance(message, bytes) else message.as_bytes()
        with self.client() as client:
            when = imaplib.Time2Internaldate(at) if at else None
            status, answer = client.append(_quoted(folder), " ".join(flags), when, raw)
            assert status == "OK", answer
            found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
            assert found, answer
            return int(found[1])

    def drop(self, messages: Sequence[tuple[bytes, datetime]]) -> None:
        """Lay many into the inbox at once, each received at its instant, as a delivery into its folder does."""
        new = self.root / USER / "new"
        self._made_maildir()
        for raw, at in messages:
            moment = at.timestamp()
            path = new / f"{int(moment)}.M{next(_delivered):09}P{os.getpid()}.test"
            path.write_bytes(raw)
            os.utime(path, (moment, moment))
            if os.geteuid() == 0:
                os.chown(path, *_mail_user())

    def expunge(self, number: int, folder: str = "INBOX") -> None:
        with self.client(folder) as client:
            client.uid("STORE", str(number), "+FLAGS", r"(\Deleted)")
            client.expunge()

    def flag(self, number: int, flag: str, folder: str = "INBOX") -> None:
        with self.client(folder) as client:
            client.uid("STORE", str(number), "+FLAGS", f"({flag})")

    def move(self, number: int, to: str, folder: str = "INBOX") -> None:
        with self.client(folder) as client:
            client.uid("MOVE", str(number), _quoted(to))

    def flags(self, number: int, folder: str = "INBOX") -> list[str]:
        with self.client(folder) as client:
            _, answer = client.uid("FETCH", str(number), "(FLAGS)")
            return [flag.decode() for flag in imaplib.ParseFlags(answer[0])] if answer[0] else []

    def messages(self, folder: str = "INBOX") -> list[bytes]:
        """All that lies in a folder, raw, oldest first."""
        with self.client(folder) as client:
            _, answer = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
            return [piece[1] for piece in answer if isinstance(piece, tuple)]

    def renumber(self, folder: str = "INBOX") -> None:
        """Lose the numbers of a folder, as a moved or mended mailbox does: another UIDVALIDITY. Restarts the server."""
        was_running = self._process is not None
        self.stop()
        lies = self.root / USER / ("" if folder == "INBOX" else f".{folder}")
        listed = lies / "dovecot-uidlist"
        was = re.search(r" V(\d+)", listed.read_text())
        assert was
        for path in (*lies.glob("dovecot.index*"), *(self.root / USER).glob("dovecot.list.index*")):
            path.unlink()
        listed.write_text(f"3 V{int(was[1]) + 1000} N1\n")
        if was_running:
            self.run()

    @contextmanager
    def client(self, folder: str = "") -> Iterator[imaplib.IMAP4]:
        """The account, opened by the standard library alone."""
        client = imaplib.IMAP4("127.0.0.1", self.port, 60)
        try:
            client.login(USER, PASSWORD)
            if folder:
                status, answer = client.select(_quoted(folder))
                assert status == "OK", answer
            yield client
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def __enter__(self) -> Self:
        self.run()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def tokens_at(self) -> str:
        return self._tokens_at

    def _made_maildir(self) -> None:
        if not (self.root / USER / "new").is_dir():
            with self.client("INBOX"):
                pass

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as opened:
                return opened.recv(4) == b"* OK"
        except OSError:
            return False


def version() -> tuple[int, int]:
    """Of the Dovecot that is installed."""
    told = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = told.split(".")[:2]
    return int(major), int(minor)


def _configuration(box: MailBox) -> str:
    written = _since_2_4(box) + _common(box) if version() >= (2, 4) else _common(box) + _until_2_3(box)
    return written.replace("@@", str(box.folder))


def _common(box: MailBox) -> str:
    user, group = _names()
    listed = "\n".join(
        f"""  mailbox {name} {{
    special_use = \\{use}
    auto = create
  }}"""
        for name, use in FOLDERS.items()
    )
    as_user = "" if os.geteuid() == 0 else f"default_internal_user = {user}\ndefault_login_user = {user}\n"
    return f"""
base_dir = @@/run
log_path = @@/log
protocols = imap
listen = 127.0.0.1
{as_user}default_internal_group = {group}
first_valid_uid = 1
auth_failure_delay = 0
ssl = yes
namespace inbox {{
  inbox = yes
{listed}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {box.port}
  }}
  inet_listener imaps {{
    port = {box.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


def _until_2_3(box: MailBox) -> str:
    uid, gid = _mail_user()
    (box.folder / "oauth.conf").write_text(
        f"introspection_mode = post\nintrospection_url = {box.tokens_at}\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"
    )
    oauth = """
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = @@/oauth.conf
}
"""
    return f"""
disable_plaintext_auth = no
auth_mechanisms = plain login{" xoauth2 oauthbearer" if box.tokens_at else ""}
mail_location = maildir:@@/mail/%u
ssl_cert = <@@/certificate.pem
ssl_key = <@@/key.pem
passdb {{
  driver = passwd-file
  args = @@/users
}}
{oauth if box.tokens_at else ""}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home=@@/mail/%u
}}
"""


def _since_2_4(box: MailBox) -> str:
    uid, gid = _mail_user()
    oauth = f"""
oauth2 {{
  introspection_mode = post
  introspection_url = {box.tokens_at}
  username_attribute = username
  active_attribute = active
  active_value = true
}}
passdb oauth2 {{
  mechanisms_filter = xoauth2 oauthbearer
}}
"""
    versions = f"dovecot_config_version = {_full_version()}\ndovecot_storage_version = {_full_version()}\n"
    return f"""{versions}
auth_allow_cleartext = yes
auth_mechanisms = plain login{" xoauth2 oauthbearer" if box.tokens_at else ""}
mail_driver = maildir
mail_path = @@/mail/%{{user}}
ssl_server {{
  cert_file = @@/certificate.pem
  key_file = @@/key.pem
}}
passdb passwd-file {{
  passwd_file_path = @@/users
}}
{oauth if box.tokens_at else ""}
userdb static {{
  fields {{
    uid = {uid}
    gid = {gid}
    home = @@/mail/%{{user}}
  }}
}}
"""


def _full_version() -> str:
    told = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    return told.split()[0].split("-")[0]


def _mail_user() -> tuple[int, int]:
    """Who owns the mail: never root, whom Dovecot refuses."""
    if os.geteuid() == 0:
        found = pwd.getpwnam("dovecot")
        return found.pw_uid, found.pw_gid
    return os.geteuid(), os.getegid()


def _names() -> tuple[str, str]:
    uid, gid = _mail_user()
    return pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name


def _hand_over(folder: Path) -> None:
    folder.chmod(0o755)
    os.chown(folder / "mail", *_mail_user())


def _quoted(folder: str) -> str:
    return f'"{folder}"'
