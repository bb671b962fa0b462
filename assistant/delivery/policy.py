"""How the headers of a letter are folded, where the standard library's way breaks them.

It would encode a long identification, which no mail program then finds again, and lose the quotes of a long name with a
comma. Everything else is `email.policy.EmailPolicy`. The letters of digests and of drafts are written by it.
"""

from __future__ import annotations

from email.headerregistry import Address
from email.policy import EmailPolicy

from assistant.delivery.addresses import written

IDENTIFICATIONS = ("message-id", "in-reply-to", "references")
PEOPLE = ("from", "to", "reply-to")


class _Policy(EmailPolicy):
    def fold(self, name: str, value: str) -> str:
        if name.lower() in IDENTIFICATIONS:
            return f"{name}: {f'{self.linesep} '.join(value.split())}{self.linesep}"
        addresses: tuple[Address, ...] = getattr(value, "addresses", ())
        if name.lower() in PEOPLE and addresses:
            return f"{name}: {f',{self.linesep} '.join(map(written, addresses))}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in (*IDENTIFICATIONS, *PEOPLE):
            return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii")
        return bytes(super().fold_binary(name, value))


POLICY = _Policy(linesep="\r\n")
BEYOND_ASCII = POLICY.clone(utf8=True)
"""For servers that speak SMTPUTF8, where an address needs it."""
