"""`telos run`: the background service in the foreground of this terminal, or under systemd."""

from __future__ import annotations

import typer

from assistant.cli.screen import Invocation


def run(context: typer.Context) -> None:
    """Run the service: read the sources, build and send the digest, answer the other commands.

    It runs until it is stopped (Ctrl-C, or SIGTERM). As a service of your login: see systemd/telos.service.

    Example: telos run
    """
    from assistant.daemon import run as serve  # heavy: the whole service

    serve(context.ensure_object(Invocation).find_home())
