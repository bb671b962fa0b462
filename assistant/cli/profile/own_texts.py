"""Past texts of the user's own in a folder: mails that are from them, and plain files, within bounds.

Files are read here, on the user's side; what is passed over is told with its reason. It knows formats, and nothing of what
a text teaches. `telos profile learn` calls it.
"""

from __future__ import annotations

import mailbox
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answers.profile import LearnText
from assistant.cli.editor import decoded
from assistant.errors import BadConfiguration, BadRequest

if TYPE_CHECKING:
    from assistant.home import Home

MOST_TEXTS = 2_000
MOST_FILES = 20_000
"""Looked at."""
TEXT_BYTES = 200_000
MAIL_BYTES = 20 * 1024 * 1024
"""With its attachments, which are not read."""
ALL_CHARACTERS = 20_000_000
KINDS = {".txt": None, ".text": None, ".md": "document", ".markdown": "document"}
_SHOWN = 3


@dataclass
class Found:
    """`skipped` says of each file or mail that was passed over why: `draft.pdf: not a kind of file that is read`."""

    texts: list[LearnText] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    characters: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.texts) >= MOST_TEXTS or self.characters >= ALL_CHARACTERS

    def take(self, text: LearnText) -> None:
        self.texts.append(text)
        self.characters += len(text.text)

    def skip(self, name: str, why: str) -> None:
        self.skipped.append(f"{name}: {why}")


class _PassedOver(Exception):
    """Why a mail or a file teaches nothing."""


def addresses(home: Home, also: Iterable[str]) -> set[str]:
    """The addresses that are the user's: the configured one, and those given."""
    from assistant.config.load import load

    given = {address.casefold() for _, address in getaddresses(list(also)) if address}
    try:
        configured = load(home.config_file).user.email if home.config_file.exists() else ""
    except BadConfiguration:
        configured = ""
    return given | {address.casefold() for _, address in getaddresses([configured]) if address}


def found_in(place: Path, mine: Collection[str]) -> Found:
    """What there is to learn from in a folder and those in it, the latest texts last.

    Raises: BadRequest for what is no folder and no file.
    """
    place = place.expanduser()
    if not place.exists():
        raise BadRequest(f"There is no folder {place}.", "Name the folder that your own texts are in.")
    found = Found()
    for path in _files(place, found):
        name = str(path.relative_to(place)) if path != place else path.name
        if found.is_full:
            found.skip(name, f"more than {MOST_TEXTS:,} texts, or too long ones, were found")
            break
        _read(path, name, mine, found)
    found.texts.sort(key=lambda text: text.at or datetime.min.replace(tzinfo=UTC))
    return found


def summed_up(skipped: Iterable[str]) -> list[str]:
    """The reasons, each once, with how many and the first of them."""
    by_reason: dict[str, list[str]] = {}
    for sentence in skipped:
        name, _, why = sentence.rpartition(": ")
        by_reason.setdefault(why, []).append(name)
    lines: list[str] = []
    for why, names in by_reason.items():
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        lines.append(f"{', '.join(filter(None, names[:_SHOWN]))}{more}: {why}".removeprefix(": "))
    return lines


def _files(place: Path, found: Found) -> Iterator[Path]:
    """Files in reading order; hidden ones and links are none."""
    if place.is_file():
        yield place
        return
    paths = (path for path in sorted(place.rglob("*")) if path.is_file() and not path.is_symlink())
    for number, path in enumerate(paths):
        if number >= MOST_FILES:
            found.skip(str(place), f"it has more than {MOST_FILES:,} files")
            return
        if not any(part.startswith(".") for part in path.relative_to(place).parts):
            yield path


def _read(path: Path, name: str, mine: Collection[str], found: Found) -> None:
    ending = path.suffix.casefold()
    try:
        if ending == ".mbox":
            _read_mbox(path, name, mine, found)
        elif ending == ".eml":
            _require_size(path, MAIL_BYTES)
            found.take(_of_mail(name, path.read_bytes(), mine))
        elif ending in KINDS:
            _require_size(path, TEXT_BYTES)
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            text = decoded(path.read_bytes(), "it")
            if not text.strip():
                raise _PassedOver("it is empty")
            kind = "document" if KINDS[ending] else None
            found.take(LearnText(name=name, text=text, kind=kind, at=at))
        else:
            found.skip(name, "not a kind of file that is read")
    except _PassedOver as reason:
        found.skip(name, str(reason))
    except BadRequest as reason:
        found.skip(name, reason.sentence.rstrip(".").replace(": ", ", "))
    except OSError as err:
        found.skip(name, f"it cannot be read, {err.strerror}")


def _read_mbox(path: Path, name: str, mine: Collection[str], found: Found) -> None:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), 1):
            if found.is_full:
                found.skip(name, f"more than {MOST_TEXTS:,} texts, or too long ones, were found")
                return
            try:
                found.take(_of_mail(f"{name} {number}", box.get_bytes(key), mine))
            except _PassedOver as reason:
                found.skip(f"{name} {number}", str(reason))
    finally:
        box.close()


def _of_mail(name: str, raw: bytes, mine: Collection[str]) -> LearnText:
    """Raises: _PassedOver for a mail that is not the user's own, or says nothing."""
    try:
        message = message_from_bytes(raw, policy=policy.default)
        senders = {address.casefold() for _, address in getaddresses(_values(message, "from"))}
        readers = [(called, address) for called, address in getaddresses(_values(message, "to")) if address]
        at = _date(message)
        body = message.get_body(("plain",))
        text = str(body.get_content()) if body is not None else ""
    except (MessageError, LookupError, ValueError, AttributeError, TypeError, RecursionError) as err:
        raise _PassedOver("it is no mail that can be read") from err
    if not mine:
        raise _PassedOver("whether it is yours is not known, as no address of yours is; see --me")
    if not senders & set(mine):
        raise _PassedOver("it is not from you")
    if not text.strip():
        raise _PassedOver("it has no plain text" if body is None else "it is empty")
    if len(text) > TEXT_BYTES:
        raise _PassedOver("it is too long")
    to = f"{readers[0][0]} <{readers[0][1]}>".strip() if readers else ""
    return LearnText(name=name, text=text.replace("\r\n", "\n"), kind="mail", to=to, at=at)


def _values(message: EmailMessage, name: str) -> list[str]:
    return [str(value).encode("utf-8", "replace").decode() for value in message.get_all(name, [])]


def _date(message: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(str(message.get("date", "")))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _require_size(path: Path, most: int) -> None:
    if path.stat().st_size > most:
        raise _PassedOver(f"it is larger than {most // 1000:,} kB")
