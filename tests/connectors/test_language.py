"""Tags of languages, to the codes that items have."""

from __future__ import annotations

import pytest

from connectors.reading.language import code


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", "en"), ("en-GB", "en"), ("pt_BR", "pt"), (" DE ", "de"), ("ckb", ""), ("und", ""), ("zxx", ""), ("", "")],
)
def test_a_tag_is_its_two_letters_or_nothing(tag: str, expected: str) -> None:
    assert code(tag) == expected
