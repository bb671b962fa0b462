"""`telos log`: what language models were asked and answered, so that any answer can be explained."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.screen import JsonOption, ago, client_from, console, harmless, print_json, print_table, say
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
    if as_json:
        print_json(lines)
        return
    from rich.text import Text

    rows = [
        (
            str(line.id),
            ago(line.at),
            line.task,
            line.purpose,
            line.model,
            f"{line.prompt_tokens}+{line.new_tokens}",
            f"{line.total_s:.1f} s",
            Text(line.outcome, style=_COLOURS.get(line.outcome, "")),
            _beginning(line),
        )
        for line in lines
    ]
    columns = ("ID", "When", "Task", "Purpose", "Model", "Tokens", "Took", "Outcome", "Reply")
    print_table(columns, rows, empty="No call of a language model is in the log.")


def _beginning(line: CallLine, length: int = 60) -> str:
    """The start of the reply, or of why there is none, on one line."""
    text = " ".join((line.error or line.reply).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def _print_call(call: CallLine) -> None:
    from rich.rule import Rule
    from rich.text import Text

    of = f", turn {call.turn} of conversation {call.conversation}" if call.conversation is not None else ""
    reused = f" ({call.prompt_reused} of them from a cache)" if call.prompt_reused else ""
    say(f"Call {call.id}  {call.at.astimezone():%Y-%m-%d %H:%M:%S}, {call.task}: {call.purpose}{of}")
    say(f"Model    {call.model} ({call.engine})")
    say(f"Cost     {call.prompt_tokens} tokens read{reused}, {call.new_tokens} written in {call.total_s:.1f} s")
    say(f"Asked    {', '.join(f'{name} {value}' for name, value in call.sampling.items() if value not in (None, []))}")
    say(f"Outcome  {call.outcome}{': ' if call.error else ''}{call.error}")
    for message in [*call.messages, {"role": "reply", "text": call.reply}]:
        console().print(Rule(Text(harmless(message["role"]), style="bold cyan"), align="left", style="dim"))
        say(message["text"])
