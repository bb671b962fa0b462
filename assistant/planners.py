"""The verbs on planners: how steering stands, on and off, promote, roll back, why a turn went as it did, the picture.

Which planner serves is a row, so each of them takes effect with the next reply. `trainings` makes planners; this here
trains nothing. The API calls these, and nobody else.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from assistant.answers import steering as answers
from assistant.conversations import conversation_of, playbook_of, turn_of
from assistant.engine.contract import Floats, Request, Sampling, Steer, complete
from assistant.errors import Conflict, NotFound, TelosError, Unavailable
from assistant.failpoints import failpoint
from assistant.service import Service
from assistant.sessions import retold
from assistant.sessions.context import Bounds
from assistant.steering import serving
from assistant.steering.experience import settling
from assistant.steering.helm import fingerprint_of, why_unsteered
from assistant.workers.model_pipe import Appraisal
from memory.embed import unpack_one
from memory.models import Conversation, Transition, Turn
from memory.store import transitions

MEGABYTE = 1_000_000
MOST_POINTS = 5000


@runtime_checkable
class Appraising(Protocol):
    """An engine that can be asked what a planner thinks."""

    def appraise(self, planner: Path, states: Floats, actions: Floats | None = None) -> Appraisal: ...


def status(service: Service) -> answers.SteeringStatus:
    """How steering stands. It may load the model, to know which one it is."""
    with service.database.read() as session:
        held = serving.read(session)
    engine = service.engines.of("chat")
    try:
        fingerprint = fingerprint_of(engine)
        why = "" if fingerprint else why_unsteered(engine)
    except TelosError as err:
        fingerprint, why = "", f"Nothing is steered: {err.sentence}"
    is_on = service.settings.steering.on and held.is_on
    line = counted(service, fingerprint) if fingerprint else answers.MaterialLine()
    number = held.numbers.get(fingerprint)
    return answers.SteeringStatus(
        is_on=is_on,
        can=bool(fingerprint),
        sentence=why or _sentence(service, held, number, line),
        model=engine.name,
        serving=number if is_on else None,
        planners=[_line(service, one, number, fingerprint) for one in service.shelf.numbers()],
        material=line,
        training=_training(service),
    )


def switch(service: Service, *, is_on: bool) -> answers.Changed:
    """Steer, or do not, from the next reply on. Turns are kept for learning either way.

    Raises: Conflict where the configuration says otherwise.
    """
    if is_on and not service.settings.steering.on:
        raise Conflict("Steering is off in config.toml.", "Set `on = true` under [steering] there.")
    with service.database.write() as session:
        held = serving.switch(session, is_on=is_on)
    if not is_on:
        return answers.Changed(sentence="Steering is off from the next reply on. `telos steer on` has it back.")
    more = "" if held.numbers else " No planner serves yet: `telos steer train` makes one."
    return answers.Changed(sentence=f"Steering is on.{more}")


def promote(service: Service, number: int, *, anyway: bool = False) -> answers.Changed:
    """Let a planner serve, from the next reply on.

    Raises: NotFound; Conflict where the gate did not let it pass, unless `anyway`.
    """
    service.shelf.require_whole(number)
    report = service.shelf.report(number)
    if not (fingerprint := report.get("fingerprint")):
        raise Conflict(f"Planner {number} has no report that says which model it steers.", "Train another one.")
    if not report.get("passed") and not anyway:
        raise Conflict(_unfit(number, report), "Evaluate or train another one; --anyway lets it serve all the same.")
    with service.database.write() as session:
        held = serving.promote(session, str(fingerprint), number)
    failpoint("train.after_promoted")
    service.shelf.write_report(number, {**report, "has_served": True})
    more = "" if held.is_on else " Steering is off, though: `telos steer on`."
    return answers.Changed(sentence=f"Planner {number} serves from the next reply on.{more}", serving=number)


def rollback(service: Service) -> answers.Changed:
    """Go back to the planner that served before, or to no steering before the first.

    Raises: Conflict where none serves.
    """
    fingerprint = require_model(service)
    with service.database.write() as session:
        held = serving.rollback(session, fingerprint)
    if held is None:
        raise Conflict("No planner serves this model.", "`telos steer status` shows those there are.")
    number = held.numbers.get(fingerprint)
    said = (
        "No planner serves any more: replies are as the model gives them."
        if number is None
        else f"Planner {number} serves again."
    )
    return answers.Changed(sentence=said, serving=number)


def require_model(service: Service) -> str:
    """The fingerprint of the model that can be steered.

    Raises: Unavailable where there is none, ModelFailed where it cannot be had.
    """
    engine = service.engines.of("chat")
    fingerprint = fingerprint_of(engine)
    if not fingerprint:
        raise Unavailable(f"The engine {engine.name} cannot be steered.", why_unsteered(engine))
    return fingerprint


def counted(service: Service, fingerprint: str) -> answers.MaterialLine:
    """What there is to learn from, with the rewards that are known by now."""
    settling.settle_all(service.database, service.clock.now())
    wanted = service.settings.steering
    with service.database.read() as session:
        held = transitions.held(session, fingerprint)
        counts = transitions.leading_to_a_reward(session, fingerprint)
    return answers.MaterialLine(
        transitions=held.transitions,
        steered=held.steered,
        explored=held.explored,
        simulated=held.simulated,
        rewarded=held.rewarded,
        episodes=held.episodes,
        counts=counts,
        least=wanted.least_transitions,
        missing=max(0, wanted.least_transitions - counts),
        newest_at=held.newest_at,
    )


def explain(
    service: Service, conversation_id: int | None, number: int | None = None, *, replies: bool = False
) -> answers.Why:
    """How a turn was steered, the last one without a number, and what the planner makes of it; with `replies`, both ways.

    Raises: NotFound where the turn has nothing kept; Unavailable and ModelFailed as the model has it.
    """
    fingerprint = require_model(service)
    with service.database.write() as session:
        conversation = conversation_of(session, conversation_id)
        turn = turn_of(session, conversation, number)
        settling.settle(session, conversation, service.clock.now())
        row = transitions.of_turn(session, turn.id or 0)
        serves = serving.read(session).numbers.get(fingerprint)
    if row is None:
        raise NotFound(
            f"Of turn {turn.number} nothing was kept for steering.",
            "It was not written by a model on this machine, was stopped, or the conversation is sensitive.",
        )
    told = answers.Why(
        conversation=conversation.id or 0,
        number=turn.number,
        sentence="",
        was_steered=row.action is not None,
        planner=row.planner if row.planner is not None else serves,
        place=row.place,
        noise=row.noise,
        angle=row.angle,
        value=row.value,
        value_cloned=row.value_cloned,
        action=[] if row.action is None else unpack_one(row.action).tolist(),
        reward=row.reward,
        reward_from=row.reward_from,
    )
    _appraise(service, told, row, fingerprint)
    told.sentence = _told(told)
    if replies:
        _both_ways(service, told, conversation, turn)
    return told


def picture(service: Service) -> answers.Picture:
    """Where the actions of all sessions lie, by their first two principal components; those of one up-mapping only.

    Raises: Unavailable where the model cannot be steered.
    """
    fingerprint = require_model(service)
    settling.settle_all(service.database, service.clock.now())
    with service.database.read() as session:
        rows = transitions.acted(session, fingerprint, MOST_POINTS)
    lineage = next((lineage_of(service, row.planner) for row in rows if row.planner is not None), "")
    rows = [row for row in rows if row.planner is not None and lineage_of(service, row.planner) == lineage]
    if not rows:
        return answers.Picture(points=[])
    return _projected(rows)


def lineage_of(service: Service, number: int) -> str:
    """Which up-mapping the actions of a planner go through."""
    return str(service.shelf.report(number).get("lineage", ""))


def means_of(service: Service) -> retold.Means:
    """What prompts of past turns are built with. Raises: ModelFailed."""
    engine = service.engines.of("chat")
    return retold.Means(
        engine=engine,
        bounds=Bounds.of(engine.context_tokens, service.settings.chat),
        zone=service.settings.user.zone,
        playbook_of=lambda row: playbook_of(service, row),
    )


def _appraise(service: Service, told: answers.Why, row: Transition, fingerprint: str) -> None:
    """What the planner thinks of the turn's action, or of what it would have done."""
    engine = service.engines.of("chat")
    if told.planner is None or row.fingerprint != fingerprint or not isinstance(engine, Appraising):
        return
    path = service.shelf.path(told.planner)
    if not path.exists():
        return
    states = unpack_one(row.state)[None]
    actions = None if row.action is None else unpack_one(row.action)[None]
    found = engine.appraise(path, states, actions)
    told.value, told.angle = float(found.values[0]), float(found.angles[0])
    told.value_cloned, told.value_chosen = float(found.values_cloned[0]), float(found.values_chosen[0])
    told.action = told.action or found.chosen[0].tolist()


def _both_ways(service: Service, told: answers.Why, conversation: Conversation, turn: Turn) -> None:
    """The replies to the turn's prompt, built anew, with its action and without."""
    means = means_of(service)
    engine = service.engine_for("chat", "explain", turn_id=turn.id)
    with service.database.read() as session:
        messages = retold.prompt(session, conversation, turn, means)
    asked = Request(messages=messages, max_tokens=means.bounds.reply_tokens, sampling=Sampling(temperature=0.0))
    told.unsteered = complete(engine, asked).text
    if told.planner is None:
        return
    steer = Steer(planner=service.shelf.require(told.planner), action=np.array(told.action, dtype=np.float32))
    told.steered = complete(engine, replace(asked, steer=steer)).text


def _projected(rows: list[Transition]) -> answers.Picture:
    """Principal components by a singular value decomposition of the centred actions."""
    actions = np.stack([unpack_one(row.action or b"") for row in rows])
    centred = actions - actions.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    variance = sizes**2 / max(float((sizes**2).sum()), 1e-12)
    plane = np.zeros((len(rows), 2))
    plane[:, : min(2, len(sizes))] = (left * sizes)[:, :2]
    points = [
        answers.Point(
            x=float(at[0]),
            y=float(at[1]),
            conversation=row.conversation_id,
            planner=row.planner,
            reward=row.reward,
            at=row.at,
        )
        for row, at in zip(rows, plane, strict=True)
    ]
    shares = [*variance[:2].tolist(), 0.0, 0.0]
    return answers.Picture(points=points, shares=(shares[0], shares[1]), dimension=actions.shape[1])


def _told(told: answers.Why) -> str:
    if not told.was_steered:
        return "Nobody steered it." if told.planner is None else f"Nobody steered it; planner {told.planner} is asked."
    explored = f", with noise of {told.noise:g} to learn from" if told.noise else ""
    away = "" if told.angle is None else f", {told.angle:.2f} radians from what the model does by itself"
    return f"Planner {told.planner} steered it{explored}{away}."


def _sentence(service: Service, held: serving.Serving, number: int | None, line: answers.MaterialLine) -> str:
    if not service.settings.steering.on:
        return "Steering is off in config.toml: nothing is steered, kept or trained."
    missing = (
        f"{line.missing} more turns that lead to a reward are needed to train one."
        if line.missing
        else (
            f"There is enough to train one: `telos steer train`, or at {service.settings.steering.train_at:%H:%M} by itself."
        )
    )
    if number is None:
        return f"No planner serves this model. {missing}"
    if not held.is_on:
        return f"Steering is off; planner {number} would serve. `telos steer on` has it back."
    return f"Planner {number} steers."


def _training(service: Service) -> str:
    if service.training.locked():
        return "A training run is under way."
    if any((service.home.steering / "training").glob("*.checkpoint")):
        return "A training run was interrupted, and goes on with the next one."
    return ""


def _line(service: Service, number: int, serves: int | None, fingerprint: str) -> answers.PlannerLine:
    report = service.shelf.report(number)
    return answers.PlannerLine(
        number=number,
        serves=number == serves,
        fits=report.get("fingerprint") == fingerprint,
        trained_at=report.get("trained_at"),
        model=report.get("model", ""),
        transitions=report.get("transitions", 0),
        passed=report.get("passed"),
        why=next(iter(report.get("reasons", [])), ""),
        size_mb=round(service.shelf.path(number).stat().st_size / MEGABYTE, 1),
    )


def _unfit(number: int, report: dict[str, Any]) -> str:
    if report.get("passed") is None:
        return f"Planner {number} was not evaluated: `telos steer evaluate` holds it against the gate."
    return f"Planner {number} did not pass the gate. {' '.join(report.get('reasons', [])[:2])}"


def readable(figures: Any) -> Any:
    """Figures as JSON takes them: what is no number is `None`."""
    if isinstance(figures, dict):
        return {name: readable(one) for name, one in figures.items()}
    if isinstance(figures, list | tuple):
        return [readable(one) for one in figures]
    return None if isinstance(figures, float) and not math.isfinite(figures) else figures
