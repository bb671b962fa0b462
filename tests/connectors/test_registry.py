"""The kinds of source are found by entry point, and a broken one costs a sentence."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from assistant.config.questions import questions
from connectors.base import API_VERSION, ENTRY_POINT_GROUP, Batch, Cursor
from connectors.base import Options as BaseOptions
from connectors.registry import connectors, installed


class Weather:
    """A connector as another package would write it."""

    kind: ClassVar[str] = "weather"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[BaseOptions]] = BaseOptions
    every: ClassVar[timedelta] = timedelta(hours=1)
    quiet_after: ClassVar[timedelta] = timedelta(days=1)

    def __init__(self, options: Any, ways_out: Any) -> None: ...

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        yield Batch()


class FromTomorrow(Weather):
    api_version = API_VERSION + 1


class Unversioned(Weather):
    api_version = None  # type: ignore[assignment]


class Misnamed(Weather):
    kind = "climate"


class Optionless(Weather):
    Options = dict  # type: ignore[assignment]


class Restless(Weather):
    every = 60  # type: ignore[assignment]


class Mute:
    kind = "weather"
    api_version = API_VERSION


def forecast() -> None: ...


def point(value: str, name: str = "weather") -> EntryPoint:
    return EntryPoint(name, value, ENTRY_POINT_GROUP)


def test_our_own_connectors_are_there_under_their_kinds() -> None:
    found = installed()
    assert found.skipped == ()
    assert set(found.connectors) >= {"feeds", "arxiv"}
    assert all(connector.kind == kind for kind, connector in found.connectors.items())


def test_a_connector_of_another_package_is_found() -> None:
    assert installed([point(f"{__name__}:Weather")]).connectors == {"weather": Weather}


BROKEN = {
    "a module that is not there": ("no.such.module:Weather", "ModuleNotFoundError"),
    "a name that is not there": (f"{__name__}:NoSuchName", "AttributeError"),
    "a function": (f"{__name__}:forecast", "no class with a `poll`"),
    "a class that cannot poll": (f"{__name__}:Mute", "no class with a `poll`"),
    "another version of the contract": (f"{__name__}:FromTomorrow", f"version {API_VERSION + 1}"),
    "no version": (f"{__name__}:Unversioned", "version None"),
    "another kind than its name": (f"{__name__}:Misnamed", "'climate'"),
    "options of another make": (f"{__name__}:Optionless", "`Options`"),
    "a rhythm that is no duration": (f"{__name__}:Restless", "`every`"),
}


@pytest.mark.parametrize(("value", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_connector_is_skipped_with_a_sentence_and_the_others_stay(value: str, words: str) -> None:
    found = installed([point(value), point("connectors.arxiv:Arxiv", "arxiv")])
    assert set(found.connectors) == {"arxiv"}
    (sentence,) = found.skipped
    assert sentence.startswith("The connector 'weather' is skipped: ")
    assert words in sentence


def test_another_package_cannot_take_one_of_our_kinds() -> None:
    found = installed([point(f"{__name__}:Weather", "arxiv"), point("connectors.arxiv:Arxiv", "arxiv")])
    assert found.connectors["arxiv"].__module__ == "connectors.arxiv"
    assert "there is one of that kind already" in found.skipped[0]


def test_an_installed_package_that_breaks_on_import_is_named_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "telos_weather.py").write_text("raise SystemError('built for another machine')\n")
    dist = tmp_path / "telos_weather-1.0.dist-info"
    dist.mkdir()
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: telos-weather\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nweather = telos_weather:Weather\n")
    monkeypatch.syspath_prepend(tmp_path)
    connectors.cache_clear()
    with caplog.at_level(logging.WARNING):
        found = connectors()
        assert connectors() is found
    connectors.cache_clear()
    assert "weather" not in found
    assert "arxiv" in found
    assert caplog.text.count("of the package telos-weather is skipped") == 1
    assert "built for another machine" in caplog.text


OURS = ("feeds", "arxiv", "slack", "x", "mastodon", "bluesky", "reddit", "hackernews", "nytimes", "mail", "files")
DOCS = Path(__file__).parents[2] / "docs" / "sources"


@pytest.mark.parametrize("kind", OURS)
def test_each_kind_of_ours_is_installed_asks_its_questions_and_has_a_page(kind: str) -> None:
    options = connectors()[kind].Options
    asked = questions(options)
    assert asked
    assert not [one.key for one in asked if one.shape == "secret" and not one.has_file], "a secret without a file"
    assert f"({kind}.md)" in (DOCS / "README.md").read_text()
    assert f"telos sources add {kind}" in (DOCS / f"{kind}.md").read_text()


def test_loading_all_kinds_loads_no_library_of_a_source() -> None:
    libraries = (
        "arxiv",
        "requests",
        "slack_sdk",
        "tweepy",
        "mastodon",
        "atproto",
        "praw",
        "imap_tools",
        "pypdf",
        "feedparser",
    )
    program = (
        "import sys; from connectors.registry import connectors; kinds = set(connectors());"
        f" print(len(kinds & set({OURS!r})), *(name for name in {libraries!r} if name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(len(OURS))], run.stdout + run.stderr
