"""What a daemon is asked to do when `chaos` kills it: seven phases, each with what lies ready, what is asked, where to die.

A phase knows the world and a client, and writes down what the user was told was done; `chaos_checks` holds that against the
rows afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from assistant import failpoints
from assistant.answers.chat import Done, Opinion, Saved, Say, Start
from assistant.answers.drafts import DraftEdit
from assistant.answers.goals import GoalEnd
from assistant.client import Client
from assistant.errors import TelosError, Unavailable
from benchmarks.chaos_world import FEED, World
from memory.models import DraftState
from memory.store.connection import Database
from tests.assistant.draft_rows import approved
from tests.integration.daemon import Daemon

Ask = Callable[[Client], None]
PREFIXES = {
    "pull": "poll.",
    "index": "index.",
    "digest": "digest.",
    "send": "deliver.",
    "chat": "turn.",
    "learn": "learn.",
    "train": "train.",
}
PHASES = tuple(PREFIXES)
SHARES = {"pull": 20, "index": 8, "digest": 16, "send": 18, "chat": 18, "learn": 14, "train": 6}
"""Kills of a hundred: what starts a heavy process gets fewer, and still more than enough."""
FIRST_GUESS_S = {"pull": 1.0, "index": 4.0, "digest": 0.5, "send": 0.5, "chat": 0.4, "learn": 0.2, "train": 5.0}
"""So long a phase takes, until it was seen."""
MESSAGES = ("Where shall we walk?", "And how far is that?", "Is there a tower?", "What of the tide?")


def home_of(phase: str) -> str:
    return {"index": "index", "train": "night"}.get(phase, "day")


def failpoints_of(phase: str) -> list[str]:
    return [name for name in failpoints.NAMES if name.startswith(PREFIXES[phase])]


@dataclass
class Blow:
    """One kill: which, in what, and where; without a failpoint at some moment."""

    number: int
    phase: str
    failpoint: str = ""


def prepare(world: World, daemon: Daemon, blow: Blow) -> Ask | None:
    """Lay ready what is worked on, while nothing runs; what the daemon is then asked, if it does not begin by itself."""
    number = blow.number
    match blow.phase:
        case "pull":
            world.serve_items(number, 3)
            return lambda client: _run(client, f"poll:{FEED}")
        case "index":
            world.add_items(daemon, number, 6)
            return None
        case "digest":
            return lambda client: _send_digest(client)
        case "send" if number % 2:
            return lambda client: _send_digest(client)
        case "send":
            draft = _draft(daemon, number, DraftState.APPROVED)
            return lambda client: _ignore(client.drafts.send(draft))
        case "chat":
            return lambda client: _say(world, client, number)
        case "learn":
            draft = _draft(daemon, number, DraftState.OPEN)
            return lambda client: _edit(world, client, number, draft)
        case "train":
            return lambda client: _train(client, blow.failpoint)
    raise ValueError(f"There is no phase {blow.phase!r}.")


def talk_for_training(client: Client) -> None:
    """Conversations that lead to rewards, as many as a training needs."""
    for talk in range(3):
        conversation = _answered(client, Say(text=MESSAGES[0], start=Start(goal="A walk" if talk == 2 else "")))
        for message in MESSAGES[1:]:
            _answered(client, Say(text=message, conversation=conversation))
        for number in range(1, 4):
            thumb = Opinion(verdict="more" if (number + talk) % 2 else "less")
            client.conversations.opinion(conversation, number, thumb)
    client.goals.end(1, GoalEnd(outcome="achieved"))
    client.steering.collect()
    client.steering.train()


def _answered(client: Client, say: Say) -> int:
    """Its conversation; a random model may end before its first word, and is asked again."""
    for seed in range(20):
        try:
            *_, done = client.conversations.say(say.model_copy(update={"seed": seed}))
            assert isinstance(done, Done)
            return done.conversation
        except Unavailable:
            say = Say(text="", last=True, retry=True)
    raise AssertionError("The model never said a word.")


def _run(client: Client, job: str) -> None:
    client.jobs.run(job)


def _send_digest(client: Client) -> None:
    client.digest.send(again=True)


def _ignore(_: Any) -> None:
    return None


def _say(world: World, client: Client, number: int) -> None:
    """What was said counts from the moment the client hears that it is kept."""
    text = f"Message {number}: I have {number} euros for the ferry."
    say = Say(text=text, start=Start(playbook="travel", goal="5 days in Europe")) if number % 3 == 0 else None
    is_kept = False
    world.ledger.note("said", text=text)
    try:
        for event in client.conversations.say(say or Say(text=text, last=True)):
            if isinstance(event, Saved):
                is_kept = True
    finally:
        if is_kept:
            world.ledger.note("kept", text=text)


def _draft(daemon: Daemon, number: int, state: DraftState) -> int:
    text = f"Hello Ann,\n\nthe ferry leaves at 9 pm on day {number}.\n\nBest regards,\nAda"
    with closing(Database.open(daemon.home.database)) as database:
        return approved(database, text, state=state, subject=f"The ferry {number}")


def _edit(world: World, client: Client, number: int, draft: int) -> None:
    text = f"Hi Ann,\n\nthe ferry leaves at 21:00 on day {number}.\n\nCheers,\nAda"
    world.ledger.note("edited", draft=draft, text=text)
    client.drafts.edit(draft, DraftEdit(version=1, text=text, is_sure=True))
    world.ledger.note("learned", draft=draft)


def _train(client: Client, failpoint: str) -> None:
    match failpoint:
        case "train.after_cloned":
            client.steering.clone()
        case "train.after_judged":
            client.steering.evaluate()
        case "train.after_promoted":
            client.steering.promote(anyway=True)
        case _:
            client.steering.train()


def asked(ask: Ask, daemon: Daemon) -> bool:
    """Whether the daemon answered, if only with a failure of its own; not where it was gone before."""
    try:
        with Client(daemon.home) as client:
            if not client.is_daemon:
                return False
            ask(client)
    except TelosError as err:
        return "went away" not in err.sentence and "ended before" not in err.sentence
    except Exception:  # noqa: BLE001 - whatever a killed daemon leaves half said is no answer
        return False
    return True


def answer_what_waits(client: Client) -> None:
    """As a user who comes back: go on with the turn that has no reply."""
    with suppress(TelosError):
        for _ in client.conversations.say(Say(text="", last=True)):
            pass
