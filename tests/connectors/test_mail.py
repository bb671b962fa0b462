"""The mail source against a real Dovecot: what every connector holds to, and what is a mailbox's own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imap_tools.folder import FolderInfo
from pydantic import SecretStr

from connectors.base import Misconfigured, NeedsLogin, TryLater
from connectors.mail import Mail, MailOptions
from connectors.mail.folders import with_roles
from connectors.mail.mailbox import Mailbox
from connectors.mail.source import PAGE
from connectors.mail.state import numbers_of, ranges
from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading, assert_distinct
from tests.connectors.world import EVERYTHING, NOW
from tests.connectors.worlds.mail import MailWorld
from tests.mail_box import MailBox
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration


@pytest.fixture
def world(reader: WaysOut) -> Iterator[MailWorld]:
    world = MailWorld(reader)
    yield world
    world.close()


class TestMail(Conformance):
    pass


class TestAMailbox:
    """What is a mailbox's own."""

    def test_reading_leaves_no_trace(self, world: MailWorld) -> None:
        number = world.box.deliver(letter("Tides"))
        reading = Reading(world)
        reading.to_the_end()
        assert [item.title for item in reading.items] == ["Tides"]
        assert r"\Seen" not in world.box.flags(number)

    def test_other_numbers_for_the_same_mail_lose_and_double_nothing(self, world: MailWorld) -> None:
        published = world.publish(PAGE + 20)
        reading = Reading(world)
        reading.to_the_end()
        new = world.publish(3)
        world.box.renumber()
        assert reading.to_the_end() == new
        world.delete(published[3])
        reading.to_the_end()
        reading.assert_holds(published + new)
        assert reading.deleted == [published[3]]

    def test_other_numbers_in_the_middle_of_reading_lose_nothing(self, world: MailWorld) -> None:
        published = world.publish(3 * PAGE)
        reading = Reading(world)
        reading.batches(at_most=1)
        world.box.renumber()
        reading.to_the_end()
        reading.assert_holds(published)
        assert_distinct(reading.ids)

    def test_mail_without_a_message_id_keeps_its_identity_under_other_numbers(self, world: MailWorld) -> None:
        raw = b"From: ann@example.net\r\nDate: %s\r\nSubject: %s\r\n\r\nHello\r\n"
        date = format_datetime(NOW).encode()
        for subject in (b"Tides", b"Ferries"):
            world.box.deliver(raw % (date, subject), at=NOW)
        reading = Reading(world)
        reading.to_the_end()
        world.box.renumber()
        assert reading.to_the_end() == []
        assert len(set(reading.ids)) == 2

    def test_what_is_archived_stays_and_what_is_thrown_away_goes(self, world: MailWorld) -> None:
        numbers = [
            world.box.deliver(letter(subject), at=NOW) for subject in ("Kept", "Sorted", "Binned", "Spam", "Read")
        ]
        with world.box.client() as client:
            client.create('"Sea"')
        reading = Reading(world)
        reading.to_the_end()
        for number, folder in zip(numbers, ("Archive", "Sea", "Trash", "Junk"), strict=False):
            world.box.move(number, folder)
        reading.to_the_end()
        titles = {item.external_id: item.title for item in reading.items}
        assert {titles[identity] for identity in reading.deleted} == {"Binned", "Spam"}

    def test_deletions_are_followed_only_if_the_user_wants_it(self, world: MailWorld) -> None:
        number = world.box.deliver(letter("Tides"), at=NOW)
        reading = Reading(world, changes={**EVERYTHING, "follow_deletions": False})
        reading.to_the_end()
        world.box.expunge(number)
        reading.to_the_end()
        assert not reading.deleted

    def test_an_answered_mail_comes_again_and_says_so(self, world: MailWorld) -> None:
        number = world.box.deliver(letter("When do we sail?"), at=NOW)
        reading = Reading(world)
        reading.to_the_end()
        assert not reading.items[-1].details["is_answered"]
        world.box.flag(number, r"\Seen")
        assert reading.to_the_end() == []
        world.box.flag(number, r"\Answered")
        assert len(reading.to_the_end()) == 1
        assert reading.items[-1].details["is_answered"]
        assert reading.to_the_end() == []

    def test_an_old_server_is_read_and_watched_all_the_same(self, world: MailWorld) -> None:
        world.wire.hidden = (b"HIGHESTMODSEQ", b"UIDNEXT", b"IDLE", b"SPECIAL-USE", b"UIDPLUS")
        number = world.box.deliver(letter("When do we sail?"), at=NOW)
        published = world.publish(PAGE)
        reading = Reading(world)
        reading.to_the_end()
        assert set(reading.ids) > set(published)
        world.box.flag(number, r"\Answered")
        world.publish(1)
        assert len(reading.to_the_end()) == 2
        world.box.expunge(number)
        reading.to_the_end()
        assert len(reading.deleted) == 1
        cancelled = Event()
        cancelled.set()
        world.connector().listen(lambda: pytest.fail("nothing can ring"), cancelled=cancelled)
        with Mailbox(world.options(), world.ways_out()) as mailbox:
            assert mailbox.append("drafts", letter("Draft", X_Telos_Draft="7").as_bytes()) is not None
            draft = mailbox.find("drafts", header=("X-Telos-Draft", "7"))
            assert draft
            assert mailbox.remove(draft.uid) == 1
            assert mailbox.find("drafts", header=("X-Telos-Draft", "7")) is None
        assert len(world.box.messages("Drafts")) == 1, "only marked: nothing else may go with it"

    def test_a_mail_that_cannot_be_read_holds_up_no_other(self, world: MailWorld) -> None:
        numbers = [world.box.deliver(letter(subject), at=NOW) for subject in ("Tides", "Broken", "Ferries")]
        world.wire.withheld = {numbers[1]}
        reading = Reading(world)
        reading.to_the_end()
        assert [item.title for item in reading.items] == ["Tides", "Ferries"]
        assert reading.notices == [f"INBOX: the server does not give mail {numbers[1]}; it is left out."]
        world.wire.withheld = {world.box.deliver(letter("Alone"), at=NOW)}
        with pytest.raises(TryLater):
            reading.poll()
        world.box.deliver(letter("Later"), at=NOW)
        reading.to_the_end()
        assert [item.title for item in reading.items] == ["Tides", "Ferries", "Later"]
        assert len(reading.notices) == 2

    def test_what_is_sent_is_mine_and_joins_the_thread(self, world: MailWorld) -> None:
        world.box.deliver(letter("When do we sail?", Message_ID="<1@example.net>"), at=NOW)
        answer = letter("Re: When do we sail?", In_Reply_To="<1@example.net>")
        answer.replace_header("From", "Ada <ada@example.org>")
        world.box.deliver(answer, "Sent", at=NOW)
        reading = Reading(world)
        reading.to_the_end()
        assert [(item.by_me, item.thread_id, item.details["role"]) for item in reading.items] == [
            (False, "<1@example.net>", "inbox"),
            (True, "<1@example.net>", "sent"),
        ]

    def test_of_a_huge_mail_the_beginning_is_read(self, world: MailWorld) -> None:
        huge = letter("Plans")
        huge.add_attachment(b"x" * 3_000_000, maintype="application", subtype="pdf", filename="plans.pdf")
        world.box.deliver(huge, at=NOW)
        reading = Reading(world, changes={**EVERYTHING, "max_kb": 64})
        reading.to_the_end()
        [item] = reading.items
        assert item.text.startswith("Plans, in short.")
        assert item.details["attachments"] == ["plans.pdf"]
        assert not item.details["is_whole"]

    def test_a_draft_is_no_mail_until_it_is_sent(self, world: MailWorld) -> None:
        with world.box.client() as client:
            client.create('"Everything"')
        reading = Reading(world, changes={**EVERYTHING, "folders": ("Everything",)})
        reading.to_the_end()
        with Mailbox(world.options(), world.ways_out()) as mailbox:
            mailbox.append("Everything", letter("Unsent").as_bytes(), flags=(r"\Draft", r"\Seen"))
            mailbox.append("Everything", letter("Sent").as_bytes(), flags=(r"\Seen",))
        reading.to_the_end()
        assert [item.title for item in reading.items] == ["Sent"]

    def test_newsletters_may_be_left_out(self, world: MailWorld) -> None:
        world.box.deliver(letter("Offers", List_Unsubscribe="<mailto:out@example.net>"), at=NOW)
        world.box.deliver(letter("Tides"), at=NOW)
        reading = Reading(world, changes={**EVERYTHING, "newsletters": False})
        reading.to_the_end()
        assert [item.title for item in reading.items] == ["Tides"]

    def test_a_folder_that_is_not_there_is_named_with_those_that_are(self, world: MailWorld) -> None:
        with pytest.raises(Misconfigured, match=r"no folder 'Lists'. There are: Archive, Drafts, INBOX"):
            Reading(world, changes={"folders": ("inbox", "Lists")}).poll()

    def test_the_bell_rings_when_mail_comes_and_ends_when_it_is_told_to(self, world: MailWorld) -> None:
        heard, cancelled = Event(), Event()
        source = world.connector()
        thread = threading.Thread(target=source.listen, args=(heard.set,), kwargs={"cancelled": cancelled})
        thread.start()
        ends_at = time.monotonic() + 20
        while not heard.wait(0.2) and time.monotonic() < ends_at:
            world.box.deliver(letter("Tides"))
        cancelled.set()
        thread.join(10)
        assert heard.is_set()
        assert not thread.is_alive()

    def test_a_listener_ends_with_the_ways_out(self, world: MailWorld) -> None:
        ways_out = world.ways_out()
        failures: list[Exception] = []

        def listen() -> None:
            try:
                Mail(world.options(), ways_out).listen(lambda: None, cancelled=Event())
            except TryLater as err:
                failures.append(err)

        thread = threading.Thread(target=listen)
        thread.start()
        while "IDLE" not in str(world.wire.lines):
            time.sleep(0.01)
        ways_out.tcp.shut()
        thread.join(10)
        assert "Telos is stopping" in str(failures)


class TestTheWay:
    """TLS, addresses, logins: on the wire to a Dovecot of its own."""

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_tls_is_verified_by_name(self, security: str, box: MailBox, monkeypatch: pytest.MonkeyPatch) -> None:
        options = box.options(security=security)
        ways_out = WaysOut(loopback_policy(hosts={"localhost": f"tcp://127.0.0.1:{options.number}"}))
        with pytest.raises(TryLater, match="certificate that cannot be trusted"), Mailbox(options, ways_out):
            pass
        monkeypatch.setenv("SSL_CERT_FILE", str(box.certificate.file))
        with Mailbox(options, ways_out) as mailbox:
            assert mailbox.folder("sent")
        elsewhere = options.model_copy(update={"host": "imap.example.net"})
        ways_out = WaysOut(
            loopback_policy(hosts={f"imap.example.net:{options.number}": f"tcp://127.0.0.1:{options.number}"})
        )
        with pytest.raises(TryLater, match="mismatch"), Mailbox(elsewhere, ways_out):
            pass

    def test_private_addresses_are_refused_unless_they_are_named(self, box: MailBox) -> None:
        ways_out = WaysOut(loopback_policy(allow_private=()))
        with pytest.raises(Misconfigured, match="allow_private"), Mailbox(box.options(), ways_out):
            pass

    def test_no_password_crosses_the_internet_unencrypted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Far(socket.socket):
            def getpeername(self) -> tuple[str, int]:
                return "93.184.215.14", 143

        ways_out = WaysOut(loopback_policy())
        monkeypatch.setattr(ways_out.tcp, "connect", lambda *_, **__: Far())
        options = MailOptions(host="imap.example.net", security="none", username="a", password=SecretStr("b"))
        with pytest.raises(Misconfigured, match="for all to read"), Mailbox(options, ways_out):
            pass

    def test_a_port_that_speaks_no_tls_says_so(self, box: MailBox) -> None:
        options = box.options(security="tls", host="127.0.0.1", port=box.port)
        with pytest.raises(Misconfigured, match="does not speak TLS"), Mailbox(options, WaysOut(loopback_policy())):
            pass

    def test_a_wrong_password_is_never_repeated(self, box: MailBox) -> None:
        options = box.options(password='no "such\\ pass wörd')
        with (
            pytest.raises(NeedsLogin, match="refuses the login") as caught,
            Mailbox(options, WaysOut(loopback_policy())),
        ):
            pass
        assert "such" not in str(caught.value)

    def test_a_server_that_drips_is_left(self) -> None:
        """Bytes that keep coming do not make an answer last for ever."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def drip() -> None:
                client, _ = listener.accept()
                with contextlib.suppress(OSError), client:
                    while True:
                        client.sendall(b"* ")
                        time.sleep(0.05)

            threading.Thread(target=drip, daemon=True).start()
            options = MailOptions(
                host="127.0.0.1", port=listener.getsockname()[1], security="none", username="a", password=SecretStr("b")
            )
            with (
                pytest.raises(TryLater, match="did not answer within"),
                Mailbox(options, WaysOut(loopback_policy(timeout_s=0.3))),
            ):
                pass

    def test_messages_are_placed_found_and_removed_by_role(self, box: MailBox) -> None:
        with Mailbox(box.options(), WaysOut(loopback_policy())) as mailbox:
            draft = letter("Re: Tides", Message_ID="<draft@example.org>", X_Telos_Draft="7")
            placed = mailbox.append("drafts", draft.as_bytes(), flags=(r"\Draft",))
            assert placed
            assert placed.folder == "Drafts"
            found = mailbox.find("drafts", header=("X-Telos-Draft", "7"))
            assert found
            assert found.uid == placed
            assert found.flags == (r"\Draft",)
            assert found.letter.subject == "Re: Tides"
            assert mailbox.find("drafts", header=("X-Telos-Draft", "77")) is None
            assert mailbox.find("drafts", message_id="<raft@example.org>") is None, "a part of an id is no id"
            assert [one.uid for one in mailbox.search("drafts", found.received)] == [placed]
            assert not list(mailbox.search("drafts", found.received + timedelta(hours=1)))
            assert mailbox.remove(placed, placed) == 1
            assert mailbox.find("drafts", message_id="<draft@example.org>") is None


def test_folders_have_their_roles_by_what_the_server_says_then_by_name() -> None:
    listed = [
        FolderInfo("INBOX", "/", ()),
        FolderInfo("Gesendet", "/", (r"\HasNoChildren",)),
        FolderInfo("[Gmail]", "/", (r"\Noselect",)),
        FolderInfo("[Gmail]/All", "/", (r"\All",)),
        FolderInfo("Drafts", "/", ()),
        FolderInfo("[Gmail]/Entwürfe", "/", (r"\Drafts",)),
        FolderInfo("Work/2019/Sent", "/", ()),
    ]
    assert [(folder.name, folder.role) for folder in with_roles(listed)] == [
        ("INBOX", "inbox"),
        ("[Gmail]/Entwürfe", "drafts"),
        ("Gesendet", "sent"),
        ("[Gmail]/All", "all"),
        ("Drafts", None),
        ("Work/2019/Sent", None),
    ]


@given(st.lists(st.integers(1, 10**9)))
def test_numbers_are_kept_short_and_whole(numbers: list[int]) -> None:
    assert numbers_of(ranges(numbers)) == sorted(set(numbers))


def letter(subject: str, **headers: str) -> EmailMessage:
    """`headers` have underscores for dashes."""
    message = EmailMessage()
    facts = {"Message_ID": f"<{next(_number)}.{time.time_ns()}@example.net>", "Date": format_datetime(NOW)}
    given = {"From": "Ann Lee <ann@example.net>", "To": "ada@example.org", "Subject": subject, **facts, **headers}
    for name, value in given.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"{subject}, in short.")
    return message


_number = count(1)


@pytest.fixture(scope="module")
def box() -> Iterator[MailBox]:
    with MailBox.start() as box:
        yield box
