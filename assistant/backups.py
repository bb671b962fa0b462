"""The verb on backups that a running service has: make one. Restoring needs a home that nobody works with (`backup.restoring`).

The API and, through it, the command line call this.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from secrets import token_hex

from assistant.answers.backup import BackedUp, BackupRequest
from assistant.backup import making
from assistant.backup.archive import OnBytes
from assistant.config.load import files_of
from assistant.errors import BadRequest, Unavailable
from assistant.progress import Progress
from assistant.secrets import secret_values
from assistant.service import Service
from memory.store import audit, items, settings

_COPY = ".backup-*.db"
MADE = "backups.made"
"""The setting with the paths of the last backups: an erasure names those that are still there."""
MOST_NAMED = 20


def backup(service: Service, request: BackupRequest, progress: Progress) -> BackedUp:
    """Write a backup of the home as it is in one moment, while everybody but indexing and erasing goes on.

    Raises: BadRequest where the file is no absolute path, Conflict if there is one, Unavailable where there is no room.
    """
    file = Path(request.file)
    if not file.is_absolute():
        raise BadRequest(f"{request.file!r} is no absolute path.", "Name the file from the root on.")
    progress = service.heeding(progress)
    with service.vectors.turn:  # an erasure rewrites the database, and could not while it is copied
        for stale in service.home.backups.glob(_COPY):
            stale.unlink()
        copy = service.home.backups / _COPY.replace("*", token_hex(4))
        try:
            _require_room(service, file)
            progress(0, None, "copying the database")
            service.database.backup(copy)
            made = making.make(file, _contents(service, copy, request.with_secrets), _counted(copy, progress))
        finally:
            copy.unlink(missing_ok=True)
    with service.database.write() as session:
        audit.record(session, "backed up", at=service.clock.now(), with_secrets=request.with_secrets)
        made_before = [one for one in settings.get(session, MADE, []) if one != str(file)]
        settings.put(session, MADE, [*made_before, str(file)][-MOST_NAMED:])
        kept = items.count(session)
    return BackedUp(
        file=str(file),
        megabytes=file.stat().st_size / 2**20,
        items=kept,
        has_configuration=made.has_configuration,
        left_out=made.left_out,
    )


def still_there(service: Service) -> list[str]:
    """The backups that were made and still stand where they were written."""
    with service.database.read() as session:
        return [one for one in settings.get(session, MADE, []) if Path(one).is_file()]


def _contents(service: Service, copy: Path, with_secrets: bool) -> making.Contents:
    home = service.home
    named = files_of(home.config_file, service.settings) - {home.config_file}
    return making.Contents(home, copy, secret_values(service.settings), named, with_secrets, service.clock.now())


def _require_room(service: Service, file: Path) -> None:
    """The copy stands in the home while it is packed, and is hardly smaller packed."""
    size = service.home.database.stat().st_size
    if not file.parent.is_dir():
        raise BadRequest(f"There is no folder {file.parent}.", "Make it first, or choose another.")
    for folder in (service.home.backups, file.parent):
        free = shutil.disk_usage(folder).free
        if free < size:
            raise Unavailable(
                f"A copy of the database takes {size // 2**20} MB, and {free // 2**20} MB are free at {folder}.",
                "Make room, or name a file on another disk.",
            )


def _counted(copy: Path, progress: Progress) -> OnBytes:
    done, total = 0, copy.stat().st_size

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(min(done, total), total, "packing")

    return count
