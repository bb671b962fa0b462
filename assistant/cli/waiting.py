"""`telos waiting ...`: unanswered mail and promises, as the digest follows them up."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, print_table, say
from assistant.errors import BadRequest

app = typer.Typer()

_SAYS = {
    "awaits_me": "waits for your answer",
    "awaits_them": "has not answered you",
    "promised_by_me": "you promised",
    "promised_to_me": "promised you",
}
NumberArgument = Annotated[str, typer.Argument(help="As `telos waiting` and the digest call it: f3.")]


@app.callback(invoke_without_command=True)
def waiting(context: typer.Context, as_json: JsonOption = False) -> None:
    """Unanswered mail and promises: what the digest reminds of; done and later say what becomes of one.

    Examples: telos waiting, telos waiting done f3, telos waiting later f4 --days 7
    """
    if context.invoked_subcommand is not None:
        return
    with client_from(context) as client:
        answers = client.waiting.list()
    if as_json:
        print_json(answers)
        return
    if not answers:
        say("Nothing waits: no mail for an answer, no promise for its day.")
        return
    rows = [(f"f{one.id}", str(one.due), one.person, _SAYS[one.kind], one.quote) for one in answers]
    print_table(("", "Told from", "Who", "What", "Mail or promise"), rows)


@app.command()
def done(context: typer.Context, number: NumberArgument) -> None:
    """It is done: no digest tells it again.

    Example: telos waiting done f3
    """
    with client_from(context) as client:
        line = client.waiting.done(_number(number))
    say(f"f{line.id}, “{line.quote}”, is done.")


@app.command()
def later(
    context: typer.Context,
    number: NumberArgument,
    days: Annotated[int | None, typer.Option(min=1, max=365, help="In so many days; three if not said.")] = None,
) -> None:
    """A digest tells it again, later.

    Example: telos waiting later f3 --days 7
    """
    with client_from(context) as client:
        line = client.waiting.later(_number(number), days)
    say(f"f{line.id}, “{line.quote}”, comes again on {line.due}.")


def _number(text: str) -> int:
    digits = text.lower().removeprefix("f")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        raise BadRequest(f"{text!r} is no number of what waits.", "`telos waiting` lists them: f3.")
    return int(digits)
