"""`telos memory facts ...`: what is known of the user, from their own words."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, print_table, say

app = typer.Typer(
    help="Facts about you, each with your own words that it rests on. You correct them, and have them forgotten.",
    no_args_is_help=True,
)

FactNumber = Annotated[int, typer.Argument(help="The fact's number, as the list shows it.", metavar="FACT", min=1)]


@app.command("list")
def list_facts(
    context: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="What held before, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What is known of you now.

    Example: telos memory facts list --all
    """
    with client_from(context) as client:
        found = client.facts.every(with_superseded=all_)
    if as_json:
        print_json(found)
        return
    print_table(
        ("", "Fact", "In your words", "Since", "Read by"),
        (
            (
                str(fact.id),
                fact.text + (f" (until {fact.superseded_at:%Y-%m-%d})" if fact.superseded_at else ""),
                fact.quote if fact.quote != fact.text else "",
                f"{fact.valid_from:%Y-%m-%d}",
                fact.by,
            )
            for fact in found
        ),
        empty='Nothing is known of you yet. Say it in `telos chat`, or: telos memory facts add "I live in Porto"',
    )


@app.command()
def add(context: typer.Context, text: Annotated[str, typer.Argument(help="The fact, in your own words.")]) -> None:
    """Tell a fact about yourself.

    Example: telos memory facts add "I am allergic to nuts"
    """
    with client_from(context) as client:
        kept = client.facts.add(text)
    say(f"{kept.id}  {kept.text}")


@app.command()
def correct(
    context: typer.Context, fact: FactNumber, text: Annotated[str, typer.Argument(help="How it really is.")]
) -> None:
    """Put a fact right. The one before is kept as what held until now.

    Example: telos memory facts correct 4 "I live in Graz"
    """
    with client_from(context) as client:
        kept = client.facts.correct(fact, text)
    say(f"{kept.id}  {kept.text}")


@app.command()
def forget(context: typer.Context, fact: FactNumber) -> None:
    """Have a fact forgotten, with what it had superseded. The conversation it was said in stays.

    Example: telos memory facts forget 4
    """
    with client_from(context) as client:
        gone = client.facts.forget(fact)
    say(f"Forgotten: {gone.text}" + (f" (and {gone.rows - 1} that it had superseded)" if gone.rows > 1 else ""))
