"""The `telos` command: its options, its commands, and how it ends when something fails.

Each noun is a module of its own. They import typer and little else at the top, so that `telos --help` is quick.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import conversations, digest, goals, jobs, log, memory, model, sources
from assistant.cli.ask import ask
from assistant.cli.chat.command import chat
from assistant.cli.doctor import doctor
from assistant.cli.init import init
from assistant.cli.run import run
from assistant.cli.screen import Invocation, print_failure
from assistant.cli.status import status
from assistant.errors import TelosError
from assistant.version import VERSION

app = typer.Typer(
    name="telos",
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


app.command()(init)
app.command()(run)
app.command()(status)
app.command()(doctor)
app.command()(chat)
app.command()(ask)
app.add_typer(sources.app, name="sources")
app.add_typer(digest.app, name="digest")
app.add_typer(memory.app, name="memory")
app.add_typer(goals.app, name="goals")
app.add_typer(conversations.app, name="conversations")
app.command()(conversations.playbooks)
app.add_typer(model.app, name="model")
app.add_typer(jobs.app, name="jobs")
app.add_typer(log.app, name="log")


def main() -> None:
    invocation = Invocation()
    try:
        app(obj=invocation)
    except Exception as err:  # noqa: BLE001 - the command line's last handler: every failure becomes a sentence
        if invocation.debug:
            traceback.print_exc()
        known = err if isinstance(err, TelosError) else _unforeseen(err)
        print_failure(known)
        sys.exit(known.exit_code)


def _unforeseen(err: Exception) -> TelosError:
    return TelosError(
        f"Telos failed where it should not: {type(err).__name__}: {err}",
        "This is a defect. `telos --debug ...` shows where it happened.",
    )
