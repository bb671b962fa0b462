"""`telos memory private` and `telos memory facts` as a user types them: what a list shows, for people and for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.assistant.shell import Shell

pytestmark = pytest.mark.integration


@pytest.fixture
def telos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", monkeypatch, capsys)


def test_each_mark_says_what_it_stands_on(telos: Shell) -> None:
    assert "Nothing is marked as private." in telos("memory", "private")
    telos("memory", "add", "The shadow is on the left side.", "--title", "Doctor's letter")
    telos("memory", "add", "上海新建的图书馆下周开放，" * 20)
    telos("memory", "facts", "add", "I live in Porto.")
    telos("memory", "facts", "add", "I live in Graz.")
    telos("memory", "private", "1", "2", "--fact", "1")

    told = [line.rstrip() for line in telos("memory", "private").splitlines()]
    assert [line.split(maxsplit=3)[:3] for line in told[1:]] == [
        ["item", "1", "note"], ["item", "2", "note"], ["fact", "1", "fact,"], ["fact", "2", "fact"],
    ]  # fmt: skip
    assert told[1].endswith("Doctor's letter")
    assert "上海新建的图书馆" in told[2]
    assert "I live in Porto" in told[3]
    assert "I live in Graz" in told[4]  # it took the place of what is marked

    telos("memory", "erase", "1", "--yes")
    assert "the mark stands on nothing" in telos("memory", "private").splitlines()[1]
    marks = telos.json("memory", "private")["marks"]
    assert [(mark["kind"], mark["id"]) for mark in marks] == [("item", 1), ("item", 2), ("fact", 1), ("fact", 2)]


def test_a_mark_on_what_is_too_short_to_be_found_says_so(telos: Shell) -> None:
    telos("memory", "add", "Yes.", "--title", "Answer to Ann")
    telos("memory", "add", "4711", "--title", "Pin")
    told = telos("memory", "private", "1", "2")
    assert "Item 1 is too short" in " ".join(told.split())
    assert "Item 2 is one word" in told
    telos("memory", "add", "I have cancer.")
    telos("memory", "private", "3")
    assert [bool(mark["notice"]) for mark in telos.json("memory", "private")["marks"]] == [True, True, False]


def test_what_is_known_of_the_user_is_listed_for_programs_too(telos: Shell) -> None:
    telos("memory", "facts", "add", "I live in Porto.")
    telos("memory", "facts", "add", "I live in Graz.")
    assert [fact["id"] for fact in telos.json("memory", "facts")] == [2]
    assert [fact["id"] for fact in telos.json("memory", "facts", "list", "--all")] == [2, 1]
    [strand] = telos.json("memory", "facts", "timeline")
    assert [fact["id"] for fact in strand["facts"]] == [1, 2]
    assert telos.json("memory", "facts", "why", "2")["fact"]["id"] == 2
