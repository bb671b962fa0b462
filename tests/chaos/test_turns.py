"""Killed between the user's words and the reply, Telos keeps the words and answers them when the user comes back."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from assistant import failpoints
from assistant.answers.chat import Done, Say, Start
from assistant.client import Client
from assistant.errors import TelosError
from tests.integration.daemon import Daemon, running

pytestmark = pytest.mark.integration

SAID = "I want to go to Lisbon for 5 days."


def speak(daemon: Daemon, say: Say) -> Done | None:
    """The turn as it was kept, or `None` if the service went away in between."""
    with suppress(TelosError), Client(daemon.home) as client:
        *_, last = client.conversations.say(say)
        return last if isinstance(last, Done) else None
    return None


@pytest.mark.parametrize("name", [name for name in failpoints.NAMES if name.startswith("turn.")])
def test_a_turn_that_was_killed_is_kept_and_continued(name: str, daemon: Daemon) -> None:
    daemon.configure(mail_port=9, sources={}, memory='embedder = "nobody/has-this-model"')
    with running(daemon, failpoint=name):
        daemon.wait_until_it_serves()
        assert speak(daemon, Say(text=SAID, start=Start(playbook="travel", goal="5 days in Europe"))) is None
        assert daemon.wait_until_it_dies() == -signal.SIGKILL

    was_kept = name == "turn.after_kept"
    assert daemon.rows("SELECT number, said, state FROM turn") == [(1, SAID, "DONE" if was_kept else "WAITING")]

    with running(daemon):
        daemon.wait_until_it_serves()
        done = speak(daemon, Say(text="", last=True))
        if was_kept:
            assert done is None  # nothing waits
        else:
            assert done is not None
            assert (done.turn.number, done.turn.said, done.turn.state) == (1, SAID, "done")
        further = speak(daemon, Say(text="My budget is 900 euros.", last=True))
        assert further is not None
        assert further.turn.number == 2
        assert daemon.stop() == 0

    assert daemon.rows("SELECT number, state FROM turn ORDER BY number") == [(1, "DONE"), (2, "DONE")]
    assert daemon.rows("SELECT turns_used FROM goal") == [(2,)]
    ((card,),) = daemon.rows("SELECT card FROM goal")
    assert card.count('"slot": "destination"') <= 2  # the criterion, and its value once
