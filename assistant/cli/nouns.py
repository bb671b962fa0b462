"""The commands of `telos`, each in a module of its own that is imported when it is called and not before.

So `telos --help` and every command cost what they need and no more, however many commands there are. The lines here are
what `telos --help` says of each; a test compares them with the modules' own.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True)
class Noun:
    """A command: `assistant.cli.MODULE` has it under `attribute`, a function or a group of commands (a `Typer`)."""

    module: str
    attribute: str
    line: str


NOUNS = {
    "init": Noun("init", "init", "Write a first configuration."),
    "run": Noun("run", "run", "Run the service: read, build and send the digest, answer the other commands."),
    "status": Noun("status", "status", "How Telos fares, and what needs you."),
    "doctor": Noun("doctor", "doctor", "Check everything that can be set up wrongly."),
    "backup": Noun("backup", "backup", "Copy everything that cannot be made anew into one file."),
    "restore": Noun("backup", "restore", "Put a backup in the place of what is here, which is kept aside."),
    "chat": Noun("chat.command", "chat", "Talk with Telos."),
    "ask": Noun("ask", "ask", "Ask one thing, and get the answer with its sources."),
    "goals": Noun("goals", "app", "Goals: list them, show, begin, edit, end and score one."),
    "conversations": Noun("conversations", "app", "Past conversations: list, show, search and delete them."),
    "playbooks": Noun("conversations", "playbooks", "How conversations can be held: ours, and your own."),
    "digest": Noun("digest", "app", "The morning digest: preview, send, read and teach it."),
    "drafts": Noun(
        "drafts.command", "app", "Drafts of mail, replies, documents and notes: begin, edit, approve and send them."
    ),
    "waiting": Noun("waiting", "app", "Unanswered mail and promises: what waits for whom; done, later."),
    "profile": Noun("profile.command", "app", "What your edits taught Telos: read it, correct it, take it back."),
    "memory": Noun("memory", "app", "Memory: search, add, import, export, forget and erase; facts about you."),
    "sources": Noun("sources", "app", "Sources: what Telos reads. Add, test, list, pause them."),
    "mail": Noun("mail", "app", "Mail: log in at your provider without a password."),
    "model": Noun("model", "app", "The language model: fetch one, use it, show it, test it."),
    "steer": Noun(
        "steer.command", "app", "Steering toward the goal: how it stands, train a planner, let it serve, roll back."
    ),
    "log": Noun("log", "app", "What language models were asked and answered, and at which cost."),
    "jobs": Noun("jobs", "app", "The recurring work: when it is due, how it went."),
}


class Nouns(TyperGroup):
    """The group of all of them. For its help each stands there as a name and a line; called, it is loaded."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name=name, help=noun.line) for name, noun in NOUNS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that `args` begin with, loaded, and what is left for it."""
        if args[0] in NOUNS:
            return args[0], load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """The command of this name, as typer runs it."""
    noun = NOUNS[name]
    found = getattr(import_module(f"assistant.cli.{noun.module}"), noun.attribute)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = get_command(alone)
    command.name = name
    return command
