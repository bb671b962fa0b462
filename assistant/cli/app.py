"""The `telos` command: its options, its commands, and how it ends when something fails.

Each noun is a module of its own (`nouns`), imported when it is called.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.nouns import Nouns
from assistant.cli.screen import Invocation, print_failure
from assistant.errors import TelosError, Unavailable, of_system
from assistant.version import VERSION
from memory.errors import MemoryFailure

app = typer.Typer(
    name="telos",
    cls=Nouns,
    help="A personal assistant with a sense of purpose: it reads what you follow, and mails you one short digest a day.",
    epilog="First steps: telos init, telos sources add feeds https://example.org/feed.xml, telos run",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"telos {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Keep everything under this folder instead of the XDG ones.", metavar="DIR")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of a failure.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    invocation = context.ensure_object(Invocation)
    invocation.home = home
    invocation.debug = debug


def main() -> None:
    invocation = Invocation()
    try:
        app(obj=invocation)
    except Exception as err:  # noqa: BLE001 - the command line's last handler: every failure becomes a sentence
        if invocation.debug:
            traceback.print_exc()
        known = _told(err)
        print_failure(known)
        sys.exit(known.exit_code)


def _told(err: Exception) -> TelosError:
    if isinstance(err, TelosError):
        return err
    if isinstance(err, MemoryFailure):
        return Unavailable(err.sentence, err.remedy)
    if isinstance(err, OSError) and (known := of_system(err)) is not None:
        return known
    return TelosError(
        f"Telos failed where it should not: {type(err).__name__}: {err}",
        "This is a defect. `telos --debug ...` shows where it happened.",
    )
