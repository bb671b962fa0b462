"""`telos memory ...`"""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Memory: everything Telos has read. Search, add, import, export, forget and erase it.", no_args_is_help=True
)


@app.callback()
def _memory() -> None:
    """The group stays a group while it has few commands."""
