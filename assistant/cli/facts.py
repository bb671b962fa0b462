"""`telos memory facts ...`: what is known of the user, from their own words: what holds, since when, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, client_from, print_json, print_table, say

if TYPE_CHECKING:
    from assistant.answers.facts import FactBefore, FactLine

app = typer.Typer()

FactNumber = Annotated[int, typer.Argument(help="The fact's number, as the list shows it.", metavar="FACT", min=1)]
AllOption = Annotated[bool, typer.Option("--all", help="What held before, too.")]
SinceOption = Annotated[
    datetime | None, typer.Option(help="Since when it is so.", metavar="DATE", formats=["%Y-%m-%d"])
]
NOTHING = 'Nothing is known of you yet. Say it in `telos chat`, or: telos memory facts add "I live in Porto"'
ENDED = {
    "contradicted": "until {by} took its place",
    "earlier": "before {by}, which was known already",
    "corrected": "put right by {by}",
    "settled": "you kept {by}",
}
"""Why a fact holds no more, as the timeline says it."""


@app.callback(invoke_without_command=True)
def facts(context: typer.Context, all_: AllOption = False, as_json: JsonOption = False) -> None:
    """Facts about you, each with your own words that it rests on. You correct them, and have them forgotten.

    Without a verb it lists what holds, since when, and what was so before.

    Examples: telos memory facts, telos memory facts timeline home, telos memory facts why 4
    """
    if context.invoked_subcommand is None:
        list_facts(context, all_, as_json)


@app.command("list")
def list_facts(context: typer.Context, all_: AllOption = False, as_json: JsonOption = False) -> None:
    """What is known of you now.

    Example: telos memory facts list --all
    """
    with client_from(context) as client:
        found = client.facts.every(with_superseded=all_)
    if as_json:
        print_json(found)
        return
    print_table(
        ("", "Fact", "In your words", "Since", "Before", "Read by"),
        (
            (
                str(fact.id),
                fact.text + _state(fact),
                fact.quote if fact.quote != fact.text else "",
                f"{fact.valid_from:%Y-%m-%d}",
                "; ".join(_until(before) for before in fact.before[:2]),
                fact.by,
            )
            for fact in found
        ),
        empty=NOTHING,
    )
    for fact in found:
        for other in fact.in_doubt_with:
            if other < fact.id:
                say(f"{fact.id} and {other} may contradict each other: telos memory facts keep {fact.id} (or {other})")


@app.command()
def timeline(
    context: typer.Context,
    about: Annotated[str, typer.Argument(help="Only what says one of these words, or has this number.")] = "",
    as_json: JsonOption = False,
) -> None:
    """What was so and what is, matter by matter, with the days and why it changed.

    Example: telos memory facts timeline home
    """
    with client_from(context) as client:
        strands = client.facts.timeline(about)
    if as_json:
        print_json(strands)
        return
    for strand in strands:
        say(strand.matter or strand.facts[-1].text.rstrip("."))
        for fact in strand.facts:
            why_ended = ENDED.get(fact.ended or "", "").format(by=fact.superseded_by or "another")
            say(f"  {_span(fact):<26}{fact.id:>4}  {fact.text}{f'  ({why_ended})' if why_ended else ''}")
    if not strands:
        say("Nothing is known of that." if about else NOTHING)


@app.command()
def why(context: typer.Context, fact: FactNumber, as_json: JsonOption = False) -> None:
    """Your words that a fact rests on, how often it served, and what it has to do with others.

    Example: telos memory facts why 4
    """
    with client_from(context) as client:
        told = client.facts.why(fact)
    if as_json:
        print_json(told)
        return
    held = told.fact
    say(f"{held.id}  {held.text}  {_span(held)}")
    for one in told.evidence:
        where = f", conversation {one.conversation}, turn {one.turn}" if one.conversation is not None else ""
        say(f"    {one.at:%Y-%m-%d}{where}: “{one.quote}” (read by {one.by})")
    say(f"    used {held.used} times, confirmed {held.confirmed}, corrected {held.corrected}")
    for old in told.took_the_place_of:
        say(f"    took the place of {old.id}: {old.text}  {_span(old)} ({old.ended or 'superseded'})")
    if told.gave_way_to is not None:
        say(f"    gave way to {told.gave_way_to.id}: {told.gave_way_to.text}")
    for other in told.in_doubt_with:
        say(f"    in doubt with {other.id}: {other.text}  telos memory facts keep {held.id} (or {other.id}, or --both)")


@app.command()
def add(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The fact, in your own words.")],
    since: SinceOption = None,
) -> None:
    """Tell a fact about yourself. One that contradicts another takes its place, and the other is kept as what was so.

    Example: telos memory facts add "I live in Graz" --since 2026-05-01
    """
    with client_from(context) as client:
        kept = client.facts.add(text, since)
        doubted = client.facts.why(kept.id).in_doubt_with if kept.in_doubt_with else []
    say(f"{kept.id}  {kept.text}{_before(kept)}")
    for other in doubted:
        say(f"{other.id} says: {other.text} Which holds? telos memory facts keep {kept.id} (or {other.id}, or --both)")


@app.command()
def correct(
    context: typer.Context,
    fact: FactNumber,
    text: Annotated[str, typer.Argument(help="How it really is.")],
    since: SinceOption = None,
) -> None:
    """Put a fact right. The one before is kept as what was put right.

    Example: telos memory facts correct 4 "I live in Graz"
    """
    with client_from(context) as client:
        kept = client.facts.correct(fact, text, since)
    say(f"{kept.id}  {kept.text}")


@app.command()
def keep(
    context: typer.Context,
    fact: FactNumber,
    both: Annotated[bool, typer.Option("--both", help="What it is in doubt with holds as well.")] = False,
) -> None:
    """Say that a fact holds. What it was in doubt with gives way to it.

    Example: telos memory facts keep 4
    """
    with client_from(context) as client:
        kept = client.facts.keep(fact, both=both)
    say(f"{kept.fact.id}  {kept.fact.text} It holds; you confirmed it {kept.fact.confirmed} times.")
    for one in kept.ended:
        say(f"{one.id} holds no more: {one.text}")


@app.command()
def forget(context: typer.Context, fact: FactNumber) -> None:
    """Have a fact forgotten, with what it had superseded. The conversation it was said in stays.

    Example: telos memory facts forget 4
    """
    with client_from(context) as client:
        gone = client.facts.forget(fact)
    say(f"Forgotten: {gone.text}" + (f" (and {gone.rows - 1} that it had superseded)" if gone.rows > 1 else ""))


def _state(fact: FactLine) -> str:
    if fact.superseded_at is not None:
        return f" (until {fact.valid_until or fact.superseded_at:%Y-%m-%d})"
    return " (in doubt)" if fact.in_doubt_with else ""


def _span(fact: FactLine) -> str:
    """The days between which it was so; "said" where its words did not date it."""
    begun = f"{fact.valid_from:%Y-%m-%d}"
    if fact.ended in ("corrected", "settled"):
        return "not so"
    if fact.superseded_at is None:
        return f"since {begun}" if fact.is_dated else f"said {begun}"
    return f"{begun} to {fact.valid_until or fact.superseded_at:%Y-%m-%d}"


def _until(before: FactBefore) -> str:
    return before.text.rstrip(".") + (f" (until {before.valid_until:%Y-%m-%d})" if before.valid_until else "")


def _before(fact: FactLine) -> str:
    return f"  (before: {'; '.join(_until(before) for before in fact.before[:2])})" if fact.before else ""
