"""A conversation as a text of its own, in Markdown: what `/save` writes and `telos conversations show` prints.

It knows the answers' models alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.cli.screen import harmless

if TYPE_CHECKING:
    from assistant.answers.chat import ConversationView, TurnView

_ENDINGS = {
    "waiting": "(no reply yet)",
    "cancelled": "(stopped by the user)",
    "failed": "(the reply failed)",
    "done": "",
}


def transcript(view: ConversationView) -> str:
    """Every turn with its sources, under a heading that says what the conversation is."""
    line = view.line
    facts = [
        f"conversation {line.id}",
        f"playbook {line.playbook}",
        f"begun {line.started_at.astimezone():%Y-%m-%d %H:%M}",
    ]
    parts = [f"# {line.title}", " · ".join(facts), *map(_turn, view.turns)]
    return harmless("\n\n".join(parts)) + "\n"


def _turn(turn: TurnView) -> str:
    ending = _ENDINGS[turn.state] + (f" {turn.error}" if turn.error else "")
    sources = [f"[{one.number}] {one.title}" + (f" <{one.url}>" if one.url else "") for one in turn.citations]
    said = "\n".join(f"> {line}" for line in turn.said.splitlines())
    asked = f"**{turn.number}.** {turn.asked_at.astimezone():%Y-%m-%d %H:%M}"
    return "\n\n".join(part for part in (asked, said, turn.reply, ending.strip(), "  \n".join(sources)) if part)
