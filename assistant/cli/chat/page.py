"""What a conversation looks like: a reply as it is written, and what is said below it.

A reply is printed block by block, and the block in progress is redrawn below in place, so that nothing flickers and what
is done scrolls away as ordinary text. It knows Rich and the answers' models, nothing of the client; `cli.chat.talk` feeds
it. Everything that comes from outside is made harmless here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.padding import Padding
from rich.segment import Segment
from rich.spinner import Spinner
from rich.text import Text

from assistant.cli.markdown import markdown, settled
from assistant.cli.screen import harmless

if TYPE_CHECKING:
    from assistant.answers.chat import Done, Step, TurnView

REFRESH_PER_S = 10
SPARE_LINES = 3
"""Lines of the terminal that the block in progress leaves free."""

STEPS = {
    "reading": "reading what you said",
    "compacting": "summarising the older turns",
    "recalling": "looking through memory",
    "loading": "loading the model",
    "writing": "writing",
    "checking": "checking the reply",
    "remembering": "remembering",
}


class ReplyPage(Protocol):
    """Where a reply goes while it comes."""

    def __enter__(self) -> ReplyPage: ...

    def __exit__(self, *failure: object) -> None: ...

    def step(self, step: Step) -> None: ...

    def text(self, text: str, *, is_again: bool) -> None: ...


class LiveReply:
    """A reply in a terminal. What is finished when the block is left stays printed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._text = ""
        self._printed = 0
        self._spinner = Spinner("dots", Text("sending", style="dim"))
        self._live = Live(_Tail(self), console=console, auto_refresh=False, transient=True, vertical_overflow="crop")
        self._drawing = Lock()
        """One draws at a time: Rich's own refresh may move the cursor while something is printed above it."""
        self._ended = Event()
        self._ticker = Thread(target=self._tick, name="reply", daemon=True)

    def __enter__(self) -> LiveReply:
        self._live.start()
        self._ticker.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._ticker.join()
        rest, self._text, self._printed = self._text[self._printed :], "", 0
        self._spinner.update(text=Text())
        self._live.stop()
        if rest.strip():
            self._console.print(markdown(rest))

    def _tick(self) -> None:
        while not self._ended.wait(1 / REFRESH_PER_S):
            with self._drawing:
                self._live.refresh()

    def step(self, step: Step) -> None:
        said = STEPS.get(step.what, step.what)
        detail = f" ({step.detail})" if step.detail else ""
        self._spinner.update(text=Text(harmless(f"{said}{detail} · Ctrl-C stops"), style="dim", overflow="ellipsis"))

    def text(self, text: str, *, is_again: bool) -> None:
        if is_again:
            was_printed, self._text, self._printed = self._printed, "", 0
            if was_printed:
                self._print(Text("What was written so far is void; once more:", style="dim italic"))
        self._text += text
        if "\n" in text and (length := settled(self._text[self._printed :])):
            self._print(_Settled(self, length))

    def _print(self, part: RenderableType) -> None:
        """Above the block in progress, to stay."""
        with self._drawing:
            self._live.console.print(part)

    def settle(self, length: int) -> RenderableType:
        """The next `length` characters, which are not part of the block in progress from now on."""
        block = self._text[self._printed : self._printed + length]
        self._printed += length
        return Group(markdown(block), Text())

    def tail(self) -> tuple[str, Spinner]:
        """The block in progress, and what is being done."""
        return self._text[self._printed :], self._spinner


class _Settled:
    """Blocks that move from the part in progress to the page. Drawn and taken away in one write to the terminal."""

    def __init__(self, reply: LiveReply, length: int) -> None:
        self._reply = reply
        self._length = length

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._reply.settle(self._length)


class _Tail:
    """The block in progress, as much of its end as the terminal has room for."""

    def __init__(self, reply: LiveReply) -> None:
        self._reply = reply

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text, spinner = self._reply.tail()
        if text.strip():
            room = max(console.height - SPARE_LINES, 1)
            for line in console.render_lines(markdown(text), options.update(height=None), pad=False)[-room:]:
                yield from line
                yield Segment.line()
        yield spinner


class PlainReply:
    """A reply that goes to a file or a program: printed whole at the end by the caller; steps on stderr if that is a
    terminal."""

    def __enter__(self) -> PlainReply:
        return self

    def __exit__(self, *failure: object) -> None:
        self._show("")

    def step(self, step: Step) -> None:
        self._show(STEPS.get(step.what, harmless(step.what)))

    def text(self, text: str, *, is_again: bool) -> None:
        """It comes with the turn."""

    @staticmethod
    def _show(said: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{said}")
            sys.stderr.flush()


def below(done: Done) -> Iterator[RenderableType]:
    """What is said under a reply: its sources, what it changed, what was learned, what was done otherwise."""
    yield from sources(done.turn)
    yield from map(_indented, _remarks(done))


def _remarks(done: Done) -> Iterator[Text]:
    for line in done.changes:
        yield Text(f"goal: {harmless(line)}", style="cyan")
    for line in done.learned:
        yield Text(f"remembered: {harmless(line)}", style="magenta")
    for check in done.turn.checks:
        if not check.passed:
            why = f" ({check.why})" if check.why else ""
            yield Text(harmless(f"not held: {check.what}{why}"), "yellow")
    for line in done.notices:
        yield Text(harmless(line), style="yellow")


def sources(turn: TurnView) -> Iterator[RenderableType]:
    """What the numbers in a reply stand for, a line each."""
    return (_indented(Text(line, "dim", overflow="fold")) for line in _source_lines(turn))


def _source_lines(turn: TurnView) -> Iterator[str]:
    for cited in turn.citations:
        when = f" · {cited.at:%Y-%m-%d}" if cited.at else ""
        address = f" · {cited.url}" if cited.url else ""
        yield harmless(f"[{cited.number}] {cited.title or cited.kind}{when}{address}")


def _indented(text: Text) -> Padding:
    """A remark that stays indented where it is longer than a line."""
    return Padding(text, (0, 0, 0, 2), expand=False)


def plain_reply(done: Done) -> str:
    """A turn's reply and its sources, for a file or a program that reads lines."""
    lines = [harmless(done.turn.reply)]
    if cited := list(_source_lines(done.turn)):
        lines += ["", *cited]
    return "\n".join(lines)
