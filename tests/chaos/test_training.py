"""Killed anywhere in a night's training, Telos serves a whole planner or none, and the next night ends what was begun.

The process that trains is one that was told what to say; `benchmarks.chaos` kills the real one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import failpoints, planners, trainings
from assistant.progress import unheard
from assistant.service import Service
from tests.assistant.steering.test_trainings import talked, training

NAMES = [name for name in failpoints.NAMES if name.startswith("train.")]


class Killed(BaseException):
    """In place of the signal, which would end the tests as well."""


def is_killed_at(name: str, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_pid: int, _signal: int) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("os.kill", die)
        failpoints.arm(name)
        try:
            with pytest.raises(Killed):
                trainings.by_night(service, unheard)
        finally:
            failpoints.arm("")


@pytest.mark.parametrize("name", NAMES)
def test_a_night_that_was_killed_is_ended_by_the_next(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, _):
        talked(service)
        is_killed_at(name, service, monkeypatch)
        serving = planners.status(service).serving
        assert serving is None or service.shelf.require_whole(serving)

        trainings.by_night(service, unheard)
        serving = planners.status(service).serving
        assert serving is not None
        service.shelf.require_whole(serving)
        assert len(service.shelf.numbers()) == 1
        assert trainings.by_night(service, unheard) == "Nothing new to learn from since the last planner."


def test_what_the_user_went_back_from_is_not_promoted_again_by_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(tmp_path, monkeypatch) as (service, _):
        talked(service)
        trainings.by_night(service, unheard)
        planners.rollback(service)
        trainings.by_night(service, unheard)
        assert planners.status(service).serving is None
