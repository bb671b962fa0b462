"""The line that a message is typed on: history, several lines, completion of the slash commands.

Enter sends; Alt+Enter, or a backslash before Enter, begins a new line, and pasted text keeps its lines. It knows
prompt_toolkit and the names of the commands, nothing of the conversation.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from assistant.cli.screen import harmless

HISTORY_BYTES = 256 * 1024
"""The file of what was typed is cut to half of this when it grows beyond it."""
PROMPT = "› "


def make_input(history: Path | None, commands: Mapping[str, str], foot: Callable[[], str]) -> PromptSession[str]:
    """What asks for messages. `history` is where they are kept, or `None` to keep none; `commands` by name with their
    help; `foot` is the line below."""
    return PromptSession(
        message=FormattedText([("bold ansicyan", PROMPT)]),
        history=_history(history),
        completer=_Commands(commands),
        complete_while_typing=True,
        multiline=True,
        prompt_continuation=lambda width, _line, _soft: " " * width,
        key_bindings=_keys(),
        bottom_toolbar=lambda: FormattedText([("noreverse ansibrightblack", f" {harmless(foot())}")]),
        reserve_space_for_menu=6,
    )


@contextmanager
def keys_unheard() -> Iterator[None]:
    """Keys pressed meanwhile are not shown; the next line takes them. Ctrl-C still interrupts."""
    if not sys.stdin.isatty():
        yield
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = termios.tcgetattr(terminal)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)  # kept as pressed: a cooked line would swallow Ctrl-D
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


def _history(path: Path | None) -> History:
    if path is None:
        return InMemoryHistory()
    path.touch(mode=0o600)
    with suppress(OSError):
        _shorten(path)
    return FileHistory(str(path))


def _shorten(path: Path) -> None:
    """Keep the later half of a history that has grown too large: whole entries, which begin with a comment line."""
    if path.stat().st_size <= HISTORY_BYTES:
        return
    later = path.read_bytes()[-HISTORY_BYTES // 2 :]
    start = later.find(b"\n# ")
    path.write_bytes(later[start + 1 :] if start >= 0 else b"")
