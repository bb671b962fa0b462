"""What a server on another machine is sent of a prompt: all but what has the shape of a password or a key.

`engine` passes every text through here before it is counted or asked. What was recognised once is masked wherever it is said
again. A server on this machine is sent prompts as they are, as a model in a process of our own is.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from assistant.engine.contract import Message
from assistant.secrets import mask, mask_shapes, shaped

NOTICE = "What reads like a password or key was masked (***) before the message went to the model's server."
_LEAST, _MOST_KNOWN = 8, 256
"""Letters of what is masked where it is said again, and how many such are remembered."""


class Outgoing:
    """To the server at `address`."""

    def __init__(self, address: str) -> None:
        self.is_masked = _is_elsewhere(address)
        self._known: dict[str, None] = {}

    def text(self, text: str) -> str:
        return self._masked([text])[0]

    def messages(self, messages: Sequence[Message]) -> Sequence[Message]:
        told = self._masked([one.text for one in messages])
        return [Message(one.role, text) for one, text in zip(messages, told, strict=True)]

    def notice(self, messages: Sequence[Message], told: Sequence[Message]) -> str:
        """A sentence where `told` masks something that came since the last reply; what came before was told of then."""
        replied = max((place for place, one in enumerate(messages) if one.role == "assistant"), default=-1)
        is_new = any(one.text != other.text for one, other in list(zip(messages, told, strict=True))[replied + 1 :])
        return NOTICE if is_new else ""

    def _masked(self, texts: Sequence[str]) -> list[str]:
        if not self.is_masked:
            return list(texts)
        for value in (value for text in texts for value in shaped(text)):
            if len(value) >= _LEAST and any(letter.isdigit() for letter in value):  # others may be words of a program
                self._known[value] = None
        for value in list(self._known)[:-_MOST_KNOWN]:
            self._known.pop(value, None)
        known = list(self._known)
        return [mask_shapes(mask(text, known)) for text in texts]


def _is_elsewhere(address: str) -> bool:
    """Whether an address leads, or may lead, to another machine: a name may, but for `localhost`."""
    host = urlsplit(address).hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
