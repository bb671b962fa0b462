"""A folder of notes, as a test plays it: real files in a temporary folder. Nothing but their text can be amiss."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from connectors.files import Files, FilesOptions
from connectors.transport import WaysOut
from tests.connectors.world import EVERYTHING, Timeline, Trouble
from tests.servers import loopback_policy


class FilesWorld:
    """`reader` has the process in which PDFs are read: it takes a while to start, so worlds share it."""

    page_size = 250
    window: int | None = None
    deletes = True
    edits = True
    troubles: frozenset[Trouble] = frozenset()

    def __init__(self, folder: Path, reader: WaysOut) -> None:
        self.folder = folder
        self._reader = reader.reader
        self.timeline = Timeline()
        self._published = 0

    def options(self, **changes: Any) -> FilesOptions:
        return FilesOptions(**{"folder": str(self.folder), **EVERYTHING, **changes})

    def connector(self, **changes: Any) -> Files:
        return Files(self.options(**changes), self.ways_out())

    def ways_out(self, monotonic: Callable[[], float] | None = None) -> WaysOut:
        made = WaysOut(loopback_policy(timeout_s=120), monotonic=monotonic or time.monotonic)
        made.reader = self._reader
        return made

    def publish(self, count: int = 1, *, at: datetime | None = None) -> list[str]:
        names: list[str] = []
        for instant in self.timeline.take(count, at):
            self._published += 1
            name = f"year {self._published // 1000}/note {self._published}.md"
            self.write(name, f"# Note {self._published}\n\nWhat note {self._published} says.\n", instant)
            names.append(name)
        return names

    def edit(self, external_id: str) -> None:
        path = self.folder / external_id
        self.write(external_id, path.read_text() + "\nAn afterthought.\n", self.timeline.take()[0])

    def delete(self, external_id: str) -> None:
        (self.folder / external_id).unlink()

    def fail(self, what: Trouble, times: int = 1) -> None:
        raise AssertionError(f"{what} cannot befall a folder")

    def write(self, name: str, text: str | bytes, at: datetime) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(path, (at.timestamp(), at.timestamp()))
        return path

    def close(self) -> None:
        """There is no server to end."""


def pdf(*lines: str, about: Mapping[str, str] | None = None, password: str = "") -> bytes:
    """A real PDF of one page with these lines."""
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(width=600, height=800)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(named)})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    shown = "".join(f"({line}) Tj 0 -14 Td\n" for line in lines)
    content.set_data(f"BT /F1 12 Tf 50 750 Td\n{shown}ET".encode("latin-1") if lines else b"")
    page[NameObject("/Contents")] = writer._add_object(content.flate_encode())
    writer.add_metadata(dict(about or {}))
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()
