"""The verbs of the digest over a whole service: what is sent, when, how often, and what the next one says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assistant import deliveries, digests
from assistant.clock import FakeClock
from assistant.digest.view import DigestView
from assistant.errors import BadConfiguration, BadRequest, Conflict, NotFound
from assistant.home import Home
from assistant.service import Service
from memory.identity import NewItem
from memory.models import DeliveryState
from memory.store import digests as rows
from memory.store import items, outbox, sources, stories
from tests.databases import open_empty
from tests.fakes import HeldIndex, WordEmbedder

THURSDAY, FRIDAY, SATURDAY = (date(2026, 11, day) for day in (19, 20, 21))
CONFIGURATION = """
[user]
email = "anna@example.org"
timezone = "Europe/Berlin"

[[sources]]
name = "town"
kind = "feeds"
url = "https://town.example/feed"
"""


def morning(day: date, *, hour: int = 6, minute: int = 1) -> datetime:
    """An instant in UTC; the digest is due at 6:00 there."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(morning(THURSDAY, hour=5))


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    """First started an hour before Thursday's digest."""
    home = Home.at(tmp_path / "home")
    home.prepare()
    open_empty(home.database).close()
    home.config_file.write_text(CONFIGURATION)
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)
    yield service
    service.close()


def publish(service: Service, *titles: str) -> None:
    """Items of the source `town`, read and placed just now."""
    now = service.clock.now()
    with service.database.write() as session:
        source = sources.ensure(session, "town", "feeds", now)
        assert source.id is not None
        new = [
            NewItem(external_id=title, title=title, text=f"{title}. Everyone in town spoke of it.", language="en")
            for title in titles
        ]
        for item_id, title in zip(items.save(session, source.id, new, now).new_ids, titles, strict=True):
            story = stories.create(session, title, now)
            assert story.id is not None
            stories.join(session, story.id, [item_id], now)


def titles(view: DigestView) -> set[str]:
    return {entry.title for entry in view.entries}


def kinds(view: DigestView) -> set[str]:
    return {note.kind for note in view.notes}


def mails(service: Service) -> list[str]:
    return sorted(file.stem for file in service.home.outbox.glob("*.eml"))


def end(service: Service, digest_id: int, state: DeliveryState) -> None:
    with service.database.write() as session:
        delivery = outbox.of_digest(session, digest_id)
        assert delivery is not None
        assert delivery.id is not None
        outbox.finish(session, delivery.id, state, service.clock.now(), "The mail server said so.")


# Asked for


def test_a_preview_keeps_marks_and_sends_nothing(service: Service) -> None:
    publish(service, "A new ferry")
    before = digests.preview(service)
    assert (before.id, titles(before)) == (None, {"A new ferry"})
    assert digests.preview(service) == before
    assert mails(service) == []
    with service.database.read() as session:
        assert rows.latest(session, 10) == []


def test_a_digest_that_was_asked_for_is_sent_at_once_and_counts_as_today_s(service: Service, clock: FakeClock) -> None:
    publish(service, "A new ferry")
    line = digests.send(service)
    assert (line.day, line.run, line.state, line.entries) == (THURSDAY, 0, "sent", 1)
    assert mails(service) == ["digest-2026-11-19-0"]
    clock.set(morning(THURSDAY))
    assert digests.queue_scheduled(service) is None


@pytest.mark.parametrize("state", DeliveryState)
def test_a_second_digest_of_a_day_is_refused_whatever_became_of_the_first(
    service: Service, state: DeliveryState
) -> None:
    end(service, digests.send(service).id, state)
    with pytest.raises(Conflict, match=r"2026-11-19 has been made already.*resend.*--again"):
        digests.send(service)
    again = digests.send(service, again=True)
    assert (again.run, mails(service)) == (1, ["digest-2026-11-19-0", "digest-2026-11-19-1"])


def test_again_on_a_day_without_a_digest_is_its_first(service: Service) -> None:
    assert digests.send(service, again=True).run == 0


def test_a_digest_over_smtp_needs_an_address(service: Service) -> None:
    nobody = service.settings.user.model_copy(update={"email": ""})
    over_smtp = service.settings.mail.model_copy(update={"via": "smtp", "host": "127.0.0.1"})
    service.settings = service.settings.model_copy(update={"user": nobody, "mail": over_smtp})
    with pytest.raises(BadConfiguration, match=r"\[user\] email is empty"):
        digests.send(service)
    with service.database.read() as session:
        assert rows.latest(session, 10) == []


def test_what_was_shown_is_not_shown_again_the_next_day(service: Service, clock: FakeClock) -> None:
    publish(service, "A new ferry")
    digests.send(service)
    clock.set(morning(FRIDAY))
    publish(service, "Bread prices fall")
    view = digests.queue_scheduled(service)
    assert view is not None
    assert titles(view) == {"Bread prices fall"}


# By the timetable


def test_the_scheduled_digest_is_queued_once_and_then_delivered(service: Service, clock: FakeClock) -> None:
    assert digests.queue_scheduled(service) is None
    clock.set(morning(THURSDAY))
    assert digests.timing(service).next_at == clock.now()
    view = digests.queue_scheduled(service)
    assert view is not None
    assert digests.queue_scheduled(service) is None
    assert deliveries.next_delivery_at(service) == clock.now()
    assert deliveries.deliver_waiting(service) == ["The digest of 2026-11-19 is sent"]
    assert mails(service) == ["digest-2026-11-19-0"]
    assert deliveries.next_delivery_at(service) is None
    assert digests.timing(service).next_at == morning(FRIDAY, minute=0)


def test_an_empty_digest_is_sent_and_says_so(service: Service, clock: FakeClock) -> None:
    clock.set(morning(THURSDAY))
    view = digests.queue_scheduled(service)
    assert view is not None
    assert (view.entries, "empty" in kinds(view)) == ((), True)


def test_a_digest_that_was_missed_by_sleep_comes_late_and_says_so(service: Service, clock: FakeClock) -> None:
    digests.send(service)
    clock.set(morning(SATURDAY, hour=11))
    view = digests.queue_scheduled(service)
    assert view is not None
    assert view.local_date == SATURDAY
    assert {"late", "missed"} <= kinds(view)
    missed = next(note for note in view.notes if note.kind == "missed")
    assert "20" in missed.sentence


def test_past_the_bound_a_digest_is_missed_and_status_says_so(service: Service, clock: FakeClock) -> None:
    digests.send(service)
    clock.set(morning(FRIDAY, hour=20))
    assert digests.queue_scheduled(service) is None
    assert digests.status(service).timing.missed == [FRIDAY]


def test_a_pause_holds_until_its_day_and_misses_nothing(service: Service, clock: FakeClock) -> None:
    digests.send(service)
    timing = digests.pause(service, SATURDAY)
    assert (timing.paused_until, timing.next_at) == (SATURDAY, morning(SATURDAY, minute=0))
    clock.set(morning(FRIDAY))
    assert digests.queue_scheduled(service) is None
    clock.set(morning(SATURDAY))
    assert digests.timing(service).paused_until is None
    view = digests.queue_scheduled(service)
    assert view is not None
    assert "missed" not in kinds(view)


def test_a_pause_can_be_ended_and_must_end_after_today(service: Service) -> None:
    digests.pause(service, SATURDAY)
    assert digests.resume(service).next_at == morning(THURSDAY, minute=0)
    with pytest.raises(BadRequest, match="not after today"):
        digests.pause(service, THURSDAY)


# What became of it


@pytest.mark.parametrize(
    ("state", "kind"),
    [(DeliveryState.FAILED, "delivery_failed"), (DeliveryState.UNKNOWN, "delivery_unknown")],
)
def test_a_lost_digest_is_named_in_status_and_in_the_next_digest_and_then_no_more(
    service: Service, clock: FakeClock, state: DeliveryState, kind: str
) -> None:
    end(service, digests.send(service).id, state)
    assert [(line.day, line.state) for line in digests.status(service).troubled] == [(THURSDAY, state.value)]
    clock.set(morning(FRIDAY))
    view = digests.queue_scheduled(service)
    assert view is not None
    assert kind in kinds(view)
    deliveries.deliver_waiting(service)
    assert digests.status(service).troubled == []
    clock.set(morning(SATURDAY))
    assert kind not in kinds(digests.preview(service))


def test_a_restart_in_mid_delivery_is_in_doubt_and_a_resend_settles_it(service: Service, clock: FakeClock) -> None:
    line = digests.send(service)
    first = (service.home.outbox / "digest-2026-11-19-0.eml").read_bytes()
    with service.database.write() as session:
        outbox.requeue(session, 1, now=clock.now(), give_up_at=clock.now() + timedelta(hours=1))
        assert outbox.begin(session, 1, clock.now())
    restarted = Service(service.home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        assert [line.state for line in digests.status(restarted).troubled] == ["unknown"]
        assert deliveries.deliver_waiting(restarted) == []
        (service.home.outbox / "digest-2026-11-19-0.eml").unlink()
        assert digests.resend(restarted).id == line.id
        assert (service.home.outbox / "digest-2026-11-19-0.eml").read_bytes() == first
        assert digests.status(restarted).troubled == []
    finally:
        restarted.close()


def test_digests_are_listed_newest_first_and_shown_as_they_were_built(service: Service, clock: FakeClock) -> None:
    publish(service, "A new ferry")
    digests.send(service)
    clock.set(morning(FRIDAY))
    digests.send(service)
    assert [line.day for line in digests.list_digests(service, 10)] == [FRIDAY, THURSDAY]
    assert titles(digests.show(service, THURSDAY)) == {"A new ferry"}
    assert titles(digests.show(service)) == set()
    with pytest.raises(NotFound, match="no digest of 2026-11-21"):
        digests.show(service, SATURDAY)
