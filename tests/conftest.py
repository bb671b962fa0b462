"""What every test stands on: no network but loopback, and the shared data where it is at hand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from pytest_socket import socket_allow_hosts

from memory.store.connection import Database
from tests.databases import open_empty

settings.register_profile("telos", deadline=None)  # a first example may load a library
settings.register_profile("repeatable", parent=settings.get_profile("telos"), derandomize=True)
settings.load_profile(os.environ.get("TELOS_TEST_PROFILE", "telos"))
if settings.get_current_profile_name() == "repeatable":
    # Examples are made of the constants of our own modules, too: of those that what ran before has loaded by chance.
    assert "is_local_module_file" in vars(providers)
    vars(providers)["is_local_module_file"] = lambda path: False
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # several runs side by side would wait for each other's threads, spinning


_ONLY_INTEGRATION = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.integration\b", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run of the unit tests does not import files of which it runs no test: torch alone takes seconds."""
    if config.option.markexpr != "not integration" or collection_path.suffix != ".py":
        return None
    return bool(_ONLY_INTEGRATION.search(collection_path.read_text(encoding="utf-8"))) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes may take its time on a busy machine; a unit test that hangs is ended sooner."""
    for item in items:
        if item.get_closest_marker("integration") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents, or a skip that says why."""
    folder = os.environ.get("TELOS_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("TELOS_TEST_DATA names no folder with the shared documents")
    return Path(folder)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A real database of its own, at `tmp_path / "telos.db"`."""
    database = open_empty(tmp_path / "telos.db")
    yield database
    database.close()
