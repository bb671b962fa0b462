"""The line that a message is typed on: history, several lines, completion of the slash commands.

Enter sends; Alt+Enter, or a backslash before Enter, begins a new line, and pasted text keeps its lines. It knows
prompt_toolkit and the names of the commands, nothing of the conversation.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from assistant.cli.screen import harmless

PROMPT = "› "


def make_input(earlier: Sequence[str], commands: Mapping[str, str], foot: Callable[[], str]) -> PromptSession[str]:
    """What asks for messages. `earlier` is what was typed before, the latest last; `commands` by name with their help;
    `foot` is the line below. Nothing is written down here: what was said is in the conversations, and goes with them."""
    return PromptSession(
        message=FormattedText([("bold ansicyan", PROMPT)]),
        history=InMemoryHistory(list(earlier)),
        completer=_Commands(commands),
        complete_while_typing=True,
        multiline=True,
        prompt_continuation=lambda width, _line, _soft: " " * width,
        key_bindings=_keys(),
        bottom_toolbar=lambda: FormattedText([("noreverse ansibrightblack", f" {harmless(foot())}")]),
        reserve_space_for_menu=6,
    )


@contextmanager
def keys_kept() -> Iterator[None]:
    """Keys pressed while no line is asked for are not shown, and the next line takes them as they were pressed. Held for a
    whole conversation: a terminal that composed lines itself between two of ours would swallow a Ctrl-D. Ctrl-C still
    interrupts.
    """
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = termios.tcgetattr(terminal)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


class _Commands(Completer):
    """Completes a slash at the start of the message."""

    def __init__(self, commands: Mapping[str, str]) -> None:
        self._commands = commands

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        typed = document.text_before_cursor
        if typed.startswith("/") and not typed.strip("/").count(" ") and "\n" not in typed:
            for name, help_text in self._commands.items():
                if name.startswith(typed):
                    yield Completion(name, start_position=-len(typed), display_meta=help_text)


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif buffer.text.strip():
            buffer.validate_and_handle()
        else:
            buffer.reset()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
