"""The end of a conversation, as an embedder is given it for the state of a model behind a server."""

from __future__ import annotations

from assistant.engine.contract import Message
from assistant.steering.far.ending import EARLIER, LAST, ending


def test_what_was_said_last_stands_first_and_instructions_not_at_all() -> None:
    messages = [
        Message("system", "Be brief."),
        *(Message("user" if turn % 2 == 0 else "assistant", f"turn {turn} " + "word " * 400) for turn in range(7)),
    ]
    lines = ending(messages).splitlines()
    assert [line.split(":")[0] for line in lines] == ["user", "assistant", "user", "assistant"]
    assert [line.split()[2] for line in lines] == ["6", "5", "4", "3"]
    assert len(lines[0]) == LAST + len("user: ")
    assert len(lines[1]) == EARLIER + len("assistant: ")


def test_instructions_alone_are_an_end_too() -> None:
    assert ending([Message("system", "Be   brief.")]) == "system: Be brief."
