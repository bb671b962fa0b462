"""Recipients as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.recipients import Recipient, of_header, read
from assistant.errors import BadRequest


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ("Ann Lee <ann@example.org>", Recipient("Ann Lee", "ann@example.org")),
        ("ann@example.org", Recipient("", "ann@example.org")),
        ("Ann Lee", Recipient("Ann Lee", "")),
        ('"Lee, Ann" <ann@example.org>', Recipient("Lee, Ann", "ann@example.org")),
        ("Zoë Ødegård <zoe@exämple.org>", Recipient("Zoë Ødegård", "zoe@exämple.org")),
        ("李安 <an@example.cn>", Recipient("李安", "an@example.cn")),
    ],
)
def test_a_name_and_an_address_are_told_apart(written: str, recipient: Recipient) -> None:
    assert read([written]) == [recipient]


def test_several_in_one_line_are_several_and_the_same_one_is_one() -> None:
    found = read(["Ann <ann@example.org>, bob@example.org", "ANN@example.org"])
    assert [one.address for one in found] == ["ann@example.org", "bob@example.org"]


@pytest.mark.parametrize("written", ["ann@", "@example.org", "Ann <ann at example@>", "a@b@c"])
def test_what_is_no_address_is_refused_by_name(written: str) -> None:
    with pytest.raises(BadRequest, match="is not an address"):
        read([written])


def test_a_line_end_or_a_mark_that_turns_text_around_does_not_come_into_a_name() -> None:
    name = read(['"Ann\r\nBcc: eve\u202e" <ann@example.org>'])[0].name
    assert "\n" not in name
    assert "\u202e" not in name


def test_an_address_in_the_place_of_a_name_is_nobody_else() -> None:
    assert read(["bob@example.com <ann@example.org>"]) == [Recipient("", "ann@example.org")]
    assert of_header(["boss@example.com <eve@example.net>"]) == [Recipient("", "eve@example.net")]


@pytest.mark.parametrize(
    "written", ["Ann Bcc: eve@example.net <ann@example.org>", "Team: ann@example.org, bob@example.org;"]
)
def test_nobody_is_added_by_what_looks_like_a_header(written: str) -> None:
    with pytest.raises(BadRequest, match="not an address"):
        read([written])


def test_more_people_than_a_mail_has_are_refused() -> None:
    with pytest.raises(BadRequest, match="at most 50"):
        read([f"p{number}@example.org" for number in range(51)])


def test_the_key_is_the_address_in_any_case_else_the_name() -> None:
    assert Recipient("Ann", "Ann@Example.org").key == "ann@example.org"
    assert Recipient("Ann Lee").key == "ann lee"
    assert Recipient("Ann", "Ann@Example.org").domain == "example.org"


@given(st.lists(st.text(max_size=60), max_size=4))
def test_headers_from_outside_are_read_or_passed_over(values: list[str]) -> None:
    for recipient in of_header(values):
        assert "@" in recipient.address
        assert not any(character in recipient.address + recipient.name for character in "\r\n\x00")
