"""What was changed in a text, word by word: gone struck through in red, new underlined in green.

Where there is no colour it is marked as git marks it, `[-gone-]{+new+}`. It knows spans and Rich; `cli.drafts` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from assistant.cli.screen import harmless

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.answers.drafts import WordSpan

Change = Literal["same", "gone", "new"]

STYLES = {"same": "", "gone": "red strike", "new": "green underline"}
_MARKS = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}
_BREAK = "¶"
"""Stands where nothing but a line end was taken away or added."""


def drawn(spans: Sequence[WordSpan], screen: Console) -> Text:
    """Both texts in one, as the screen can show it."""
    return in_colour(spans) if screen.is_terminal and not screen.no_color else Text(marked(spans))


def in_colour(spans: Sequence[WordSpan]) -> Text:
    text = Text()
    for before, change, inner, after in _runs(spans):
        text.append(before).append(inner, STYLES[change]).append(after)
    return text


def marked(spans: Sequence[WordSpan]) -> str:
    text = ""
    for before, change, inner, after in _runs(spans):
        opening, closing = _MARKS[change]
        lines = (f"{opening}{line}{closing}" if line else "" for line in inner.split("\n"))
        text += before + "\n".join(lines) + after
    return text


def _runs(spans: Sequence[WordSpan]) -> Iterator[tuple[str, Change, str, str]]:
    """The white space before, the change, the words, the white space after. What was taken away breaks no line: the text
    has the lines that it has now."""
    for number, span in enumerate(spans):
        said = harmless(span.text)
        if span.change == "same":
            yield "", "same", said, ""
        elif said.strip():
            inner = said.strip()
            start = said.index(inner)
            before, after = said[:start], said[start + len(inner) :]
            if span.change == "gone":
                inner = re.sub(r"\s*\n\s*", f" {_BREAK} ", inner)
                shared = _shared_break(before, spans[number + 1 :])
                before, after = (" " if "\n" in edge else edge for edge in (before, after))
                before = shared or before
            elif number and spans[number - 1].change == "gone" and _shared_break(_edge(spans[number - 1]), [span]):
                before = ""
            yield before, span.change, inner, after
        elif number < len(spans) - 1:
            marks = "" if _is_beside_words(spans, number) else _BREAK * said.count("\n")
            yield "", span.change, marks, said if span.change == "new" else ""


def _shared_break(before: str, following: Sequence[WordSpan]) -> str:
    """The line ends before what went, where what came in its place begins on a line of its own too: so both stand there."""
    lead = _edge(following[0]) if following and following[0].change == "new" else ""
    return lead if "\n" in before and "\n" in lead else ""


def _edge(span: WordSpan) -> str:
    """The white space that a span of words begins with."""
    said = harmless(span.text)
    return said[: len(said) - len(said.lstrip())] if said.strip() else ""


def _is_beside_words(spans: Sequence[WordSpan], number: int) -> bool:
    """Whether a change of words next to it tells already that something was changed here."""
    beside = (*spans[max(number - 1, 0) : number], *spans[number + 1 : number + 2])
    return any(one.change != "same" and one.text.strip() for one in beside)
