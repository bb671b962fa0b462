"""`telos sources ...`"""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Sources: what Telos reads. Add, test, list, pause, import and export them.", no_args_is_help=True
)


@app.callback()
def _sources() -> None:
    """The group stays a group while it has few commands."""
