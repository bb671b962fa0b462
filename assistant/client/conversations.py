"""The client's methods for `/api/conversations` and `/api/playbooks`: one a route."""

from __future__ import annotations

from collections.abc import Generator

from assistant.answers.chat import ConversationLine, ConversationView, Event, Found, Opinion, Say, TurnView, Undone
from assistant.answers.explanation import Explanation
from assistant.answers.goals import GoalView, NewGoal
from assistant.answers.playbooks import PlaybookLine
from assistant.client.wire import Wire


class Conversations:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def say(self, say: Say) -> Generator[Event, None, None]:
        """A message, and the events of its turn as they come. Closing it stops the reply; what came is kept."""
        return self._wire.events("/api/conversations/say", Event, say)

    def recent(self, limit: int = 20) -> list[ConversationLine]:
        return self._wire.get("/api/conversations", list[ConversationLine], limit=limit)

    def show(self, conversation: int) -> ConversationView:
        return self._wire.get(f"/api/conversations/{conversation}", ConversationView)

    def last(self) -> ConversationView:
        """The one last spoken in."""
        return self._wire.get("/api/conversations/last", ConversationView)

    def typed(self, limit: int = 200) -> list[str]:
        """What the user typed last, the latest last."""
        return self._wire.get("/api/conversations/typed", list[str], limit=limit)

    def search(self, query: str, limit: int = 20) -> list[Found]:
        return self._wire.get("/api/conversations/search", list[Found], query=query, limit=limit)

    def delete(self, conversation: int) -> None:
        self._wire.delete(f"/api/conversations/{conversation}", type(None))

    def undo(self, conversation: int) -> Undone:
        """Take back the last turn, and what it changed on the goal's card."""
        return self._wire.delete(f"/api/conversations/{conversation}/turns/last", Undone)

    def opinion(self, conversation: int, number: int, opinion: Opinion) -> TurnView:
        return self._wire.post(f"/api/conversations/{conversation}/turns/{number}/opinion", TurnView, opinion)

    def explain(self, conversation: int, number: int) -> Explanation:
        """What was in the prompt of a turn, why, and what was left out."""
        return self._wire.get(f"/api/conversations/{conversation}/turns/{number}/explanation", Explanation)

    def text(self, conversation: int) -> str:
        """The whole of it, as Markdown."""
        return self._wire.get(f"/api/conversations/{conversation}/text", str)

    def patch(self, conversation: int, number: int) -> str:
        """The patch in a reply, as `git apply` takes it."""
        return self._wire.get(f"/api/conversations/{conversation}/turns/{number}/patch", str)

    def pursue(self, conversation: int, new: NewGoal) -> GoalView:
        """Give it a goal, or its goal another statement."""
        return self._wire.put(f"/api/conversations/{conversation}/goal", GoalView, new)

    def playbooks(self) -> list[PlaybookLine]:
        return self._wire.get("/api/playbooks", list[PlaybookLine])
