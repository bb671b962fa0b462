"""The verbs that make planners: collect, clone, train, evaluate, and all of them by night.

The work is done by the training process; here is what it works on, how long it may, and what is kept. While anybody is
being answered it rests and its process is gone; then it goes on from its last checkpoint. The API and the jobs call this.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

from assistant import planners
from assistant.answers import steering as answers
from assistant.config.schema import SteeringSettings
from assistant.engine.choice import Retiring, chosen
from assistant.engine.contract import Message, ModelFailed
from assistant.errors import BadRequest, NotFound, Unavailable
from assistant.generation.files import locate_model
from assistant.progress import Progress
from assistant.service import Service
from assistant.sessions import retold
from assistant.steering import material, serving
from assistant.steering.replay import Turn
from assistant.steering.settings import PUBLISHED, SMALL, TrainingSettings
from assistant.workers.model_pipe import ModelOrder
from assistant.workers.training import TrainingWorker
from assistant.workers.training_pipe import Collected, Judged, Made, Paused, Progressed, TrainingOrder
from memory.store import transitions

MOST_PROMPTS = 2000
"""So many past prompts are cloned from, the latest."""
GATE_PROMPTS = 64
SMALL_HIDDEN = 256
"""Planners whose layers are no wider learn at TD3+BC's own rates, wider ones at the published ones of steering."""
QUIET_S = 5.0
"""So long nobody must have been answered before training goes on."""
LOOK_S = 0.5

GRACE_S = 3.0

Found = TypeVar("Found")
Prompts = list[tuple[Message, ...]]
Ask = Callable[[TrainingWorker, float], Generator[Any, None, None]]


class Interrupted(Unavailable):
    """The time was used up before the stage was done. What was done is kept."""

    def __init__(self, at: Paused | None) -> None:
        where = (
            "you talked all the time" if at is None else f"the stage {at.stage} is at {at.done} of {at.total or '?'}"
        )
        super().__init__(f"The minutes for training are used up: {where}.", "It goes on from there next time.")


def collect(service: Service, progress: Progress) -> answers.Report:
    """Give late rewards to their turns, and have the model answer past prompts by itself, for cloning.

    Raises: Unavailable, ModelFailed; BadRequest where there is no conversation yet.
    """
    fingerprint = planners.require_model(service)
    line = planners.counted(service, fingerprint)
    done = _worked(service, progress, lambda worker, left: worker.collect(_prompts(service), minutes=left), Collected)
    missing = f"; {line.missing} more are needed" if line.missing else ""
    return answers.Report(
        sentence=f"{line.counts} of {line.transitions} turns lead to a reward{missing}. The model answered {done.replies} "
        f"past prompts by itself, in {done.tokens:,} tokens.",
        figures=line.model_dump(mode="json") | {"replies": done.replies, "tokens": done.tokens},
    )


def clone(service: Service, progress: Progress) -> answers.Report:
    """A planner that leaves the model as it is, for training to begin with; it takes the place of the one before.

    Raises: as `collect`.
    """
    fingerprint = planners.require_model(service)
    made = _worked(service, progress, lambda worker, left: worker.clone(_prompts(service), minutes=left), Made)
    _keep_cloned(service, made, fingerprint)
    return answers.Report(
        sentence="The model was cloned: training begins with what it does by itself.", figures=made.facts
    )


def train(service: Service, progress: Progress) -> answers.Report:
    """A planner that learnt from the turns so far, under the next number; it does not serve yet.

    Raises: BadRequest, saying how much is missing; Unavailable, ModelFailed.
    """
    fingerprint = planners.require_model(service)
    line = planners.counted(service, fingerprint)
    if line.missing:
        raise BadRequest(
            f"{line.counts} turns lead to a reward, and {line.least} are needed: {line.missing} are missing.",
            "Talk with a goal, end goals with /done or /fail, or lower least_transitions under [steering].",
        )
    if not _is_cloned(service, fingerprint):
        clone(service, progress)
    turns = _turns(service, fingerprint)
    made = _worked(service, progress, lambda worker, left: worker.train(turns, _cloned(service), minutes=left), Made)
    number = service.shelf.take(
        made.planner,
        {
            "fingerprint": fingerprint,
            "model": service.engines.of("chat").name,
            "trained_at": service.clock.now().isoformat(),
            "lineage": made.lineage,
            "place": service.settings.steering.place,
            "transitions": len(turns),
            "counted": line.counts,
            "trained": made.facts,
            "passed": None,
        },
    )
    _tidy(service)
    return answers.Report(
        sentence=f"Planner {number} learnt from {len(turns)} turns. `telos steer evaluate` holds it against the gate.",
        number=number,
        figures=made.facts,
    )


def evaluate(service: Service, progress: Progress, number: int | None = None) -> answers.Report:
    """Hold a planner against the gate, the newest one without a number; the report is kept beside it.

    Raises: NotFound, Conflict for a planner of another model, Unavailable, ModelFailed.
    """
    fingerprint = planners.require_model(service)
    number = newest(service) if number is None else number
    candidate = service.shelf.require(number)
    with service.database.read() as session:
        serves = serving.read(session).numbers.get(fingerprint)
    incumbent = None if serves is None or serves == number else service.shelf.path(serves)
    turns = _turns(service, fingerprint)
    prompts = _prompts(service)[:GATE_PROMPTS]
    judged = _worked(
        service,
        progress,
        lambda worker, left: worker.evaluate(candidate, incumbent, turns, prompts, minutes=left),
        Judged,
    )
    report = service.shelf.report(number)
    report |= {
        "passed": judged.is_passed,
        "reasons": list(judged.reasons),
        "gate": planners.readable(judged.report),
        "incumbent": serves,
        "evaluated_at": service.clock.now().isoformat(),
    }
    service.shelf.write_report(number, report)
    verdict = "passed the gate; `telos steer promote` lets it serve" if judged.is_passed else "did not pass the gate"
    return answers.Report(
        sentence=f"Planner {number} {verdict}.",
        number=number,
        passed=judged.is_passed,
        reasons=list(judged.reasons),
        figures=planners.readable(judged.report),
    )


def by_night(service: Service, progress: Progress) -> str:
    """Train, evaluate, and promote what the gate lets pass; a sentence on what came of it. Too little is no failure.

    Raises: ModelFailed.
    """
    prune(service)
    try:
        return _night(service, progress)
    except Interrupted as err:
        return str(err)


def _night(service: Service, progress: Progress) -> str:
    fingerprint = planners.require_model(service)
    line = planners.counted(service, fingerprint)
    if line.missing:
        return f"{line.counts} turns lead to a reward, and {line.least} are needed before a planner is trained."
    if not _is_news(service, fingerprint, line):
        return "Nothing new to learn from since the last planner."
    made = train(service, progress)
    judged = evaluate(service, progress, made.number)
    if not judged.passed or made.number is None:
        return f"{judged.sentence} {' '.join(judged.reasons[:1])}".strip()
    return f"{judged.sentence} {planners.promote(service, made.number).sentence}"


def is_wanted(service: Service) -> bool:
    """Whether there is a model that could be steered, and it is to be. Nothing is loaded for it."""
    return service.settings.steering.on and chosen(service.settings.model, "chat").engine == "local"


def next_night(service: Service, after: datetime) -> datetime:
    """The first hour of training after an instant, by the user's clock."""
    at = service.settings.steering.train_at
    local = after.astimezone(service.settings.user.zone)
    tonight = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0, fold=0)
    if tonight <= local:
        tonight += timedelta(days=1)
    return tonight.astimezone(UTC)


def prune(service: Service) -> int:
    """Delete transitions older than `keep_days`, and planners that nobody will go back to; how many transitions."""
    days = service.settings.steering.keep_days
    _tidy(service)
    if not days:
        return 0
    with service.database.write() as session:
        return transitions.prune(session, service.clock.now() - timedelta(days=days))


def newest(service: Service) -> int:
    """The planner that was trained last. Raises: NotFound."""
    numbers = service.shelf.numbers()
    if not numbers:
        raise NotFound("There is no planner yet.", "`telos steer train` makes one.")
    return numbers[-1]


# What the process works on


def _prompts(service: Service) -> Prompts:
    """Those of past turns, built anew. Raises: BadRequest where there is none; ModelFailed."""
    means = planners.means_of(service)
    with service.database.read() as session:
        found = list(islice(retold.prompts(session, means), MOST_PROMPTS))
    if not found:
        raise BadRequest("There is no conversation yet.", "Talk with the model first: `telos chat`.")
    return found


def _turns(service: Service, fingerprint: str) -> list[Turn]:
    most = material.most_of(service.settings.steering.memory_mb)
    with service.database.read() as session:
        return material.turns(session, fingerprint, lambda number: planners.lineage_of(service, number), most)


def _order(service: Service) -> TrainingOrder:
    """Raises: ModelFailed where the model's files are not here."""
    wanted, model = service.settings.steering, service.settings.model
    choice = chosen(model, "chat")
    folder = locate_model(choice.name, choice.revision, may_fetch=False)
    return TrainingOrder(
        model=ModelOrder(folder, service.engines.of("chat").name, model),
        folder=service.home.steering / "training",
        settings=_settings(wanted),
        place=wanted.place,
        dimension=wanted.dimension,
        rows=wanted.rows,
        hidden=wanted.hidden,
        radius=wanted.radius,
        memory_mb=wanted.memory_mb,
    )


def _settings(wanted: SteeringSettings) -> TrainingSettings:
    preset = SMALL if wanted.hidden <= SMALL_HIDDEN else PUBLISHED
    least = wanted.least_transitions
    return replace(
        preset,
        steps=wanted.steps,
        least_transitions=least,
        least_episodes=max(2, min(preset.least_episodes, least // 4)),
        least_held_out=max(1, min(preset.least_held_out, least // 16)),
    )


# The planner that training begins with


def _cloned(service: Service) -> Path:
    return service.home.steering / "cloned.safetensors"


def _keep_cloned(service: Service, made: Made, fingerprint: str) -> None:
    """Move it out of the training's folder. Its note goes first, so that a crash between leaves one that is made anew."""
    note = _cloned(service).with_suffix(".json")
    note.unlink(missing_ok=True)
    made.planner.rename(_cloned(service))
    note.write_text(json.dumps(_made_for(service, fingerprint)), encoding="utf-8")


def _is_cloned(service: Service, fingerprint: str) -> bool:
    """Whether there is one, for this model and as configured."""
    try:
        note = json.loads(_cloned(service).with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return _cloned(service).exists() and note == _made_for(service, fingerprint)


def _made_for(service: Service, fingerprint: str) -> dict[str, Any]:
    shape = service.settings.steering.model_dump(include={"place", "dimension", "rows", "radius", "hidden"})
    return {"fingerprint": fingerprint, **shape}


def _is_news(service: Service, fingerprint: str, line: answers.MaterialLine) -> bool:
    """Whether turns came since the last planner of this model was trained, or it is not judged yet."""
    reports = [service.shelf.report(number) for number in service.shelf.numbers()]
    own = [report for report in reports if report.get("fingerprint") == fingerprint]
    return not own or own[-1].get("passed") is None or own[-1].get("counted") != line.counts


def _tidy(service: Service) -> None:
    with service.database.read() as session:
        held = serving.read(session)
    serves = {*held.numbers.values(), *(number for before in held.before.values() for number in before[-1:])}
    service.shelf.prune(serves)


# How the training process is worked with


def _worked(service: Service, progress: Progress, ask: Ask, wanted: type[Found]) -> Found:
    """What a stage comes to. It rests while anybody is being answered, and takes no longer than configured.

    Raises: Interrupted, when the time is used up; ModelFailed.
    """
    order = _order(service)
    deadline = time.monotonic() + service.settings.steering.minutes * 60
    report = service.heeding(progress)
    while True:
        _wait_for_quiet(service, report, deadline)
        _make_room(service)
        worker, over = TrainingWorker(order), Event()
        gives_way = Thread(target=_give_way, args=(service, worker, over), name="training gives way", daemon=True)
        gives_way.start()
        try:
            left = max((deadline - time.monotonic()) / 60, 0.0)
            found = _heard(service, ask(worker, left), report, wanted)
        except ModelFailed:
            if not service.floor.is_taken:
                raise
            found = None
        finally:
            over.set()
            worker.close()
        if found is not None:
            return found


def _heard(service: Service, events: Generator[Any, None, None], report: Progress, wanted: type[Found]) -> Found | None:
    """The last of the events; nothing where somebody began to talk, and the work was put off."""
    with closing(events):
        for event in events:
            if isinstance(event, wanted):
                return event
            if isinstance(event, Paused):
                raise Interrupted(event)
            if isinstance(event, Progressed):
                report(event.done, event.total, event.what)
            if service.floor.is_taken:
                return None
    raise ModelFailed("The training process ended before it said what came of it.", "It goes on next time.")


def _give_way(service: Service, worker: TrainingWorker, over: Event) -> None:
    """End the process where it does not stop by itself soon after somebody begins to talk; its last checkpoint is kept."""
    while not over.wait(LOOK_S):
        if service.floor.is_taken:
            if not over.wait(GRACE_S):
                worker.close()
            return


def _wait_for_quiet(service: Service, report: Progress, deadline: float) -> None:
    """Until nobody was answered for a while. Raises: Interrupted."""
    while service.floor.is_taken or service.floor.quiet_s < QUIET_S:
        report(0, None, "waiting while you talk")
        if time.monotonic() > deadline:
            raise Interrupted(None)
        time.sleep(LOOK_S)


def _make_room(service: Service) -> None:
    """Have the process that talks give its memory back: it comes back with the next message."""
    engine = service.engines.of("chat")
    if isinstance(engine, Retiring) and not service.floor.is_taken:
        engine.retire()
