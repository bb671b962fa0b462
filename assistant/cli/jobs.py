"""`telos jobs`: the recurring work, and running a piece of it now."""

from __future__ import annotations

import typer

app = typer.Typer(help="The recurring work: when each job is next due, how it fares, and running one now.")
