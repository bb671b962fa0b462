"""Steering through the real command line, with a real daemon and a tiny model in its own processes.

collect -> train -> evaluate -> promote -> a steered turn -> explain -> rollback, as a user does it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.answers.chat import Done, Opinion, Say, Start
from assistant.client import Client
from tests.integration.daemon import Daemon, Ran
from tests.integration.with_model import answered, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

MESSAGES = ("Where shall we walk?", "And how far is that?", "Is there a tower?", "What of the tide?")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with serving(tmp_path_factory) as home:
        yield home


def say(daemon: Daemon, text: str, **wish: Any) -> Done:
    return answered(daemon, Say(text=text, **wish))


def steer(daemon: Daemon, *arguments: str) -> dict[str, Any]:
    """What a command says, as JSON."""
    ran: Ran = daemon.telos("steer", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr + daemon.said()
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_a_planner_is_trained_held_against_the_gate_promoted_explained_and_rolled_back(daemon: Daemon) -> None:
    for talk in range(3):
        done = say(daemon, MESSAGES[0], start=Start(goal="A walk on Sunday" if talk == 2 else ""))
        for message in MESSAGES[1:]:
            done = say(daemon, message, conversation=done.conversation)
        with Client(daemon.home) as client:
            for number in range(1, 4):
                thumb = Opinion(verdict="more" if (number + talk) % 2 else "less")
                client.conversations.opinion(done.conversation, number, thumb)
    assert daemon.telos("goals", "done", "1").returncode == 0

    status = steer(daemon, "status")
    assert (status["can"], status["serving"]) == (True, None)
    material = status["material"]
    assert (material["transitions"], material["counts"], material["missing"]) == (12, 10, 0)

    collected = steer(daemon, "collect")
    assert collected["figures"]["replies"] == 12
    trained = steer(daemon, "train")
    assert trained["number"] == 1
    refused = daemon.telos("steer", "promote")
    assert refused.returncode != 0
    assert "was not evaluated" in refused.stderr

    judged = steer(daemon, "evaluate")
    assert judged["number"] == 1
    assert judged["reasons"]
    assert steer(daemon, "promote", "1", "--anyway")["serving"] == 1

    steered = say(daemon, "And what now?", start=Start())
    why = steer(daemon, "explain", "--replies")
    assert (why["conversation"], why["was_steered"], why["planner"]) == (steered.conversation, True, 1)
    assert len(why["action"]) == 8
    assert why["value"] is not None
    assert why["angle"] is not None
    drawn = daemon.folder / "actions.svg"
    steer(daemon, "picture", str(drawn))
    assert "<svg" in drawn.read_text(encoding="utf-8")

    assert steer(daemon, "off")["sentence"].startswith("Steering is off")
    say(daemon, "And now?", start=Start())
    assert not steer(daemon, "explain")["was_steered"]
    steer(daemon, "on")
    measured = steer(
        daemon, "drift", "--rounds", "1", "--probes", "2", "--method", "nothing", "--method", "split 0.7",
        "--plot", str(daemon.folder / "drift.svg"),
    )  # fmt: skip
    assert [(line["method"], len(line["rounds"])) for line in measured["lines"]] == [("nothing", 2), ("split 0.7", 2)]
    assert (measured["probes"], measured["left_out"]) == (2, [])
    assert 0 < measured["lines"][0]["rounds"][0]["attention"] < 1
    assert steer(daemon, "rollback")["serving"] is None
    say(daemon, "And then?", start=Start())
    assert not steer(daemon, "explain")["was_steered"]
    assert daemon.rows("SELECT count(*) FROM transition WHERE action IS NOT NULL") == [(1,)]
