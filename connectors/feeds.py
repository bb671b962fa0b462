"""The source kind `feeds`: RSS, Atom and JSON Feed, by address or from a local file.

A feed is a window on a site's newest entries, served anew each time. The cursor therefore holds what the server needs
to answer "not modified", and a short print of each entry already taken, so that a poll brings what is new or changed
and nothing else. Parsing is `connectors.reading.documents`' work, in the reader child.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from threading import Event
from typing import ClassVar
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import Field, SecretStr

from connectors.base import API_VERSION, Batch, Cursor, Item, Misconfigured, Options, asked
from connectors.reading import documents
from connectors.reading.dates import is_credible
from connectors.reading.documents import Document
from connectors.reading.links import canonical, is_web
from connectors.transport import Fetched, WaysOut, mask_url

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_PAGE = 100
_LEFT_OUT = ""
"""Stands for the print of an entry that the first poll left out: no later change brings it in."""


class FeedOptions(Options):
    url: str = Field(repr=False, json_schema_extra=asked("The address of the feed"))
    """Where the feed is: an http(s) address, or the absolute path of a file. An address with a token in it is a
    secret: put it into a file and name that in `url_file`."""
    url_file: str = ""
    username: str = ""
    password: SecretStr | None = None
    """For feeds behind HTTP Basic authentication."""
    password_file: str = ""

    @property
    def shown(self) -> str:
        """The address as it may be printed and stored: of one that is kept in a file, no more than the host."""
        if not self.url_file or not is_web(self.url):
            return mask_url(self.url)
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], "/***", "", ""))


@dataclass(frozen=True, slots=True)
class _State:
    """The cursor, typed. `address` stands for the feed it belongs to, `seen` maps each entry to a print of what it said."""

    address: str = ""
    etag: str = ""
    modified: str = ""
    body: str = ""
    seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Cursor | None, address: str) -> _State:
        """Where the last poll of this address ended. Another address is another feed, which begins anew."""
        known = {key: value for key, value in (cursor or {}).items() if key in cls.__dataclass_fields__}
        return cls(**known) if known.get("address") == _print(address.encode()) else cls()

    def as_cursor(self) -> Cursor:
        return asdict(self)

    def conditions(self) -> dict[str, str]:
        """The headers that let the server answer "not modified"."""
        wanted = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in wanted.items() if value}

    def answered(self, fetched: Fetched) -> _State:
        """What the next poll asks with. It is stored only once the whole document has been taken."""
        return replace(
            self,
            etag=fetched.headers.get("etag", ""),
            modified=fetched.headers.get("last-modified", ""),
            body=_print(fetched.body),
        )

    def remembering(self, taken: Sequence[Item], most: int) -> _State:
        """With these entries seen, and of all that were the last `most`."""
        seen = {**self.seen, **{_key(item): _content(item) for item in taken}}
        surplus = len(seen) - most
        return replace(self, seen=dict(islice(seen.items(), max(0, surplus), None)))


class Feeds:
    """One feed."""

    kind: ClassVar[str] = "feeds"
    api_version: ClassVar[int] = API_VERSION
    Options: ClassVar[type[Options]] = FeedOptions
    every: ClassVar[timedelta] = timedelta(minutes=30)
    quiet_after: ClassVar[timedelta] = timedelta(days=30)

    remembers: ClassVar[int] = 1000
    """So many entries at least are told apart, and twice what a document holds, because some servers answer by turns with an
    older copy, or with nothing."""

    def __init__(self, options: FeedOptions, ways_out: WaysOut) -> None:
        self._options = options
        self._ways_out = ways_out

    def poll(self, cursor: Cursor | None, *, now: datetime, limit: int, cancelled: Event) -> Iterator[Batch]:
        state = _State.of(cursor, self._options.url)
        fetched = self._fetch(state.conditions())
        moved_to = None if self._options.url_file else fetched.moved_to  # what a secret leads to may be one
        state = replace(state, address=_print((moved_to or self._options.url).encode()))
        if fetched.status == 304 or _print(fetched.body) == state.body:
            yield Batch(cursor=state.as_cursor(), moved_to=moved_to)
            return
        document = self._read(fetched)
        notices = list(document.notices)
        items = document.items
        if not state.seen:
            items, seen = self._first(items, now)
            state = replace(state, seen=seen)
            notices.extend(_about_left_out(len(seen), self._options))
        fresh = [item for item in reversed(items) if state.seen.get(_key(item)) not in (_LEFT_OUT, _content(item))]
        pages = [fresh[start : start + _PAGE] for start in range(0, min(len(fresh), limit), _PAGE)] or [[]]
        for number, page in enumerate(pages, 1):
            page = page[: limit - (number - 1) * _PAGE]
            state = state.remembering(page, max(self.remembers, 2 * len(document.items)))
            is_complete = number * _PAGE >= len(fresh) and len(fresh) <= limit
            yield Batch(
                items=tuple(page),
                cursor=(state.answered(fetched) if is_complete else state).as_cursor(),
                moved_to=moved_to,
                notices=tuple(notices) if number == 1 else (),
                more=not is_complete,
            )
            if cancelled.is_set():
                return

    def look(self) -> Document:
        """What the feed says now, all of it.

        Raises: NeedsLogin, TryLater or Misconfigured.
        """
        return self._read(self._fetch({}))

    def _first(self, items: tuple[Item, ...], now: datetime) -> tuple[tuple[Item, ...], dict[str, str]]:
        """Of a feed never polled before the newest entries, within the user's caps, and marks for the others."""
        taken = {_key(item) for item in newest_within(self._options, items, now)}
        left_out = {_key(item): _LEFT_OUT for item in items if _key(item) not in taken}
        return tuple(item for item in items if _key(item) in taken), left_out

    def _fetch(self, conditions: Mapping[str, str]) -> Fetched:
        address = self._options.url
        if not is_web(address):
            return Fetched(200, {}, _file(address, self._ways_out.policy.max_bytes), "")
        password = self._options.password
        auth = (self._options.username, password.get_secret_value() if password else "")
        return self._ways_out.fetch(
            address,
            headers={"Accept": _ACCEPT, **conditions},
            auth=auth if self._options.username else None,
            shown=self._options.shown,
        )

    def _read(self, fetched: Fetched) -> Document:
        try:
            return self._ways_out.read(documents.read, fetched.body, dict(fetched.headers), fetched.url)
        except Misconfigured as err:
            raise Misconfigured(f"{self._options.shown} cannot be read. {err}") from err


def newest_within(options: Options, items: Sequence[Item], now: datetime) -> list[Item]:
    """Of what a document lists, the items that a first poll takes. Those without a credible date count as new; the document's
    order decides between equals."""

    def date(item: Item) -> datetime:
        return item.published if item.published and is_credible(item.published, now) else now

    oldest = now - timedelta(days=options.first_run_days)
    newest = sorted(items, key=date, reverse=True)[: options.first_run_items]
    return [item for item in newest if date(item) >= oldest]


def _file(address: str, most_bytes: int) -> bytes:
    """The bytes of a local file, named by its path or as `file:` address."""
    path = Path(unquote(urlsplit(address).path) if address.startswith("file:") else address).expanduser()
    if not path.is_absolute():
        raise Misconfigured(f"{mask_url(address)} is neither an http(s) address nor the absolute path of a file.")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Misconfigured(f"{path} is no file.")
        with path.open("rb") as opened:
            body = opened.read(most_bytes + 1)
    except FileNotFoundError as err:
        raise Misconfigured(f"There is no file {path}.") from err
    except (OSError, ValueError) as err:
        raise Misconfigured(f"The file {path} cannot be read: {err}.") from err
    if len(body) > most_bytes:
        raise Misconfigured(f"The file {path} is larger than {most_bytes // 2**20} MB, which is no feed.")
    return body


def _about_left_out(count: int, options: Options) -> list[str]:
    if not count:
        return []
    caps = f"first_run_items = {options.first_run_items}, first_run_days = {options.first_run_days}"
    return [f"{count} older entr{'y was' if count == 1 else 'ies were'} left out at the first poll ({caps})."]


def _key(item: Item) -> str:
    """Stands for an entry: its id, and its address because some feeds use one id twice."""
    return _print(f"{item.external_id}\n{canonical(item.url)}".encode())


def _content(item: Item) -> str:
    """Stands for what an entry says."""
    return _print("\n".join((item.title, item.text, item.url, *item.authors)).encode())


def _print(data: bytes) -> str:
    return blake2b(data, digest_size=6).hexdigest()
