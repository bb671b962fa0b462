"""What goes into a backup: the database as it is in one moment, the configuration, playbooks, planners.

The indexes do not: their vectors are rows, from which they are made anew. Neither do the logs, nor copies of digests.
Secrets, and the home's key, go in only where that is asked for. `assistant.backups` calls it, and gives the service's parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.backup import archive
from assistant.backup.archive import OnBytes
from assistant.backup.without_secrets import without_secrets
from assistant.home import Home
from assistant.version import VERSION


@dataclass(frozen=True, slots=True)
class Contents:
    """What is to be kept. `secret_files` are those that the configuration names, `secrets` their values and others."""

    home: Home
    database: Path
    """A copy that nobody changes any more."""
    secrets: Collection[str]
    secret_files: Collection[Path]
    with_secrets: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Made:
    left_out: list[str]
    """Of the configuration: keys, and files that it names."""
    has_configuration: bool


def make(path: Path, contents: Contents, on_bytes: OnBytes) -> Made:
    """Write the backup to `path`, where no file may be.

    Raises: Conflict if there is one, Unavailable where it cannot be written.
    """
    configuration, left_out = _configuration(contents)
    members: list[tuple[str, Path | bytes]] = [(archive.DATABASE, contents.database)]
    if configuration is not None:
        members.append((archive.CONFIGURATION, configuration))
    members += _files("planners", contents.home.steering / "planners", "*")
    members += _files("playbooks", contents.home.playbooks, "*.toml")
    if contents.with_secrets:
        secrets, elsewhere = _secret_files(contents)
        members += secrets
        left_out += elsewhere
        if contents.home.key_file.is_file():
            members.append((archive.KEY, contents.home.key_file))
    left_out += [name for name, _ in members if not archive.can_hold(name)]
    members = [(name, content) for name, content in members if archive.can_hold(name)]
    about = {
        "telos": VERSION,
        "made_at": contents.now.isoformat(),
        "with_secrets": contents.with_secrets,
        "left_out": left_out,
    }
    archive.write(path, members, about, on_bytes)
    return Made(left_out, configuration is not None)


def _configuration(contents: Contents) -> tuple[bytes | None, list[str]]:
    path = contents.home.config_file
    if not path.is_file():
        return None, []
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    if contents.with_secrets:
        return text.encode("utf-8", "surrogateescape"), []
    plain = without_secrets(text, contents.secrets)
    if plain is None:
        return None, [f"{path}, which is no TOML"]
    elsewhere = [str(file) for file in sorted(contents.secret_files) if file.is_file()]
    return plain[0].encode("utf-8", "surrogateescape"), [*plain[1], *elsewhere]


def _secret_files(contents: Contents) -> tuple[list[tuple[str, Path | bytes]], list[str]]:
    """Those beside the configuration; others are named, because a backup puts nothing anywhere else."""
    found: list[tuple[str, Path | bytes]] = []
    elsewhere: list[str] = []
    for file in sorted(contents.secret_files):
        if not file.is_file():
            continue
        if file.parent.resolve() == contents.home.config_file.parent.resolve():
            found.append((f"secrets/{file.name}", file))
        else:
            elsewhere.append(str(file))
    return found, elsewhere


def _files(member: str, folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    if folder.is_dir():
        yield from ((f"{member}/{file.name}", file) for file in sorted(folder.glob(pattern)) if file.is_file())
