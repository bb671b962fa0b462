"""A session that nobody holds: the same model plays the user, with a goal like one of theirs, so that there is more to learn.

Both sides are the frozen model; the assistant's is steered, and explored in, as live replies are not. The card, the acts
and the judge are those of live conversations. What was said is not kept: only states, actions and the reward, marked as
simulated. It knows no service; `assistant.simulations` runs it in idle hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from assistant.answers.goals import Card, NewGoal
from assistant.engine.contract import Engine, Floats, Message, Reply, Request, Sampling, Steered, complete
from assistant.sessions import acts, card, context, head, judge, reading
from assistant.sessions.context import Bounds, Exchange, Told
from assistant.sessions.judge import Spoken
from assistant.sessions.playbook import Playbook
from assistant.sessions.tail import Now
from assistant.steering.experience.reward import Evidence, Reward, reward
from assistant.steering.helm import Helm

ROUNDS = 5
SAID_TOKENS = 80

# "Do not say that you are a model": small ones do. "One or two sentences": they write the whole conversation otherwise.
_USER = """\
You play a person who talks with an assistant. What you want: {statement}. {wishes}
Say only what this person says next, in one or two sentences, in the language of what you want. Answer what you are asked,
make up what you are not told, and stay with it. Do not say that you are a model, and do not play the assistant. When you
have what you want, say that you are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who plays, and what is wanted. `seed` makes it the same again."""

    engine: Engine
    helm: Helm
    bounds: Bounds
    playbook: Playbook
    statement: str
    criteria: tuple[str, ...] = ()
    now: datetime
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A reply: the state that it was written in, and how it was steered."""

    state: Floats
    steered: Steered | None


@dataclass(slots=True)
class Played:
    """A session so far. `outcome` is known at its end."""

    steps: list[Step] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    outcome: Reward | None = None


def play(scene: Scene) -> Iterator[Played]:
    """The session after each round, and once more when it is judged. Closing it ends it.

    Raises: ModelFailed and its kin.
    """
    played = Played()
    held = card.begin(NewGoal(statement=scene.statement, criteria=list(scene.criteria)), scene.playbook, scene.now)
    done: list[str] = []
    for number in range(1, ROUNDS + 1):
        said = _said(scene, played.exchanges)
        if not said:
            return
        asked = next((one.text for one in held.questions if one.asked_in == number - 1), "")
        heard = reading.read(
            said,
            card=held,
            turn=number,
            asked=asked,
            engine=None,
            now=scene.now,
            playbook=scene.playbook,
            before=[one.said for one in played.exchanges],
        )
        held, _ = card.apply(held, heard, number)
        act = acts.choose(held, heard, scene.playbook, done)
        reply = _reply(scene, played, held, act, said)
        if not reply:
            return
        done.append(act.kind)
        held = acts.mark(held, act, number)
        played.exchanges.append(Exchange(number, said, reply))
        yield played
        if act.kind == "close":
            break
    played.outcome = _judged(scene, played, held)
    yield played


def _said(scene: Scene, exchanges: list[Exchange]) -> str:
    """What the user says next: the model, to whom the assistant's replies are the other side."""
    wishes = f"It must come about that: {'; '.join(scene.criteria)}." if scene.criteria else ""
    messages = [Message("system", _USER.format(statement=scene.statement.rstrip("."), wishes=wishes))]
    messages.append(Message("user", "Hello. What can I do for you?"))
    for one in exchanges[-ROUNDS:]:
        messages += [Message("assistant", one.said), Message("user", one.reply)]
    return _written(scene, Request(messages=messages, max_tokens=SAID_TOKENS), len(exchanges)).text.strip()


def _reply(scene: Scene, played: Played, held: Card, act: acts.Act, said: str) -> str:
    told = Told(head=head.instructions(scene.playbook), exchanges=played.exchanges)
    now = Now(said=said, at=scene.now, card=held, act=acts.instruction(act))
    prompt = context.build(told, now, scene.engine, scene.bounds)
    number = len(played.exchanges)
    request = Request(
        messages=prompt.messages,
        max_tokens=scene.bounds.reply_tokens,
        steer=scene.helm.steer(scene.seed * ROUNDS + number),
        wants_hidden=True,
    )
    reply = _written(scene, request, number)
    if reply.hidden is None or not reply.text.strip():
        return ""
    played.steps.append(Step(reply.hidden, reply.steered))
    return reply.text.strip()


def _written(scene: Scene, request: Request, number: int) -> Reply:
    sampling = Sampling(temperature=0.8, top_p=0.95, seed=scene.seed * 1000 + number)
    return complete(scene.engine, replace(request, sampling=sampling))


def _judged(scene: Scene, played: Played, held: Card) -> Reward:
    """By the table: criteria and judge; nobody gave a word of their own."""
    spoken = [
        line
        for one in played.exchanges
        for line in (Spoken(one.number, "user", one.said), Spoken(one.number, "assistant", one.reply))
    ]
    found = judge.score(
        spoken, held.criteria, scene.engine, statement=scene.statement, playbook=scene.playbook, now=scene.now
    )
    met = [verdict.is_met for verdict in found.verdicts]
    return reward(
        Evidence(
            criteria=sum(met) / len(met) if met else None,
            judged=None if found.judge == "rules" else found.overall,
        )
    )
