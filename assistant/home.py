"""Where one user's Telos lives on disk: the configuration file, and the folder that holds everything else.

By the XDG folders, or all under one folder (`--home DIR`, `TELOS_HOME`). It knows paths and modes only: nothing of what
the files mean. Everything that opens a file of the home asks here for its path.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.errors import Unavailable

KEY_BYTES = 32


@dataclass(frozen=True)
class Home:
    """`folder` is the value of `--home`, or `None` where the XDG folders are used."""

    config_file: Path
    data: Path
    folder: Path | None = None

    @classmethod
    def at(cls, folder: Path) -> Home:
        """Everything under one folder."""
        folder = folder.expanduser().absolute()
        return cls(config_file=folder / "config.toml", data=folder, folder=folder)

    @classmethod
    def find(cls, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Home:
        """`folder` if there is one, else `TELOS_HOME`, else the XDG folders."""
        chosen = folder or environment.get("TELOS_HOME")
        if chosen:
            return cls.at(Path(chosen))
        config = _xdg(environment, "XDG_CONFIG_HOME", ".config")
        data = _xdg(environment, "XDG_DATA_HOME", ".local/share")
        return cls(config_file=config / "telos" / "config.toml", data=data / "telos")

    @property
    def database(self) -> Path:
        return self.data / "telos.db"

    @property
    def index(self) -> Path:
        """Chroma's folder and the memory-mapped vectors: both rebuilt from the database when they are lost."""
        return self.data / "index"

    @property
    def outbox(self) -> Path:
        """Digests delivered to files."""
        return self.data / "outbox"

    @property
    def backups(self) -> Path:
        """Copies of the database made before a migration."""
        return self.data / "backups"

    @property
    def edits(self) -> Path:
        """Texts while they are in the user's editor, and those that could not be kept elsewhere."""
        return self.data / "edits"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def steering(self) -> Path:
        """The planners that were trained, and the training under way."""
        return self.data / "steering"

    @property
    def playbooks(self) -> Path:
        """The user's own playbooks, beside the configuration."""
        return self.config_file.parent / "playbooks"

    @property
    def lock(self) -> Path:
        return self.data / "lock"

    @property
    def key_file(self) -> Path:
        return self.data / "key"

    @cached_property
    def key(self) -> bytes:
        """The home's secret, made once: digests are signed with it, and the audit's hashes are keyed with it."""
        return _key(self.key_file)

    def prepare(self) -> None:
        """Make the folders, for this user alone."""
        for folder in (self.data, self.index, self.outbox, self.backups, self.logs, self.steering):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                folder.chmod(0o700)
            except PermissionError as err:
                raise Unavailable(
                    f"The folder {folder} belongs to another user.",
                    "Give Telos a folder of its own with --home DIR, or change the folder's owner.",
                ) from err


def _xdg(environment: Mapping[str, str], name: str, default: str) -> Path:
    """An XDG folder. The specification says to ignore a relative one."""
    value = environment.get(name, "")
    return Path(value) if value.startswith("/") else Path.home() / default


def _key(path: Path) -> bytes:
    """The key in `path`. A first call makes it: linked into place whole, so that two callers agree on one key."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Unavailable(
            f"The key file {path} holds {len(key)} bytes instead of {KEY_BYTES}.",
            "Restore it from a backup; without it, replies to digests sent so far cannot be told from forgeries.",
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unavailable(
            f"Other users may read {path}, by which replies to digests are known.", f"Run: chmod 600 {path}"
        )
    return key
