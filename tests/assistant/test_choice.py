"""Which engine a task has, also while the configuration changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice, Engines
from assistant.engine.contract import Message, Request
from assistant.engine.extractive import Extractive
from tests.fakes import FakeEngine


class Retirable(FakeEngine):
    def __init__(self) -> None:
        super().__init__(["One two three."])
        self.is_retired = self.is_closed = False

    def retire(self) -> None:
        self.is_retired = True

    def close(self) -> None:
        self.is_closed = True


def made(choice: Choice, settings: ModelSettings) -> Retirable:
    return Retirable()


def local(**more: object) -> ModelSettings:
    return ModelSettings.model_validate({"engine": "local", "name": "tiny", **more})


def engine_of(engines: Engines) -> Retirable:
    engine = engines.of("chat")
    assert isinstance(engine, Retirable)
    return engine


def test_tasks_that_choose_alike_share_an_engine() -> None:
    engines = Engines(local(digest={"name": "other"}), made)
    assert engines.of("chat") is engines.of("drafts")
    assert engines.of("digest") is not engines.of("chat")


def test_threads_that_ask_at_once_get_one_engine() -> None:
    together = Barrier(4)

    def slow(choice: Choice, settings: ModelSettings) -> Retirable:
        return Retirable()

    engines = Engines(local(), slow)

    def ask() -> int:
        together.wait()
        return id(engines.of("chat"))

    with ThreadPoolExecutor(4) as pool:
        assert len({future.result() for future in [pool.submit(ask) for _ in range(4)]}) == 1


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        pytest.param({"tokens_a_day": 5}, True, id="a ceiling"),
        pytest.param({"digest": {"name": "other"}}, True, id="the model of another task"),
        pytest.param({"log_days": 1}, True, id="the log"),
        pytest.param({"name": "other"}, False, id="another model"),
        pytest.param({"device": "cpu"}, False, id="another device"),
        pytest.param({"engine": "extractive"}, False, id="no model"),
    ],
)
def test_a_change_leaves_alone_what_it_does_not_touch(change: dict[str, object], stays: bool) -> None:
    engines = Engines(local(), made)
    before = engine_of(engines)
    after = engines.renewed(local(**change))
    assert (after.of("chat") is before) == stays
    assert before.is_retired != stays
    assert not before.is_closed


def test_a_reply_under_way_outlives_a_change_and_ends_with_the_service() -> None:
    engines = Engines(local(), made)
    before = engine_of(engines)
    reply = before.stream(Request(messages=[Message("user", "Count.")]))
    said = next(reply).text
    after = engines.renewed(local(name="other"))
    assert "".join([said, *(piece.text for piece in reply)]) == "One two three."
    after.close()
    assert before.is_closed


def test_to_try_a_model_changes_nothing_about_the_one_in_use() -> None:
    engines = Engines(local(), made)
    before = engine_of(engines)
    engines.under(local(name="other")).of("chat")
    assert not before.is_retired
    assert isinstance(engines.under(ModelSettings()).of("chat"), Extractive)
