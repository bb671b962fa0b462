"""A child process serves, and whatever it does, its parent lives on."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from connectors.child.parent import Child
from connectors.child.pipe import ChildDied, ChildRaised, ChildTimedOut
from connectors.child.served import Line
from connectors.failures import TryLater
from tests.processes import is_running
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


class Desk:
    """What the tests serve."""

    def __init__(self, greeting: str = "hello") -> None:
        self.greeting = greeting
        self.calls = 0

    def greet(self, name: str) -> str:
        self.calls += 1
        return f"{self.greeting} {name}, call {self.calls}"

    def pid(self) -> int:
        return os.getpid()

    def niceness(self) -> int:
        return os.nice(0)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def get_stuck(self, mark: Path) -> None:
        mark.touch()
        time.sleep(3600)

    def crash(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def fill(self, megabytes: int) -> int:
        return len(bytearray(megabytes * 1024 * 1024))

    def echo(self, data: bytes) -> bytes:
        return data

    def print(self, text: str) -> None:
        print(text)

    def fail(self, error: Exception) -> None:
        raise error

    def fail_unspeakably(self) -> None:
        class Homeless(Exception):
            pass

        raise Homeless("no module holds me")

    def start_a_grandchild(self) -> int:
        return subprocess.Popen(["sleep", "60"]).pid

    def count(self, upto: int, pause_s: float = 0.0) -> Iterator[int]:
        self.counted = 0
        for number in range(upto):
            time.sleep(pause_s)
            self.counted = number + 1
            yield number

    def answer(self, asked: Path) -> Iterator[str]:
        yield "ready"
        wait_until(asked.exists, patience_s=60)
        yield "done"

    def count_once(self, told: Path) -> Iterator[int]:
        """Its first item, and the others once it is told."""
        self.counted = 0
        yield 0
        wait_until(told.exists, patience_s=60)
        yield from self.count(1000, 0.5)

    def last_count(self) -> int:
        return self.counted

    def use_line(self, line: Line) -> None:
        self.line = line

    def say_aside(self) -> bool:
        self.line.say("aside")
        return self.line.is_cut

    def work_long(self, told: Path) -> Iterator[str]:
        """Two signs of life, and the others once it is told."""
        for step in range(100):
            self.line.say(step)
            if step == 1:
                wait_until(told.exists, patience_s=60)
            time.sleep(0.5)
            if self.line.is_cut:
                break
        self.counted = step + 1
        yield "done"

    def count_and(self, method: str, *args: object) -> Iterator[int]:
        yield 0
        yield 1
        getattr(self, method)(*args)

    def spin(self) -> None:
        while True:
            pass


def refuse_to_be_made() -> Desk:
    raise TryLater("The desk is not ready.")


def fail_while_made(error: Exception) -> Desk:
    raise error


def sleep_while_made() -> Desk:
    time.sleep(60)
    return Desk()


@pytest.fixture
def desk() -> Iterator[Child]:
    child = Child(Desk, name="desk")
    yield child
    child.close()


def test_a_child_starts_on_first_use_and_keeps_its_object_between_calls(desk: Child) -> None:
    assert desk.pid is None
    assert desk.rss_mb() == 0
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 2"
    assert desk.pid == desk.call("pid", deadline_s=10) != os.getpid()
    assert 1 < desk.rss_mb() < 200


def test_a_factory_with_arguments_is_a_partial() -> None:
    child = Child(partial(Desk, "good morning"), name="desk")
    assert child.call("greet", "Ada", deadline_s=10) == "good morning Ada, call 1"
    child.close()


def test_an_error_of_the_object_is_raised_here_with_its_traceback_as_a_note(desk: Child) -> None:
    with pytest.raises(TryLater, match="come back") as caught:
        desk.call("fail", TryLater("come back"), deadline_s=10)
    assert "in fail" in caught.value.__notes__[0]
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"


def test_an_error_that_cannot_travel_is_named(desk: Child) -> None:
    with pytest.raises(ChildRaised, match="Homeless: no module holds me"):
        desk.call("fail_unspeakably", deadline_s=10)


def test_a_call_past_its_deadline_kills_the_child_and_the_next_call_starts_another(desk: Child) -> None:
    first = desk.call("pid", deadline_s=10)
    with pytest.raises(ChildTimedOut, match=r"longer than 0\.2 s"):
        desk.call("sleep", 3600, deadline_s=0.2)
    assert not is_running(first)
    assert desk.call("pid", deadline_s=10) != first


def test_a_crash_is_a_failed_call_and_the_next_call_starts_another(desk: Child) -> None:
    with pytest.raises(ChildDied):
        desk.call("crash", deadline_s=10)
    assert desk.pid is None
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"


def test_a_child_that_died_between_two_calls_is_replaced_unseen(desk: Child) -> None:
    first = desk.call("pid", deadline_s=10)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: desk.pid is None)
    assert desk.call("pid", deadline_s=10) != first


def test_memory_is_limited() -> None:
    child = Child(Desk, name="desk", memory_mb=200)
    assert child.call("fill", 20, deadline_s=10) == 20 * 1024 * 1024
    with pytest.raises(ChildDied, match="memory"):
        child.call("fill", 1000, deadline_s=10)
    assert child.pid is None
    assert child.call("fill", 20, deadline_s=10) == 20 * 1024 * 1024
    child.close()


def test_an_idle_child_ends_and_comes_back_when_called() -> None:
    child = Child(Desk, name="desk", idle_s=0.2)
    first = child.call("pid", deadline_s=10)
    wait_until(lambda: child.pid is None and not is_running(first))
    assert child.call("pid", deadline_s=10) != first
    child.close()


def test_calls_keep_an_idle_child_alive() -> None:
    child, clocks = Child(Desk, name="desk", idle_s=3600), []
    for _ in range(3):
        child.call("pid", deadline_s=10)
        assert child._idle is not None
        clocks.append(child._idle)
    assert [clock.finished.is_set() for clock in clocks] == [True, True, False]
    child.close()


def test_a_factory_that_fails_raises_here_and_is_tried_again_at_the_next_call() -> None:
    child = Child(refuse_to_be_made, name="desk")
    for _ in range(2):
        with pytest.raises(TryLater, match="not ready"):
            child.call("greet", "Ada", deadline_s=10)
    child.close()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), ChildDied),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), ChildDied),
        (ImportError("No module named 'torch'"), ImportError),
    ],
    ids=["a library finds no memory", "the kernel gives none", "a library is missing"],
)
def test_a_factory_without_memory_is_a_process_without_memory(error: Exception, expected: type[Exception]) -> None:
    child = Child(partial(fail_while_made, error), name="desk")
    with pytest.raises(expected, match="ran out of the memory" if expected is ChildDied else "No module"):
        child.call("greet", "Ada", deadline_s=10)
    assert child.pid is None
    child.close()


def test_a_factory_that_hangs_is_killed() -> None:
    child = Child(sleep_while_made, name="desk", start_s=0.5)
    with pytest.raises(ChildTimedOut):
        child.call("greet", "Ada", deadline_s=10)
    assert child.pid is None


def test_large_arguments_and_answers_pass(desk: Child) -> None:
    data = os.urandom(1024) * 10_000
    assert desk.call("echo", data, deadline_s=30) == data


def test_what_the_object_prints_does_not_reach_our_output(desk: Child, capfd: pytest.CaptureFixture[str]) -> None:
    desk.call("print", "noise", deadline_s=10)
    assert "noise" not in capfd.readouterr().out


def test_calls_from_many_threads_take_turns(desk: Child) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(desk.call("greet", "Ada", deadline_s=10))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [f"hello Ada, call {n}" for n in range(1, 9)]


def test_closing_ends_a_call_under_way_and_all_later_ones(desk: Child) -> None:
    pid = desk.call("pid", deadline_s=10)
    outcome: list[BaseException] = []

    def call() -> None:
        try:
            desk.call("sleep", 60, deadline_s=60)
        except ChildDied as err:
            outcome.append(err)

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.2)
    desk.close()
    thread.join(60)
    assert len(outcome) == 1
    assert not is_running(pid)
    with pytest.raises(ChildDied, match="closed"):
        desk.call("pid", deadline_s=10)


def test_the_priority_is_lowered() -> None:
    child = Child(Desk, name="desk", nice=5)
    assert child.call("niceness", deadline_s=10) == min(os.nice(0) + 5, 19)
    child.close()


def test_what_the_child_started_ends_with_it(desk: Child) -> None:
    grandchild = desk.call("start_a_grandchild", deadline_s=10)
    assert is_running(grandchild)
    desk.close()
    wait_until(lambda: not is_running(grandchild))


@pytest.mark.parametrize("method", ["pid", "spin"], ids=["idle", "busy"])
def test_the_child_dies_with_its_parent(method: str) -> None:
    program = f"""
import threading, time
from connectors.child.parent import Child
from tests.connectors.test_child import Desk
child = Child(Desk, name="desk")
print(child.call("pid", deadline_s=10), flush=True)
threading.Thread(target=lambda: child.call("{method}", deadline_s=60), daemon=True).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.2)
        assert is_running(pid)
        parent.kill()
    wait_until(lambda: not is_running(pid))


def test_the_thread_that_started_the_child_may_end_before_it(desk: Child) -> None:
    thread = threading.Thread(target=lambda: desk.call("pid", deadline_s=10))
    thread.start()
    thread.join()
    pid = desk.pid
    time.sleep(0.1)
    assert pid is not None
    assert desk.call("pid", deadline_s=10) == pid


def test_a_stream_gives_each_item_as_it_comes(desk: Child, tmp_path: Path) -> None:
    stream = desk.stream("answer", tmp_path / "asked", silence_s=10)
    assert next(stream) == "ready"
    (tmp_path / "asked").touch()
    assert list(stream) == ["done"]


def test_a_closed_stream_stops_within_one_item_and_the_child_lives_on(desk: Child, tmp_path: Path) -> None:
    pid = desk.call("pid", deadline_s=10)
    stream = desk.stream("count_once", tmp_path / "told", silence_s=10)
    assert next(stream) == 0
    threading.Timer(1, (tmp_path / "told").touch).start()
    stream.close()
    assert desk.call("last_count", deadline_s=10) <= 4
    assert desk.call("pid", deadline_s=10) == pid


def test_a_stream_closed_when_the_child_had_sent_everything_leaves_nothing_behind(desk: Child) -> None:
    for _ in range(20):
        stream = desk.stream("count", 2, silence_s=10)
        assert next(stream) == 0
        stream.close()
        assert desk.call("greet", "Ada", deadline_s=10).startswith("hello Ada")
    assert list(desk.stream("count", 3, silence_s=10)) == [0, 1, 2]


def test_a_stream_that_nobody_asked_for_an_item_holds_up_nobody(desk: Child) -> None:
    stream = desk.stream("count", 3, silence_s=10)
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"
    assert list(stream) == [0, 1, 2]


def test_a_silence_within_a_stream_kills_the_child_and_the_next_call_starts_another(desk: Child) -> None:
    pid = desk.call("pid", deadline_s=10)
    stream = desk.stream("count_and", "sleep", 3600, silence_s=5)
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(ChildTimedOut, match="longer than 5 s"):
        next(stream)
    assert not is_running(pid)
    assert desk.call("pid", deadline_s=10) != pid


def test_a_slow_reader_is_no_silence_of_the_child(desk: Child) -> None:
    stream = desk.stream("count", 3, silence_s=4)
    next(stream)
    time.sleep(4.5)
    assert list(stream) == [1, 2]


def test_a_stream_is_over_after_its_total_however_lively_it_is(desk: Child) -> None:
    with pytest.raises(ChildTimedOut, match=r"longer than 0\.5 s"):
        list(desk.stream("count", 1000, 0.05, silence_s=10, total_s=0.5))


def test_a_child_stuck_after_a_stream_was_closed_is_killed(
    desk: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.child.parent.STOP_S", 0.3)
    pid = desk.call("pid", deadline_s=10)
    stuck = tmp_path / "stuck"
    stream = desk.stream("count_and", "get_stuck", stuck, silence_s=60)
    assert [next(stream), next(stream)] == [0, 1]
    wait_until(stuck.exists)
    stream.close()
    assert not is_running(pid)
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"


def test_a_crash_in_mid_stream_raises_after_what_had_come(desk: Child) -> None:
    stream = desk.stream("count_and", "crash", silence_s=10)
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(ChildDied):
        next(stream)
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"


def test_an_error_in_mid_stream_is_raised_here_and_the_child_lives_on(desk: Child) -> None:
    pid = desk.call("pid", deadline_s=10)
    stream = desk.stream("count_and", "fail", TryLater("come back"), silence_s=10)
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(TryLater, match="come back"):
        next(stream)
    assert desk.call("pid", deadline_s=10) == pid


def test_calls_queue_up_behind_an_open_stream(desk: Child) -> None:
    stream = desk.stream("count", 3, silence_s=10)
    next(stream)
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(desk.call("greet", "Ada", deadline_s=10)))
    thread.start()
    time.sleep(0.2)
    assert answers == []
    assert list(stream) == [1, 2]
    thread.join(60)
    assert answers == ["hello Ada, call 1"]


def test_closing_a_child_does_not_wait_for_the_reader_of_a_stream(desk: Child) -> None:
    stream = desk.stream("count", 1000, 0.02, silence_s=10)
    next(stream)
    pid = desk.pid
    assert pid is not None
    desk.close()
    assert not is_running(pid)
    with pytest.raises(ChildDied):
        list(stream)


def test_an_open_stream_keeps_an_idle_child_alive() -> None:
    child = Child(Desk, name="desk", idle_s=0.2)
    stream = child.stream("count", 3, silence_s=10)
    next(stream)
    time.sleep(0.5)
    assert list(stream) == [1, 2]
    wait_until(lambda: child.pid is None)
    child.close()


def test_long_work_within_an_item_is_heard_of_and_may_be_ended(desk: Child, tmp_path: Path) -> None:
    stream = desk.stream("work_long", tmp_path / "told", silence_s=10)
    assert [next(stream), next(stream)] == [0, 1]
    threading.Timer(1, (tmp_path / "told").touch).start()
    stream.close()
    assert desk.call("last_count", deadline_s=10) <= 4


def test_outside_of_a_stream_nobody_hears_what_is_said(desk: Child) -> None:
    desk.call("greet", "Ada", deadline_s=10)
    assert desk.call("say_aside", deadline_s=10) is False
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 2"


def test_a_child_that_is_to_end_ends_when_its_call_is_over_and_comes_back_when_called(desk: Child) -> None:
    stream = desk.stream("count", 3, silence_s=10)
    next(stream)
    pid = desk.pid
    desk.end()
    assert desk.pid == pid, "the call under way goes on"
    assert list(stream) == [1, 2]
    assert desk.pid is None
    assert desk.call("greet", "Ada", deadline_s=10) == "hello Ada, call 1"
    desk.end()
    assert desk.pid is None
