"""Scopes in plain words."""

from __future__ import annotations

import pytest

from assistant.learning.scope_words import context_in_words, in_words, learned_for


@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ({}, "everywhere"),
        ({"kind": "mail"}, "in mail"),
        ({"kind": "mail", "recipient": "ann@example.org"}, "in mail to ann@example.org"),
        ({"kind": "reply", "domain": "example.org"}, "in replies to anyone at example.org"),
        ({"kind": "document", "topic": "market, shares, bank"}, "in documents about: market, shares, bank"),
        ({"source": "bbc"}, "in texts from the source bbc"),
    ],
)
def test_a_scope_is_said_in_words(scope: dict[str, str], says: str) -> None:
    assert in_words(**scope) == says  # type: ignore[arg-type]
    assert learned_for(**scope).endswith("everything" if says == "everywhere" else says.removeprefix("in "))  # type: ignore[arg-type]


def test_a_context_is_said_with_what_it_was_about() -> None:
    said = context_in_words(kind="mail", recipient="ann@example.org", text="the ferry to the islands " * 9)
    assert said.startswith("mail to ann@example.org: the ferry")
    assert said.endswith("…")
    assert len(said) < 100
