"""The end of a conversation as one text, for a planner whose state is an embedder's vector of it.

Behind a server no hidden state can be read, so the project's embedder says where a conversation stands. Embedders read some
200 words and cut the rest off: what was said last stands first. Knows messages alone; `engine.server` asks it for each
prompt, and the benchmark of negotiations for the same planner on a model of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.contract import Message

MESSAGES = 4
"""So many of the last messages count."""
LAST, EARLIER = 700, 250
"""Characters of the last one, which ends with the goal and what to do now, and of each before it."""


def ending(messages: Sequence[Message]) -> str:
    """The last messages, the newest first, each with who said it. Instructions count only where nothing else was said."""
    said = [message for message in messages if message.role != "system"] or list(messages)
    latest = said[: -MESSAGES - 1 : -1]
    return "\n".join(
        f"{message.role}: {' '.join(message.text.split())[: EARLIER if place else LAST]}"
        for place, message in enumerate(latest)
    )
