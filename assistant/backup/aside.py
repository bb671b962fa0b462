"""What restores have set aside: one folder each among the copies, named by its instant, kept for `KEPT` and then removed.

It knows folders and days, nothing of what lies in them. `restoring` names a new one, the daily upkeep removes the old,
`telos doctor` and `telos restore` say where each lies and until when.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.errors import Unavailable
from assistant.home import Home

KEPT = timedelta(days=30)
_NAME = "before-restore-"
_STAMP = "%Y%m%d-%H%M%S"
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was here before the restore at `since`; `until` is when the upkeep removes it."""

    path: Path
    since: datetime

    @property
    def until(self) -> datetime:
        return self.since + KEPT

    def megabytes(self) -> float:
        """What its files take, in MiB."""
        return sum(file.lstat().st_size for file in self.path.rglob("*") if not file.is_dir()) / _MEBIBYTE

    @property
    def remedy(self) -> str:
        """How long it stays, and how it goes sooner."""
        return f"It is removed on {self.until:%Y-%m-%d}; sooner, if you miss nothing: rm -r {self.path}"


def place_for(home: Home, now: datetime) -> SetAside:
    """Where a restore puts what it finds: among the copies, which an erasure empties with them."""
    return SetAside(home.backups / f"{_NAME}{now.astimezone(UTC):{_STAMP}}", now)


def found(home: Home) -> list[SetAside]:
    """What is there, the oldest first. A folder of another name is the user's own, and left alone."""
    asides = (_read(path) for path in home.backups.glob(f"{_NAME}*") if path.is_dir() and not path.is_symlink())
    return sorted((one for one in asides if one is not None), key=lambda one: (one.since, one.path.name))


def remove_old(home: Home, now: datetime) -> int:
    """Remove what has been kept long enough; how many folders that were.

    Raises: Unavailable where one cannot be removed.
    """
    old = [one for one in found(home) if one.until <= now]
    for one in old:
        try:
            shutil.rmtree(one.path)
        except OSError as err:
            raise Unavailable(
                f"What was here before a restore cannot be removed from {one.path}: {err.strerror or err}.",
                f"Remove it yourself: rm -r {one.path}",
            ) from err
    return len(old)


def _read(path: Path) -> SetAside | None:
    if not re.fullmatch(rf"{_NAME}\d{{8}}-\d{{6}}", path.name):
        return None
    try:
        since = datetime.strptime(path.name.removeprefix(_NAME), _STAMP).replace(tzinfo=UTC)
    except ValueError:  # digits, and no day
        return None
    return SetAside(path, since)
