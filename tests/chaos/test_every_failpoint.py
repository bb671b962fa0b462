"""No failpoint is left out: each is one that a test which kills there runs with, as its parameters say.

What counts is what the tests are collected with, not what their text says.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from assistant import failpoints

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("tests/chaos", "tests/integration")
KILLS = ("failpoint=name", "is_killed_at(name")
"""How a test has the process die at the failpoint `name`; both fail where it does not."""


@cache
def walked() -> dict[str, list[str]]:
    """The tests that are run with each failpoint, by its name."""
    found: dict[str, list[str]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            if path == Path(__file__) or not any(how in path.read_text(encoding="utf-8") for how in KILLS):
                continue
            module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
            for test in _killing(module):
                for name in _names(test):
                    found.setdefault(name, []).append(f"{path.name}::{test.__name__}")
    return found


def _killing(module: ModuleType) -> Iterator[Callable[..., object]]:
    for name, test in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("test_") and any(how in inspect.getsource(test) for how in KILLS):
            yield test


def _names(test: Callable[..., object]) -> list[str]:
    """The values of its parameter `name`."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize" and mark.args[0] == "name"]
    return [str(value) for mark in marks for value in mark.args[1]]


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_every_failpoint_kills_somewhere(name: str) -> None:
    assert walked().get(name)


def test_no_test_walks_a_failpoint_that_is_not_there() -> None:
    assert walked().keys() <= set(failpoints.NAMES)
    assert len({test for tests in walked().values() for test in tests}) >= 7


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_every_failpoint_stands_in_the_product(name: str) -> None:
    product = (ROOT / "assistant").rglob("*.py")
    assert sum(f'failpoint("{name}")' in path.read_text(encoding="utf-8") for path in product) == 1


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the failpoints are: poll\.before_store"):
        failpoints.arm("poll.never")
