"""What carries a letter on its way, and the three ways in which it can fail; here the carriers that need no server.

A carrier gets everything ready first, so that all that can fail early does, and only then hands the letter over: the
outbox commits its `sending` between the two. `assistant.delivery.smtp` has the third carrier; `assistant.delivery.dispatch` calls them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, TextIO

from assistant.config.private_file import write_private
from assistant.errors import TelosError

HandOver = Callable[[], str]
"""Hands the letter over, once, and returns what was answered.

Raises: Deferred, Refused or Unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How sentences about a letter name it, and what they tell the user to do.

    `name` is for logs and the audit (`digest 4`), `thing` stands in a sentence (`the digest`), `resend` is the command that
    sends it once more, and `unsure` what to do where nobody knows whether it arrived.
    """

    name: str
    thing: str
    resend: str
    unsure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message and its envelope. `name` is that of its file, without an ending."""

    name: str
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    wording: Wording


class Deferred(TelosError):
    """It was not taken now, and it is certain that it was not: it may be tried again."""


class Refused(TelosError):
    """It was not taken and never will be as it stands."""


class Unanswered(TelosError):
    """It was handed over and no answer came: it may have arrived or not."""


class Carrier(Protocol):
    def ready(self, letter: Letter) -> AbstractContextManager[HandOver]:
        """Everything up to the hand-over. Leaving the context ends the conversation, whatever came of it.

        Raises: Deferred or Refused.
        """
        ...


class FileCarrier:
    """Writes each letter as `NAME.eml` and its HTML as `NAME.html`; one of the same name is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ready(self, letter: Letter) -> AbstractContextManager[HandOver]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as err:
            raise _cannot_write(letter, self._folder, err) from err
        return nullcontext(lambda: self._write(letter))

    def _write(self, letter: Letter) -> str:
        eml = self._folder / f"{letter.name}.eml"
        page = letter.message.get_body(("html",))
        try:
            if page is not None:
                write_private(eml.with_suffix(".html"), str(page.get_content()).encode())
            write_private(eml, letter.message.as_bytes())
        except OSError as err:
            raise _cannot_write(letter, eml, err) from err
        return f"written to {eml}, not mailed"


class StdoutCarrier:
    """Prints each letter's text, without the control characters that a terminal would obey."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def ready(self, letter: Letter) -> AbstractContextManager[HandOver]:
        return nullcontext(lambda: self._print(letter))

    def _print(self, letter: Letter) -> str:
        body = letter.message.get_body(("plain",))
        text = "" if body is None else str(body.get_content())
        try:
            self._stream.write(_printable(f"{letter.message['Subject']}\n\n{text}\n"))
            self._stream.flush()
        except (OSError, ValueError) as err:
            raise Deferred(f"{_capital(letter.wording.thing)} could not be printed: {err}.") from err
        return "printed, not mailed"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character in "\n\t")


def _cannot_write(letter: Letter, path: Path, err: OSError) -> Deferred:
    return Deferred(
        f"{_capital(letter.wording.thing)} could not be written to {path}: {err.strerror}.",
        "Make room, or check the folder's owner.",
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
