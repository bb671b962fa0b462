"""A command talks to the daemon's socket, or serves itself the same application; failures cross the wire as themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from assistant import errors
from assistant.answers.problem import Problem
from assistant.api.app import create_app
from assistant.api.dependencies import ServiceDep
from assistant.api.streams import stream
from assistant.client import Client
from assistant.client.wire import Wire
from assistant.config.schema import Settings
from assistant.endpoint import bind, socket_path
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.lock import Lock
from assistant.progress import Cancelled, Progress
from assistant.server import Server
from assistant.service import Service
from connectors.base import Misconfigured
from memory.errors import DamagedDatabase
from tests.fakes import HeldIndex, WordEmbedder

FAILURES: dict[str, Exception] = {
    "bad-request": errors.BadRequest("It makes no sense.", "Say it otherwise."),
    "not-found": errors.NotFound("There is none.", "Look at the list."),
    "conflict": errors.Conflict("It is there already."),
    "bad-configuration": errors.BadConfiguration("A key is unknown."),
    "unavailable": errors.Unavailable("It does not answer.", "Wait."),
    "database": DamagedDatabase("The database is damaged.", "Restore it."),
    "source": Misconfigured("There is no feed at this address."),
}


class Counted(BaseModel):
    steps: int


def routes(ended: threading.Event) -> APIRouter:
    router = APIRouter(prefix="/test")

    @router.get("/fail/{name}")
    def fail(name: str) -> None:
        raise FAILURES[name]

    @router.get("/defect")
    def defect() -> None:
        raise ZeroDivisionError("division by zero")

    @router.get("/typed")
    def typed(number: int) -> Counted:
        return Counted(steps=number)

    @router.post("/count/{steps}")
    def count(steps: int, service: ServiceDep) -> StreamingResponse:
        def work(progress: Progress) -> Counted:
            for step in range(steps):
                progress(step, steps, f"step {step}")
            return Counted(steps=steps)

        return stream(service, work)

    @router.post("/fail-late")
    def fail_late(service: ServiceDep) -> StreamingResponse:
        def work(progress: Progress) -> Counted:
            progress(0, None, "")
            raise errors.NotFound("There is none.", "Look at the list.")

        return stream(service, work)

    @router.post("/endless")
    def endless(service: ServiceDep) -> StreamingResponse:
        def work(progress: Progress) -> Counted:
            try:
                while True:
                    progress(0, None, "")
                    time.sleep(0.01)
            except Cancelled:
                ended.set()
                raise

        return stream(service, work)

    return router


@pytest.fixture
def ended() -> threading.Event:
    """Set when the endless route has heard that nobody waits for it."""
    return threading.Event()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.at(tmp_path / "home")


@contextmanager
def daemon(home: Home, ended: threading.Event) -> Iterator[Service]:
    """What the daemon does, without its own process."""
    home.prepare()
    with Lock(home.lock).acquire() as lock:
        service = Service(home, serves=True, settings=Settings(), embedder=WordEmbedder(), make_index=HeldIndex)
        runner = Runner(service)
        app = create_app(service, runner)
        app.include_router(routes(ended))
        path = socket_path(home.data)
        server = Server(app, bind(path))
        server.start()
        lock.announce(path, serves=True)
        try:
            yield service
        finally:
            service.stopping.set()
            server.stop()
            runner.close()
            service.close()


@pytest.fixture
def wire(home: Home, ended: threading.Event) -> Iterator[Wire]:
    with daemon(home, ended):
        wire = Wire(home)
        yield wire
        wire.close()


def test_without_a_daemon_a_command_serves_itself_and_leaves_nothing_behind(home: Home) -> None:
    with Client(home) as client:
        assert not client.is_daemon
        assert not client.status().service.serves
    assert Lock(home.lock).try_acquire()


def test_with_a_daemon_a_command_asks_it(home: Home, ended: threading.Event) -> None:
    with daemon(home, ended), Client(home) as client:
        assert client.is_daemon
        assert client.status().service.serves


def test_a_second_command_waits_for_the_first(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.client.wire._LOCK_S", 60)
    first = Client(home)
    threading.Timer(0.5, first.close).start()
    with Client(home) as second:
        assert second.status().service.version


def test_a_home_that_stays_held_is_named_with_its_holder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.client.wire._LOCK_S", 0.2)
    with Client(home), pytest.raises(errors.Conflict, match=r"Process \d+ \("):
        Client(home)


@pytest.mark.parametrize("name", list(FAILURES))
def test_a_failure_arrives_as_it_was_raised(wire: Wire, name: str) -> None:
    raised: Any = FAILURES[name]
    expected = type(raised) if isinstance(raised, errors.TelosError) else errors.Unavailable
    with pytest.raises(expected) as caught:
        wire.get(f"/test/fail/{name}", type(None))
    assert caught.value.sentence == getattr(raised, "sentence", str(raised))
    assert caught.value.remedy == getattr(raised, "remedy", "")


def test_a_defect_is_a_sentence_without_a_traceback(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(errors.TelosError, match="ZeroDivisionError") as caught:
        wire.get("/test/defect", type(None))
    assert "Traceback" not in str(caught.value)
    assert any(record.exc_info for record in caplog.records)


def test_a_parameter_of_the_wrong_type_is_a_bad_request_that_names_it(wire: Wire) -> None:
    with pytest.raises(errors.BadRequest, match="number: "):
        wire.get("/test/typed", Counted, number="three")


def test_a_route_that_is_not_there_is_not_found(wire: Wire) -> None:
    with pytest.raises(errors.NotFound, match="no such route"):
        wire.get("/test/nowhere", Counted)


def test_an_answer_of_another_shape_tells_of_another_version(wire: Wire) -> None:
    with pytest.raises(errors.Unavailable, match="not understood"):
        wire.get("/test/typed", Problem, number=3)


def test_long_work_reports_its_progress_and_then_its_result(wire: Wire) -> None:
    reports: list[tuple[int, int | None, str]] = []
    answer = wire.stream("/test/count/3", Counted, on_progress=lambda *report: reports.append(report))
    assert answer == Counted(steps=3)
    assert reports == [(0, 3, "step 0"), (1, 3, "step 1"), (2, 3, "step 2")]


def test_a_failure_in_the_middle_of_long_work_arrives_as_itself(wire: Wire) -> None:
    with pytest.raises(errors.NotFound, match="There is none"):
        wire.stream("/test/fail-late", Counted)


def test_long_work_ends_when_the_client_goes_away(wire: Wire, ended: threading.Event) -> None:
    lines = wire.lines("/test/endless")
    assert next(lines)[0] == "progress"
    lines.close()  # type: ignore[attr-defined]
    assert ended.wait(20)


def test_long_work_ends_when_the_service_stops(home: Home, ended: threading.Event) -> None:
    with daemon(home, ended) as service:
        wire = Wire(home)
        threading.Timer(0.3, service.stopping.set).start()
        with pytest.raises(errors.Conflict, match="cancelled"):
            wire.stream("/test/endless", Counted)
        wire.close()
    assert ended.is_set()


@pytest.mark.parametrize("kind", [errors.TelosError, *errors.TelosError.__subclasses__()])
def test_every_kind_of_failure_survives_the_wire(kind: type[errors.TelosError]) -> None:
    problem = Problem.of(kind("What is wrong.", "What to do."))
    again = Problem.model_validate_json(problem.model_dump_json()).as_error()
    assert (type(again).status, again.sentence, again.remedy) == (kind.status, "What is wrong.", "What to do.")
