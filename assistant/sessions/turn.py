"""A turn of a conversation, from the user's words in the database to the reply beside them.

    reading      the message, into the goal's card (rules, and a model where one can)
    the act      ask, propose, do, confirm or close: code chooses, the model words it
    recalling    what memory has to say to it
    compacting   the dialogue, once, when it has passed its budget
    writing      the reply, streamed
    checking     it against card and act; written once more if it breaks something
    remembering  reply, card, facts, citations and what the prompt held, in one transaction

Closing the generator stops the reply within a token; whatever ends a turn early, its row says how. It knows no service:
`conversations` hands it the parts.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from assistant.answers.chat import Check, Done, Event, Say, Step, Text
from assistant.answers.explanation import ContextPart
from assistant.answers.goals import Card
from assistant.engine.contract import (
    Capability,
    Engine,
    Message,
    ModelFailed,
    OutOfBudget,
    Request,
    Sampling,
    Usage,
)
from assistant.errors import TelosError, Unavailable
from assistant.failpoints import failpoint
from assistant.sessions import (
    acts,
    ahead,
    anchoring,
    card,
    checking,
    closing,
    compaction,
    context,
    patch,
    reading,
    recalling,
    remembering,
    unaided,
    unknown,
)
from assistant.sessions.context import Bounds, Exchange, Prompt
from assistant.sessions.course import Course, Parts, Talk
from assistant.sessions.keeping import Kept, keep
from assistant.sessions.tail import Now
from assistant.sessions.watched import Waited, Watched, beating
from memory.models import TurnState
from memory.store import conversations

LEAST_REPLY = 16


def session_of(talk: Talk) -> str:
    """The name by which the engine keeps a conversation between its turns."""
    return f"conversation-{talk.conversation.id}"


def run(parts: Parts, talk: Talk, say: Say) -> Generator[Event, None, None]:
    """Answer a turn whose words are a row already.

    Raises: Unavailable and its kin, when the turn is kept as failed with the sentence.
    """
    failpoint("turn.after_saved")
    course = Course(talk, say, talk.card or Card(statement=""))
    state, error = TurnState.FAILED, "The reply ended by a fault of Telos; its log says more."
    kept: Kept | None = None
    try:
        yield from _answer(parts, course)
        state, error = TurnState.DONE, ""
    except GeneratorExit:
        state, error = TurnState.DONE if course.is_whole else TurnState.CANCELLED, ""
        raise
    except TelosError as err:
        error = f"{err.sentence} {err.remedy}".strip()
        raise
    finally:
        failpoint("turn.before_kept")
        kept = keep(parts, course, state, error)
        failpoint("turn.after_kept")
    if course.act.kind == "close" and talk.is_open:
        yield from closing.judge(parts, course, kept)
    _read_ahead(parts, course, kept.turn.reply)
    notices = [*course.notices, *kept.notices]
    yield Done(
        conversation=talk.conversation.id or 0,
        turn=kept.turn,
        goal=kept.goal,
        changes=course.changes,
        learned=kept.learned,
        notices=list(dict.fromkeys(notices)),
    )


def _answer(parts: Parts, course: Course) -> Iterator[Event]:
    """The steps, in order."""
    engine = _engine(parts, course, "reply")
    if engine.name != "extractive":
        yield Step(what="loading", detail=engine.name)
    can_write = _can(course, engine, Capability.GENERATE)
    yield Step(what="reading")
    yield from _read(parts, course)
    course.act = acts.choose(course.card, course.heard, course.talk.playbook, course.talk.acts)
    _within_budget(course)
    if not course.talk.turns:
        course.notices += course.talk.playbook.limits  # what this is not is said once, at the start
    yield Step(what="recalling")
    course.gathered = recalling.gather(parts.memory, course.talk.message, course.talk.conversation)
    course.notices += course.gathered.notices
    if course.failure is not None:
        raise course.failure
    if not can_write:
        yield from _write_unaided(course)
        return
    bounds = Bounds.of(engine.context_tokens, parts.settings.chat, course.say.max_tokens)
    if context.is_passed(course.talk.told, course.talk.message, engine, bounds):
        yield from _compact(parts, course, bounds)
    _man(parts, course, engine)
    prompt = _prompt(parts, course, engine, bounds)
    yield Step(what="writing")
    yield from _write(parts, course, engine, prompt.messages, bounds)
    yield Step(what="checking")
    yield from _check(parts, course, engine, prompt, bounds)
    course.is_whole = True
    yield Step(what="remembering")
    yield from _learn(parts, course)


def _engine(parts: Parts, course: Course, purpose: str) -> Engine:
    return Watched(parts.engine_for(purpose, course.talk.turn.id), course.watch)


def _learn(parts: Parts, course: Course) -> Iterator[Event]:
    """What the user said of themselves, by the model: after the reply, because nobody waits for it."""
    talk = course.talk
    if talk.is_read or talk.conversation.is_sensitive:
        return  # reading the card found them, or they are not to be kept
    reader, now = _engine(parts, course, "facts"), parts.local_now()
    work = Waited(
        lambda: remembering.facts_in(talk.unread, turn=talk.turn.number, engine=reader, now=now), course.watch
    )
    course.facts = yield from work.events(Step(what="remembering"))


def _read_ahead(parts: Parts, course: Course, reply: str) -> None:
    """Have the model read this turn as later prompts tell it, in the background: nobody waits, and nothing fails by it."""
    talk, most = course.talk, course.say.max_tokens
    if not course.usages or course.act.kind == "close":
        return
    engine = parts.engine_for("ahead", talk.turn.id)
    said = Exchange(talk.turn.number, talk.message, reply.rstrip())
    told = replace(talk.told, exchanges=[*talk.told.exchanges, said])
    session = session_of(talk)

    def read() -> None:
        ahead.read(told, engine, Bounds.of(engine.context_tokens, parts.settings.chat, most), session)

    parts.ahead.begin(read)


def _can(course: Course, engine: Engine, capability: Capability) -> bool:
    """Whether the engine can; one that cannot be had is told of later, when all else is done."""
    try:
        return capability in engine.capabilities
    except Unavailable as err:
        course.failure = err
        return False


def _read(parts: Parts, course: Course) -> Iterator[Event]:
    """What the message says, onto the goal's card. Only the user's own words are read."""
    talk = course.talk
    is_asked = talk.is_read and course.failure is None and _tokens_left(course) > 0
    reader = _engine(parts, course, "card") if is_asked else None
    if reader is not None and not _can(course, reader, Capability.GENERATE):
        reader = None
    read = partial(
        reading.read,
        talk.unread,
        card=course.card,
        turn=talk.turn.number,
        asked=talk.asked,
        engine=reader,
        now=parts.local_now(),
        playbook=talk.playbook,
        before=talk.said_before,
    )
    course.heard = (yield from Waited(read, course.watch).events(Step(what="reading"))) if reader else read()
    if course.heard.notice:
        course.notices.append(course.heard.notice)
    course.facts, course.has_read = list(course.heard.facts), True
    if talk.is_read:
        course.card, course.changes = card.apply(course.card, course.heard, talk.turn.number)


def _tokens_left(course: Course) -> float:
    """What the goal's budget leaves of its tokens: whatever its turns asked of a model counts."""
    goal, most = course.talk.goal, course.card.token_budget
    if goal is None or most is None or not course.talk.is_open:
        return math.inf
    return most - goal.tokens_used - course.watch.tokens


def _within_budget(course: Course) -> None:
    """Raises: OutOfBudget where the goal's turns or tokens are used up."""
    goal, most = course.talk.goal, course.card.turn_budget
    if goal is not None and course.talk.is_open and most is not None and goal.turns_used >= most:
        raise OutOfBudget(
            f"The goal was given {most} turns, and {goal.turns_used} are used.",
            f"`telos goals edit {goal.id} --turns {most + 10}` gives it more; /done or /fail ends it.",
        )
    if _tokens_left(course) < LEAST_REPLY:
        raise _out_of_tokens(course, "")


def _out_of_tokens(course: Course, more: str) -> OutOfBudget:
    goal, most = course.talk.goal, course.card.token_budget or 0
    assert goal is not None
    return OutOfBudget(
        f"The goal was given {most:,} tokens; {goal.tokens_used + course.watch.tokens:,} are used{more}.",
        f"`telos goals edit {goal.id} --tokens {2 * most}` gives it more; /done or /fail ends it.",
    )


def _compact(parts: Parts, course: Course, bounds: Bounds) -> Iterator[Event]:
    """Make the dialogue short, once, from the words of its turns."""
    talk = course.talk
    step, writer = Step(what="compacting"), _engine(parts, course, "summary")
    yield step
    work = Waited(lambda: compaction.compact(talk.exchanges, writer, bounds), course.watch)
    done = yield from work.events(step)
    with parts.database.write() as session:
        row = conversations.get(session, talk.conversation.id or 0)
        assert row is not None
        conversations.remember_summary(session, row, done.summary, done.to)
        talk.conversation = row
    course.explanation.compacted = True
    course.notices.append(f"The conversation up to turn {done.to} was shortened to a summary, by {done.by}.")
    if done.notice:
        course.notices.append(done.notice)


def _prompt(parts: Parts, course: Course, engine: Engine, bounds: Bounds) -> Prompt:
    """What is sent, and the record of it."""
    talk = course.talk
    now = Now(
        said=talk.message,
        at=parts.local_now(),
        card=course.card if talk.goal is not None else None,
        act=acts.instruction(course.act, is_asked_again=course.heard.is_repeated_question),
        recalled=course.gathered.recalled,
        notes=[*talk.notes, *anchoring.notes(course, engine.lengths), *unknown.notes(course.gathered.unknown)],
        left_out=course.gathered.left_out,
    )
    prompt = context.build(talk.told, now, engine, bounds)
    prompt.explanation.compacted = course.explanation.compacted
    prompt.explanation.anchored, prompt.explanation.focus = course.anchored, course.helm.focus
    course.explanation = prompt.explanation
    return prompt


def _man(parts: Parts, course: Course, engine: Engine) -> None:
    """Who steers the reply: a planner that serves, or nobody; and whether the instructions are to be said again."""
    course.helm, course.model = parts.helm(course.talk.conversation.is_sensitive), engine.name
    if course.helm.notice:
        course.notices.append(course.helm.notice)
    if parts.settings.steering.anchor:
        anchoring.hold(course, engine)


def _write(
    parts: Parts, course: Course, engine: Engine, messages: tuple[Message, ...], bounds: Bounds, *, again: bool = False
) -> Iterator[Event]:
    """The reply as it comes. What Telos itself puts before it is never left to a model.

    Raises: ModelFailed where nothing came.
    """
    say = course.say
    course.text = ""
    first = f"{course.act.first}\n\n" if course.act.first else ""
    if first or again:
        course.text = first
        yield Text(text=first, is_again=again)
    request = Request(
        messages=messages,
        max_tokens=_room(course, engine, messages, bounds),
        sampling=_sampling(parts, say),
        stop=tuple(say.stop),
        session=session_of(course.talk),
        steer=course.helm.steer(course.talk.turn.id or 0),
        wants_hidden=course.helm.is_kept,
        focus=course.helm.focus,
        wants_attention=course.is_watched,
        item_ids=course.gathered.item_ids(),
    )
    usage: Usage | None = None
    with ExitStack() as ended:
        pieces = beating(engine.stream(request))
        ended.callback(pieces.close)
        for piece in pieces:
            if piece.text:
                course.text += piece.text
                yield Text(text=piece.text)
            elif piece.usage is None:
                yield Step(what="writing")  # nothing yet; whoever listens can go away
            if piece.usage is not None:
                usage, course.state, course.steered = piece.usage, piece.hidden, piece.steered
                course.explanation.attention = piece.attention
    if usage is None or not course.text[len(first) :].strip():
        raise ModelFailed(f"The reply of {engine.name} was empty or ended before it was whole.", "/retry asks again.")
    course.usages.append(usage)
    if usage.notice:
        course.notices.append(usage.notice)


def _room(course: Course, engine: Engine, messages: tuple[Message, ...], bounds: Bounds) -> int:
    """How many tokens the reply may have: what the model, and the goal's budget, leave of them.

    Raises: OutOfBudget where the goal's tokens are used up.
    """
    prompt_tokens = engine.count(messages)
    room = min(bounds.reply_tokens, engine.context_tokens - prompt_tokens)
    left = _tokens_left(course) - prompt_tokens
    if left < LEAST_REPLY:
        raise _out_of_tokens(course, f", and this turn needs {prompt_tokens:,} to be read")
    return int(min(room, left))


def _sampling(parts: Parts, say: Say) -> Sampling:
    chat = parts.settings.chat
    return Sampling(
        temperature=chat.temperature if say.temperature is None else say.temperature,
        top_p=chat.top_p,
        min_p=chat.min_p,
        repetition_penalty=chat.repetition_penalty,
        seed=say.seed,
    )


def _check(parts: Parts, course: Course, engine: Engine, prompt: Prompt, bounds: Bounds) -> Iterator[Event]:
    """Hold the reply against card and act; have it written once more, at most, with what it broke named."""
    course.checks, correction = _checked(course)
    if not correction:
        return
    first, broken = course.text, sum(not one.passed for one in course.checks)
    checks, steered = course.checks, (course.state, course.steered)
    try:
        yield from _write(parts, course, engine, context.again(prompt, correction), bounds, again=True)
    except Unavailable as err:
        course.notices.append(f"The reply breaks what was agreed and could not be written again: {err.sentence}")
        course.text, (course.state, course.steered) = first, steered
        yield Text(text=first, is_again=True)
        return
    course.checks, _ = _checked(course)
    if sum(not one.passed for one in course.checks) > broken:
        course.text, course.checks, (course.state, course.steered) = first, checks, steered
        yield Text(text=first, is_again=True)


def _checked(course: Course) -> tuple[list[Check], str]:
    """The checks of the reply, and what to tell the model if it must be written again."""
    talk = course.talk
    own = f"{course.act.first}\n\n" if course.act.first else ""
    checks = checking.check(course.text.removeprefix(own), card=course.card, act=course.act, playbook=talk.playbook)
    correction = checking.again(checks)
    patched = patch.from_reply(course.text, {file.path: file.text for file in talk.told.files})
    if talk.told.files and patched.is_any:
        why = " ".join(patched.problems)
        checks.append(Check(what="The patch applies to the attached files.", passed=not why, why=why))
        correction = f"{correction} {why} Write the whole diff again.".strip() if why else correction
    checks += recalling.numbers_checked(course.text, course.gathered.recalled)
    return checks, correction


def _write_unaided(course: Course) -> Iterator[Event]:
    """The reply without a model."""
    talk = course.talk
    course.act = unaided.askable(course.act, talk.playbook)
    shown = course.card if talk.goal is not None else None
    is_first = not talk.turns
    course.text = unaided.reply(talk.message, course.act, course.changes, course.gathered, shown, is_first=is_first)
    course.explanation.parts = [
        ContextPart(name=f"recalled [{one.number}]: {one.kind} {one.id}", tokens=0, why=one.why)
        for one in course.gathered.recalled
    ]
    course.explanation.left_out = course.gathered.left_out
    course.checks = recalling.numbers_checked(course.text, course.gathered.recalled)
    yield Text(text=course.text)
