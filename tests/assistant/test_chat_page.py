"""A reply looks the same whether it came in one piece or in many, and commands nothing."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from itertools import pairwise

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from assistant.answers.chat import Cited, Done, Step, TurnView
from assistant.cli.chat import page
from assistant.cli.chat.message import decoded
from assistant.cli.chat.page import LiveReply
from assistant.cli.markdown import markdown, settled
from assistant.errors import BadRequest

REPLY = """# Five days

The **ferry** [runs](https://ferry.example/t) at eight. [1]

1. Porto
2. Lisbon

   by train

3. Faro

```python
for day in days:

    go(day)
```

| day | place |
|-----|-------|
| 1   | Porto |

<b>bold</b> and the end
"""


def shown(sent: bytes, columns: int = 60, lines: int = 12) -> list[str]:
    """What a terminal shows in the end, what has scrolled away included, without blank lines."""
    screen = pyte.HistoryScreen(columns, lines, history=10_000, ratio=0.5)
    pyte.ByteStream(screen).feed(sent.replace(b"\n", b"\r\n"))
    above = ["".join(row[column].data for column in range(columns)) for row in screen.history.top]
    return [line.rstrip() for line in [*above, *screen.display] if line.strip()]


def terminal() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=True, width=60, height=12, legacy_windows=False), file


def whole(text: str) -> list[str]:
    console, file = terminal()
    console.print(markdown(text))
    return shown(file.getvalue().encode())


def in_pieces(pieces: list[str]) -> list[str]:
    console, file = terminal()
    with LiveReply(console) as reply:
        reply.step(Step(what="writing"))
        for piece in pieces:
            reply.text(piece, is_again=False)
    return shown(file.getvalue().encode())


@settings(max_examples=6)
@given(st.lists(st.integers(1, len(REPLY) - 1), max_size=30))
def test_a_reply_in_pieces_ends_as_the_whole_one(places: list[int]) -> None:
    ends = [0, *sorted(places), len(REPLY)]
    assert in_pieces([REPLY[start:end] for start, end in pairwise(ends)]) == whole(REPLY)


def test_what_is_redrawn_all_the_time_stands_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "REFRESH_PER_S", 5000)
    assert in_pieces(list(REPLY)) == whole(REPLY)


def test_links_are_shown_with_their_address_and_html_as_text() -> None:
    lines = whole(REPLY)
    assert "The ferry runs (https://ferry.example/t) at eight. [1]" in lines
    assert "<b>bold</b> and the end" in lines


def test_lines_stay_lines() -> None:
    assert whole("Noted:\nthe dates\nthe budget") == ["Noted:", "the dates", "the budget"]


def test_a_block_longer_than_the_terminal_is_there_once_in_the_end() -> None:
    words = " ".join(f"word{number}" for number in range(400))
    lines = in_pieces([f"{words[start : start + 50]}" for start in range(0, len(words), 50)])
    assert " ".join(lines).split() == words.split()


def test_a_reply_that_begins_again_says_so() -> None:
    console, file = terminal()
    with LiveReply(console) as reply:
        reply.text("A first try.\n\nIts second block\n", is_again=False)
        reply.text("Better.", is_again=True)
    assert shown(file.getvalue().encode()) == [
        "A first try.",
        "What was written so far is void; once more:",
        "Better.",
    ]


def test_a_reply_commands_no_terminal() -> None:
    console, file = terminal()
    with LiveReply(console) as reply:
        reply.text("\x1b]0;title\x07\x1b[2J[x](https://e.org/\x1b[8m)\u202e", is_again=False)
    sent = file.getvalue()
    assert not any(mark in sent for mark in ("\x1b]", "\x1b[2J", "\x1b[8m", "\u202e"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("one\n", 0), ("one\n\ntwo", 0), ("one\n\ntwo\n", 5), ("```\na\n\nb\n", 0), ("- a\n\n- b\n", 0)],
    ids=["nothing", "one block", "half a line", "two blocks", "an open fence", "a list goes on"],
)
def test_a_block_is_settled_when_another_has_begun(text: str, expected: int) -> None:
    assert settled(text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_has_a_settled_part(text: str) -> None:
    assert 0 <= settled(text) <= len(text)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no message in the pipe"),
        (b" \n\t", "no message in the pipe"),
        ("Grève".encode("latin-1"), "not written in UTF-8: byte 2 is 0xe8"),
        ("Hello".encode("utf-16"), "written in UTF-16"),
        (b"x" * (4 * 1024 * 1024 + 1), "More than 4 MB"),
    ],
    ids=["empty", "blank", "latin-1", "utf-16", "endless"],
)
def test_a_pipe_that_holds_no_message_is_answered_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        decoded(content)


def test_a_pipe_in_utf_8_is_the_message() -> None:
    assert decoded(b"\xef\xbb\xbfGr\xc3\xa8ve?\n") == "Grève?"


def test_what_is_said_below_a_reply_stays_indented_on_every_line() -> None:
    cited = [Cited(number=1, kind="item", id=1, title="A title that is rather long", url="https://example.org/page")]
    turn = TurnView(id=1, number=1, asked_at=datetime(2026, 11, 21, tzinfo=UTC), said="", state="done", citations=cited)
    screen = Console(file=io.StringIO(), width=30)
    screen.print(*page.below(Done(conversation=1, turn=turn, notices=["What was done otherwise, at some length."])))
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert len(lines) > 4
    assert all(line.startswith("  ") for line in lines)
