"""The edits behind a preference, as the terminal shows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.answers.profile import EvidenceLine, PreferenceLine, PreferenceView, ScopeView
from assistant.cli.profile.page import why_page

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def why(before: str, value: str, quote_before: str = "", quote_after: str = "") -> str:
    line = PreferenceLine(
        id=1, dimension="words", value=value, says="", scope=ScopeView(), confidence=0.8, is_used=True, is_pinned=False,
        state="held", by="evidence", evidence=1, against=0, learned_at=NOW, changed_at=NOW, used=0,
    )  # fmt: skip
    edit = EvidenceLine(
        lesson=1, draft=1, at=NOW, context="mail", value=value, before=before,
        quote_before=quote_before, quote_after=quote_after, is_for=True, is_active=True,
    )  # fmt: skip
    return "\n".join(part.plain for part in why_page(PreferenceView(line=line, evidence=[edit], changes=[])))


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (why("90", "30"), "90 before, 30 after"),
        (why("prose", "bullets"), "prose before, bullets after"),
        (why("yes", "no", "Thanks!"), "- Thanks!"),
        (why("Hi", "Hey", "Hi Ann,", "Hey Ann,"), "+ Hey Ann,"),
    ],
)
def test_every_edit_shows_what_was_and_what_became_of_it(shown: str, told: str) -> None:
    assert told in shown
