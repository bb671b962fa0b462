"""What was in a turn's prompt, drawn: each part with its size and why it is there, then what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assistant.cli.screen import harmless

if TYPE_CHECKING:
    from assistant.answers.explanation import ContextPart, Explanation

FIRST_CHARACTERS = 160
"""Of a part's text, unless the whole is asked for."""


def explanation_page(explanation: Explanation, *, whole: bool = False) -> Iterator[RenderableType]:
    """The parts in their order in the prompt. `whole` shows their texts, too."""
    budget = f" of {explanation.budget_tokens}" if explanation.budget_tokens else ""
    compacted = ", summarised in this turn" if explanation.compacted else ""
    total = (
        f"Prompt: {explanation.prompt_tokens} tokens; conversation {explanation.dialogue_tokens}{budget}{compacted}."
    )
    yield Text(total, style="bold")
    yield from _parts(explanation.parts, whole=whole)
    if explanation.left_out:
        yield Text("Left out:", style="bold")
        yield from _parts(explanation.left_out, whole=whole)
    else:
        yield Text("Nothing was left out.", style="dim")


def _parts(parts: Sequence[ContextPart], *, whole: bool) -> Iterator[RenderableType]:
    if not whole:
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for part in parts:
            table.add_row(str(part.tokens), Text(harmless(part.name)), _why(part))
        yield Padding(table, (0, 0, 0, 2))
        return
    for part in parts:
        yield (
            Text(f"{part.tokens:>6}  ", style="dim")
            + Text(harmless(part.name), style="cyan")
            + Text(f"  {harmless(part.why)}", style="dim")
        )
        if part.text:
            yield Padding(Text(harmless(part.text), overflow="fold"), (0, 0, 0, 8))


def _why(part: ContextPart) -> Text:
    first = " ".join(harmless(part.text).split())
    if len(first) > FIRST_CHARACTERS:
        first = f"{first[:FIRST_CHARACTERS]}…"
    return Text(harmless(part.why)) + (Text(f"\n{first}", style="dim") if first else Text())
