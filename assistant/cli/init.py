"""`telos init`: a short wizard that writes the first configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.screen import Invocation, say
from assistant.errors import Conflict

if TYPE_CHECKING:
    from assistant.config.setup import Answers


def init(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing and take the defaults.")] = False,
) -> None:
    """Write a first configuration: 10 entries, 5 minutes of reading, at 07:00 every day, unless you say otherwise.

    Examples: telos init, telos init --yes
    """
    from assistant.config.setup import Answers, write_configuration

    home = context.ensure_object(Invocation).find_home()
    if home.config_file.exists():
        raise Conflict(f"There is a configuration at {home.config_file} already.", "Edit it, or move it away first.")
    answers = Answers() if yes else _ask()
    write_configuration(home.config_file, answers)
    home.prepare()
    say(f"Written: {home.config_file}")
    if answers.smtp_username and not answers.password:
        say("Before the first digest: give the mail server's password, as password_file or in TELOS_MAIL_PASSWORD.")
    say("Next:    telos sources add feeds https://example.org/feed.xml --name example")
    say("         telos model      a language model, to talk with and to write the digest")
    say("         telos doctor     checks everything")
    say("         telos run        starts the service")


def _ask() -> Answers:
    from assistant.config.setup import Answers

    name = typer.prompt("Your name", default="", show_default=False)
    email = _usable("email", "Your mail address (empty: digests are written to files)", default="", show_default=False)
    interests = typer.prompt("What interests you, separated by commas", default="", show_default=False)
    at = _usable("at", "When shall the digest come", default=Answers.at)
    entries = _usable("entries", "How many entries at most", default=Answers.entries, type=int)
    minutes = _usable("reading_minutes", "How many minutes of reading", default=Answers.reading_minutes, type=float)
    host = username = password = ""
    if email:
        host = typer.prompt("Your mail server for sending (empty: write files for now)", default="", show_default=False)
    if host:
        username = typer.prompt("Your user name there (empty: no login)", default=email)
    if username:
        password = typer.prompt("Your password there (empty: later)", default="", show_default=False, hide_input=True)
    return Answers(
        name=name,
        email=email,
        interests=tuple(phrase.strip() for phrase in interests.split(",") if phrase.strip()),
        at=at,
        entries=entries,
        reading_minutes=minutes,
        smtp_host=host,
        smtp_username=username,
        password=password,
    )


def _usable(key: str, question: str, **options: Any) -> Any:
    """The answer that becomes `key`, asked for again while it cannot be used."""
    from assistant.config.setup import Answers, complaints

    while True:
        answer = typer.prompt(question, **options)
        wrong = complaints(Answers(**{key: answer}))
        if not wrong:
            return answer
        typer.echo("\n".join(wrong), err=True)
