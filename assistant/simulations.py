"""Simulated sessions in idle hours, where `simulate` allows them: goals like the user's, played by the model on both sides.

What comes of one is kept as transitions that are marked, and count a quarter. Goals of sensitive conversations are left
out. It ends where anybody is answered, and where the day's tokens are spent. `trainings` calls it before it trains.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from sqlmodel import Session

from assistant import goals as goal_verbs
from assistant.errors import TelosError
from assistant.progress import Progress
from assistant.service import Service
from assistant.sessions import simulated
from assistant.sessions.context import Bounds
from assistant.sessions.simulated import Played, Scene
from assistant.sessions.views import card_of
from assistant.steering.experience.recording import note
from assistant.steering.helm import Helm
from memory.embed import pack_one
from memory.models import Goal, Transition
from memory.store import conversations, goals, transitions

WEIGHT = 0.25
MOST_A_NIGHT = 20
MOST_GOALS = 50

log = logging.getLogger(__name__)


def simulate(service: Service, progress: Progress, minutes: float) -> int:
    """Play sessions for so long at most; how many were kept.

    Raises: ModelFailed where the model cannot be had.
    """
    helm = service.helm(is_sensitive=False)
    helm = replace(helm, noise=service.settings.steering.noise if helm.planner is not None else 0.0)
    wanted = _goals(service)
    if not wanted or not helm.fingerprint:
        return 0
    deadline = time.monotonic() + minutes * 60
    kept = 0
    for number in range(MOST_A_NIGHT):
        progress(number, MOST_A_NIGHT, "sessions simulated")
        if time.monotonic() > deadline or service.floor.is_taken:
            break
        try:
            kept += _played(service, helm, wanted[number % len(wanted)], number, deadline)
        except (
            TelosError
        ) as err:  # the day's tokens are spent, or the model went away: it is no conversation of anybody's
            log.info("No more sessions are simulated: %s", err.sentence)
            break
    return kept


def _played(service: Service, helm: Helm, goal: Goal, number: int, deadline: float) -> bool:
    """Play one; whether it was kept. One that is broken off is not."""
    engine = service.engine_for("chat", "simulation")
    now = service.clock.now()
    with service.database.read() as session:
        held = goal_verbs.playbook_of(session, service, goal.id or 0)
    scene = Scene(
        engine=engine,
        helm=helm,
        bounds=Bounds.of(engine.context_tokens, service.settings.chat),
        playbook=held,
        statement=goal.statement,
        criteria=tuple(one.text for one in card_of(goal).criteria),
        now=now.astimezone(service.settings.user.zone),
        seed=int(now.timestamp()) % 100_000 * MOST_A_NIGHT + number,
    )
    last: Played | None = None
    for last in simulated.play(scene):  # noqa: B007 - what it is at the end is what counts
        if service.floor.is_taken or time.monotonic() > deadline or service.stopping.is_set():
            return False
    if last is None or last.outcome is None or last.outcome.value is None:
        return False
    with service.database.write() as session:
        return _keep(session, service, scene, goal, last)


def _keep(session: Session, service: Service, scene: Scene, goal: Goal, played: Played) -> bool:
    if goals.get(session, goal.id or 0) is None:  # erased meanwhile
        return False
    at, outcome = service.clock.now(), played.outcome
    for number, step in enumerate(played.steps, 1):
        row = Transition(
            goal_id=goal.id,
            episode=f"simulated-{goal.id}-{at:%Y%m%d%H%M%S}-{scene.seed}",
            step=number,
            at=at,
            fingerprint=scene.helm.fingerprint,
            model=scene.engine.name,
            state=pack_one(step.state),
            is_simulated=True,
            weight=WEIGHT,
        )
        note(row, scene.helm, step.steered)
        if number == len(played.steps) and outcome is not None:
            transitions.reward(session, row, outcome.value, outcome.sources)
        transitions.keep(session, row)
    return True


def _goals(service: Service) -> list[Goal]:
    """Those that the user may see played: not of sensitive conversations, the last changed first."""
    with service.database.read() as session:
        hidden = conversations.sensitive_goals(session)
        return [goal for goal in goals.every(session, limit=MOST_GOALS) if goal.id not in hidden]
