"""The process of the language model runs out of memory or is killed for it, in the middle of a reply of a real daemon.

The user reads one sentence with a remedy, finds the turn as it was said, and the next one is answered.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from assistant import log
from assistant.answers.chat import Say, Start
from assistant.client import Client
from tests.integration.daemon import Daemon
from tests.integration.with_model import answered, cut_short, serving
from tests.processes import children, rss

pytestmark = pytest.mark.integration

LITTLE = 400 * 1024 * 1024
"""Bytes of address space: Python starts in it, and torch alone maps more."""
SAID = "Tell me everything of the ferry, at length."
LONGEST = 1500
"""Tokens of a reply that takes long enough for what happens to it."""


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon whose model is in a process of its own, and has said something."""
    with serving(tmp_path_factory) as home:
        assert answered(home, Say(text="Hello there.", start=Start())).turn.state == "done"
        yield home
        home.stop()


def model_process(home: Daemon) -> int:
    """The largest that the daemon has started, which is the one that the kernel kills when memory runs out."""
    assert home.process is not None
    return max(children(home.process.pid), key=rss)


@contextmanager
def short_of_memory(home: Daemon) -> Iterator[set[int]]:
    """What the daemon starts meanwhile gets `LITTLE`, from before it loads anything large; their process ids."""
    assert home.process is not None
    daemon = home.process.pid
    old, found, is_over = children(daemon), set[int](), Event()

    def watch() -> None:
        while not is_over.wait(0.01):
            for pid in children(daemon) - old - found:
                with suppress(ProcessLookupError):
                    resource.prlimit(pid, resource.RLIMIT_AS, (LITTLE, LITTLE))
                    found.add(pid)

    watching = Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        is_over.set()
        watching.join()


def test_a_model_that_is_killed_for_its_memory_in_mid_reply_costs_that_reply(talking: Daemon) -> None:
    with Client(talking.home) as client:
        told = cut_short(
            lambda seed: client.conversations.say(Say(text=SAID, start=Start(), seed=seed, max_tokens=LONGEST)),
            lambda: model_process(talking),
        )
    assert "ended before it had answered: it crashed, or memory ran out" in told.sentence
    assert told.remedy == "What was asked is kept; ask again. If it happens again, choose a smaller model."

    [(conversation,)] = talking.rows("SELECT max(conversation_id) FROM turn")
    shown = talking.telos("conversations", "show", str(conversation)).stdout
    assert SAID in shown
    assert "memory ran out" in shown
    assert talking.rows("SELECT state FROM turn ORDER BY id DESC LIMIT 1") == [("FAILED",)]
    assert answered(talking, Say(text="And by train?", last=True)).turn.state == "done"
    said = talking.rows(f"SELECT said FROM turn WHERE conversation_id = {conversation} ORDER BY id")
    assert said == [(SAID,), ("And by train?",)]
    assert "Traceback" not in talking.said()


def test_a_model_that_finds_no_memory_to_start_in_is_a_sentence_until_there_is_some(talking: Daemon) -> None:
    os.kill(model_process(talking), signal.SIGKILL)
    with short_of_memory(talking) as limited:
        told = talking.telos("ask", "Is there a ferry on Sunday?")
    assert limited
    assert told.returncode == 1
    assert "ended before it had answered: it crashed, or memory ran out." in told.stderr
    assert "choose a smaller model" in told.stderr
    # Its own process may tell stderr where it stood when it found none; the service does not.
    assert "Traceback" not in told.stderr + (talking.home.logs / log.FILE).read_text(encoding="utf-8")
    assert talking.rows("SELECT said, state FROM turn ORDER BY id DESC LIMIT 1") == [
        ("Is there a ferry on Sunday?", "FAILED")
    ]
    assert answered(talking, Say(text="", last=True, retry=True)).turn.said == "Is there a ferry on Sunday?"
