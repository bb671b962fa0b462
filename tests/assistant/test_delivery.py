"""The outbox: every edge between its states, on rows, against a real mail server; and what is never done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from assistant.clock import FakeClock
from assistant.config.schema import Settings
from assistant.delivery.carriers import Carrier, Deferred, FileCarrier, HandOver, Letter, StdoutCarrier, Unanswered
from assistant.delivery.dispatch import Outbox, begin, deliver, deliver_due, put_back, queue_digest
from assistant.delivery.smtp import SmtpCarrier
from assistant.digest.view import DigestView
from assistant.errors import Conflict
from memory.models import Delivery, DeliveryState
from memory.store import audit, digests, outbox
from memory.store.connection import Database
from tests.assistant.digest_rows import ANNA, DAY, KEY, NOW, add_stories, digest_view
from tests.mail_server import DROP, Answer, MailServer, Step
from tests.ports import free_port

GIVE_UP = timedelta(hours=24)
SETTINGS = Settings.model_validate({"user": {"email": ANNA}})


@pytest.fixture(autouse=True)
def _stories(database: Database) -> None:
    add_stories(database)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


class Kept:
    """A carrier that keeps what it carries; `on_hand_over` runs in the moment of handing over, and may fail."""

    def __init__(self, on_hand_over: Callable[[], object] = lambda: None) -> None:
        self.letters: list[Letter] = []
        self._on_hand_over = on_hand_over

    @contextmanager
    def ready(self, letter: Letter) -> Iterator[HandOver]:
        def hand_over() -> str:
            self._on_hand_over()
            self.letters.append(letter)
            return "OK"

        yield hand_over


def fails(err: Exception) -> Callable[[], object]:
    def hand_over() -> object:
        raise err

    return hand_over


def parts(database: Database, clock: FakeClock, carrier: Carrier, settings: Settings = SETTINGS) -> Outbox:
    return Outbox(database=database, clock=clock, settings=settings, key=KEY, carrier=carrier)


def over(port: int, database: Database, clock: FakeClock) -> Outbox:
    mail = {"via": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 20}
    settings = Settings.model_validate({"user": {"email": ANNA}, "mail": mail})
    return parts(database, clock, SmtpCarrier(settings.mail), settings)


def queued(database: Database, **changes: Any) -> int:
    view = digest_view(**changes)
    kept = queue_digest(database, view, now=view.built_at, give_up=GIVE_UP)
    assert kept.id is not None
    return kept.id


def delivery_of(database: Database, digest_id: int) -> Delivery:
    with database.read() as session:
        found = outbox.of_digest(session, digest_id)
    assert found is not None
    return found


def unreported(database: Database) -> list[int | None]:
    with database.read() as session:
        return [delivery.digest_id for delivery in outbox.unreported(session)]


# Into the outbox


def test_a_digest_and_its_delivery_are_kept_together(database: Database) -> None:
    digest_id = queued(database)
    delivery = delivery_of(database, digest_id)
    assert (delivery.state, delivery.attempts, delivery.give_up_at) == (DeliveryState.QUEUED, 0, NOW + GIVE_UP)
    with database.read() as session:
        assert len(digests.entries(session, digest_id)) == 3


def test_a_second_digest_of_the_same_key_is_refused_and_leaves_nothing(database: Database) -> None:
    queued(database)
    with pytest.raises(Conflict, match="2026-11-20 has been made already"):
        queued(database)
    with database.read() as session:
        assert len(digests.by_date(session, DAY)) == 1
        assert len(outbox.in_state(session, DeliveryState.QUEUED)) == 1


def test_another_run_is_another_digest(database: Database) -> None:
    assert queued(database) != queued(database, run=1)


# Every answer of a mail server


@pytest.mark.integration
@pytest.mark.parametrize(
    ("answers", "state", "transactions"),
    [
        pytest.param({}, DeliveryState.SENT, 1, id="taken"),
        pytest.param({"RCPT": "450 greylisted"}, DeliveryState.QUEUED, 0, id="4xx before DATA"),
        pytest.param({"MAIL": DROP}, DeliveryState.QUEUED, 0, id="connection lost before DATA"),
        pytest.param({"DATA": "451 try again"}, DeliveryState.QUEUED, 1, id="4xx after DATA"),
        pytest.param({"RCPT": "550 no such user"}, DeliveryState.FAILED, 0, id="5xx before DATA"),
        pytest.param({"DATA": "554 spam"}, DeliveryState.FAILED, 1, id="5xx after DATA"),
        pytest.param({"DATA": DROP}, DeliveryState.UNKNOWN, 1, id="no answer after DATA"),
    ],
)
def test_each_answer_leads_to_its_state(
    database: Database, clock: FakeClock, answers: dict[Step, Answer], state: DeliveryState, transactions: int
) -> None:
    digest_id = queued(database)
    with MailServer(answers=answers) as server:
        [delivery] = deliver_due(over(server.port, database, clock))
        assert delivery.state is state
        assert delivery.attempts == 1
        assert (delivery.last_error is None) == (state is DeliveryState.SENT)
        assert server.transactions == transactions
        # Whatever it was, nothing more happens at once or by itself, except that what is queued is tried later.
        assert deliver_due(over(server.port, database, clock)) == []
        clock.advance(timedelta(hours=2))
        server.answers = {}
        deliver_due(over(server.port, database, clock))
    is_tried_again = state is DeliveryState.QUEUED
    assert server.transactions == transactions + is_tried_again
    assert delivery_of(database, digest_id).state is (DeliveryState.SENT if is_tried_again else state)
    assert unreported(database) == ([digest_id] if state in (DeliveryState.FAILED, DeliveryState.UNKNOWN) else [])


@pytest.mark.integration
def test_a_digest_waits_while_the_server_is_down_and_goes_out_once_when_it_is_back(
    database: Database, clock: FakeClock
) -> None:
    digest_id = queued(database)
    down = over(free_port(), database, clock)
    for _ in range(20):
        deliver_due(down)
        clock.advance(timedelta(minutes=10))
    waiting = delivery_of(database, digest_id)
    assert waiting.state is DeliveryState.QUEUED
    assert 5 <= waiting.attempts <= 12
    assert "Connection refused" in (waiting.last_error or "")
    with MailServer() as server:
        for _ in range(5):
            clock.advance(timedelta(minutes=30))
            deliver_due(over(server.port, database, clock))
    assert server.transactions == 1
    assert delivery_of(database, digest_id).state is DeliveryState.SENT


def test_a_digest_that_nobody_takes_is_given_up_after_the_bound_and_that_is_said(
    database: Database, clock: FakeClock
) -> None:
    digest_id = queued(database)
    carrier = Kept(fails(Deferred("The mail server is full.")))
    while clock.now() <= NOW + GIVE_UP:
        deliver_due(parts(database, clock, carrier))
        clock.advance(timedelta(hours=2))
    delivery = delivery_of(database, digest_id)
    assert delivery.state is DeliveryState.FAILED
    assert delivery.last_error == "It was given up after 24 hours. The mail server is full."
    assert unreported(database) == [digest_id]


def test_a_digest_left_over_by_a_long_downtime_is_not_sent_days_late(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    clock.advance(timedelta(days=3))
    carrier = Kept()
    deliver_due(parts(database, clock, carrier))
    assert carrier.letters == []
    assert delivery_of(database, digest_id).state is DeliveryState.FAILED


def test_the_wait_between_attempts_grows_to_half_an_hour(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    waits = []
    for _ in range(7):
        deliver(parts(database, clock, Kept(fails(Deferred("Later.")))), digest_id)
        next_attempt_at = delivery_of(database, digest_id).next_attempt_at
        assert next_attempt_at is not None
        waits.append((next_attempt_at - clock.now()).total_seconds() / 60)
        clock.set(next_attempt_at)
    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_a_wait_set_by_a_clock_that_was_ahead_does_not_hold_the_digest(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    with database.write() as session:
        delivery = outbox.of_digest(session, digest_id)
        assert delivery is not None
        assert delivery.id is not None
        outbox.defer(session, delivery.id, until=NOW + timedelta(days=900), error="later")
    carrier = Kept()
    deliver_due(parts(database, clock, carrier))
    assert len(carrier.letters) == 1


# Never twice


def test_sending_is_committed_before_the_letter_is_handed_over(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    seen: list[DeliveryState] = []
    carrier = Kept(lambda: seen.append(delivery_of(database, digest_id).state))
    deliver(parts(database, clock, carrier), digest_id)
    assert seen == [DeliveryState.SENDING]
    assert delivery_of(database, digest_id).state is DeliveryState.SENT


def test_two_who_deliver_at_once_hand_over_once(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    both = Barrier(2)

    class Together(Kept):
        @contextmanager
        def ready(self, letter: Letter) -> Iterator[HandOver]:
            both.wait(timeout=10)
            with super().ready(letter) as hand_over:
                yield hand_over

    carrier = Together()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: deliver(parts(database, clock, carrier), digest_id), range(2)))
    assert len(carrier.letters) == 1
    assert delivery_of(database, digest_id).state is DeliveryState.SENT


def test_what_was_being_sent_when_telos_ended_becomes_unknown_and_is_never_resent_by_itself(
    database: Database, clock: FakeClock
) -> None:
    class PowerCut(BaseException):
        pass

    def cut() -> object:
        raise PowerCut

    digest_id = queued(database)
    with pytest.raises(PowerCut):
        deliver(parts(database, clock, Kept(cut)), digest_id)
    assert delivery_of(database, digest_id).state is DeliveryState.SENDING
    carrier = Kept()
    for _ in range(3):
        begin(database, clock.now())
        deliver_due(parts(database, clock, carrier))
        deliver(parts(database, clock, carrier), digest_id)
        clock.advance(timedelta(hours=6))
    delivery = delivery_of(database, digest_id)
    assert delivery.state is DeliveryState.UNKNOWN
    assert "it may have arrived or not" in (delivery.last_error or "")
    assert carrier.letters == []
    assert unreported(database) == [digest_id]


# On the user's word


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.SENT])
def test_a_resend_has_the_message_id_of_the_first(database: Database, clock: FakeClock, state: DeliveryState) -> None:
    digest_id = queued(database)
    carrier = Kept()
    deliver(parts(database, clock, carrier), digest_id)
    with database.write() as session:
        delivery = outbox.of_digest(session, digest_id)
        assert delivery is not None
        assert delivery.id is not None
        outbox.finish(session, delivery.id, state, NOW)
    clock.advance(timedelta(days=2))
    put_back(database, digest_id, now=clock.now(), give_up=GIVE_UP)
    deliver(parts(database, clock, carrier), digest_id)
    first, second = (letter.message for letter in carrier.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert delivery_of(database, digest_id).state is DeliveryState.SENT
    assert unreported(database) == []


def test_a_digest_cannot_be_resent_while_it_is_being_sent(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)

    def resend() -> object:
        with pytest.raises(Conflict, match="being sent just now"):
            put_back(database, digest_id, now=NOW, give_up=GIVE_UP)
        return None

    carrier = Kept(resend)
    deliver(parts(database, clock, carrier), digest_id)
    assert len(carrier.letters) == 1


# What is told


def test_a_digest_that_names_lost_ones_ends_their_report_once_it_is_sent(database: Database, clock: FakeClock) -> None:
    lost = queued(database)
    deliver(parts(database, clock, Kept(fails(Unanswered("No answer.")))), lost)
    assert unreported(database) == [lost]

    clock.advance(timedelta(days=1))
    tomorrow = queued(database, day=DAY + timedelta(days=1), built_at=clock.now())
    deliver(parts(database, clock, Kept(fails(Deferred("Later.")))), tomorrow)
    assert unreported(database) == [lost]

    clock.advance(timedelta(hours=1))
    deliver_due(parts(database, clock, Kept()))
    assert unreported(database) == []


def test_a_digest_built_before_another_was_lost_does_not_end_its_report(database: Database, clock: FakeClock) -> None:
    lost, other = queued(database), queued(database, run=1)
    clock.advance(timedelta(minutes=1))
    deliver(parts(database, clock, Kept(fails(Unanswered("No answer.")))), lost)
    deliver(parts(database, clock, Kept()), other)
    assert unreported(database) == [lost]


def test_the_audit_says_what_became_of_each_digest(database: Database, clock: FakeClock) -> None:
    sent, lost = queued(database), queued(database, run=1)
    deliver(parts(database, clock, Kept()), sent)
    deliver(parts(database, clock, Kept(fails(Unanswered("No answer.")))), lost)
    with database.read() as session:
        told = {(event.event, event.subject) for event in audit.latest(session, 20)}
    assert {("sent", f"digest {sent}"), ("unknown", f"digest {lost}")} <= told


def test_an_address_that_is_none_fails_the_digest_with_a_sentence(database: Database, clock: FakeClock) -> None:
    digest_id = queued(database)
    settings = SETTINGS.model_copy(update={"mail": SETTINGS.mail.model_copy(update={"sender": "anna at home"})})
    delivery = deliver(parts(database, clock, Kept(), settings), digest_id)
    assert delivery.state is DeliveryState.FAILED
    assert "[mail] sender is 'anna at home', which is no mail address." in (delivery.last_error or "")


# The carriers that need no server


def test_a_digest_to_files_is_a_mail_and_a_page_for_its_owner_only(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    digest_id = queued(database)
    deliver(parts(database, clock, FileCarrier(tmp_path / "outbox")), digest_id)
    eml, page = (tmp_path / "outbox" / f"digest-2026-11-20-0.{ending}" for ending in ("eml", "html"))
    assert b"\r\nMessage-ID: <digest-2026-11-20-0." in eml.read_bytes()
    assert "潮汐能试验开始" in page.read_text(encoding="utf-8")
    assert {file.stat().st_mode & 0o777 for file in (eml, page)} == {0o600}
    assert sorted((tmp_path / "outbox").iterdir()) == [eml, page]


def test_a_folder_that_cannot_be_written_defers_the_digest(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    digest_id = queued(database)
    delivery = deliver(parts(database, clock, FileCarrier(tmp_path / "outbox")), digest_id)
    assert delivery.state is DeliveryState.QUEUED
    assert "could not be written" in (delivery.last_error or "")


def test_a_digest_on_stdout_cannot_command_the_terminal(
    database: Database, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    view: DigestView = digest_view()
    entry = replace(view.entries[0], title="Red \x1b[31malert\x07")
    view = replace(view, sections=(replace(view.sections[0], entries=(entry,)),))
    kept = queue_digest(database, view, now=NOW, give_up=GIVE_UP)
    assert kept.id is not None
    deliver(parts(database, clock, StdoutCarrier(sys.stdout)), kept.id)
    printed = capsys.readouterr().out
    assert "alert" in printed
    assert not {"\x1b", "\x07"} & set(printed)
