"""What is due is decided by rows and the clock; nothing runs twice at once; a failure is kept, said once and healed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.clock import FakeClock
from assistant.config.schema import Settings
from assistant.errors import Conflict, NotFound, Unavailable
from assistant.home import Home
from assistant.jobs.duties import RETRY_EMBEDDER, Duty, Outcome
from assistant.jobs.runner import Runner, due
from assistant.progress import Cancelled, Progress
from assistant.service import Service
from connectors.feeds import Feeds
from memory.store import items, sources, stories
from memory.store.items import NewItem
from tests.fakes import HeldIndex, MoodyEmbedder, WordEmbedder
from tests.waiting import wait_until

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def planned(name: str, at: datetime | None) -> Duty:
    return Duty(name, at, lambda service, progress: Outcome(""))


@pytest.mark.parametrize(
    ("at", "running", "expected"),
    [
        (NOW - MINUTE, [], ["index"]),
        (NOW, [], ["index"]),
        (NOW + MINUTE, [], []),
        (None, [], []),
        (NOW - MINUTE, ["index"], []),
        (NOW - timedelta(days=30), [], ["index"]),
    ],
    ids=["past", "to the instant", "to come", "nothing to do", "running", "after a long sleep, once"],
)
def test_a_job_is_due_when_its_time_has_come_and_it_does_not_run(
    at: datetime | None, running: list[str], expected: list[str]
) -> None:
    assert due(NOW, [planned("index", at)], running) == expected


def test_the_longest_due_comes_first() -> None:
    plans = [planned("b", NOW), planned("a", NOW), planned("c", NOW - MINUTE)]
    assert due(NOW, plans) == ["c", "a", "b"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def service(tmp_path: Path, clock: FakeClock) -> Iterator[Service]:
    settings = Settings.model_validate({"user": {"timezone": "Etc/UTC"}})
    service = Service(
        Home.at(tmp_path),
        clock=clock,
        settings=settings,
        embedder=WordEmbedder(),
        make_index=HeldIndex,
        decides_apart=False,
    )
    yield service
    service.close()


@pytest.fixture
def runner(service: Service) -> Iterator[Runner]:
    runner = Runner(service)
    yield runner
    service.stopping.set()
    runner.close()


class Held:
    """Work of a job that goes on until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, service: Service, progress: Progress) -> Outcome:
        self.begun.set()
        assert self.may_end.wait(60)
        return Outcome("done")


@pytest.fixture
def maintaining(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    monkeypatch.setattr("assistant.jobs.duties._maintain", held)
    return held


def settle(runner: Runner) -> None:
    """Let the pool finish what has been started."""
    wait_until(lambda: not runner.running)
    runner.close()


def state(runner: Runner, name: str) -> Duty:
    return next(duty for duty in runner.duties() if duty.name == name)


def test_a_job_that_does_not_exist_is_named_with_those_that_do(runner: Runner) -> None:
    with pytest.raises(NotFound, match=r"no job 'indx'") as caught:
        runner.run("indx")
    assert "index, goals, answers, mailbox, digest, deliver, maintain" in caught.value.remedy


def test_maintaining_is_due_at_first_and_then_daily(runner: Runner, clock: FakeClock) -> None:
    assert state(runner, "maintain").at == NOW
    runner.run("maintain")
    assert state(runner, "maintain").at == NOW + timedelta(days=1)
    assert state(runner, "maintain").history.last_outcome == "The database is sound."


def test_a_tick_starts_what_is_due(runner: Runner) -> None:
    runner.tick()
    settle(runner)
    assert state(runner, "maintain").history.last_finished_at == NOW


def test_closing_returns_when_nothing_runs(runner: Runner, maintaining: Held) -> None:
    runner.tick()
    assert maintaining.begun.wait(60)
    closing = threading.Thread(target=runner.close)
    closing.start()
    closing.join(0.3)
    assert closing.is_alive()
    maintaining.may_end.set()
    closing.join(60)
    assert state(runner, "maintain").history.last_outcome == "done"


def test_the_same_job_does_not_run_twice_at_once(runner: Runner, maintaining: Held) -> None:
    thread = threading.Thread(target=runner.run, args=("maintain",))
    thread.start()
    assert maintaining.begun.wait(60)
    with pytest.raises(Conflict, match="running already"):
        runner.run("maintain")
    maintaining.may_end.set()
    thread.join()


def test_a_job_breaks_once_and_heals_once_in_the_log(
    runner: Runner, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def breaks(service: Service, progress: Progress) -> Outcome:
        raise Unavailable("The disk is full.", "Make room.")

    with monkeypatch.context() as broken:
        broken.setattr("assistant.jobs.duties._maintain", breaks)
        for _ in range(3):
            with pytest.raises(Unavailable):
                runner.run("maintain")
    history = state(runner, "maintain").history
    assert (history.failures, history.last_error) == (3, "The disk is full. Make room.")
    assert state(runner, "maintain").at == NOW + 4 * MINUTE
    runner.run("maintain")
    runner.run("maintain")
    said = [record.message for record in caplog.records if record.message.startswith("maintain")]
    assert said == ["maintain failed: The disk is full. Make room.", "maintain works again: The database is sound."]


def test_what_fails_because_the_service_stops_is_no_failure(
    runner: Runner, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(service: Service, progress: Progress) -> Outcome:
        service.stopping.set()
        raise Unavailable("The embedder's process ended.")

    monkeypatch.setattr("assistant.jobs.duties._maintain", dies)
    with pytest.raises(Cancelled):
        runner.run("maintain")
    assert state(runner, "maintain").history.failures == 0
    assert state(runner, "maintain").at == NOW


def test_what_a_run_that_was_cut_short_left_behind_does_not_wait_for_the_embedder(
    runner: Runner, service: Service, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "embedder", MoodyEmbedder(is_away=True))
    bring(service, "Tides turn turbines")
    runner.run("index")
    assert state(runner, "index").at == NOW + RETRY_EMBEDDER

    def killed(*_: object, **__: object) -> int:
        raise Cancelled

    clock.advance(MINUTE)
    bring(service, "The kettle sings")
    with monkeypatch.context() as cut_short:
        cut_short.setattr("assistant.stories.placing.place", killed)
        with pytest.raises(Cancelled):
            runner.run("index")
    clock.advance(MINUTE)
    assert len(in_no_story(service)) == 1
    assert state(runner, "index").at == clock.now()

    runner.run("index")
    assert in_no_story(service) == []
    assert state(runner, "index").at == clock.now() + RETRY_EMBEDDER


def test_a_failure_rests_its_time_though_a_further_run_was_cut_short(
    runner: Runner, service: Service, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(failure: BaseException) -> None:
        def place(*_: object, **__: object) -> int:
            raise failure

        with monkeypatch.context() as broken:
            broken.setattr("assistant.stories.placing.place", place)
            with pytest.raises(type(failure)):
                runner.run("index")

    bring(service, "Tides turn turbines")
    ends(Unavailable("The disk is full."))
    assert state(runner, "index").at == NOW + MINUTE
    clock.advance(MINUTE / 2)
    ends(Cancelled())
    assert state(runner, "index").at == NOW + MINUTE


def test_what_the_user_broke_off_does_not_begin_again_by_itself(
    runner: Runner, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(service: Service, progress: Progress) -> Outcome:
        raise Cancelled

    runner.run("maintain")
    clock.advance(MINUTE)
    monkeypatch.setattr("assistant.jobs.duties._maintain", broken_off)
    with pytest.raises(Cancelled):
        runner.run("maintain")
    assert state(runner, "maintain").at == NOW + timedelta(days=1)


def bring(service: Service, text: str) -> None:
    with service.database.write() as session:
        source = sources.ensure(session, "town", "feeds", NOW)
        assert source.id is not None
        items.save(session, source.id, [NewItem(external_id=text, text=text, published=NOW)], service.clock.now())


def in_no_story(service: Service) -> list[stories.Told]:
    with service.database.read() as session:
        return list(stories.unplaced(session, limit=10))


def test_a_feed_is_polled_indexed_and_the_digest_waits_for_it(tmp_path: Path, clock: FakeClock) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        '<rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>Tides turn turbines</title>'
        "<description>The turbine runs on the tide.</description><pubDate>Mon, 02 Mar 2026 05:00:00 GMT</pubDate>"
        "</item></channel></rss>"
    )
    home = Home.at(tmp_path / "home")
    home.data.mkdir()
    home.config_file.write_text(
        f"[user]\ntimezone = 'Etc/UTC'\n[[sources]]\nname = 'tides'\nkind = 'feeds'\nurl = '{feed}'\n"
    )
    clock.set(NOW - timedelta(days=1))
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex, decides_apart=False)
    clock.set(NOW + timedelta(hours=1, minutes=1))
    runner = Runner(service)
    assert {"poll:tides", "digest"} <= set(due(clock.now(), runner.duties()))
    try:
        names: list[str] = []
        while ready := [name for name in due(clock.now(), runner.duties()) if name != "maintain"]:
            reading = [name for name in ready if name != "digest"]
            names.append((reading or ready)[0])
            runner.run(names[-1])
        assert names == ["poll:tides", "index", "digest", "deliver"]
        assert [path.suffix for path in sorted(home.outbox.iterdir())] == [".eml", ".html"]
        assert state(runner, "poll:tides").at == clock.now() + timedelta(minutes=30)
    finally:
        service.stopping.set()
        runner.close()
        service.close()


def test_a_digest_starts_as_soon_as_the_last_source_it_waits_for_has_failed(tmp_path: Path, clock: FakeClock) -> None:
    home = Home.at(tmp_path)
    home.config_file.write_text(
        f"[user]\ntimezone = 'Etc/UTC'\n[[sources]]\nname = 'gone'\nkind = 'feeds'\nurl = '{tmp_path / 'gone.xml'}'\n"
    )
    clock.set(NOW - timedelta(days=1))
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex, decides_apart=False)
    clock.set(NOW + timedelta(hours=1, minutes=1))
    runner = Runner(service)
    try:
        runner.tick()  # and no other
        wait_until(lambda: bool(list(home.outbox.glob("*.eml"))), "the digest goes without another tick")
    finally:
        service.stopping.set()
        runner.close()
        service.close()


def test_a_due_digest_is_held_back_while_something_is_read_but_not_for_ever(runner: Runner, clock: FakeClock) -> None:
    assert runner._held_back(["digest", "poll:a"], clock.now()) == ["poll:a"]
    clock.advance(4 * MINUTE)
    assert runner._held_back(["digest", "poll:a"], clock.now()) == ["poll:a"]
    clock.advance(2 * MINUTE)
    assert runner._held_back(["digest", "poll:a"], clock.now()) == ["digest", "poll:a"]


def test_a_paused_source_is_not_polled_by_itself(tmp_path: Path, clock: FakeClock) -> None:
    home = Home.at(tmp_path)
    home.config_file.write_text("[[sources]]\nname = 'a'\nkind = 'feeds'\nurl = 'https://x.org'\npaused = true\n")
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex, decides_apart=False)
    runner = Runner(service)
    assert state(runner, "poll:a").at is None
    runner.close()
    service.close()


def test_a_ring_brings_what_is_new_without_waiting_for_the_rhythm(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells: list[Callable[[], None]] = []

    def listen(self: Feeds, heard: Callable[[], None], *, cancelled: threading.Event) -> None:
        bells.append(heard)
        cancelled.wait()

    monkeypatch.setattr(Feeds, "listen", listen, raising=False)
    feed, entry = tmp_path / "feed.xml", "<item><guid>1</guid><title>Tides</title></item>"
    feed.write_text(f'<rss version="2.0"><channel>{entry}</channel></rss>')
    home = Home.at(tmp_path / "home")
    home.data.mkdir()
    home.config_file.write_text(f"[[sources]]\nname = 'town'\nkind = 'feeds'\nurl = '{feed}'\npoll_minutes = 600\n")
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex, decides_apart=False)
    runner = Runner(service)
    try:
        runner.start()
        wait_until(lambda: bool(bells) and known(service) == 1)
        feed.write_text(f'<rss version="2.0"><channel>{entry}{entry.replace("1", "2")}</channel></rss>')
        bells[0]()
        wait_until(lambda: known(service) == 2)
        assert len(bells) == 1
    finally:
        service.stopping.set()
        runner.close()
        service.close()


def known(service: Service) -> int:
    with service.database.read() as session:
        return items.count(session)
