"""What a chat template can and cannot take, found by rendering small conversations with it, never by a model's name.

It knows templates as functions from messages to text. `generation.template` adapts conversations to what it finds, and
`telos model test` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2.exceptions import TemplateError

from assistant.engine.utterance import THINKING

Turns = list[dict[str, str]]
Render = Callable[[Turns], str]
"""The text of a conversation up to where the reply begins."""

REFUSALS = (TemplateError, TypeError, ValueError, KeyError, AttributeError, IndexError)
"""What a template that runs into a conversation it was not written for raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`bos`: put in by the template, by the tokenizer, or by nobody. `thinking` are the marks of thoughts, where there
    are any: `strips_thinking` from earlier replies, `opens_thinking` before each reply."""

    takes_system: bool = True
    takes_system_later: bool = True
    takes_neighbours: bool = True
    """Of one role, side by side."""
    takes_reply_first: bool = True
    takes_reply_last: bool = True
    bos: Literal["template", "tokenizer", "none"] = "none"
    thinking: tuple[str, str] | None = None
    strips_thinking: bool = False
    opens_thinking: bool = False
    is_plain: bool = False
    """There is no template that can be used, and Telos writes a plain one."""

    def sentences(self) -> list[str]:
        """What `telos model test` says of it."""
        said = {
            "It has no chat template; a plain one is used.": self.is_plain,
            "Its template has no system role of its own; instructions go into the first message.": not self.takes_system,
            "Its template wants the roles to alternate; neighbours of one role are joined.": not self.takes_neighbours,
            "Its template takes the thoughts out of earlier replies.": self.strips_thinking,
            "Its template opens a block of thoughts before a reply; it is closed at once.": self.opens_thinking,
            "Its template writes the token that begins a text.": self.bos == "template",
        }
        return [sentence for sentence, holds in said.items() if holds]


def find_traits(render: Render, *, bos_token: str, adds_bos: bool, is_plain: bool = False) -> Traits:
    """The traits of a template that renders at least a single message (`is_usable`)."""
    alone = render(_conversation("user"))
    thinking, strips, opens = _thoughts(render)
    by_template = bool(bos_token) and alone.startswith(bos_token)
    by_tokenizer: Literal["tokenizer", "none"] = "tokenizer" if adds_bos else "none"
    return Traits(
        takes_system=_takes(render, "system", "user", "assistant", "user"),
        takes_system_later=_takes(render, "system", "user", "assistant", "system", "user"),
        takes_neighbours=_takes(render, "user", "user", "assistant", "assistant", "user"),
        takes_reply_first=_takes(render, "assistant", "user"),
        takes_reply_last=_takes(render, "user", "assistant"),
        bos="template" if by_template else by_tokenizer,
        thinking=thinking,
        strips_thinking=strips,
        opens_thinking=opens,
        is_plain=is_plain,
    )


def is_usable(render: Render) -> bool:
    """Whether a template renders a message at all, and a reply after it."""
    return _takes(render, "user") and _takes(render, "user", "assistant", "user")


def between_turns(render: Render) -> str | None:
    """What stands between a reply and the next message: where a reply ends. `None` where the reply is not found."""
    turns = _conversation("user", "assistant", "user")
    rendered = render(turns)
    start = rendered.find(turns[1]["content"])
    end = rendered.find(turns[2]["content"], max(start, 0))
    return rendered[start + len(turns[1]["content"]) : end] if 0 <= start < end else None


def _conversation(*roles: str) -> Turns:
    return [{"role": role, "content": f"Word{number}of{role}"} for number, role in enumerate(roles)]


def _takes(render: Render, *roles: str) -> bool:
    """Whether such a conversation is rendered with every message in its place.

    A template that moves the instructions to the newest message counts as one without a system role: nothing of such a
    prompt would be the same at the next turn.
    """
    turns = _conversation(*roles)
    try:
        rendered = render(turns)
    except REFUSALS:
        return False
    places = [rendered.find(turn["content"]) for turn in turns]
    return places == sorted(places) and places[0] >= 0


def _thoughts(render: Render) -> tuple[tuple[str, str] | None, bool, bool]:
    """The marks of thoughts that the template knows; whether it strips earlier ones; whether it opens a block."""
    asked = render(_conversation("user")).rstrip()
    for opening, closing in THINKING:
        opens = asked.endswith(opening)
        strips = not _keeps(render, f"{opening}\nThought\n{closing}\n\nAnswer", "Thought")
        if opens or strips:
            return (opening, closing), strips, opens
    return None, False, False


def _keeps(render: Render, reply: str, part: str) -> bool:
    turns: Sequence[dict[str, str]] = _conversation("user", "assistant", "user")
    turns[1]["content"] = reply
    try:
        return part in render(list(turns))
    except REFUSALS:
        return True
