"""Markdown from outside, drawn in the terminal: made harmless, links with their address, HTML as the text that it is.

It knows Rich and Markdown's blocks. A reply that is still being written is cut by it into blocks that are done, which are
drawn for good, and the last one, which may still change.
"""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.segment import Segment

from assistant.cli.screen import harmless

CODE_THEME = "ansi_dark"
"""The terminal's own colours, whatever its background."""


def markdown(text: str) -> Blocks:
    """A text from outside, to be printed."""
    return Blocks(harmless(text))


def settled(text: str) -> int:
    """How many characters of an unfinished text are blocks that nothing more can change: all but the last block."""
    whole_lines = text[: text.rfind("\n") + 1]
    tops = [token.map[0] for token in _parser().parse(whole_lines) if token.level == 0 and token.map]
    starts = sorted(set(tops))
    if len(starts) < 2:
        return 0
    lines = whole_lines.split("\n")
    return sum(len(line) + 1 for line in lines[: starts[-1]])


class _LeftHeading(Heading):
    """A heading at the margin, as in a conversation, not in the middle of the page."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": _LeftHeading}


class Blocks:
    """Markdown without blank lines before and after it, its lines kept as in the text. HTML, which Rich leaves out, is
    shown as it was written."""

    def __init__(self, text: str) -> None:
        self._page = _Page("", code_theme=CODE_THEME, hyperlinks=False)
        self._page.parsed = _parser().parse(text)
        for token in self._page.parsed:
            for part in token.children or ():
                if part.type == "softbreak":
                    part.type = "hardbreak"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = list(Segment.split_lines(console.render(self._page, options)))
        while lines and _is_blank(lines[-1]):
            lines.pop()
        while lines and _is_blank(lines[0]):
            del lines[0]
        for line in lines:
            yield from line
            yield Segment.line()


def _is_blank(line: list[Segment]) -> bool:
    return not any(segment.text.strip() for segment in line)


@cache
def _parser() -> MarkdownIt:
    """CommonMark with tables, as Rich reads it, but without HTML."""
    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])
