"""What a folder holds: its readable files with their sizes and dates, and what was passed over and why.

It reads no file and keeps nothing. Hidden names and what the patterns leave out are passed over in silence, symbolic
links are not followed, because one could lead out of the folder. `connectors.files.watching` calls `survey`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.base import Misconfigured
from connectors.files.patterns import Patterns

READABLE = frozenset((".md", ".markdown", ".txt", ".html", ".htm", ".pdf"))


@dataclass(frozen=True, slots=True)
class Found:
    """A file. `path` is relative to the folder, with slashes; `modified_ns` is nanoseconds since 1970."""

    path: str
    size: int
    modified_ns: int

    @property
    def stamp(self) -> str:
        """Another one means that the file may say something else."""
        return f"{self.size:x}-{self.modified_ns:x}"


@dataclass(slots=True)
class Survey:
    """`files` by path. `unread` are folders that could not be looked into: what they hold is neither there nor gone."""

    files: dict[str, Found] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    links: int = 0
    odd_names: int = 0
    is_bare: bool = True
    """Nothing at all lies there, not even a hidden file: as where a drive is not mounted."""

    def may_hold(self, path: str) -> bool:
        """Whether `path` may be there although it was not found."""
        return any(not folder or path.startswith(f"{folder}/") for folder in self.unread)

    def notices(self) -> list[str]:
        said = [f"The folder {folder or '.'} cannot be read; check its permissions." for folder in self.unread[:5]]
        if self.links:
            said.append(f"{self.links} symbolic link{' was' if self.links == 1 else 's were'} not followed.")
        if self.odd_names:
            said.append(
                f"{self.odd_names} file{'' if self.odd_names == 1 else 's'} whose name is no text: rename to read."
            )
        return said


def survey(root: Path, patterns: Patterns, is_cancelled: Callable[[], bool]) -> Survey | None:
    """What lies under `root`, None when it was cancelled.

    Raises: Misconfigured where `root` is no folder that can be read.
    """
    found = Survey()
    waiting = [""]
    while waiting:
        if is_cancelled():
            return None
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    found.is_bare = False
                    if (inner := _take(entry, folder, patterns, found)) is not None:
                        waiting.append(inner)
        except OSError as err:
            if not folder:
                raise Misconfigured(_no_folder(root, err)) from err
            found.unread.append(folder)
    return found


def _take(entry: os.DirEntry[str], folder: str, patterns: Patterns, found: Survey) -> str | None:
    """Note a file, or give back the path of a folder to look into."""
    path = f"{folder}/{entry.name}" if folder else entry.name
    if entry.name.startswith((".", "~$")):
        return None
    if not _is_text(path):
        found.odd_names += 1
        return None
    is_folder = entry.is_dir(follow_symlinks=False)
    if patterns.leave_out(path, is_folder=is_folder):
        return None
    if is_folder:
        return path
    if os.path.splitext(entry.name)[1].lower() not in READABLE and not entry.is_symlink():
        return None
    if entry.is_symlink():
        found.links += 1
        return None
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # it went while we looked
        return None
    if stat.S_ISREG(status.st_mode):
        found.files[path] = Found(path, status.st_size, status.st_mtime_ns)
    return None


def _is_text(path: str) -> bool:
    """A name in no encoding, which Python holds as lone surrogates, cannot be kept."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_folder(root: Path, err: OSError) -> str:
    match err:
        case FileNotFoundError():
            return f"There is no folder {root}. Mount it, or correct `folder`; nothing that was read from it is lost."
        case NotADirectoryError():
            return f"{root} is a file, not a folder. Name the folder that it lies in."
        case _:
            return f"The folder {root} cannot be read ({err.strerror}). Check its permissions."
