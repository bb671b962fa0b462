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


def test_every_promise_names_a_test() -> None:
    promised = TEXT.partition("## What is promised")[2].partition("\n## ")[0]
    sections = re.split(r"^### ", promised, flags=re.MULTILINE)[1:]
    assert len(sections) >= 7
    assert [section.splitlines()[0] for section in sections if "`tests/" not in section] == []


def test_whatever_looks_like_a_test_is_written_as_one() -> None:
    assert len(NAMED) == len(re.findall(r"\btest_\w+`", TEXT))
