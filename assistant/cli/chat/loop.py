"""A conversation at the keyboard: ask for a line, send it or do its command, until the user leaves.

It joins the input, the talk and the commands, and is the place where a failure in the middle becomes a sentence and the
conversation goes on.
"""

from __future__ import annotations

from rich.text import Text

from assistant.cli.card_page import goal_summary
from assistant.cli.chat.commands import COMMANDS, Leave, run_command
from assistant.cli.chat.input import keys_kept, make_input
from assistant.cli.chat.page import sources
from assistant.cli.chat.talk import Talk
from assistant.cli.markdown import markdown
from assistant.cli.screen import harmless, print_failure
from assistant.errors import TelosError

FOOT_CHARACTERS = 76


def converse(talk: Talk) -> None:
    """Until Ctrl-D or /quit."""
    earlier = talk.client.conversations.typed()
    asked = make_input(earlier, {name: command.help for name, command in COMMANDS.items()}, lambda: _foot(talk))
    with keys_kept():
        _greet(talk)
        try:
            if talk.is_waiting:
                talk.print(Text("Your last message has no reply yet. It is answered now.", style="yellow"))
                _guarded(talk, "")
            while True:
                try:
                    line = asked.prompt()
                except KeyboardInterrupt:
                    talk.print(Text("Ctrl-D leaves.", style="dim"))
                    continue
                _guarded(talk, line)
        except (EOFError, Leave):
            _farewell(talk)


def _guarded(talk: Talk, line: str) -> None:
    """Send a line, or do what it says if it begins with a slash. A failure is said, and the conversation goes on."""
    before = talk.turn
    try:
        with keys_kept():  # again: an editor, or a shell that this was taken back from, leaves the terminal as it likes
            if line.startswith("/") and not line.startswith("//"):
                run_command(talk, line)
            else:
                talk.print(Text())
                talk.say(line.removeprefix("/") if line.startswith("//") else line)
                talk.print(Text())
    except TelosError as err:
        print_failure(err)
        if talk.turn is not None and talk.turn is not before and talk.turn.state != "done":
            talk.print(Text("Your message is kept; /retry has it answered.", style="dim"))
    except KeyboardInterrupt:
        talk.print(Text("Stopped.", style="dim"))


def _greet(talk: Talk) -> None:
    talk.print(Text("Telos", style="bold") + Text("  /help shows the commands, Ctrl-D leaves", style="dim"))
    if talk.conversation is None:
        if talk.goal_to_come:
            talk.print(Text(harmless(f"Goal: {talk.goal_to_come}"), style="cyan"))
        return
    talk.print(Text(harmless(f"Conversation {talk.conversation}, {talk.title}"), style="cyan"))
    if talk.turn is not None and talk.turn.reply:
        talk.print(Text(harmless(f"\n› {talk.turn.said}"), style="dim"), Text())
        talk.print(markdown(talk.turn.reply), *sources(talk.turn))


def _farewell(talk: Talk) -> None:
    if talk.conversation is not None:
        talk.print(
            Text(f"Conversation {talk.conversation} is kept: telos chat --session {talk.conversation}", style="dim")
        )


def _foot(talk: Talk) -> str:
    """Below the line: the goal and how far it is, or which conversation this is."""
    if talk.goal is not None:
        said = f"goal: {goal_summary(talk.goal)}"
    elif talk.goal_to_come:
        said = f"goal: {talk.goal_to_come}"
    elif talk.conversation is not None:
        said = f"conversation {talk.conversation}: {talk.title}"
    else:
        said = "a new conversation"
    line = " ".join(said.split())
    return line if len(line) <= FOOT_CHARACTERS else f"{line[: FOOT_CHARACTERS - 1]}…"
