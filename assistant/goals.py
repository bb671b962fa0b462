"""The verbs on goals: create, list, show, edit, end, take back, score, and what the clock does to them.

A card changes here by the user's hand, and every version of it stays. The API and the jobs call this, and
`conversations` where a conversation begins with a goal, or a turn is taken back.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from assistant import standing
from assistant.answers.goals import (
    Card,
    GoalEdit,
    GoalEnd,
    GoalItemLine,
    GoalLine,
    GoalStatusName,
    GoalVersionLine,
    GoalView,
    NewGoal,
    ScoreLine,
)
from assistant.engine.contract import Capability, Engine
from assistant.errors import BadRequest, NotFound, Unavailable
from assistant.service import Service
from assistant.sessions import card, ending, playbook
from assistant.sessions.playbook import Playbook
from assistant.sessions.views import card_of, goal_line
from assistant.sessions.watched import Watch, Watched
from memory.models import Goal, GoalStatus, Score, Turn
from memory.store import conversations, goals, items

MOST_CHARACTERS = 2000
MOST_GOALS = 1000
OVERALL = {"achieved": 10.0, "abandoned": 0.0}
"""What the user's word counts as a score."""


def create(service: Service, new: NewGoal) -> GoalView:
    """Begin a goal; criteria and constraints it does not bring come from its playbook.

    Raises: BadRequest without a statement or with a deadline that has passed, NotFound for a playbook that is not there.
    """
    held = load_playbook(service, new.playbook)
    with service.database.write() as session:
        goal = begin(session, service, new, held)
    return show(service, goal.id or 0)


def begin(session: Session, service: Service, new: NewGoal, held: Playbook) -> Goal:
    """The goal's row with the first version of its card."""
    now = service.clock.now()
    statement = " ".join(new.statement.split())
    if not statement or len(statement) > MOST_CHARACTERS:
        raise BadRequest(
            f"A goal is a sentence of 1 to {MOST_CHARACTERS:,} characters, and this one has {len(statement):,}.",
            "Say what is to be reached, such as “5 days in Europe, moderate budget”.",
        )
    _to_come(new.deadline, now)
    first = card.begin(
        new.model_copy(update={"statement": statement}), held, now.astimezone(service.settings.user.zone)
    )
    standing.skip_to_now(session)
    goal = Goal(
        statement=first.statement,
        is_standing=new.is_standing,
        created_at=now,
        changed_at=now,
        deadline=first.deadline,
        card=first.model_dump(mode="json"),
    )
    return goals.create(session, goal)


def list_goals(service: Service, status: GoalStatusName | None = None) -> list[GoalLine]:
    """The last changed first, as the clock has left them."""
    expire(service)
    with service.database.read() as session:
        wanted = GoalStatus(status) if status is not None else None
        return [goal_line(session, goal) for goal in goals.every(session, status=wanted, limit=MOST_GOALS)]


def show(service: Service, goal_id: int) -> GoalView:
    """A goal whole: its card, what the sources brought, its scores, and what each version changed.

    Raises: NotFound.
    """
    with service.database.read() as session:
        goal = _goal(session, goal_id)
        return GoalView(
            line=goal_line(session, goal),
            card=card_of(goal),
            version=goal.version,
            items=_items(session, goal_id),
            scores=[ending.score_line(score) for score in goals.scores(session, goal_id)],
            history=_history(session, goal_id),
        )


def edit(service: Service, goal_id: int, change: GoalEdit) -> GoalView:
    """Change the card by hand, which asks no leave of earlier decisions; the version before stays.

    Raises: NotFound, BadRequest.
    """
    now = service.clock.now()
    _to_come(change.deadline, now)
    if change.statement is not None and not change.statement.strip():
        raise BadRequest("A goal cannot be empty.", "Say what is to be reached.")
    with service.database.write() as session:
        goal = _goal(session, goal_id)
        edited = card.edit(card_of(goal), change)
        goals.update_card(session, goal, edited.model_dump(mode="json"), now, why="edited")
        is_standing = goal.is_standing if change.is_standing is None else change.is_standing
        goals.change(session, goal, now, statement=edited.statement, deadline=edited.deadline, is_standing=is_standing)
    return show(service, goal_id)


def end(service: Service, goal_id: int, wish: GoalEnd) -> GoalView:
    """The user's word on a goal, which outranks judge and clock: achieved, abandoned, or open again.

    A goal that ends is judged as well where a model can; that score stands beside the user's.

    Raises: NotFound.
    """
    now = service.clock.now()
    if wish.outcome != "open":
        _judge_quietly(service, goal_id)
    with service.database.write() as session:
        goal = _goal(session, goal_id)
        goals.close(session, goal, GoalStatus(wish.outcome), now, by="user")
        if wish.outcome in OVERALL:
            said = [{"criterion": goal.statement, "is_met": wish.outcome == "achieved", "why": wish.note}]
            at = ending.free_instant(session, goal_id, now)
            goals.add_score(
                session,
                Score(goal_id=goal_id, at=at, judge="user", overall=OVERALL[wish.outcome], verdicts=said),
            )
    return show(service, goal_id)


def take_back(session: Session, service: Service, goal: Goal, last: Turn) -> list[str]:
    """Give the card the version before a turn, if nothing changed it since; what that changes, a line each.

    A goal that a judge closed after this turn is open again.
    """
    at = service.clock.now()
    if goal.closed_by == "judge" and goal.closed_at is not None and goal.closed_at >= last.asked_at:
        goals.close(session, goal, GoalStatus.OPEN, at, by="")
    own = [version for version in goals.versions(session, goal.id or 0) if version.turn_id == last.id]
    before = goals.version_before(session, goal.id or 0, last.id or 0)
    if before is None:
        return []
    if goal.card != own[-1].card:  # what later turns changed, and were taken back for, is as it was
        return ["The goal's card was changed since, and stays as it is."]
    now, was = card_of(goal), Card.model_validate(before.card)
    goals.update_card(session, goal, before.card, at, why=f"turn {last.number} taken back")
    goals.change(session, goal, at, statement=was.statement, deadline=was.deadline)
    return card.difference(now, was)


def score(service: Service, goal_id: int) -> ScoreLine:
    """Have a goal judged from its transcript and its criteria; by rules where no model can.

    Raises: NotFound; ModelFailed where the model cannot be had.
    """
    now = service.clock.now()
    with service.database.read() as session:
        goal = _goal(session, goal_id)
        held = playbook_of(session, service, goal_id)
        spoken = ending.transcript(session, goal)
    watch, judge = Watch(), judge_engine(service)
    engine = Watched(judge, watch) if judge is not None else None
    found = ending.judged(spoken, goal, engine, held, now.astimezone(service.settings.user.zone))
    with service.database.write() as session:
        goal = _goal(session, goal_id)
        goals.spend(session, goal, turns=0, tokens=watch.tokens)
        return ending.score_line(ending.keep_score(session, goal, found, now))


def expire(service: Service) -> int:
    """Close the goals whose deadline has passed; how many."""
    now = service.clock.now()
    with service.database.read() as session:
        is_any = any(not goal.is_standing for goal in goals.due(session, now))
    if not is_any:
        return 0
    with service.database.write() as session:
        return len(ending.expire(session, now))


def judge_engine(service: Service) -> Engine | None:
    """The engine that judges; `None` where there is none.

    Raises: ModelFailed.
    """
    engine = service.engine_for("chat", "judge")
    return engine if Capability.GENERATE in engine.capabilities else None


def load_playbook(service: Service, name: str) -> Playbook:
    """A playbook by name, the configured one without.

    Raises: NotFound, BadConfiguration.
    """
    return playbook.load(name or service.settings.chat.playbook, service.home.playbooks)


def playbook_of(session: Session, service: Service, goal_id: int) -> Playbook:
    """The one it was begun with, else that of its last conversation, else the configured one; the open one where it is
    there no more."""
    goal = goals.get(session, goal_id)
    last = conversations.recent(session, 1, goal_id=goal_id)
    name = (card_of(goal).playbook if goal is not None else "") or (last[0].playbook if last else "")
    try:
        return load_playbook(service, name)
    except NotFound:
        return load_playbook(service, "open")


def _judge_quietly(service: Service, goal_id: int) -> None:
    """Judge a goal that is about to end; without a judge it ends all the same."""
    with service.database.read() as session:
        _goal(session, goal_id)
        if not conversations.recent(session, 1, goal_id=goal_id):
            return
    try:
        if judge_engine(service) is not None:
            score(service, goal_id)
    except Unavailable:
        return


def _to_come(deadline: datetime | None, now: datetime) -> None:
    if deadline is not None and deadline <= now:
        raise BadRequest(f"The deadline {deadline:%Y-%m-%d %H:%M} has passed.", "Name one that is to come.")


def _goal(session: Session, goal_id: int) -> Goal:
    goal = goals.get(session, goal_id)
    if goal is None:
        raise NotFound(f"There is no goal {goal_id}.", "`telos goals` lists those there are.")
    return goal


def _items(session: Session, goal_id: int) -> list[GoalItemLine]:
    matched = {one.item_id: one for one in goals.items_of(session, goal_id)}
    texts = items.current_versions(session, list(matched))
    rows = [item for item in items.by_ids(session, list(matched)) if item.hidden_at is None]
    lines = [
        GoalItemLine(
            item_id=item.id or 0,
            title=texts[item.id or 0].title,
            url=item.url,
            at=matched[item.id or 0].at,
            reason=matched[item.id or 0].reason,
        )
        for item in rows
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _history(session: Session, goal_id: int) -> list[GoalVersionLine]:
    """The versions that changed something a reader sees; a question noted as asked is none."""
    lines: list[GoalVersionLine] = []
    held: Card | None = None
    for version in goals.versions(session, goal_id):
        now = Card.model_validate(version.card)
        changes = card.difference(held, now) if held is not None else []
        if changes or held is None:
            lines.append(GoalVersionLine(number=version.number, at=version.at, why=version.why, changes=changes))
        held = now
    return lines
