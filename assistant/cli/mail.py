"""`telos mail`: logging in at a mail provider with the user's own client."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Annotated

import typer

from assistant.cli.screen import client_from, say
from assistant.errors import Unavailable

app = typer.Typer(help="Mail: log in at your provider without a password.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `login` a command of its own while it is the only one."""


@app.command()
def login(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The mail source, as `telos sources list` shows it.")],
) -> None:
    """Log in a mail source by a code that you type in your browser, on whatever machine.

    For sources with login = "oauth". The login is kept in the file that token_path names, for reading and sending.

    Example: telos mail login work
    """
    from assistant.answers.mail import Answered

    with client_from(context) as client:
        asked = client.mail.begin_login(name)
        say(f"Open {asked.address} and type the code {asked.code}")
        say(f"Waiting for up to {max(1, round(asked.lasts_s / 60))} minutes. Ctrl-C stops, and changes nothing.")
        ends_at, wait_s = monotonic() + asked.lasts_s, asked.interval_s
        while monotonic() < ends_at:
            sleep(wait_s)
            state = client.mail.finish_login(name, Answered(device_code=asked.device_code, interval_s=wait_s))
            if state.is_done:
                say(f"{name} is logged in.")
                return
            wait_s = state.wait_s
    raise Unavailable("The code was not used in time.", f"Run `telos mail login {name}` again.")
