"""The last look before a draft is sent: to whom it goes, its subject, how it begins. `telos drafts send` asks with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from assistant.cli.screen import count, say
from assistant.errors import BadRequest

if TYPE_CHECKING:
    from assistant.answers.drafts import DraftLine, DraftView

SHOWN_LINES = 8
NOT_MAILED = ", not mailed"
"""How the answer of a delivery ends that went to a file: `written to draft.eml, not mailed`."""


def confirmed(view: DraftView, as_json: bool) -> None:
    """Ask on the terminal whether to send this.

    Raises: BadRequest where there is no terminal to ask at; Exit where the answer is no.
    """
    line = view.line
    if as_json or not sys.stdin.isatty():
        raise BadRequest(
            f"Draft {line.id} is sent only on your word, and there is no terminal to ask at.",
            f"If you are sure: telos drafts send {line.id} --yes",
        )
    for part in preview(view):
        say(part)
    if not typer.confirm("Send it?", default=False):
        say("Nothing was sent.")
        raise typer.Exit(1)


def preview(view: DraftView) -> list[str]:
    """To, Subject, and the first lines."""
    lines = view.current.text.strip().split("\n")
    shown = [f"  {text}" for text in lines[:SHOWN_LINES]]
    if len(lines) > SHOWN_LINES:
        shown.append(f"  ... {count(len(lines) - SHOWN_LINES, 'line')} more")
    subject = " ".join(view.current.subject.split())
    return [f"To:      {', '.join(view.line.to) or 'nobody'}", f"Subject: {subject}", "", *shown, ""]


def was_kept(line: DraftLine) -> bool:
    """Whether it was written to a file or printed, which is what [mail] via says, and so reached nobody."""
    return line.answer.endswith(NOT_MAILED)


def told(line: DraftLine) -> str:
    """How sending it stands."""
    readers = ", ".join(line.to)
    match line.sending:
        case "sent" if was_kept(line):
            return f"Draft {line.id} was {line.answer}: that is what [mail] via says."
        case "sent":
            return f"Draft {line.id} was sent to {readers}."
        case "queued" | "sending":
            return f"Draft {line.id} waits in the outbox and will be tried again. {line.send_error}".rstrip()
        case "unknown":
            return (
                f"It is not known whether draft {line.id} was sent: the connection broke while it was handed over. "
                f"{line.send_error}"
            ).rstrip()
    return f"Draft {line.id} was not sent. {line.send_error}".rstrip()
