"""`telos mail`: logging in at a mail provider with the user's own client."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import client_from, say
from assistant.errors import Unavailable

if TYPE_CHECKING:
    from assistant.answers.mail import Answered, AskedLogin, LoginState

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
    with client_from(context) as client:
        asked = client.mail.begin_login(name)
        wait_for(
            asked,
            lambda answered: client.mail.finish_login(name, answered),
            again=f"Run `telos mail login {name}` again.",
        )
    say(f"{name} is logged in.")


def wait_for(asked: AskedLogin, finish: Callable[[Answered], LoginState], *, again: str) -> None:
    """Show the code, and ask until the user has typed it. Raises: Unavailable where they do not, with `again` to do."""
    from assistant.answers.mail import Answered

    say(f"Open {asked.address} and type the code {asked.code}")
    say(f"Waiting for up to {max(1, round(asked.lasts_s / 60))} minutes. Ctrl-C stops, and changes nothing.")
    ends_at, wait_s = monotonic() + asked.lasts_s, asked.interval_s
    while monotonic() < ends_at:
        sleep(wait_s)
        state = finish(Answered(device_code=asked.device_code, interval_s=wait_s))
        if state.is_done:
            return
        wait_s = state.wait_s
    raise Unavailable("The code was not used in time.", again)
