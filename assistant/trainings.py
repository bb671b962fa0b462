"""The verbs that make planners: collect, clone, train, evaluate, and all of them by night.

The work is done by the training process; here is what it works on, how long it may, and what is kept. While anybody is
being answered it rests and its process is gone; then it goes on from its last checkpoint. The API and the jobs call this.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from assistant import planners, simulations
from assistant.answers import steering as answers
from assistant.config.schema import SteeringSettings
from assistant.engine.choice import chosen
from assistant.engine.contract import Message
from assistant.errors import BadRequest, Conflict, NotFound
from assistant.failpoints import failpoint
from assistant.generation.files import locate_model
from assistant.progress import Progress
from assistant.quiet_hours import Hours, Interrupted
from assistant.service import Service
from assistant.sessions import retold
from assistant.steering import serving
from assistant.steering.experience import material
from assistant.steering.far import beginning, measuring
from assistant.steering.far.measuring import Far
from assistant.steering.settings import PUBLISHED, SMALL, TrainingSettings
from assistant.steering.training.replay import Turn
from assistant.workers.model_pipe import ModelOrder
from assistant.workers.rows_pipe import Beginning
from assistant.workers.training_pipe import CLONED, Collected, Judged, Made, Measured, TrainingOrder
from memory.store import transitions

MOST_PROMPTS = 2000
"""So many past prompts are cloned from, the latest."""
GATE_PROMPTS = 64
SMALL_HIDDEN = 256
"""Planners whose layers are no wider learn at TD3+BC's own rates, wider ones at the published ones of steering."""

LEAST_JUDGE_STEPS = 100
"""The gate's judges learn for a tenth of the planner's steps, but no less."""
SIMULATED = 0.25
"""Of a night's minutes, where sessions are simulated."""

Prompts = list[tuple[Message, ...]]


def collect(service: Service, progress: Progress) -> answers.Report:
    """Give late rewards to their turns, and have the model answer past prompts by itself, for cloning.

    Raises: Unavailable, ModelFailed; BadRequest where there is no conversation yet.
    """
    fingerprint = planners.require_model(service)
    line = planners.counted(service, fingerprint)
    missing = f"; {line.missing} more are needed" if line.missing else ""
    counted = f"{line.counts} of {line.transitions} turns lead to a reward{missing}."
    if isinstance(service.engines.of("chat"), Far):
        sentence = f"{counted} Of a model behind a server no replies are kept for cloning."
        return answers.Report(sentence=sentence, figures=line.model_dump(mode="json"))
    prompts = _prompts(service)
    done = Hours(service, progress).worked(
        _order(service), lambda worker, left: worker.collect(prompts, minutes=left), Collected
    )
    return answers.Report(
        sentence=f"{counted} The model answered {done.replies} past prompts by itself, in {done.tokens:,} tokens.",
        figures=line.model_dump(mode="json") | {"replies": done.replies, "tokens": done.tokens},
    )


def clone(service: Service, progress: Progress, hours: Hours | None = None) -> answers.Report:
    """A planner that leaves the model as it is, for training to begin with; it takes the place of the one before.

    From behind a server no gradient comes back: there it is the one of several that changes the replies least.
    Raises: as `collect`.
    """
    fingerprint = planners.require_model(service)
    hours = hours or Hours(service, progress)
    if isinstance(far := service.engines.of("chat"), Far):
        made = _begun(service, far, hours, progress)
        _keep_cloned(service, made, fingerprint)
        return answers.Report(
            sentence="A planner begins with the one action of several behind which the server's model says most nearly "
            f"what it says by itself (likeness {made.facts['likeness']:.2f}).",
            figures=made.facts,
        )
    prompts = _prompts(service)
    made = hours.worked(_order(service), lambda worker, left: worker.clone(prompts, minutes=left), Made)
    _keep_cloned(service, made, fingerprint)
    return answers.Report(
        sentence="The model was cloned: training begins with what it does by itself.", figures=made.facts
    )


def train(service: Service, progress: Progress, hours: Hours | None = None) -> answers.Report:
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
    hours = hours or Hours(service, progress)
    if not _is_cloned(service, fingerprint):
        clone(service, progress, hours)
    turns = _turns(service, fingerprint)
    made = hours.worked(
        _order(service),
        lambda worker, left: worker.train(turns, _cloned(service), minutes=left),
        Made,
    )
    failpoint("train.after_made")
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


def evaluate(
    service: Service, progress: Progress, number: int | None = None, hours: Hours | None = None
) -> answers.Report:
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
    hours = hours or Hours(service, progress)
    shown = _shown(service, candidate, prompts, hours, progress)
    judged = hours.worked(
        _order(service),
        lambda worker, left: worker.evaluate(candidate, incumbent, turns, shown, minutes=left),
        Judged,
    )
    report = service.shelf.report(number)
    report |= {
        "passed": judged.is_passed,
        "has_served": bool(report.get("has_served", False)),
        "reasons": list(judged.reasons),
        "gate": planners.readable(judged.report),
        "incumbent": serves,
        "evaluated_at": service.clock.now().isoformat(),
    }
    service.shelf.write_report(number, report)
    failpoint("train.after_judged")
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
    except (Interrupted, BadRequest, Conflict) as err:
        return str(err)


def _night(service: Service, progress: Progress) -> str:
    fingerprint, hours = planners.require_model(service), Hours(service, progress)
    wanted = service.settings.steering
    if wanted.simulate:
        simulations.simulate(service, service.heeding(progress), wanted.minutes * SIMULATED)
    line = planners.counted(service, fingerprint)
    if line.missing:
        return f"{line.counts} turns lead to a reward, and {line.least} are needed before a planner is trained."
    last = _last(service, fingerprint)
    report = {} if last is None else service.shelf.report(last)
    if last is not None and report.get("passed") and report.get("has_served") is False:  # killed before it could serve
        return planners.promote(service, last).sentence
    if report.get("counted") == line.counts and report.get("passed") is not None:
        return "Nothing new to learn from since the last planner."
    is_waiting = report.get("counted") == line.counts  # trained, but the night was too short for the gate
    number = last if is_waiting else train(service, progress, hours).number
    judged = evaluate(service, progress, number, hours)
    if not judged.passed or number is None:
        return f"{judged.sentence} {' '.join(judged.reasons[:1])}".strip()
    return f"{judged.sentence} {planners.promote(service, number).sentence}"


def is_wanted(service: Service) -> bool:
    """Whether there is a model that could be steered, and it is to be. Nothing is loaded for it."""
    choice = chosen(service.settings.model, "chat")
    return service.settings.steering.on and (choice.engine == "local" or bool(choice.embeddings))


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
    choice, engine = chosen(model, "chat"), service.engines.of("chat")
    is_far = isinstance(engine, Far)
    folder = service.home.steering if is_far else locate_model(choice.name, choice.revision, may_fetch=False)
    return TrainingOrder(
        model=ModelOrder(folder, engine.name, model),
        fingerprint=planners.require_model(service) if is_far else "",
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
        clone_up="keep" if wanted.up_mapping == "pca" else "learn",
        judge_steps=min(preset.judge_steps, max(LEAST_JUDGE_STEPS, wanted.steps // 10)),
        least_transitions=least,
        least_episodes=max(2, min(preset.least_episodes, least // 4)),
        least_held_out=max(1, min(preset.least_held_out, least // 16)),
    )


def _shown(service: Service, candidate: Path, prompts: Prompts, hours: Hours, progress: Progress) -> Prompts | Measured:
    """What the gate goes by: prompts to be answered, or, of a model behind a server, what came of asking it."""
    far = service.engines.of("chat")
    if not isinstance(far, Far):
        return prompts
    return measuring.measured(
        far,
        candidate,
        prompts,
        _settings(service.settings.steering),
        on_progress=service.heeding(progress),
        rest=hours.wait_for_quiet,
    )


# The planner that training begins with


def _begun(service: Service, far: Far, hours: Hours, progress: Progress) -> Made:
    """One for a model behind a server, in the training's folder."""
    settings = _settings(service.settings.steering)
    shape = service.settings.steering.model_dump(include={"place", "dimension", "rows", "hidden", "radius"})
    path = service.home.steering / "training" / CLONED
    facts = beginning.begin(
        far,
        path,
        Beginning(**shape, seed=settings.seed),
        _prompts(service),
        settings,
        on_progress=service.heeding(progress),
        rest=hours.wait_for_quiet,
    )
    return Made(path, facts["lineage"], facts)


def _cloned(service: Service) -> Path:
    return service.home.steering / "cloned.safetensors"


def _keep_cloned(service: Service, made: Made, fingerprint: str) -> None:
    """Move it out of the training's folder. Its note goes first, so that a crash between leaves one that is made anew."""
    note = _cloned(service).with_suffix(".json")
    note.unlink(missing_ok=True)
    made.planner.rename(_cloned(service))
    failpoint("train.after_cloned")
    note.write_text(json.dumps(_made_for(service, fingerprint)), encoding="utf-8")


def _is_cloned(service: Service, fingerprint: str) -> bool:
    """Whether there is one, for this model and as configured."""
    try:
        note = json.loads(_cloned(service).with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return _cloned(service).exists() and note == _made_for(service, fingerprint)


def _made_for(service: Service, fingerprint: str) -> dict[str, Any]:
    shape = {"place", "dimension", "rows", "radius", "hidden", "up_mapping"}
    return {"fingerprint": fingerprint, **service.settings.steering.model_dump(include=shape)}


def _last(service: Service, fingerprint: str) -> int | None:
    """The planner of this model that was trained last."""
    own = [
        number for number in service.shelf.numbers() if service.shelf.report(number).get("fingerprint") == fingerprint
    ]
    return own[-1] if own else None


def _tidy(service: Service) -> None:
    with service.database.read() as session:
        held = serving.read(session)
    serves = {*held.numbers.values(), *(number for before in held.before.values() for number in before[-1:])}
    service.shelf.prune(serves)
