"""What a source tells of an item, as `telos memory show` says it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli.item_facts import comments, lines


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({}, []),
        ({"score": 1240, "comments": 1, "uri": "nyt://article/1"}, ["1,240 points · 1 comment"]),
        ({"score": 0, "discussion": "https://d.example/"}, ["0 points", "Discussion: https://d.example/"]),
        ({"path": "travel/rail.md", "bytes": 101}, ["File: travel/rail.md"]),
        ({"boosted_by": "Ada (@ada@example.social)", "warning": "", "likes": None}, ["Boosted by Ada (@ada@example.social)"]),
        (
            {"to": [{"name": "Ada", "address": "ada@example.org"}, {"name": "", "address": "b@example.org"}], "cc": []},
            ["To: Ada <ada@example.org>, b@example.org"],
        ),
        ({"conversation": "#general", "files": ["plan.pdf", "map.png"]}, ["In #general", "Files: plan.pdf, map.png"]),
        ({"is_newsletter": True, "comments": True}, []),
    ],
)  # fmt: skip
def test_facts_are_told_in_lines(details: dict[str, Any], expected: list[str]) -> None:
    assert lines(details) == expected


def test_comments_are_told_with_their_authors() -> None:
    told = [
        {"author": "ada", "text": "Yes.", "score": 1},
        {"author": "", "text": "No."},
        {"author": "x", "text": ""},
        "?",
    ]
    assert comments({"top_comments": told}) == ["ada (1 point): Yes.", "somebody: No."]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "address", "text", "author"]), inner)
    ),
    max_leaves=8,
)


@given(
    details=st.dictionaries(st.sampled_from(["score", "to", "from", "path", "files", "top_comments", "other"]), JSON)
)
def test_whatever_a_connector_writes_is_survived(details: dict[str, Any]) -> None:
    assert all(isinstance(line, str) for line in lines(details) + comments(details))
