"""`telos doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import (
    Invocation,
    JsonOption,
    client_from,
    console,
    folded,
    harmless,
    print_json,
    progress_bar,
    say,
)
from assistant.errors import TelosError

if TYPE_CHECKING:
    from assistant.answers.doctor import Finding

_MARKS = {"ok": ("ok      ", "green"), "warning": ("warning ", "yellow"), "error": ("error   ", "bold red")}


def doctor(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make anew what does not follow from the database any more.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check everything that can be set up wrongly, and name the remedy for each finding.

    Leaves with 1 if something is broken. Without --repair nothing is changed, stored or sent.

    Examples: telos doctor, telos doctor --repair
    """
    if repair:
        _repair(context, as_json)
        return
    findings = _examine(context)
    if as_json:
        print_json(findings)
    else:
        _print(findings)
    if any(finding.verdict == "error" for finding in findings):
        raise typer.Exit(1)


def _repair(context: typer.Context, as_json: bool) -> None:
    """Full text, vectors and indexes; leaves with 1 where something is still at fault."""
    with client_from(context) as client, progress_bar("Repair") as progress:
        done = client.repair(progress)
    if as_json:
        print_json(done)
    else:
        for sentence in done.found:
            say(f"Found: {sentence}")
        for sentence in [*done.notices, *(f"Still so: {sentence}" for sentence in done.left)]:
            say(sentence)
        if not done.left:
            examined = "Nothing was at fault in what was examined." if done.notices else "Nothing was at fault."
            say("All was made anew." if done.found else examined)
    if done.left:
        raise typer.Exit(1)


def _examine(context: typer.Context) -> list[Finding]:
    """From the ground up; the parts only if the ground bears them."""
    from assistant.answers.doctor import Finding
    from assistant.doctor.ground import examine_ground  # heavy: the connectors' options

    findings = list(examine_ground(context.ensure_object(Invocation).find_home()))
    if any(finding.verdict == "error" for finding in findings):
        return findings
    try:
        with client_from(context) as client, progress_bar("Examining") as progress:
            findings.extend(client.doctor(progress))
    except TelosError as err:
        findings.append(Finding(subject="service", verdict="error", sentence=err.sentence, remedy=err.remedy))
    return findings


def _print(findings: list[Finding]) -> None:
    from rich.text import Text

    screen = console()
    for finding in findings:
        mark, style = _MARKS[finding.verdict]
        subject = harmless(finding.subject)
        line = Text(folded(f"{mark}{subject}: {harmless(finding.sentence)}", sys.stdout, len(mark)))
        line.stylize(style, 0, len(mark))
        line.stylize("bold", len(mark), len(mark) + len(subject) + 1)
        screen.print(line, soft_wrap=True)
        if finding.remedy:
            remedy = folded(" " * len(mark) + harmless(finding.remedy), sys.stdout)
            screen.print(Text(remedy, style="dim"), soft_wrap=True)
