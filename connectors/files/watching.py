"""What a poll of a folder brings, in pages, and with which sentences.

It decides what to read; `folder` finds it, `register` knows it, `notes` and `pdf` make sense of it. The notes are the
user's own: private, and no news. `connectors.files.Files` calls `Watching.poll`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from connectors.base import Batch, Cursor, Item, Misconfigured
from connectors.files import FilesOptions, notes, pdf
from connectors.files.folder import Found, Survey, survey
from connectors.files.notes import Note
from connectors.files.patterns import Patterns
from connectors.files.register import Known, Register, print_of
from connectors.transport import WaysOut
from connectors.transport.policy import MEBIBYTE

_PAGE = 250
_PAGE_BYTES = 4 * MEBIBYTE
"""A page ends after so many files or bytes, so that little is read twice after a kill."""
_SETTLES_WITHIN = timedelta(seconds=3)
"""What was modified so lately may still be being written."""
_PART_OF_TIME = 0.6
"""Of the reader's time limit, for the pages of a PDF."""
_MOST_NOTICES = 10


@dataclass(slots=True)
class _Page:
    items: list[Item] = field(default_factory=list)
    files: int = 0
    size: int = 0

    @property
    def is_full(self) -> bool:
        return self.files >= _PAGE or self.size >= _PAGE_BYTES


class Watching:
    """One poll."""

    def __init__(self, options: FilesOptions, ways_out: WaysOut, now: datetime) -> None:
        self._options = options
        self._ways_out = ways_out
        self._now = now
        self._root = Path(options.folder)

    def poll(self, cursor: Cursor | None, limit: int, cancelled: Event) -> Iterator[Batch]:
        register = Register(self._options.folder, cursor)
        found = survey(self._root, Patterns(self._options.exclude), cancelled.is_set)
        if found is None:
            return
        if found.is_bare and len(register):
            yield Batch(cursor=register.cursor(), notices=(_emptied(self._root, len(register)),))
            return
        waiting = self._first(register, found) if register.is_new else register.news(found)
        notices: list[str] = []
        page, left = _Page(), limit
        while waiting and left > 0:
            item = self._take(register, waiting.pop(0), notices, page)
            if item is not None:
                page.items.append(item)
                left -= 1
            if waiting and left and page.is_full:
                yield Batch(items=tuple(page.items), cursor=register.cursor(), more=True)
                page = _Page()
                if cancelled.is_set():
                    return
        gone = [] if waiting else register.forget_gone()
        yield Batch(
            items=tuple(page.items),
            deleted=tuple(gone),
            cursor=register.cursor(),
            notices=() if waiting else tuple(_bounded([*found.notices(), *notices, *register.complaints()])),
            more=bool(waiting),
        )

    def _first(self, register: Register, found: Survey) -> list[Found]:
        """Of a folder never polled before the files modified last, within the user's caps."""
        oldest_ns = (self._now - timedelta(days=min(self._options.first_run_days, 20_000))).timestamp() * 1e9
        files = register.news(found)
        taken = [file for file in files if file.modified_ns >= oldest_ns][-self._options.first_run_items :]
        chosen = {file.path for file in taken}
        register.leave_out(file for file in files if file.path not in chosen)
        return taken

    def _take(self, register: Register, found: Found, notices: list[str], page: _Page) -> Item | None:
        """The item that a file has become, None where it says nothing new or cannot be read."""
        page.files += 1
        if found.size > self._options.max_mb * MEBIBYTE:
            register.refuse(found, f"it is larger than {self._options.max_mb} MB (max_mb) and was not read.")
            return None
        if not found.size:
            register.refuse(found, "")
            return None
        try:
            body = self._body(found)
            if body is None:
                notices.append(f"{found.path}: it is being written, and will be read at the next poll.")
                return None
            page.size += len(body)
            content = print_of(body)
            note = self._read(found.path, body)
        except FileNotFoundError:  # it went since the folder was looked through; the next poll sees that
            return None
        except OSError as err:
            register.refuse(found, f"it cannot be opened ({err.strerror}). Check its permissions.")
            return None
        except Misconfigured as err:
            register.refuse(found, str(err))
            return None
        known = register.take(found, content)
        if note.left_out:
            notices.append(f"{found.path}: {note.left_out}")
        return _item(found, known, note) if known else None

    def _body(self, found: Found) -> bytes | None:
        """The bytes of a file, None while somebody writes it."""
        age_s = self._now.timestamp() - found.modified_ns / 1e9
        if 0 <= age_s < _SETTLES_WITHIN.total_seconds():
            return None
        path = self._root / found.path
        with path.open("rb") as opened:
            body = opened.read(found.size + 1)
        status = path.lstat()
        return body if (status.st_size, status.st_mtime_ns) == (len(body), found.modified_ns) else None

    def _read(self, path: str, body: bytes) -> Note:
        """What a file says. What could do harm is read in the reader process."""
        match path.rpartition(".")[2].lower():
            case "pdf":
                return self._ways_out.read(pdf.of_pdf, body, self._ways_out.policy.timeout_s * _PART_OF_TIME)
            case "html" | "htm":
                return self._ways_out.read(notes.of_html, body)
            case "txt":
                return notes.of_text(body)
            case _:
                return notes.of_markdown(body)


def _item(found: Found, known: Known, note: Note) -> Item:
    folder, _, name = found.path.rpartition("/")
    return Item(
        external_id=known.id or found.path,
        kind="note",
        title=note.title or name.rpartition(".")[0],
        text=note.text,
        html=note.html,
        authors=note.authors,
        topics=tuple(dict.fromkeys((*filter(None, folder.split("/")), *note.topics))),
        links=note.links,
        published=note.dated or datetime.fromtimestamp(known.born, UTC),
        updated=datetime.fromtimestamp(found.modified_ns // 10**9, UTC),
        private=True,
        details={"path": found.path, "bytes": found.size},
    )


def _emptied(root: Path, count: int) -> str:
    return (
        f"The folder {root} is empty, where {count} files were. It looks like a drive that is not mounted, so all that "
        "was read from it stays. If it shall be empty, remove this source and erase it from memory."
    )


def _bounded(notices: list[str]) -> list[str]:
    more = len(notices) - _MOST_NOTICES
    return notices if more <= 0 else [*notices[:_MOST_NOTICES], f"So it is with {more} more files."]
