"""What is printed at a terminal breaks between words; files and programs get it as it is."""

from __future__ import annotations

import io

import pytest

from assistant.cli.screen import folded


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")


@pytest.mark.parametrize(
    ("text", "hang", "shown"),
    [
        ("short", 9, "short"),
        ("Memory   four items are waiting", 9, "Memory   four items are\n         waiting"),
        ("  a line that is indented", 0, "  a line that is\n  indented"),
        (
            "first of two lines\nand\n\nthe second of them is long",
            0,
            "first of two lines\nand\n\nthe second of them is\nlong",
        ),
        ("see https://example.org/a/long/address-of-a-page", 0, "see\nhttps://example.org/a/long/address-of-a-page"),
    ],
    ids=["short", "a label hangs", "indented", "lines stay lines", "an address stays whole"],
)
def test_lines_are_broken_between_words(text: str, hang: int, shown: str) -> None:
    assert folded(text, Terminal(), hang) == shown


def test_a_pipe_gets_lines_as_they_are() -> None:
    text = "Memory   four items are waiting to be indexed"
    assert folded(text, io.StringIO(), 9) == text
