"""Only public addresses are reached, and those that the configuration names."""

from __future__ import annotations

import socket

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport.guard import AddressRefused, Guard, resolve

PRIVATE = {
    "loopback": "127.0.0.1",
    "another loopback": "127.8.9.10",
    "this host": "0.0.0.0",
    "10/8": "10.1.2.3",
    "172.16/12": "172.31.255.255",
    "192.168/16": "192.168.1.1",
    "carrier-grade": "100.64.0.1",
    "link-local, where clouds keep secrets": "169.254.169.254",
    "benchmarks": "198.18.0.1",
    "documentation": "192.0.2.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with a zone": "fe80::1%lo",
    "IPv6 unique local": "fd12:3456:789a::1",
    "IPv6 site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv4 mapped": "::ffff:127.0.0.1",
    "IPv4 mapped, private": "::ffff:192.168.1.1",
    "NAT64 of a private address": "64:ff9b::a00:1",
    "6to4 of a private address": "2002:7f00:1::",
    "Teredo to a private address": "2001:0:4136:e378:8000:63bf:80ff:fffe",
}
PUBLIC = {
    "IPv4": "93.184.216.34",
    "IPv6": "2606:2800:220:1::1",
    "IPv4 mapped": "::ffff:93.184.216.34",
    "NAT64, as networks without IPv4 have it": "64:ff9b::5db8:d822",
}


def guard_with(*allowed: str, addresses: dict[str, list[str]]) -> Guard:
    return Guard(allowed, resolve=lambda host, port: addresses[host])


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="no public address"):
        guard_with(addresses={"host.example": [address]}).vetted("host.example", 80)


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert guard_with(addresses={"host.example": [address]}).vetted("host.example", 80) == [address]


@pytest.mark.parametrize(
    "spelling", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1"]
)
def test_every_spelling_that_the_system_takes_for_a_private_address_is_refused(spelling: str) -> None:
    with pytest.raises(AddressRefused):
        Guard(()).vetted(spelling, 80)


def test_of_several_addresses_only_the_public_ones_are_used() -> None:
    guard = guard_with(addresses={"host.example": ["10.0.0.1", "93.184.216.34", "::1"]})
    assert guard.vetted("host.example", 80) == ["93.184.216.34"]


ALLOWED = {
    "an address": ("192.168.1.10", "192.168.1.10"),
    "a network": ("192.168.1.0/24", "192.168.1.10"),
    "a network named by a host of it": ("192.168.1.7/24", "192.168.1.10"),
    "an IPv6 network": ("fd00::/8", "fd12::1"),
    "a host name": ("nas.example", "192.168.1.10"),
    "a host name in other case, with a dot": ("NAS.example.", "192.168.1.10"),
}


@pytest.mark.parametrize(("entry", "address"), ALLOWED.values(), ids=ALLOWED)
def test_what_the_configuration_names_is_allowed(entry: str, address: str) -> None:
    assert guard_with(entry, addresses={"nas.example": [address]}).vetted("nas.example", 80) == [address]


def test_naming_one_private_address_allows_no_other() -> None:
    guard = guard_with("192.168.1.10", "nas.example", addresses={"router.example": ["192.168.1.1"]})
    with pytest.raises(AddressRefused):
        guard.vetted("router.example", 80)


def test_an_unknown_host_is_a_failure_to_connect() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(httpx.ConnectError, match=r"'nowhere\.example' is not known"):
        Guard((), resolve=unknown).vetted("nowhere.example", 80)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_private_address_gets_through(address: object) -> None:
    with pytest.raises(AddressRefused):
        guard_with(addresses={"host.example": [str(address)]}).vetted("host.example", 80)


def test_the_system_resolves_an_address_to_itself() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
