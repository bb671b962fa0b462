"""Puts a backup in the place of what a home holds, which is kept aside. Nothing is changed before all of it is checked.

The caller holds the home's lock, and nobody has the database open. First the file is unpacked into a folder of the home,
checked, and its database brought to the present schema there; then a note is written of what is to go where; then
each thing is moved. A crash before the note changes nothing; after it, the next start finishes (`finish`). The indexes
go aside with what they were of: whoever restored has them made anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.backup import archive
from assistant.backup.archive import Manifest
from assistant.backup.aside import SetAside, place_for
from assistant.config.private_file import write_private
from assistant.delivery.dispatch import FIRST_START
from assistant.errors import BadRequest, Unavailable
from assistant.home import Home
from assistant.progress import Progress
from memory.errors import DamagedDatabase, MemoryFailure
from memory.models import DeliveryState
from memory.store import audit, outbox, settings
from memory.store.connection import Database

NOTE = "moves.json"
"""In the folder of what was unpacked: it is checked, and is to be put in place."""

UNSENT = "It waited when the backup was made that Telos was restored from, and may have been sent since."


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did. `aside` holds what was there; `kept` are files of the user's that stayed as they were."""

    manifest: Manifest
    aside: SetAside
    kept: list[str]


def restore(home: Home, file: Path, now: datetime, progress: Progress, *, with_configuration: bool = False) -> Restored:
    """Check the backup, put it in place and keep aside what was there.

    The present configuration, secrets and key stay where there are any, unless the backup's are asked for.
    Raises: BadRequest where the file is damaged or newer than this Telos, Unavailable where there is no room for it.
    """
    home.prepare()
    finish(home)
    staged = _staged(home)
    shutil.rmtree(staged, ignore_errors=True)
    try:
        manifest = _unpacked(home, file, staged, progress)
        _settle(file, staged / archive.DATABASE, now)
        aside = place_for(home, now)
        moves, kept = _moves(home, staged, with_configuration)
        note = {"aside": str(aside.path), "moves": [[str(source), str(target)] for source, target in moves]}
        write_private(staged / NOTE, json.dumps(note))
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    finish(home)
    return Restored(manifest, aside, kept)


def finish(home: Home) -> bool:
    """Do the rest of a restore that was cut short; whether there was one. Called before the database is opened."""
    staged = _staged(home)
    if not (staged / NOTE).is_file():
        return False
    note = json.loads((staged / NOTE).read_text(encoding="utf-8"))
    aside = Path(note["aside"])
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in _replaced_with_the_database(home):
        _move_aside(home, old, aside)
    for source, target in ((Path(source), Path(target)) for source, target in note["moves"]):
        if not source.exists():
            continue  # it was put in place before the crash
        _move_aside(home, target, aside)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(source, target)
    (staged / NOTE).unlink()
    shutil.rmtree(staged, ignore_errors=True)
    home.prepare()
    return True


def _staged(home: Home) -> Path:
    return home.data / "restoring"


def _unpacked(home: Home, file: Path, staged: Path, progress: Progress) -> Manifest:
    """Raises: BadRequest, Unavailable."""
    manifest = archive.read_manifest(file)
    total = sum(member.bytes for member in manifest.members.values())
    free = shutil.disk_usage(home.data).free
    if free < total:
        raise Unavailable(
            f"The backup takes {total // 2**20} MB, and {free // 2**20} MB are free at {home.data}.", "Make room first."
        )
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(done, total, "checking the backup")

    return archive.unpack(file, staged, count)


def _settle(file: Path, database: Path, now: datetime) -> None:
    """Check the database and bring it to the present schema, as one that no process works with any more.

    What it had queued may have been sent since the backup was made, and is not sent again by itself; no digest is due
    from before now.

    Raises: BadRequest where it is damaged or newer.
    """
    try:
        with closing(Database.open(database)) as opened:
            if damage := opened.check():
                raise DamagedDatabase(" ".join(damage))
            with opened.write() as session:
                for delivery in outbox.in_state(session, DeliveryState.QUEUED, DeliveryState.SENDING):
                    outbox.finish(session, delivery.id or 0, DeliveryState.UNKNOWN, now, UNSENT)
                settings.put(session, FIRST_START, now.isoformat())
                audit.record(session, "restored", at=now)
    except MemoryFailure as err:
        raise BadRequest(
            f"{file} holds a database that cannot be used: {err.sentence}",
            "Nothing was changed. Try an earlier backup.",
        ) from err


def _moves(home: Home, staged: Path, with_configuration: bool) -> tuple[list[tuple[Path, Path]], list[str]]:
    """What goes from where to where, and what of the user's stays instead."""
    moves = [(staged / archive.DATABASE, home.database)]
    moves += _each(staged / "planners", home.steering / "planners")
    own = [
        (staged / archive.CONFIGURATION, home.config_file),
        (staged / archive.KEY, home.key_file),
        *_each(staged / "secrets", home.config_file.parent),
        *_each(staged / "playbooks", home.playbooks),
    ]
    own = [(source, target) for source, target in own if source.exists()]
    kept = [] if with_configuration else [str(target) for _, target in own if target.exists()]
    return moves + [(source, target) for source, target in own if str(target) not in kept], kept


def _each(folder: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    if folder.is_dir():
        yield from ((file, target / file.name) for file in sorted(folder.iterdir()))


def _replaced_with_the_database(home: Home) -> list[Path]:
    """What belongs to the database that was there: its log, the indexes of its vectors, what was trained of it."""
    return [Path(f"{home.database}-wal"), Path(f"{home.database}-shm"), home.index, home.steering]


def _move_aside(home: Home, path: Path, aside: Path) -> None:
    """At its place in the home; where that is taken it was moved before a crash, and what is here now is new and empty."""
    inside = path.relative_to(home.data) if path.is_relative_to(home.data) else Path("config") / path.name
    target = aside / inside
    if path.exists() and not target.exists():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(path, target)
        _is_on_disk(target.parent)


def _is_on_disk(folder: Path) -> None:
    """Renames in it survive a power cut from here on."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
