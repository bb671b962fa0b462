"""A conversation as markdown, for people: what was said, when, and what the numbers in the replies stand for."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from assistant.answers.chat import ConversationView, TurnView
from assistant.sessions.clipping import plain
from assistant.sessions.tail import card_lines


def markdown(view: ConversationView, zone: ZoneInfo) -> str:
    """The whole conversation, without what was taken back."""
    line = view.line
    parts = [f"# {plain(line.title)}", f"Begun {line.started_at.astimezone(zone):%d %B %Y, %H:%M}, as {line.playbook}."]
    if view.card is not None:
        parts.append("\n".join(f"- {plain(text)}" for text in card_lines(view.card)))
    for turn in view.turns:
        parts += _turn(turn, zone)
    return "\n\n".join(parts) + "\n"


def _turn(turn: TurnView, zone: ZoneInfo) -> Iterator[str]:
    yield f"## {turn.number}. {turn.asked_at.astimezone(zone):%d %B %Y, %H:%M}"
    yield "\n".join(f"> {text}" for text in plain(turn.said).split("\n"))
    if turn.reply:
        yield plain(turn.reply).strip()
    if turn.error:
        yield f"*{plain(turn.error)}*"
    if turn.citations:
        yield "\n".join(f"- [{one.number}] {plain(one.title)} {one.url}".rstrip() for one in turn.citations)
