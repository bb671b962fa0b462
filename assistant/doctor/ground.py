"""What the service stands on: configuration, folders and modes, lock, SQLite, disk, what restores have set aside.

These are looked at from outside, without a service: the command line runs them first, because each may be the reason
why none can be built. It changes nothing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from assistant.answers.doctor import Finding
from assistant.backup import aside
from assistant.config.load import load
from assistant.endpoint import socket_path
from assistant.errors import BadConfiguration
from assistant.home import Home
from assistant.lock import Lock
from assistant.secrets import refuse_open

_LEAST_FREE_MB = 500
_SECURE_DELETE = (3, 42, 0)
"""From this version on SQLite removes deleted words from its full-text index at once."""
MEBIBYTE = 1024 * 1024


def examine_ground(home: Home) -> Iterator[Finding]:
    yield _configuration(home)
    yield from _folders(home)
    yield _lock(home)
    yield _sqlite()
    yield _disk(home)
    yield from _set_aside(home)


def _configuration(home: Home) -> Finding:
    path = home.config_file
    if not path.exists():
        return Finding(
            subject="configuration",
            verdict="warning",
            sentence=f"There is none at {path}; the defaults are used.",
            remedy="Run `telos init`.",
        )
    try:
        settings = load(path)
    except BadConfiguration as err:
        return Finding(subject="configuration", verdict="error", sentence=err.sentence, remedy=err.remedy)
    try:
        refuse_open(path, settings)
    except BadConfiguration as err:
        return Finding(subject="configuration", verdict="error", sentence=err.sentence, remedy=err.remedy)
    return Finding(subject="configuration", verdict="ok", sentence=f"{path} is understood.")


def _folders(home: Home) -> Iterator[Finding]:
    if not home.data.exists():
        yield Finding(subject="folders", verdict="ok", sentence=f"{home.data} will be made at the first use.")
        return
    complaints = [*_open_to_others(home), *_not_writable(home)]
    yield from complaints
    if not complaints:
        yield Finding(subject="folders", verdict="ok", sentence=f"{home.data} is yours alone and writable.")


def _open_to_others(home: Home) -> Iterator[Finding]:
    private = (home.data, home.outbox, home.backups, home.logs, home.key_file, home.database)
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = "700" if path.is_dir() else "600"
            yield Finding(
                subject="folders",
                verdict="error" if path == home.key_file else "warning",
                sentence=f"Other users may read {path}.",
                remedy=f"Run: chmod {mode} {path}",
            )


def _not_writable(home: Home) -> Iterator[Finding]:
    for folder in (home.data, socket_path(home.data).parent):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(
                subject="folders",
                verdict="error",
                sentence=f"Telos may not write into {folder}.",
                remedy="Give the folder to your user, or choose another home with --home DIR.",
            )


def _lock(home: Home) -> Finding:
    if not home.lock.exists() or _is_free(home.lock):
        return Finding(
            subject="service",
            verdict="warning",
            sentence="The service does not run, so nothing is read and no digest comes by itself.",
            remedy="Start it: telos run, or systemctl --user start telos.",
        )
    holder = Lock(home.lock).holder()
    if holder is None or not holder.serves:
        who = f"process {holder.pid} ({holder.command})" if holder else "another process"
        return Finding(
            subject="service",
            verdict="warning",
            sentence=f"The home is held by {who}, not by the service.",
            remedy="Wait for it to end; `telos run` starts the service then.",
        )
    return Finding(subject="service", verdict="ok", sentence=f"It runs as process {holder.pid}.")


def _is_free(path: Path) -> bool:
    lock = Lock(path)
    if not lock.try_acquire():
        return False
    lock.release()
    return True


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= _SECURE_DELETE:
        return Finding(
            subject="sqlite", verdict="ok", sentence=f"Version {version}: erased words are overwritten at once."
        )
    return Finding(
        subject="sqlite",
        verdict="ok",
        sentence=f"Version {version} is older than 3.42: `memory erase` rebuilds the full-text tables, which takes longer.",
    )


def _disk(home: Home) -> Finding:
    folder = next(path for path in (home.data, *home.data.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // MEBIBYTE
    if free_mb < _LEAST_FREE_MB:
        return Finding(
            subject="disk",
            verdict="error",
            sentence=f"Only {free_mb} MB are free at {folder}.",
            remedy=f"Make room: Telos wants {_LEAST_FREE_MB} MB, among others for copies of its database.",
        )
    return Finding(subject="disk", verdict="ok", sentence=f"{free_mb / 1024:.0f} GB are free.")


def _set_aside(home: Home) -> Iterator[Finding]:
    for one in aside.found(home):
        yield Finding(
            subject="backups",
            verdict="ok",
            sentence=f"What was here before the restore of {one.since:%Y-%m-%d} takes {one.megabytes():.1f} MB in {one.path}.",
            remedy=one.remedy,
        )
