"""The verbs on conversations: say, list, show, search, explain, undo, pursue a goal, save, delete, prune.

`say` is the one that everything else is for: it keeps the user's words, then runs the turn. The API calls these, the
streaming one as a generator that it may close at any moment.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from datetime import timedelta

from sqlmodel import Session

from assistant import goals as goal_verbs
from assistant.answers.chat import ConversationLine, ConversationView, Done, Event, Found, Saved, Say, Start, Undone
from assistant.answers.explanation import Explanation
from assistant.answers.goals import GoalView, NewGoal
from assistant.answers.playbooks import PlaybookLine
from assistant.engine.sentences import content
from assistant.errors import BadRequest, NotFound
from assistant.service import Service
from assistant.sessions import attachments, export, head, history, patch, playbook, turn
from assistant.sessions.course import Parts, Talk
from assistant.sessions.playbook import Playbook
from assistant.sessions.recalling import Memory
from assistant.sessions.views import card_of, conversation_lines, goal_line, is_continued, title_of, turn_view
from assistant.sessions.wanted import wishes
from assistant.withheld import NOTHING, Withheld, withheld
from assistant.withheld_stream import as_told
from memory.models import Conversation, Goal, GoalStatus, Turn, TurnState
from memory.recall import Recall, snippet
from memory.store import conversations, erasing, facts, goals, transitions

MOST_CHARACTERS = 1_000_000
TOLD_ELSEWHERE = ("v1", "mail")
"""Conversations that begin so are answered to other programs, or by mail."""
TYPED_CHARACTERS = 4000
"""A message of more than this was hardly typed."""


def say(service: Service, wish: Say, *, is_guest: bool = False) -> Generator[Event, None, None]:
    """Keep a message, then answer it: the events of the turn. Closing this stops the reply; what came of it is kept.

    Whoever has heard `Done` may say the next thing: the conversation is free by then.

    A guest, another program than ours, is told nothing that the user marked as private; nor is whoever reads a mail. A
    guest's reply comes masked, also of secrets.

    Raises: BadRequest, NotFound, Conflict before anything is kept; Unavailable when the turn failed, which is kept.
    """
    text = _tidy(wish)
    goal_verbs.expire(service)
    if wish.start is not None or (wish.conversation is None and not wish.last):
        conversation = _begin(service, wish.start or Start(), text)
    else:
        with service.database.read() as session:
            conversation = conversation_of(session, wish.conversation)
    with service.floor.taken(conversation.id or 0):
        talk = _save(service, conversation.id or 0, wish, text)
        yield Saved(
            conversation=talk.conversation.id or 0,
            title=talk.conversation.title or title_of(talk.turn.said),
            turn=talk.turn.id or 0,
            number=talk.turn.number,
        )
        held = _withheld(service) if is_guest or talk.conversation.origin in TOLD_ELSEWHERE else NOTHING
        talk.profile = [line for line in talk.conversation.profile if not held.holds_private(line)]
        events, done = turn.run(_parts(service, held), talk, wish), None
        with closing(as_told(events, held) if is_guest else events) as told:
            for event in told:
                if isinstance(event, Done):
                    done = event
                else:
                    yield event
    if done is not None:
        yield done


def recent(service: Service, limit: int) -> list[ConversationLine]:
    """The latest first."""
    with service.database.read() as session:
        return conversation_lines(session, conversations.recent(session, limit))


def typed(service: Service, limit: int) -> list[str]:
    """What the user typed last, the latest last. It is read from the turns: what is deleted there is gone from here."""
    with service.database.read() as session:
        return conversations.said(session, limit, origin="cli", longest=TYPED_CHARACTERS)


def show(service: Service, conversation_id: int | None = None) -> ConversationView:
    """A conversation with its turns, by its number; without one, the one last spoken in.

    Raises: NotFound.
    """
    with service.database.read() as session:
        row = conversation_of(session, conversation_id)
        goal = goals.get(session, row.goal_id) if row.goal_id is not None else None
        return ConversationView(
            line=conversation_lines(session, [row])[0],
            turns=[turn_view(one) for one in conversations.turns(session, row.id or 0)],
            card=card_of(goal) if goal is not None else None,
            goal=goal_line(session, goal) if goal is not None else None,
        )


def search(service: Service, query: str, limit: int) -> list[Found]:
    """The turns of past conversations that hold words of a query, the best first."""
    words = content(query)
    with service.database.read() as session:
        found = conversations.search(session, query, limit)
    lines: list[Found] = []
    for spoken in found:
        one = spoken.turn
        is_users = len(content(one.said) & words) >= len(content(one.reply) & words)
        lines.append(
            Found(
                conversation=spoken.conversation.id or 0,
                title=spoken.conversation.title or title_of(one.said),
                number=one.number,
                at=one.asked_at if is_users else one.answered_at or one.asked_at,
                speaker="user" if is_users else "assistant",
                snippet=snippet(one.said if is_users else one.reply, sorted(words)),
                score=round(spoken.score, 4),
            )
        )
    return lines


def explain(service: Service, conversation_id: int, number: int | None = None) -> Explanation:
    """What was in the prompt of a turn, the last one without a number, why, and what was left out.

    Raises: NotFound.
    """
    with service.database.read() as session:
        row = conversation_of(session, conversation_id)
        told = turn_of(session, row, number)
    explanation = Explanation.model_validate(told.context)
    for part in explanation.parts:
        if part.name == "head" and not part.text:
            part.text = "\n".join([row.head, *row.profile])
    return explanation


def undo(service: Service, conversation_id: int) -> Undone:
    """Take back the last turn, with what it changed on the goal's card and the facts it taught.

    Raises: NotFound where there is no turn; Conflict while it is being answered.
    """
    now = service.clock.now()
    with service.floor.taken(conversation_id), service.database.write() as session:
        row = conversation_of(session, conversation_id)
        last = turn_of(session, row, None)
        changes = [f"Forgotten: {fact.text}" for fact in facts.withdraw(session, last.id or 0)]
        goal = goals.get(session, row.goal_id) if row.goal_id is not None else None
        if goal is not None:
            changes = [*goal_verbs.take_back(session, service, goal, last), *changes]
        if row.summarised_to >= last.number:
            # The summary was made with this turn's words: the next turn tells the rest again, or compacts it anew.
            conversations.change(session, row, {"summary": "", "summarised_to": 0})
        conversations.undo_turn(session, last, now)
        transitions.remove_turn(session, last.id or 0)
        return Undone(number=last.number, said=last.said, changes=changes)


def pursue(service: Service, conversation_id: int, new: NewGoal) -> GoalView:
    """Give a conversation a goal, or its goal another statement; the card keeps the old version.

    Raises: NotFound, BadRequest.
    """
    now = service.clock.now()
    with service.database.write() as session:
        row = conversation_of(session, conversation_id)
        held = goal_verbs.load_playbook(service, new.playbook or row.playbook)
        goal = goals.get(session, row.goal_id) if row.goal_id is not None else None
        if goal is None or goal.status is not GoalStatus.OPEN:
            goal = goal_verbs.begin(session, service, new, held)
            _catch_up(session, service, row, goal, held)
            named = {"goal_id": goal.id, "title": title_of(goal.statement), "playbook": held.name}
            conversations.change(session, row, named)
        else:
            changed = card_of(goal).model_copy(update={"statement": " ".join(new.statement.split()) or goal.statement})
            goals.update_card(session, goal, changed.model_dump(mode="json"), now, why="restated by the user")
            goals.change(session, goal, now, statement=changed.statement)
    return goal_verbs.show(service, goal.id or 0)


def _catch_up(session: Session, service: Service, row: Conversation, goal: Goal, held: Playbook) -> None:
    """Put on a new goal's card what the user said before it was one, so that nothing of it is asked for again."""
    said = conversations.turns(session, row.id or 0)
    read = history.read(card_of(goal), said, held, service.settings.user.zone)
    goals.update_card(
        session, goal, read.model_dump(mode="json"), service.clock.now(), why="what was said before it was begun"
    )


def save(service: Service, conversation_id: int) -> str:
    """A conversation as markdown, for a file of the user's.

    Raises: NotFound.
    """
    return export.markdown(show(service, conversation_id), service.settings.user.zone)


def patch_of(service: Service, conversation_id: int, number: int | None = None) -> str:
    """The patch in a reply as `git apply` takes it; the last reply's without a number. Telos applies nothing.

    Raises: NotFound, BadRequest with what does not fit.
    """
    with service.database.read() as session:
        row = conversation_of(session, conversation_id)
        told = turn_of(session, row, number)
    found = patch.from_reply(told.reply, {file["path"]: file["text"] for file in row.attachments})
    if found.problems:
        raise BadRequest(" ".join(found.problems), "Ask for it again; /retry does.")
    if not found.text:
        raise NotFound(f"There is no patch in the reply of turn {told.number}.", "Ask for a unified diff.")
    return found.text


def delete(service: Service, conversation_id: int) -> None:
    """Delete a conversation with its turns and their calls in the log; its goal stays.

    Raises: NotFound; Conflict while it is being answered.
    """
    with service.floor.taken(conversation_id), service.database.write() as session:
        conversations.remove(session, [conversation_of(session, conversation_id).id or 0])
        erasing.count_one(session)
    service.forget_training()


def playbooks(service: Service) -> list[PlaybookLine]:
    """Ours and the user's, by name."""
    return playbook.every(service.home.playbooks)


def prune(service: Service) -> int:
    """Delete the conversations that are older than `chat.keep_days`; how many. None where it is 0."""
    days = service.settings.chat.keep_days
    if not days:
        return 0
    with service.database.write() as session:
        return conversations.prune(session, service.clock.now() - timedelta(days=days))


# How a message becomes a turn


def _tidy(wish: Say) -> str:
    """The message as it is kept: as it came, but for halves of characters, which no text can hold.

    Raises: BadRequest where it asks for two things at once, or is too long.
    """
    if sum((wish.conversation is not None, wish.last, wish.start is not None)) > 1:
        raise BadRequest("A message goes to one conversation: by its number, the last one, or a new one.")
    if len(wish.text) > MOST_CHARACTERS:
        raise BadRequest(
            f"The message has {len(wish.text):,} characters, and {MOST_CHARACTERS:,} is the most.",
            "Attach it as a file, or say the part that matters.",
        )
    text = wish.text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    is_to_continue = wish.retry or wish.conversation is not None or wish.last
    if wish.retry and text.strip():
        raise BadRequest("Answering anew takes no message.", "Say it as the next one instead.")
    if not text.strip() and not is_to_continue:
        raise BadRequest("The message is empty.", "Say something.")
    return text if text.strip() else ""


def _begin(service: Service, start: Start, text: str) -> Conversation:
    """A new conversation, its head frozen, its goal begun."""
    if not text:
        raise BadRequest("A conversation begins with a message.", "Say something.")
    held = goal_verbs.load_playbook(service, start.playbook)
    files = attachments.take(start.attachments)
    now = service.clock.now()
    with service.database.write() as session:
        if start.goal_id is not None and not start.playbook:
            held = goal_verbs.playbook_of(session, service, start.goal_id)
        goal = _goal_of(session, service, start, held)
        known = [fact.text for fact in facts.current(session)]
        row = Conversation(
            title=title_of(goal.statement if goal is not None else text),
            playbook=held.name,
            goal_id=goal.id if goal is not None else None,
            started_at=now,
            last_at=now,
            origin=start.origin,
            head=head.instructions(held, service.settings.user.name, start.instructions, wishes(service.profile())),
            profile=head.profile_lines(known),
            attachments=files,
            is_sensitive=start.is_sensitive or held.is_sensitive,
        )
        conversations.start(session, row)
        for earlier in start.history:
            told = conversations.add_turn(session, row, earlier.said, now)
            conversations.finish_turn(session, told.id or 0, TurnState.DONE, now, reply=earlier.reply)
        return row


def _goal_of(session: Session, service: Service, start: Start, held: Playbook) -> Goal | None:
    if start.goal_id is not None:
        goal = goals.get(session, start.goal_id)
        if goal is None:
            raise NotFound(f"There is no goal {start.goal_id}.", "`telos goals` lists those there are.")
        return goal
    if not start.goal.strip():
        return None
    return goal_verbs.begin(session, service, NewGoal(statement=start.goal, playbook=held.name), held)


def _save(service: Service, conversation_id: int, wish: Say, text: str) -> Talk:
    """The turn to be answered, committed before anything else is done: a new one, or the last one again.

    Raises: BadRequest where there is nothing to answer.
    """
    now = service.clock.now()
    with service.database.write() as session:
        row = conversation_of(session, conversation_id)
        last = conversations.last_turn(session, conversation_id)
        if text:
            waiting = conversations.add_turn(session, row, text, now)
        elif last is None or not (wish.retry or is_continued(last)):
            raise BadRequest("The message is empty, and no turn waits for its reply.", "Say something.")
        else:
            waiting = conversations.wait_again(session, last)
        talk = Talk.of(session, row, waiting, playbook_of(service, row))
        talk.is_again = not text and wish.retry
        return talk


def playbook_of(service: Service, row: Conversation) -> Playbook:
    """The conversation's own; the open one if it is there no more, which the frozen head does not notice."""
    try:
        return goal_verbs.load_playbook(service, row.playbook)
    except NotFound:
        return goal_verbs.load_playbook(service, "open")


def _withheld(service: Service) -> Withheld:
    with service.database.read() as session:
        return withheld(session, service.settings)


def _parts(service: Service, held: Withheld) -> Parts:
    return Parts(
        database=service.database,
        clock=service.clock,
        settings=service.settings,
        memory=Memory(
            service.database,
            Recall(service.database, service.embedder, service.vectors),
            withheld=held,
            zone=service.settings.user.zone,
            clock=service.clock,
        ),
        engine_for=lambda purpose, turn_id: service.engine_for("chat", purpose, turn_id=turn_id),
        ahead=service.ahead,
        helm=lambda is_sensitive: service.helm(is_sensitive=is_sensitive),
    )


def conversation_of(session: Session, conversation_id: int | None) -> Conversation:
    row = conversations.last(session) if conversation_id is None else conversations.get(session, conversation_id)
    if row is None:
        what = "no conversation yet" if conversation_id is None else f"no conversation {conversation_id}"
        raise NotFound(
            f"There is {what}.", "`telos chat` begins one; `telos conversations list` shows those there are."
        )
    return row


def turn_of(session: Session, row: Conversation, number: int | None) -> Turn:
    """The turn with a number, or the last one; never one that was taken back."""
    found = (
        conversations.last_turn(session, row.id or 0)
        if number is None
        else conversations.turn(session, row.id or 0, number)
    )
    if found is None or found.undone_at is not None:
        which = "no turn" if number is None else f"no turn {number}"
        raise NotFound(f"There is {which} in conversation {row.id}.")
    return found
