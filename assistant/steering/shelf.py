"""The planners that were trained, by number, each a file with its report beside it. None is ever written over.

It knows names and JSON, and nothing of what a planner is: `planner_file` reads one, `serving` says which one serves.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.errors import Conflict, NotFound
from assistant.failpoints import failpoint

KEPT = 20
"""So many planners stay; the oldest that do not serve go."""


class Shelf:
    """The folder `planners`; it is made when something is put there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, number: int) -> Path:
        return self._folder / f"{number:04}.safetensors"

    def numbers(self) -> list[int]:
        """Of the planners that are there, in order."""
        if not self._folder.is_dir():
            return []
        return sorted(int(file.stem) for file in self._folder.glob("[0-9]*.safetensors") if file.stem.isdigit())

    def require(self, number: int) -> Path:
        """Raises: NotFound."""
        if not self.path(number).exists():
            raise NotFound(f"There is no planner {number}.", "`telos steer status` lists those there are.")
        return self.path(number)

    def next_number(self) -> int:
        """One that no planner had, also none whose report alone is left."""
        if not self._folder.is_dir():
            return 1
        return 1 + max((int(file.stem) for file in self._folder.glob("[0-9]*.*") if file.stem.isdigit()), default=0)

    def take(self, made: Path, report: Mapping[str, Any]) -> int:
        """Put a planner's file here, away from where it was made, under the next number; its report first."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = self.next_number()
        self.write_report(number, {**report, "sha256": _digest(made)})
        failpoint("train.after_report")
        made.rename(self.path(number))
        return number

    def report(self, number: int) -> dict[str, Any]:
        """What was kept with it; empty where nothing readable is."""
        try:
            found = json.loads(self._report(number).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write_report(self, number: int, report: Mapping[str, Any]) -> None:
        """Whole or not at all."""
        path = self._report(number)
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(dict(report), indent=1), encoding="utf-8")
        draft.rename(path)

    def require_whole(self, number: int) -> Path:
        """Raises: NotFound; Conflict where the file is not what was put there."""
        path = self.require(number)
        if (known := self.report(number).get("sha256")) and known != _digest(path):
            raise Conflict(
                f"The file of planner {number} is not as it was made: it is damaged or was changed.",
                "Choose another one, or train one: `telos steer train`.",
            )
        return path

    def prune(self, serving: set[int]) -> list[int]:
        """Take the oldest away, but for those in `serving`; which went. Their reports stay."""
        idle = [number for number in self.numbers() if number not in serving]
        gone = idle[: max(0, len(idle) - KEPT)]
        for number in gone:
            self.path(number).unlink(missing_ok=True)
        return gone

    def _report(self, number: int) -> Path:
        return self._folder / f"{number:04}.json"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
