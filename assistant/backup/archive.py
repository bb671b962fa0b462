"""The file that a backup is: a zip of named members with a manifest that is written last and tells each member's hash.

It knows names, bytes and hashes, and nothing of what the members mean. A file that was cut short has no manifest and is
refused, as is one with another byte or name than the manifest tells. `making` writes one, `restoring` unpacks it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import BadRequest, Conflict, Unavailable

FORMAT = 1
"""Of the file. A greater one was written by a later Telos, and is refused."""
MANIFEST = "telos-backup.json"
DATABASE = "telos.db"
CONFIGURATION = "config/config.toml"
KEY = "key"

_MEMBER = re.compile(r"telos\.db|key|config/config\.toml|(?:planners|playbooks|secrets)/[\w][\w .@+-]{0,120}")
"""The names that a member may have: nothing that leads out of the folder it is unpacked into."""
_BLOCK = 1024 * 1024
_LONGEST_MANIFEST = 4 * 1024 * 1024

OnBytes = Callable[[int], None]
"""Told how many bytes more were written or read."""


def can_hold(name: str) -> bool:
    """Whether a member may have this name."""
    return _MEMBER.fullmatch(name) is not None


class Member(BaseModel):
    model_config = ConfigDict(frozen=True)

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True)

    format: int
    telos: str
    """The version that wrote it."""
    made_at: datetime
    with_secrets: bool
    left_out: list[str]
    """What of the configuration is not in it, as keys and files."""
    members: dict[str, Member]


def write(path: Path, contents: Iterable[tuple[str, Path | bytes]], about: dict[str, Any], on_bytes: OnBytes) -> None:
    """Put a backup in place whole, readable by its owner only: files and bytes by name, then the manifest of them.

    `about` is the manifest's other keys. Raises: Conflict if there is a file already, Unavailable where it cannot be written.
    """
    if path.is_dir():
        raise Conflict(f"{path} is a folder.", f"Name a file in it, such as {path / 'telos.backup'}.")
    if path.exists():
        raise Conflict(f"There is a file {path} already.", "Choose another name, or move it away first.")
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                _write_members(file, contents, about, on_bytes)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)  # unlike a rename, this never takes the place of a file that came meanwhile
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError as err:
        raise Conflict(f"There is a file {path} already.", "Choose another name, or move it away first.") from err
    except OSError as err:
        raise Unavailable(
            f"The backup cannot be written to {path}: {err.strerror or err}.",
            "Choose a folder that you may write to and that has room, and is no network share without hard links.",
        ) from err


def _write_members(
    file: IO[bytes], contents: Iterable[tuple[str, Path | bytes]], about: dict[str, Any], on_bytes: OnBytes
) -> None:
    members: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as archive:
        for name, content in contents:
            assert can_hold(name), name
            digest, size = hashlib.sha256(), 0
            with archive.open(_entry(name), "w", force_zip64=True) as member:
                for block in _blocks(content):
                    member.write(block)
                    digest.update(block)
                    size += len(block)
                    on_bytes(len(block))
            members[name] = {"bytes": size, "sha256": digest.hexdigest()}
        archive.writestr(_entry(MANIFEST), json.dumps(about | {"format": FORMAT, "members": members}, default=str))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o600 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _blocks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def read_manifest(path: Path) -> Manifest:
    """What the file says of itself.

    Raises: BadRequest where it is no backup, is damaged, or was written by a later Telos.
    """
    with _opened(path) as archive:
        return _manifest(archive, path)


def unpack(path: Path, folder: Path, on_bytes: OnBytes) -> Manifest:
    """Write every member under `folder`, each checked against the manifest. What fails leaves its files there.

    Raises: BadRequest where the file is no backup, is damaged, or was written by a later Telos.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        for name, member in manifest.members.items():
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file, archive.open(name) as packed:
                if not _is_copied(packed, file, member, on_bytes):
                    raise _damaged(path, f"{name} is not what it was")
                file.flush()
                os.fsync(file.fileno())
    return manifest


def verify(path: Path) -> None:
    """Read every member and compare it with the manifest. Raises what `unpack` raises."""
    with _opened(path) as archive, Path(os.devnull).open("wb") as nowhere:
        for name, member in _manifest(archive, path).members.items():
            with archive.open(name) as packed:
                if not _is_copied(packed, nowhere, member, lambda _: None):
                    raise _damaged(path, f"{name} is not what it was")


def _is_copied(packed: IO[bytes], file: IO[bytes], member: Member, on_bytes: OnBytes) -> bool:
    """Copy no more than the manifest tells; whether that was all, byte by byte."""
    digest, left = hashlib.sha256(), member.bytes
    while block := packed.read(min(_BLOCK, left + 1)):
        left -= len(block)
        if left < 0:
            return False
        digest.update(block)
        file.write(block)
        on_bytes(len(block))
    return left == 0 and digest.hexdigest() == member.sha256


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is wrong with its bytes becomes one sentence."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as err:
        raise _damaged(path, str(err).rstrip(".") or type(err).__name__) from err
    except FileNotFoundError as err:
        raise BadRequest(f"There is no file {path}.", "Name one that `telos backup FILE` wrote.") from err
    except OSError as err:
        raise Unavailable(
            f"{path} cannot be read, or not be unpacked: {err.strerror or err}.",
            "Name a file that you may read, and see that this home's disk has room. Nothing was changed.",
        ) from err


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    held = Counter(archive.namelist())
    if MANIFEST not in held:
        raise _damaged(path, "it is a zip without Telos's manifest")
    if archive.getinfo(MANIFEST).file_size > _LONGEST_MANIFEST:
        raise _damaged(path, "its manifest is too long")
    try:
        told = json.loads(archive.read(MANIFEST))
        if isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] > FORMAT:
            raise BadRequest(
                f"{path} was written by a newer Telos ({told.get('telos')}; its format is {told['format']}, this one "
                f"reads up to {FORMAT}).",
                "Install that version, and restore with it.",
            )
        manifest = Manifest.model_validate(told)
    except (ValueError, ValidationError) as err:
        raise _damaged(path, "its manifest cannot be read") from err
    if held != Counter([MANIFEST, *manifest.members]):
        raise _damaged(path, "it does not hold what its manifest tells")
    strange = [name for name in manifest.members if not can_hold(name)]
    if strange or DATABASE not in manifest.members:
        raise _damaged(path, f"it holds {strange[0]!r}" if strange else "it holds no database")
    return manifest


def _damaged(path: Path, why: str) -> BadRequest:
    return BadRequest(
        f"{path} is no backup of Telos, or is damaged: {why}.", "Nothing was changed. Try an earlier backup."
    )
