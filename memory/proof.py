"""Proves that words are gone: reads every file under a folder and names those that still hold them.

It knows bytes, encodings and mail, and neither rows nor indexes. `memory.erase` asks it at the end. Words are looked for
as UTF-8, and as JSON and HTML write them; mail is decoded first.
"""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from itertools import islice
from pathlib import Path

WINDOW = 48
"""Characters of a text that are looked for together: too many to stand elsewhere by chance."""
SHORTEST = 12
MOST = 64
"""Probes in one scan."""
BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """How many files were read for how many probes, and the probes that were found, with where."""

    files: int
    probes: int
    found: tuple[tuple[Path, str], ...]


def probes_of(texts: Iterable[str], most: int = MOST) -> list[str]:
    """Telling parts of texts: whole short ones, and the start and the middle of others, from first to last text."""
    parts = list(dict.fromkeys(part for text in texts for part in _telling(text)))
    step = max(1, -(-len(parts) // most)) if parts else 1
    return list(islice(parts, 0, None, step))


def scan(folder: Path, probes: Collection[str], leave: Collection[Path] = ()) -> Scan:
    """Look for the probes in every file under `folder` but those in `leave`."""
    needles = {probe: _encodings(probe) for probe in probes}
    found: list[tuple[Path, str]] = []
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in leave]
    for path in paths:
        here: set[str] = set()
        for block in _blocks(path, overlap=max((len(n) for ns in needles.values() for n in ns), default=0)):
            here.update(p for p, encoded in needles.items() if p not in here and any(n in block for n in encoded))
        found += [(path, probe) for probe in sorted(here)]
    return Scan(files=len(paths), probes=len(needles), found=tuple(found))


def _telling(text: str) -> Iterator[str]:
    line = max(text.splitlines(), key=len, default="").strip()
    if len(line) >= SHORTEST:
        yield line[:WINDOW].strip()
    if len(line) >= 3 * WINDOW:
        yield line[len(line) // 2 : len(line) // 2 + WINDOW].strip()


def _encodings(probe: str) -> frozenset[bytes]:
    return frozenset(
        written.encode() for written in (probe, json.dumps(probe)[1:-1], html.escape(probe), html.escape(probe, False))
    )


def _blocks(path: Path, overlap: int) -> Iterator[bytes]:
    """The file in overlapping blocks; of a mail, its decoded parts as well."""
    try:
        if path.suffix == ".eml":
            yield from _decoded(path.read_bytes())
        with path.open("rb") as file:
            tail = b""
            while block := file.read(BLOCK):
                yield tail + block
                tail = block[-overlap:] if overlap else b""
    except FileNotFoundError:
        return


def _decoded(mail: bytes) -> Iterator[bytes]:
    for part in message_from_bytes(mail, policy=policy.default).walk():
        if part.get_content_maintype() == "text":
            yield " ".join(str(part.get_content()).split()).encode()
