"""Takes a source, a person, a time or an item out of everything this home keeps, and proves it.

Rows go first, in one transaction that also notes what remains to be done, so that a crash in between is finished at the
next start (`finish`). Then what may still hold the words is made anew or removed: full text, vector indexes, copies of
digests, logs, copies of the database; and the database file is rewritten. Last, every file is read for the words.
It knows no mail and no configuration; `assistant.memories` calls it. Copies that the user made are the user's.
"""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlmodel import Session

from memory import lexical
from memory.embed import NoEmbedder
from memory.profile import learning
from memory.proof import Scan, probes_of, scan
from memory.store import audit, erasing, settings
from memory.store.connection import Database
from memory.vectors import Vectors

UNFINISHED = "erasure"
"""The setting that says an erasure is under way: counts, a keyed hash and the days of digests to go, no words."""

OnStep = Callable[[int, int | None, str], None]


class What(StrEnum):
    SOURCE = "source"
    PERSON = "person"
    BEFORE = "before"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be erased: a source's name, a person's, an instant, or an item's id."""

    what: What
    name: str
    before: datetime | None = None
    item_id: int = 0
    keeps_source: bool = False
    """Whether the source itself stays, because the configuration still names it."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of the home. `leave` are files that are the user's own or hold no text: configuration, key, lock."""

    root: Path
    outbox: Path
    edits: Path
    """Texts in the user's editor, or left there."""
    logs: Path
    backups: Path
    leave: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Erasing:
    """What erasing works with."""

    database: Database
    vectors: Vectors
    places: Places
    key: bytes
    let_go: Callable[[], None] = lambda: None
    """Ends what holds words of conversations outside the rows: caches of models, and what training works with."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went, and the proof. `found` names files that still hold some of the words; empty is proven."""

    items: int
    entries: int
    turns: int
    drafts: int
    lessons: int
    copies: int
    files: int
    probes: int
    found: tuple[str, ...]


def choose(session: Session, wanted: Wanted) -> list[int]:
    """The items that are meant, hidden and deleted ones as well."""
    match wanted.what:
        case What.SOURCE:
            return erasing.of_source(session, wanted.name)
        case What.PERSON:
            return erasing.about(session, erasing.mentions(wanted.name))
        case What.BEFORE:
            assert wanted.before is not None
            return erasing.before(session, wanted.before)
        case What.ITEM:
            return [wanted.item_id]


def erase(parts: Erasing, wanted: Wanted, now: datetime, on_step: OnStep) -> Erased:
    """Erase what is wanted from everything under the home. Raises nothing once the rows are gone but what disks raise."""
    with parts.vectors.turn:
        with parts.database.read() as session:
            was_cut_short = is_unfinished(session)
        if was_cut_short:
            finish(parts, now, on_step)
        probes, removed = _remove_rows(parts, wanted, now)
        copies = finish(parts, now, on_step)
        on_step(0, None, "reading every file for the words")
        proof = scan(parts.places.root, probes, parts.places.leave)
    return Erased(
        items=removed.items,
        entries=removed.entries,
        turns=removed.turns,
        drafts=len(removed.drafts),
        lessons=removed.lessons,
        copies=copies,
        files=proof.files,
        probes=proof.probes,
        found=_unexplained(parts.database, proof),
    )


def is_unfinished(session: Session) -> bool:
    """Whether a crash came between an erasure's rows and its end. `finish` does the rest."""
    return settings.get(session, UNFINISHED) is not None


def finish(parts: Erasing, now: datetime, on_step: OnStep) -> int:
    """Leave nothing of deleted rows in copies, indexes, logs and the database file; returns how many copies went.

    Each step may be done again, so that a crash between any two only means that all are. The caller holds `vectors.turn`.
    """
    with parts.database.read() as session:
        detail = dict(settings.get(session, UNFINISHED))
    on_step(0, None, "letting go of caches and of what training holds")
    parts.let_go()
    on_step(0, None, "removing copies of digests")
    copies = _remove_copies(parts.places, detail.pop("days"), detail.pop("drafts", ()))
    on_step(0, None, "making the full text anew")
    with parts.database.write() as session:
        lexical.rebuild(session)
    with parts.database.read() as session:
        try:
            parts.vectors.rebuild(session, lambda done: on_step(done, None, "making the vector index anew"))
        except NoEmbedder:
            parts.vectors.destroy()  # filled again from the rows when there is an embedder
    on_step(0, None, "removing logs and copies of the database")
    _empty_folder(parts.places.backups)
    _empty_logs(parts.places.logs)
    on_step(0, None, "rewriting the database")
    parts.database.vacuum()
    with parts.database.write() as session:
        audit.record(session, "erased", at=now, **detail)
        settings.put(session, UNFINISHED, None)
    return copies


def _remove_rows(parts: Erasing, wanted: Wanted, now: datetime) -> tuple[list[str], erasing.Removed]:
    """One transaction: everything goes from the rows, and the setting says that the rest is still to be done."""
    with parts.database.write() as session:
        item_ids = choose(session, wanted)
        probes = probes_of([*erasing.texts(session, item_ids), *erasing.said(session, wanted.before)])
        erasing.count_one(session)
        removed = erasing.remove(session, item_ids)
        if wanted.what is What.SOURCE:
            removed += erasing.remove_source(session, wanted.name, with_row=not wanted.keeps_source)
        if wanted.what is What.PERSON:
            removed += erasing.scrub(session, erasing.mentions(wanted.name))
            probes.append(wanted.name)
        if wanted.before is not None:
            removed += erasing.remove_before(session, wanted.before)
        if removed.lessons:
            learning.rederive(session, now)
        detail: dict[str, Any] = {"what": wanted.what.value, "items": removed.items, "entries": removed.entries}
        detail |= {"name_hash": keyed_hash(parts.key, wanted), "days": sorted(map(str, removed.days))}
        detail["drafts"] = sorted(removed.drafts)
        settings.put(session, UNFINISHED, detail)
    return probes, removed


def keyed_hash(key: bytes, wanted: Wanted) -> str:
    """Tells who holds the key whether it was this that was erased, and nobody anything else."""
    return hmac.digest(key, f"erased\0{wanted.what}\0{wanted.name}".encode(), "sha256").hex()


def _remove_copies(places: Places, days: Sequence[str], drafts: Sequence[int]) -> int:
    """Delete the copies of the digests of these days, as ISO 8601 writes them, and of drafts."""
    copies = [path for day in days for path in places.outbox.glob(f"*{day}*") if path.is_file()]
    for folder in (places.outbox, places.edits):
        copies += [path for draft in drafts for path in folder.glob(f"draft-{draft}-*") if path.is_file()]
    for copy in copies:
        copy.unlink()
    return len(copies)


def _empty_folder(folder: Path) -> None:
    for path in folder.glob("*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _empty_logs(folder: Path) -> None:
    """Cut logs to nothing. They stay where they are, because one of them is open."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def _unexplained(database: Database, proof: Scan) -> tuple[str, ...]:
    """Where words were found that nothing the user keeps says: another source may have published the same text."""
    said: dict[str, bool] = {}
    with database.read() as session:
        for _, probe in proof.found:
            if probe not in said:
                said[probe] = erasing.is_still_said(session, probe)
    return tuple(sorted({str(path) for path, probe in proof.found if not said[probe]}))
