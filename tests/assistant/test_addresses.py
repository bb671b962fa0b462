"""Mail addresses: what is one, what it is called on the wire, and that none says something else than what is written."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.delivery import addresses
from assistant.delivery.policy import BEYOND_ASCII, POLICY


@pytest.mark.parametrize(
    ("written", "name", "specification"),
    [
        ("ann@example.org", "", "ann@example.org"),
        ("Ann Lee <ann@example.org>", "Ann Lee", "ann@example.org"),
        ('"Lee, Ann" <ann+b@example.org>', "Lee, Ann", "ann+b@example.org"),
        ("Zoë <zoe@Bücher.example>", "Zoë", "zoe@xn--bcher-kva.example"),
        ("zoë@bücher.example", "", "zoë@xn--bcher-kva.example"),
        ("ann@[127.0.0.1]", "", "ann@[127.0.0.1]"),
    ],
)
def test_an_address_is_read_with_its_name(written: str, name: str, specification: str) -> None:
    read = addresses.read(written)
    assert (read.display_name, read.addr_spec) == (name, specification)


@pytest.mark.parametrize(
    "written",
    ["", "ann", "Ann Lee", "ann@", "@example.org", "a b@example.org", "ann@example..org", "ann@.", "ann@e.org\r\nX: y",
     "änn@", "ä..nn@example.org", f"{'ä' * 250}@example.org"],
)  # fmt: skip
def test_what_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        addresses.read(written)


@pytest.mark.parametrize("domain", ["faß.example", "βόλος.example", "zero\u200dwidth.example"])
def test_a_domain_whose_ascii_form_is_that_of_another_is_refused(domain: str) -> None:
    with pytest.raises(ValueError):
        addresses.ascii_domain(domain)


@given(name=st.text(max_size=80), local=st.sampled_from(["ann", "a.b+c", "zoë"]))
def test_whatever_the_name_a_header_has_the_one_address(name: str, local: str) -> None:
    one = addresses.address(f"{local}@example.org", name)
    message = EmailMessage(policy=POLICY)
    message["To"] = [one, Address("Bob", addr_spec="bob@example.com")]
    content = message.as_bytes(policy=POLICY if local.isascii() else BEYOND_ASCII).decode()
    assert content.startswith("To: ")
    assert content.count("\r\n") == content.count("\n")
    assert all(line.startswith(" ") for line in content.strip().split("\r\n")[1:])
    assert f"{local}@example.org" in content
    assert content.rstrip().endswith("Bob <bob@example.com>")
