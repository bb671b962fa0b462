"""SECURITY.md promises nothing without a test, and names no test that is not there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_named_test_exists(path: str, name: str) -> None:
    assert (ROOT / path).is_file()
    assert name in names_in(path)


SECTIONS = re.split(r"^### ", TEXT.partition("## What is promised")[2].partition("\n## ")[0], flags=re.MULTILINE)[1:]
TITLES = [section.splitlines()[0] for section in SECTIONS]


@pytest.mark.parametrize("section", SECTIONS, ids=TITLES)
def test_every_promise_names_a_test(section: str) -> None:
    """The sentences of its first paragraph are promises; where there is none, the title is one."""
    _, first, *rest = section.split("\n\n")
    lists = [line for part in (first, *rest) for line in part.splitlines() if line.startswith("- ")]
    assert lists
    assert [line for line in lists if "`tests/" not in line] == []
    if not first.startswith("- "):
        sentences = re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(first.split()))
        numbers = [re.findall(r"\[(\d)\]\.$", sentence) for sentence in sentences]
        assert [sentence for sentence, found in zip(sentences, numbers, strict=True) if not found] == []
        held = {number for line in lists for number in re.findall(r"\[(\d)\]", line.partition("`")[0])}
        assert held == {number for found in numbers for number in found}


def test_there_are_promises() -> None:
    assert len(SECTIONS) >= 7
    assert sum(section.count("].") for section in SECTIONS) >= 18


def test_whatever_looks_like_a_test_is_written_as_one() -> None:
    assert len(NAMED) == len(re.findall(r"\btest_\w+`", TEXT))
