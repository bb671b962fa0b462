"""Mail addresses and names as they are written into headers and said to servers. Pure functions of strings.

The name of an international domain goes out in its ASCII form; what stands before the @ may only be other than ASCII where
the server speaks SMTPUTF8, which `smtp` finds out. Nothing that came from outside can end a header here.
"""

from __future__ import annotations

import unicodedata
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.utils import formataddr, parseaddr

from assistant.delivery.carriers import Refused

LONGEST = 254
"""Characters of an address: RFC 5321's bound on a path, without its brackets."""

_NAME_CHARACTERS = 200
_WIDTH = 64
"""Of an encoded name on its line, so that the line stays short with what is around it."""


def address(specification: str, name: str = "") -> Address:
    """`ann@example.org`, and how its owner is called.

    Raises: ValueError where it is no address, or none that is certain to mean what is written.
    """
    local, at, domain = specification.rpartition("@")
    if not at or not local or not specification.isprintable() or any(map(str.isspace, specification)):
        raise ValueError("no address")
    domain = ascii_domain(domain)
    try:
        if local.isascii():
            made = Address(display(name), addr_spec=f"{local}@{domain}")
        else:
            Address(addr_spec="".join(c if c.isascii() else "x" for c in local) + f"@{domain}")  # its form is the same
            made = Address(display(name), username=unicodedata.normalize("NFC", local), domain=domain)
    except (IndexError, MessageError) as err:
        raise ValueError("no address") from err
    if len(made.addr_spec) > LONGEST:
        raise ValueError("too long for an address")
    return made


def read(text: str) -> Address:
    """`Ann Lee <ann@example.org>`, or the address alone.

    Raises: ValueError.
    """
    name, specification = parseaddr(text)
    if not text.isprintable():
        raise ValueError("no address")
    return address(specification, name)


def configured(text: str, where: str) -> Address:
    """An address of the configuration that any server takes; `where` names its key.

    Raises: Refused.
    """
    try:
        one = read(text)
        one.addr_spec.encode("ascii")
    except ValueError as err:
        raise Refused(
            f"{where} is {text!r}, which is no mail address.", "Put it right, then run `telos doctor`."
        ) from err
    return one


def ascii_domain(domain: str) -> str:
    """A domain as every server takes it.

    Raises: ValueError where it is none, or where its ASCII form would be that of another domain (`ß` for `ss`).
    """
    plain = domain.encode("idna").decode()
    if not domain.isascii() and plain.encode().decode("idna") != unicodedata.normalize("NFKC", domain).lower():
        raise ValueError("another domain in ASCII")
    if not plain.strip("."):
        raise ValueError("no domain")
    return plain


def display(name: str) -> str:
    """A name on one line, without characters that nobody sees."""
    return one_line(name)[:_NAME_CHARACTERS].strip()


def one_line(text: str) -> str:
    """The text of a header: without line ends, and without characters that nobody sees."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def written(one: Address) -> str:
    """An address as a header has it, folded where its name is long."""
    if one.display_name.isascii():
        return formataddr((one.display_name, one.addr_spec)) if one.addr_spec.isascii() else _beyond_ascii(one)
    name = Header(one.display_name, "utf-8", maxlinelen=_WIDTH).encode(linesep="\r\n")
    return f"{name}\r\n <{one.addr_spec}>" if len(name) > _WIDTH else f"{name} <{one.addr_spec}>"


def _beyond_ascii(one: Address) -> str:
    """`formataddr` refuses such an address; a server that speaks SMTPUTF8 does not."""
    if not one.display_name:
        return one.addr_spec
    return formataddr((one.display_name, "x@x")).removesuffix("<x@x>") + f"<{one.addr_spec}>"
