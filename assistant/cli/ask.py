"""`telos ask`: one question, one answer with its sources."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.chat.command import AttachOption, PlaybookOption, SensitiveOption, answer_once, start_of, talk_of
from assistant.cli.screen import JsonOption
from assistant.errors import BadRequest


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, or - to read it from a pipe.")],
    playbook: PlaybookOption = "",
    attach: AttachOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also: what was in the prompt, why, and what was left out.")
    ] = False,
    sensitive: SensitiveOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask one thing, and get the answer with its sources. `telos chat --last` goes on from there.

    Examples: telos ask "What did the council decide about the ferry?"
    telos ask "What does this do?" --attach main.py    telos ask - < question.txt
    """
    from assistant.cli.chat.message import piped_message

    text = piped_message() if question == "-" else question
    if not text.strip():
        raise BadRequest("There is no question.", 'Example: telos ask "What is new about the ferry?"')
    start = start_of(playbook, "", attach or [], is_sensitive=sensitive)
    with talk_of(context, start, is_explained=explain, as_json=as_json) as talk:
        answer_once(talk, text, as_json=as_json, is_explained=explain)
