"""`telos log`: what language models were asked and answered, so that any answer can be explained."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, ago, client_from, console, harmless, print_json, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.calls import CallLine

app = typer.Typer()


class TaskName(StrEnum):
    CHAT = "chat"
    DIGEST = "digest"
    DRAFTS = "drafts"


Task = Annotated[TaskName | None, typer.Option(help="Only calls for this task.")]
Purpose = Annotated[str | None, typer.Option(help="Only calls made for this: reply, card, judge, story, ...")]
Conversation = Annotated[int | None, typer.Option(help="Only calls of this conversation.", metavar="NUMBER")]
Since = Annotated[
    datetime | None, typer.Option(help="On this day or later.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"])
]
Failed = Annotated[bool, typer.Option("--failed", help="Only calls that failed.")]
Limit = Annotated[int, typer.Option(help="So many, the newest first.", min=1, max=10_000)]

_LABEL = len("Outcome  ")
_COLOURS = {"done": "green", "cancelled": "yellow", "failed": "red"}


@app.callback(invoke_without_command=True)
def log(
    context: typer.Context,
    task: Task = None,
    purpose: Purpose = None,
    conversation: Conversation = None,
    since: Since = None,
    failed: Failed = False,
    limit: Limit = 20,
    as_json: JsonOption = False,
) -> None:
    """What language models were asked and answered: when, for what, by which model, at which cost. The newest first.

    Examples: telos log, telos log --task digest --failed, telos log show 12, telos log search ferry
    """
    if context.invoked_subcommand is not None:
        return
    with client_from(context) as client:
        lines = client.calls.recent(
            limit, task=task, purpose=purpose, conversation=conversation, since=since, failed=failed
        )
    _print_lines(lines, as_json)


@app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="What the prompt, the reply or the error says: all of them.")],
    task: Task = None,
    purpose: Purpose = None,
    conversation: Conversation = None,
    since: Since = None,
    failed: Failed = False,
    limit: Limit = 20,
    as_json: JsonOption = False,
) -> None:
    """Find calls by words in their prompts and replies.

    Example: telos log search ferry winter --task digest --since 2026-11-01
    """
    wanted = " ".join(words)
    if not wanted.strip():
        raise BadRequest("There is nothing to look for.", "Name a word: telos log search ferry")
    with client_from(context) as client:
        lines = client.calls.recent(
            limit, words=wanted, task=task, purpose=purpose, conversation=conversation, since=since, failed=failed
        )
    _print_lines(lines, as_json)


@app.command()
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The call's number, as `telos log` lists it.", metavar="ID", min=1)],
    as_json: JsonOption = False,
) -> None:
    """A call whole: its prompt as the model was given it, and its reply.

    Example: telos log show 12
    """
    with client_from(context) as client:
        call = client.calls.show(number)
    if as_json:
        print_json(call)
    else:
        _print_call(call)


def _print_lines(lines: list[CallLine], as_json: bool) -> None:
    """Two lines a call: what it was and cost, then who answered what. A terminal gets as much of it as fits."""
    if as_json:
        print_json(lines)
        return
    from rich.text import Text

    from assistant.engine.choice import called  # weight: the configuration's schema

    screen = console()
    rows = [("ID", "When", "For", "Tokens", "Took", "Outcome"), *map(_facts, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    heads = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    if lines:
        screen.print(Text(heads[0], style="bold"))
    for line, head in zip(lines, heads[1:], strict=True):
        told = Text(harmless(head))
        told.stylize(_COLOURS.get(line.outcome, ""), len(told) - len(line.outcome))
        answered = Text(harmless(f"{' ' * widths[0]}  {called(line.model)}: {_beginning(line)}"), style="dim")
        for text in (told, answered):
            if screen.is_terminal:
                text.truncate(screen.width, overflow="ellipsis")
            screen.print(text, soft_wrap=True)
    if not lines:
        screen.print("No call of a language model is in the log.")


def _facts(line: CallLine) -> tuple[str, ...]:
    tokens = f"{line.prompt_tokens}+{line.new_tokens}"
    return str(line.id), ago(line.at), f"{line.task}: {line.purpose}", tokens, f"{line.total_s:.1f} s", line.outcome


def _beginning(line: CallLine) -> str:
    """The start of the reply, or of why there is none, on one line."""
    return " ".join((line.error or line.reply).split()) or "nothing"


def _print_call(call: CallLine) -> None:
    from rich.rule import Rule
    from rich.text import Text

    of = f", turn {call.turn} of conversation {call.conversation}" if call.conversation is not None else ""
    reused = f" ({call.prompt_reused} of them from a cache)" if call.prompt_reused else ""
    say(f"Call {call.id}  {call.at.astimezone():%Y-%m-%d %H:%M:%S}, {call.task}: {call.purpose}{of}", _LABEL)
    say(f"Model    {call.model} ({call.engine})", _LABEL)
    say(f"Cost     {call.prompt_tokens} tokens read{reused}, {call.new_tokens} written in {call.total_s:.1f} s", _LABEL)
    say(
        f"Asked    {', '.join(f'{name} {value}' for name, value in call.sampling.items() if value not in (None, []))}",
        _LABEL,
    )
    say(f"Outcome  {call.outcome}{': ' if call.error else ''}{call.error}", _LABEL)
    for message in [*call.messages, {"role": "reply", "text": call.reply}]:
        console().print(Rule(Text(harmless(message["role"]), style="bold cyan"), align="left", style="dim"))
        say(message["text"])
