"""What commands print with: answers on stdout, progress and failures on stderr, outside text made harmless.

It knows the terminal and nothing of the nouns. Rich is imported when something is drawn, because `--json` and `--help`
draw nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from assistant.errors import TelosError
from assistant.home import Home
from assistant.progress import Progress, unheard

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

    from assistant.client import Client

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and the invisible ones that reorder or hide text. Tab and newline stay."""


@dataclass
class Invocation:
    """What the options before the command say. `typer.Context.obj` of every command."""

    home: Path | None = None
    debug: bool = False

    def find_home(self) -> Home:
        return Home.find(self.home)


@contextmanager
def client_from(context: typer.Context) -> Iterator[Client]:
    """A client of the home that the command line names."""
    from assistant.client import Client

    with Client(context.ensure_object(Invocation).find_home()) as client:
        yield client


def count(number: int, noun: str, nouns: str = "") -> str:
    """`1 item`, `2 items`; `nouns` is the plural where it is not the noun with an s."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def harmless(text: str) -> str:
    """Outside text without what a terminal would obey."""
    return _CONTROL.sub("", text)


def escape(text: str) -> str:
    """Outside text for use within Rich markup: neither its brackets nor its control characters mean anything."""
    from rich.markup import escape as escape_markup

    return escape_markup(harmless(text))


def console() -> Console:
    """Where answers go."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def print_json(content: object) -> None:
    """One JSON document on stdout: of a pydantic model, a sequence of them, or plain data."""
    print(json.dumps(_plain(content), ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, empty: str = "Nothing here yet."
) -> None:
    """A table of outside text; a cell that is a Rich `Text` keeps its style. `empty` is said where there are no rows."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(harmless(cell)) for cell in row))
    console().print(table if table.row_count else empty)


def print_parts(parts: Iterable[RenderableType]) -> None:
    """What was drawn, one below the other. Lines of text that go to a file or a program are not broken."""
    from rich.text import Text

    screen = console()
    for part in parts:
        screen.print(part, soft_wrap=isinstance(part, Text) and not screen.is_terminal)


def say(text: str, hang: int = 0) -> None:
    """Plain text on stdout; what does not fit in a line of the terminal goes on in the next, `hang` columns further in."""
    print(folded(harmless(text), sys.stdout, hang))


def folded(text: str, screen: TextIO, hang: int = 0) -> str:
    """`text` with its lines broken between words, if it goes to a terminal; files and programs get it as it is.

    A word that is longer than a line stays whole, so that an address or a path can be copied.
    """
    if not screen.isatty():
        return text
    columns = shutil.get_terminal_size().columns
    return "\n".join(_folded_line(line, columns, hang) for line in text.split("\n"))


def _folded_line(line: str, columns: int, hang: int) -> str:
    if len(line) <= columns:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line, columns, subsequent_indent=indent + " " * hang, break_long_words=False, break_on_hyphens=False,
        replace_whitespace=False, expand_tabs=False,
    )  # fmt: skip


def print_failure(err: TelosError) -> None:
    """The sentence, then the remedy, on stderr."""
    from rich.console import Console
    from rich.text import Text

    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    sentence = Text(folded(f"Error: {harmless(err.sentence)}", sys.stderr))
    sentence.stylize("bold red", 0, len("Error:"))
    screen.print(sentence)
    if err.remedy:
        screen.print(Text(folded(harmless(err.remedy), sys.stderr)))


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Draws the reports it is given on stderr, if that is a terminal."""
    if not sys.stderr.isatty():
        yield unheard
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(escape(title), total=None)

        def draw(done: int, total: int | None, what: str) -> None:
            bars.update(bar, completed=done, total=total, description=escape(f"{title}: {what}" if what else title))

        yield draw


def ago(instant: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or how soon, in one unit: `5 min ago`, `in 3 h`, `never`."""
    if instant is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - instant).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= length:
            return f"{size / length:.0f} {unit} ago" if seconds > 0 else f"in {size / length:.0f} {unit}"
    return "just now" if seconds >= 0 else "in a moment"


def _plain(content: object) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(content)
