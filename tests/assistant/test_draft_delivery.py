"""A draft in the outbox: sent on the user's word alone, once a word, as the version they approved; and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from assistant import deliveries, digests, status
from assistant.clock import FakeClock
from assistant.config.schema import Settings
from assistant.delivery.carriers import Carrier, Deferred, HandOver, Letter, Unanswered
from assistant.delivery.dispatch import Outbox, begin, deliver, deliver_due, queue_draft
from assistant.delivery.smtp import SmtpCarrier
from assistant.errors import BadConfiguration, Conflict, NotFound
from assistant.home import Home
from assistant.jobs.duties import DELIVER
from assistant.jobs.runner import Runner
from assistant.service import Service
from memory.models import Delivery, DeliveryState, DraftKind, DraftState
from memory.store import audit, drafts, outbox
from memory.store.connection import Database
from tests.assistant.draft_rows import ADA, ANN, BOB, NOW, TEXT, approved, version_of
from tests.fakes import HeldIndex, WordEmbedder
from tests.mail_server import DROP, Answer, MailServer, Step

KEY = bytes(range(32))
GIVE_UP = timedelta(hours=24)
USER = {"name": "Ada Byron", "email": ADA}


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
            return "250 OK"

        yield hand_over


def fails(err: BaseException) -> Callable[[], object]:
    def hand_over() -> object:
        raise err

    return hand_over


def parts(database: Database, clock: FakeClock, carrier: Carrier) -> Outbox:
    settings = Settings.model_validate({"user": USER})
    return Outbox(database=database, clock=clock, settings=settings, key=KEY, carrier=carrier)


def queued(database: Database, draft_id: int, *, version: int = 1, again: bool = False) -> int:
    delivery = queue_draft(database, draft_id, version, again=again, now=NOW, give_up=GIVE_UP)
    assert delivery.id is not None
    return delivery.id


def state_of(database: Database, draft_id: int) -> DeliveryState:
    return delivery_of(database, draft_id).state


def delivery_of(database: Database, draft_id: int) -> Delivery:
    with database.read() as session:
        found = outbox.of_draft(session, draft_id)
    assert found is not None
    return found


def edit(database: Database, draft_id: int, text: str, *, approves: bool) -> None:
    with database.write() as session:
        upon = drafts.latest_number(session, draft_id)
        assert drafts.add_version(session, version_of(text, draft_id=draft_id, number=0), upon=upon)
        drafts.set_state(session, draft_id, DraftState.APPROVED if approves else DraftState.OPEN, NOW)


# Between the states


@pytest.mark.integration
@pytest.mark.parametrize(
    ("answers", "state", "transactions"),
    [
        pytest.param({}, DeliveryState.SENT, 1, id="taken"),
        pytest.param({"RCPT": "450 greylisted"}, DeliveryState.QUEUED, 0, id="4xx before DATA"),
        pytest.param({"DATA": "451 try again"}, DeliveryState.QUEUED, 1, id="4xx after DATA"),
        pytest.param({"RCPT": "550 no such user"}, DeliveryState.FAILED, 0, id="5xx before DATA"),
        pytest.param({"DATA": "554 spam"}, DeliveryState.FAILED, 1, id="5xx after DATA"),
        pytest.param({"DATA": DROP}, DeliveryState.UNKNOWN, 1, id="no answer after DATA"),
    ],
)
def test_each_answer_of_a_mail_server_leads_to_its_state(
    database: Database, clock: FakeClock, answers: dict[Step, Answer], state: DeliveryState, transactions: int
) -> None:
    draft_id = approved(database, recipients=[ANN, BOB])
    queued(database, draft_id)
    with MailServer(answers=answers) as server:
        mail = {"via": "smtp", "host": "127.0.0.1", "port": server.port, "security": "none", "timeout_s": 20}
        over = parts(database, clock, SmtpCarrier(Settings.model_validate({"mail": mail}).mail))
        [delivery] = deliver_due(over)
        assert (delivery.state, delivery.attempts, server.transactions) == (state, 1, transactions)
        server.answers = {}
        clock.advance(timedelta(hours=2))
        deliver_due(over)
    is_tried_again = state is DeliveryState.QUEUED
    assert server.transactions == transactions + is_tried_again
    assert state_of(database, draft_id) is (DeliveryState.SENT if is_tried_again else state)
    for received in server.received:
        assert received.recipients == (ANN["address"], BOB["address"])


def test_sending_is_committed_before_the_letter_is_handed_over(database: Database, clock: FakeClock) -> None:
    draft_id = approved(database)
    delivery_id = queued(database, draft_id)
    seen: list[DeliveryState] = []
    deliver(parts(database, clock, Kept(lambda: seen.append(state_of(database, draft_id)))), delivery_id)
    sent = delivery_of(database, draft_id)
    assert (seen, sent.state, sent.answer) == ([DeliveryState.SENDING], DeliveryState.SENT, "250 OK")


def test_what_was_being_sent_when_telos_ended_is_unknown_and_never_resent_by_itself(
    database: Database, clock: FakeClock
) -> None:
    draft_id = approved(database)
    delivery_id = queued(database, draft_id)
    with pytest.raises(KeyboardInterrupt):
        deliver(parts(database, clock, Kept(fails(KeyboardInterrupt()))), delivery_id)
    carrier = Kept()
    for _ in range(3):
        begin(database, clock.now())
        deliver_due(parts(database, clock, carrier))
        clock.advance(timedelta(hours=6))
    lost = delivery_of(database, draft_id)
    assert (lost.state, carrier.letters) == (DeliveryState.UNKNOWN, [])
    assert f"run `telos drafts send {draft_id} --again`" in (lost.last_error or "")
    with database.read() as session:
        assert ("unknown", f"draft {draft_id}") in {(one.event, one.subject) for one in audit.latest(session, 9)}


def test_a_draft_that_nobody_takes_is_given_up_after_a_day(database: Database, clock: FakeClock) -> None:
    draft_id = approved(database)
    queued(database, draft_id)
    while clock.now() <= NOW + GIVE_UP:
        deliver_due(parts(database, clock, Kept(fails(Deferred("The mail server is full.")))))
        clock.advance(timedelta(hours=2))
    lost = delivery_of(database, draft_id)
    assert lost.state is DeliveryState.FAILED
    assert lost.last_error == "It was given up after 24 hours. The mail server is full."


# What the user sent, and that alone


@pytest.mark.parametrize("approves", [False, True])
def test_a_draft_that_was_edited_while_it_waited_is_not_sent(
    database: Database, clock: FakeClock, approves: bool
) -> None:
    draft_id = approved(database)
    delivery_id = queued(database, draft_id)
    edit(database, draft_id, "Another text.", approves=approves)
    carrier = Kept()
    delivery = deliver(parts(database, clock, carrier), delivery_id)
    assert (delivery.state, carrier.letters) == (DeliveryState.FAILED, [])
    assert "was changed after it was sent off" in (delivery.last_error or "")


def test_a_draft_that_was_rejected_while_it_waited_is_not_sent(database: Database, clock: FakeClock) -> None:
    draft_id = approved(database)
    delivery_id = queued(database, draft_id)
    with database.write() as session:
        drafts.set_state(session, draft_id, DraftState.REJECTED, NOW)
    carrier = Kept()
    assert deliver(parts(database, clock, carrier), delivery_id).state is DeliveryState.FAILED
    assert carrier.letters == []


def test_another_version_that_is_sent_instead_takes_the_place_of_the_one_that_waits(
    database: Database, clock: FakeClock
) -> None:
    draft_id = approved(database)
    delivery_id = queued(database, draft_id)

    class Meanwhile(Kept):
        @contextmanager
        def ready(self, letter: Letter) -> Iterator[HandOver]:
            edit(database, draft_id, "Another text.", approves=True)
            queued(database, draft_id, version=2)
            with super().ready(letter) as hand_over:
                yield hand_over

    old, new = Meanwhile(), Kept()
    assert deliver(parts(database, clock, old), delivery_id).state is DeliveryState.QUEUED
    deliver_due(parts(database, clock, new))
    assert old.letters == []
    assert [str(letter.message.get_content()).strip() for letter in new.letters] == ["Another text."]


def test_a_draft_erased_while_it_waited_leaves_no_delivery(database: Database, clock: FakeClock) -> None:
    draft_id = approved(database)
    queued(database, draft_id)
    with database.write() as session:
        session.delete(drafts.by_id(session, draft_id))
    carrier = Kept()
    assert deliver_due(parts(database, clock, carrier)) == []
    assert carrier.letters == []


# On the user's word: in a service


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    service = open_service(tmp_path, clock)
    yield service
    service.close()


def open_service(folder: Path, clock: FakeClock, **sections: Any) -> Service:
    settings = Settings.model_validate({"user": USER} | sections)
    return Service(Home.at(folder), settings=settings, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)


def carried_by(monkeypatch: pytest.MonkeyPatch, carrier: Carrier) -> None:
    monkeypatch.setattr(deliveries, "_carrier", lambda _: carrier)


def test_without_a_mail_server_a_draft_is_written_to_a_file_and_that_is_said(service: Service) -> None:
    draft_id = approved(service.database, TEXT)
    delivery = deliveries.send_draft(service, draft_id)
    file = service.home.outbox / f"draft-{draft_id}-1.eml"
    assert (delivery.state, delivery.answer) == (DeliveryState.SENT, f"written to {file}, not mailed")
    assert b"To: Ann Lee <ann@example.net>\r\n" in file.read_bytes()
    assert [path.name for path in service.home.outbox.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"state": DraftState.OPEN}, "is not approved yet", id="open"),
        pytest.param({"state": DraftState.REJECTED}, "was rejected", id="rejected"),
        pytest.param({"kind": DraftKind.DOCUMENT}, "is a document", id="a document"),
        pytest.param({"recipients": []}, "addressed to nobody", id="to nobody"),
        pytest.param({"text": "At [...]."}, "lacks something", id="a gap"),
    ],
)
def test_what_must_not_leave_is_not_even_queued(service: Service, fields: dict[str, Any], words: str) -> None:
    draft_id = approved(service.database, **fields)
    with pytest.raises(Conflict, match=words):
        deliveries.send_draft(service, draft_id)
    with service.database.read() as session:
        assert outbox.of_draft(session, draft_id) is None
    assert list(service.home.outbox.iterdir()) == []


def test_there_has_to_be_such_a_draft_and_somebody_it_comes_from(tmp_path: Path, clock: FakeClock) -> None:
    service = open_service(tmp_path, clock, user={"name": "Ada"}, mail={"via": "smtp", "host": "mail.example.org"})
    try:
        with pytest.raises(NotFound, match="There is no draft 9"):
            deliveries.send_draft(service, 9)
        with pytest.raises(BadConfiguration, match=r"\[user\] email is empty"):
            deliveries.send_draft(service, approved(service.database))
    finally:
        service.close()


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        pytest.param(None, "was sent already", id="sent"),
        pytest.param(Unanswered("No answer."), "It is not known whether draft 1 arrived", id="unknown"),
    ],
)
def test_what_was_sent_or_may_have_been_is_sent_again_only_on_the_word_again(
    service: Service, monkeypatch: pytest.MonkeyPatch, failure: Exception | None, words: str
) -> None:
    draft_id = approved(service.database)
    carrier = Kept(fails(failure) if failure else lambda: None)
    carried_by(monkeypatch, carrier)
    deliveries.send_draft(service, draft_id)
    again = Kept()
    carried_by(monkeypatch, again)
    with pytest.raises(Conflict, match=words):
        deliveries.send_draft(service, draft_id)
    assert again.letters == []
    assert deliveries.send_draft(service, draft_id, again=True).state is DeliveryState.SENT
    first = [letter.message["Message-ID"] for letter in carrier.letters]
    assert first in ([], [letter.message["Message-ID"] for letter in again.letters])


def test_what_failed_or_waits_is_tried_once_more_by_the_same_word(
    service: Service, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = approved(service.database)
    carried_by(monkeypatch, Kept(fails(Deferred("The mail server is full."))))
    assert deliveries.send_draft(service, draft_id).state is DeliveryState.QUEUED
    assert deliveries.next_delivery_at(service) == NOW + timedelta(minutes=1)
    carrier = Kept()
    carried_by(monkeypatch, carrier)
    assert deliveries.send_draft(service, draft_id).state is DeliveryState.SENT
    assert len(carrier.letters) == 1


def test_two_who_send_at_once_send_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    draft_id = approved(service.database)
    both = Barrier(2)
    real = queue_draft

    def together(*args: Any, **kwargs: Any) -> Delivery:
        both.wait(timeout=10)
        return real(*args, **kwargs)

    carrier = Kept()
    carried_by(monkeypatch, carrier)
    monkeypatch.setattr(deliveries, "queue_draft", together)

    def send(_: int) -> None:
        try:
            deliveries.send_draft(service, draft_id)
        except Conflict:
            return

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))
    assert len(carrier.letters) == 1


def test_a_draft_cannot_be_sent_again_while_it_is_being_sent(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    draft_id = approved(service.database)

    def again() -> object:
        with pytest.raises(Conflict, match="being sent just now"):
            deliveries.send_draft(service, draft_id, again=True)
        return None

    carrier = Kept(again)
    carried_by(monkeypatch, carrier)
    deliveries.send_draft(service, draft_id)
    assert len(carrier.letters) == 1


def test_an_edited_and_newly_approved_draft_is_sent_again_as_another_letter(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = approved(service.database)
    carrier = Kept()
    carried_by(monkeypatch, carrier)
    deliveries.send_draft(service, draft_id)
    edit(service.database, draft_id, "Another text.", approves=True)
    deliveries.send_draft(service, draft_id, again=True)
    first, second = (letter.message for letter in carrier.letters)
    assert first["Message-ID"] != second["Message-ID"]
    assert str(second.get_content()).strip() == "Another text."
    assert delivery_of(service.database, draft_id).draft_version == 2


# What is told


def test_the_job_tries_what_waits_and_says_what_became_of_it(
    service: Service, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = approved(service.database)
    carried_by(monkeypatch, Kept(fails(Deferred("The mail server is full."))))
    deliveries.send_draft(service, draft_id)
    told = status.status(service)
    assert [(line.draft, line.state, line.to) for line in told.outgoing] == [
        (draft_id, "queued", ["Ann Lee <ann@example.net>"])
    ]
    assert any("waits to be sent: The mail server is full." in sentence for sentence in told.attention)
    carried_by(monkeypatch, Kept())
    clock.advance(timedelta(minutes=2))
    runner = Runner(service)
    assert runner.run(DELIVER).sentence == f"Draft {draft_id} is sent"
    runner.close()
    told = status.status(service)
    assert told.outgoing == []
    assert not any("Draft" in sentence for sentence in told.attention)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        pytest.param(Unanswered("No answer."), "draft_unknown", id="unknown"),
        pytest.param(None, "draft_failed", id="failed"),
    ],
)
def test_a_lost_draft_is_named_in_status_and_in_the_next_digest_and_then_no_more(
    service: Service, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, failure: Exception | None, kind: str
) -> None:
    draft_id = approved(service.database)
    with monkeypatch.context() as patched:
        carried_by(patched, Kept(fails(failure or Deferred("Full."))))
        deliveries.send_draft(service, draft_id)
        if failure is None:
            clock.advance(timedelta(days=2))
            deliveries.deliver_waiting(service)
    assert [line.state for line in status.status(service).outgoing] == [kind.removeprefix("draft_")]
    assert any(f"Draft {draft_id} to Ann Lee" in sentence for sentence in status.status(service).attention)
    assert digests.status(service).troubled == []
    clock.advance(timedelta(hours=1))
    line = digests.send(service)
    [note] = [note for note in digests.show(service, line.day).notes if note.kind == kind]
    assert f"draft {draft_id}, “The ferry”" in note.sentence
    assert note.is_trouble
    assert status.status(service).outgoing == []
    assert kind not in {note.kind for note in digests.preview(service).notes}


def test_what_was_interrupted_is_named_after_a_restart(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service(tmp_path, clock)
    draft_id = approved(service.database)
    carried_by(monkeypatch, Kept(fails(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        deliveries.send_draft(service, draft_id)
    service.close()
    restarted = open_service(tmp_path, clock)
    try:
        assert [(line.draft, line.state) for line in status.status(restarted).outgoing] == [(draft_id, "unknown")]
    finally:
        restarted.close()
