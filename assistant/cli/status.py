"""`telos status`: how Telos fares, at a glance."""

from __future__ import annotations

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, say


def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """How Telos fares: the service, each source, the memory, the digest, what needs you.

    Example: telos status --json
    """
    with client_from(context) as client:
        answer = client.status()
    if as_json:
        print_json(answer)
        return
    say(f"Telos {answer.version} at {answer.home}: {answer.rss_mb} MB")
