"""`telos digest ...`"""

from __future__ import annotations

import typer

app = typer.Typer(
    help="The morning digest: preview, send, read, and teach it with more, less, keep, drop and mute.",
    no_args_is_help=True,
)


@app.callback()
def _digest() -> None:
    """The group stays a group while it has few commands."""
