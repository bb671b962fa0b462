"""A conversation as `telos chat` holds it: a message goes out, a reply is drawn, and both survive Ctrl-C and a restart.

It knows the client and the page, neither the keyboard nor the slash commands. The service keeps every message before its
reply begins; when the service goes away in between, this waits for it, says so, and has the kept turn continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from assistant.answers.chat import Done, Event, Saved, Say, Start, Step, TurnView
from assistant.answers.chat import Text as Written
from assistant.answers.goals import NewGoal
from assistant.cli.chat.explanation import explanation_page
from assistant.cli.chat.interrupt import interrupts
from assistant.cli.chat.page import ReplyPage, below
from assistant.cli.markdown import markdown
from assistant.client import Client
from assistant.client.wire import serving_pid
from assistant.errors import Gone, TelosError, Unavailable
from assistant.home import Home

if TYPE_CHECKING:
    from assistant.answers.chat import ConversationView
    from assistant.answers.goals import GoalLine

RESTART_S = 20.0
"""A service that went away is waited for so long; after that this process answers itself."""
STOPPING_S = 6.0
"""A service that ends is gone by then."""
SETTLE_S = 10.0
"""A reply that was stopped is kept by the service within so long, usually at once."""
ATTEMPTS = 3
_PAUSE_S = 0.1


class Talk:
    """`conversation` is `None` until the first message is kept; `turn` is the last one that was answered."""

    def __init__(
        self,
        client: Client,
        home: Home,
        console: Console,
        page: Callable[[], ReplyPage],
        *,
        start: Start | None = None,
        is_explained: bool = False,
        is_quiet: bool = False,
    ) -> None:
        self.client = client
        self.home = home
        self.console = console
        self.conversation: int | None = None
        self.title = ""
        self.turn: TurnView | None = None
        self.goal: GoalLine | None = None
        self.is_explained = is_explained
        self.is_quiet = is_quiet
        """Print nothing but notes, and those on stderr: the caller prints the turn."""
        self._page = page
        self._start = start or Start(origin="cli")
        self._number = 0
        self._served_by = serving_pid(home) if client.is_daemon else None

    def resume(self, view: ConversationView) -> None:
        """Go on in a conversation that is there."""
        self.conversation, self.goal = view.line.id, view.goal
        self.turn = view.turns[-1] if view.turns else None
        self._number = self.turn.number if self.turn else 0
        self.title = view.line.title

    @property
    def is_waiting(self) -> bool:
        """Whether the last message was kept and has no reply."""
        return self.turn is not None and self.turn.state == "waiting"

    @property
    def goal_to_come(self) -> str:
        """The goal that the first message will begin with."""
        return self._start.goal if self.conversation is None else ""

    def set_goal(self, statement: str) -> None:
        """Give the conversation a goal, or another statement to the one it has: at once, or with its first message."""
        if self.conversation is None:
            self._start = self._start.model_copy(update={"goal": statement})
        else:
            self.goal = self.client.conversations.pursue(self.conversation, NewGoal(statement=statement)).line

    def print(self, *parts: RenderableType) -> None:
        for part in parts:
            self.console.print(part)

    def say(self, text: str = "", *, retry: bool = False) -> Done | None:
        """Send a message and draw the reply; `None` where it was stopped. Without a text the kept turn is continued.

        Raises: what the service fails with; the message is kept then, once it was saved.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._finish(self._hear(self._message(text, retry)))
            except Gone:
                if not self.client.is_daemon:
                    raise  # this process was the service
                before = self._number
                self._connect_again()
                done = self._missed(before)
                if done is not None:
                    return self._finish(done)
                if self.turn is not None and self.turn.number > before:
                    text, retry = "", self.turn.state != "waiting"
            except TelosError:
                self._look_again()
                raise
        raise Gone("The service went away again and again.", "See `telos status`. What was said is kept.")

    def _look_again(self) -> None:
        """Take in what the service kept of a turn that failed, so that it can be retried."""
        if self.conversation is not None:
            with suppress(TelosError):
                self.resume(self.client.conversations.show(self.conversation))

    def _message(self, text: str, retry: bool) -> Say:
        if self.conversation is None:
            return Say(text=text, start=self._start)
        return Say(text=text, conversation=self.conversation, retry=retry)

    def _hear(self, say: Say) -> Done | None:
        """The turn as it was kept, drawn while it came; `None` if Ctrl-C stopped it."""
        try:
            with interrupts() as check, closing(self.client.conversations.say(say)) as events, self._page() as page:
                return self._draw(_each(events, check), page)
        except KeyboardInterrupt:
            self._stopped()
            return None

    def _draw(self, events: Iterable[Event], page: ReplyPage) -> Done:
        done: Done | None = None
        for event in events:
            match event:
                case Saved():
                    self.conversation, self.title = event.conversation, event.title
                case Step():
                    page.step(event)
                case Written():
                    page.text(event.text, is_again=event.is_again)
                case Done():
                    done = event
        if done is None:
            raise Unavailable("The reply ended before it was whole.", "See `telos status`.")
        return done

    def _finish(self, done: Done | None) -> Done | None:
        """Take the turn in, and print what stands below a reply."""
        if done is None:
            return None
        self.turn, self.goal, self._number = done.turn, done.goal or self.goal, done.turn.number
        if not self.is_quiet:
            self.print(*below(done))
            if self.is_explained:
                self.explain(done.turn.number)
        return done

    def explain(self, number: int, *, whole: bool = False) -> None:
        """Print what was in the prompt of a turn, why, and what was left out."""
        assert self.conversation is not None, "a turn was kept in it"
        self.print(*explanation_page(self.client.conversations.explain(self.conversation, number), whole=whole))

    def _note(self, text: str) -> None:
        """What happens to the talk itself."""
        screen = Console(stderr=True, highlight=False) if self.is_quiet else self.console
        screen.print(Text(text, style="yellow"))

    def _stopped(self) -> None:
        """The user stopped the reply: say so, and take the turn in as the service keeps it."""
        self._note("Stopped. What was written is kept.")
        if self.conversation is None:
            return
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            self.resume(self.client.conversations.show(self.conversation))
            if not self.is_waiting:
                return
            time.sleep(_PAUSE_S)

    def _connect_again(self) -> None:
        """Wait for the next daemon, or after a while for the same one, if it was the connection alone that broke.

        Ctrl-C ends the wait: this process then answers, where none does. Raises: what stands in the way of that.
        """
        self._note("The service went away. Waiting for it (Ctrl-C: no longer); your message is kept.")
        begun = time.monotonic()
        with suppress(KeyboardInterrupt):
            while (waited := time.monotonic() - begun) < RESTART_S:
                pid = serving_pid(self.home)
                if pid is not None and (pid != self._served_by or waited > STOPPING_S):
                    break
                time.sleep(_PAUSE_S)
        before, self.client = self.client, Client(self.home)
        before.close()
        self._served_by = serving_pid(self.home)
        self._note("Connected again; the reply is continued.")

    def _missed(self, before: int) -> Done | None:
        """The turn after number `before` if it was answered without us, shown whole; else it is taken in as it is kept."""
        if self.conversation is None:
            return None
        view = self.client.conversations.show(self.conversation)
        self.resume(view)
        self._number = before
        if self.turn is None or self.turn.number <= before or self.turn.state != "done":
            return None
        if not self.is_quiet:
            self.print(markdown(self.turn.reply))
        return Done(conversation=view.line.id, turn=self.turn, goal=view.goal)


def _each(events: Iterable[Event], check: Callable[[], None]) -> Iterator[Event]:
    """The events, with a look between them whether the user wants no more."""
    for event in events:
        check()
        yield event
