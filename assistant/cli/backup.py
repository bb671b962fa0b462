"""`telos backup` and `telos restore`: everything that cannot be made anew, in one file, and back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import Invocation, JsonOption, client_from, print_json, progress_bar, say

if TYPE_CHECKING:
    from assistant.answers.backup import RestoredAnswer
    from assistant.backup.restoring import Restored
    from assistant.home import Home

BackupFile = Annotated[Path, typer.Argument(help="The backup.", metavar="FILE")]


def backup(
    context: typer.Context,
    file: BackupFile,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Passwords, tokens and this home's key as well.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copy everything that cannot be made anew into one file, while the service goes on.

    That is what was read, said, drafted and learned, and the configuration. Without --with-secrets there are no passwords in it. It is not encrypted: only you may read the file, and so it
    should stay. Search indexes and logs are not in it; `telos restore` makes the indexes anew.

    Example: telos backup ~/telos-2026-11-21.backup
    """
    from assistant.answers.backup import BackupRequest

    request = BackupRequest(file=str(file.expanduser().absolute()), with_secrets=with_secrets)
    with client_from(context) as client, progress_bar("Backup") as progress:
        done = client.backup(request, progress)
    if as_json:
        print_json(done)
        return
    say(f"{done.file}: {done.items} items, {done.megabytes:.1f} MB.")
    if not done.has_configuration:
        say("There is no configuration in it.")
    if done.left_out:
        say(f"Left out: {', '.join(done.left_out)}")


def restore(
    context: typer.Context,
    file: BackupFile,
    with_configuration: Annotated[
        bool, typer.Option("--with-configuration", help="Its configuration, too, in place of the one that is here.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only see whether it could be restored.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a backup in the place of what this home holds; that is kept aside for 30 days. Stop the service first.

    The file is checked whole before anything is changed. What was queued in it is not sent by itself, for it may have been
    sent since.

    Example: telos restore ~/telos-2026-11-21.backup
    """
    from assistant.backup.archive import read_manifest, verify

    home, path = context.ensure_object(Invocation).find_home(), file.expanduser().absolute()
    manifest = read_manifest(path)
    if check:
        verify(path)
        if as_json:
            print_json(manifest)
            return
        say(f"{path} is whole: Telos {manifest.telos} made it on {manifest.made_at.astimezone():%Y-%m-%d %H:%M}.")
        return
    if not yes:
        made = f"{manifest.made_at.astimezone():%Y-%m-%d %H:%M}"
        typer.confirm(
            f"Go back to what {home.data} held on {made}? What is there now is kept aside.", abort=True, err=True
        )
    restored = _put_in_place(home, path, with_configuration)
    answer = _answer(restored, _indexed(context))
    if as_json:
        print_json(answer)
    else:
        _print(answer)


def _put_in_place(home: Home, path: Path, with_configuration: bool) -> Restored:
    """Under the lock, so that nobody works with what is moved.

    Raises: Conflict, naming who holds the home.
    """
    from assistant.backup.restoring import restore as put_back
    from assistant.errors import Conflict
    from assistant.lock import Lock

    home.prepare()
    lock = Lock(home.lock)
    try:
        lock.acquire()
    except Conflict as err:
        raise Conflict(err.sentence, "Stop it first: systemctl --user stop telos, or Ctrl-C where it runs.") from err
    with lock, progress_bar("Restore") as progress:
        lock.announce(home.lock, serves=False)
        return put_back(home, path, datetime.now(UTC), progress, with_configuration=with_configuration)


def _indexed(context: typer.Context) -> list[str]:
    """Make the indexes anew; sentences on what has to wait."""
    with client_from(context) as client, progress_bar("Restore") as progress:
        done = client.repair(progress)
    return [*done.notices, *(f"Not yet made anew: {sentence}" for sentence in done.left)]


def _answer(restored: Restored, notices: list[str]) -> RestoredAnswer:
    from assistant.answers.backup import RestoredAnswer

    manifest = restored.manifest
    return RestoredAnswer(
        made_at=manifest.made_at.isoformat(),
        telos=manifest.telos,
        aside=str(restored.aside.path),
        aside_remedy=restored.aside.remedy,
        kept=restored.kept,
        left_out=manifest.left_out,
        notices=notices,
    )


def _print(answer: RestoredAnswer) -> None:
    say(f"This home is as it was on {datetime.fromisoformat(answer.made_at).astimezone():%Y-%m-%d %H:%M}.")
    say(f"What was here is in {answer.aside}. {answer.aside_remedy}")
    if answer.kept:
        say(f"Yours stayed: {', '.join(answer.kept)}. The backup's take their place with --with-configuration.")
    if answer.left_out:
        say(f"The backup does not hold: {', '.join(answer.left_out)}")
    for notice in answer.notices:
        print(notice, file=sys.stderr)
