"""The verbs of language models: fetch one, use it, show what is configured, try what it can.

Each takes the service. The configuration says which model serves which task, so `use` changes that file; it tries the
model first, in the same way as `test`. The API's router calls these, and nobody else.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Protocol, runtime_checkable

from assistant.answers import models as answers
from assistant.config import edit
from assistant.config.model_table import set_model
from assistant.engine.choice import Choice, Engines, chosen
from assistant.engine.contract import Capability, Engine, Task
from assistant.engine.trial import Speed, measure, try_abilities
from assistant.errors import BadRequest, TelosError, Unavailable
from assistant.generation.files import SUGGESTED_CPU, ModelFiles, bytes_to_fetch, fetch_model, folder_of, locate_model
from assistant.progress import Progress, unheard
from assistant.service import Service
from assistant.workers.model_pipe import Description
from connectors.reading.links import is_web
from connectors.transport.masking import mask_url

NO_MODEL = "none"


@runtime_checkable
class Local(Protocol):
    """An engine whose model is in a process of this machine."""

    @property
    def pid(self) -> int | None: ...

    def rss_mb(self) -> float: ...

    def describe(self, on_progress: Progress = unheard) -> Description:
        """What was loaded; loads it. Raises: ModelFailed."""
        ...


@runtime_checkable
class Noted(Protocol):
    """An engine that says in sentences what was found about its model."""

    @property
    def notes(self) -> list[str]: ...


def to_fetch(wanted: answers.Wanted) -> answers.Fetch:
    """What `fetch` would load from the hub.

    Raises: ModelFailed.
    """
    return answers.Fetch(size_bytes=bytes_to_fetch(wanted.name, wanted.revision))


def fetch(service: Service, wanted: answers.Wanted, progress: Progress) -> answers.Fetched:
    """Bring a model's files here, as the hub has them now.

    Raises: ModelFailed.
    """
    folder = fetch_model(wanted.name, wanted.revision, on_progress=service.heeding(progress))
    files = ModelFiles(folder)
    return answers.Fetched(
        folder=str(folder),
        size_bytes=files.size_bytes,
        parameters=files.parameters,
        architecture=files.architecture,
    )


def show(service: Service) -> list[answers.ModelLine]:
    """Each model that is configured, with the tasks it serves. Nothing is loaded for it."""
    return _lines(service.engines)


def test(service: Service, task: Task, progress: Progress) -> answers.Tested:
    """Load the model of a task and try what it can.

    Raises: Unavailable without a model, ModelFailed where it cannot be had.
    """
    return _test(service.engines, task, service.heeding(progress))


def use(service: Service, wanted: answers.ModelChoice, progress: Progress) -> answers.Used:
    """Write a model into the configuration, once it was seen to write.

    Raises: ModelFailed where it does not; BadConfiguration where the file cannot take it.
    """
    change = partial(set_model, task=wanted.task, keys=_keys(wanted))
    path = service.home.config_file
    settings = edit.would_be(path, change)
    tested = None
    if wanted.test and wanted.name != NO_MODEL:
        tested = _try_before(service, service.engines.under(settings.model), wanted, service.heeding(progress))
    edit.change(path, change)
    service.reload()
    return answers.Used(models=show(service), tested=tested)


def _try_before(service: Service, engines: Engines, wanted: answers.ModelChoice, progress: Progress) -> answers.Tested:
    """Try a model that is not used yet. The one in use lets go of its memory, which may not hold two."""
    task: Task = wanted.task or "chat"
    choice = chosen(engines.settings, task)
    if choice.engine == "local":
        locate_model(choice.name, choice.revision, may_fetch=True, on_progress=progress)
        service.engines.close()
    try:
        tested = _test(engines, task, progress)
    finally:
        engines.close()
    if not tested.writes:
        why = next((trial.sentence for trial in tested.trials if trial.ability == Capability.GENERATE), "")
        raise Unavailable(f"{wanted.name} writes nothing. {why}".strip(), "Choose another, or use it with --no-test.")
    return tested


def _keys(wanted: answers.ModelChoice) -> dict[str, str | None]:
    """What the table is to hold, `None` for what it is not to."""
    name = wanted.name.strip()
    if not name:
        raise BadRequest("No model is named.", f"Name one on the hub, such as {SUGGESTED_CPU}, or a folder.")
    nothing = dict.fromkeys(("name", "revision", "address", "api_key_file", "embeddings"))
    if name == NO_MODEL:
        return {"engine": "extractive", **nothing}
    if is_web(name):
        key_file = wanted.key_file or None
        served = wanted.served_name or None
        return {"engine": "server", **nothing, "name": served, "address": name, "api_key_file": key_file}
    if (folder := folder_of(name)) is not None:
        name = str(folder.resolve())
    revision = None if wanted.revision == "main" else wanted.revision
    return {"engine": "local", **nothing, "name": name, "revision": revision}


def _test(engines: Engines, task: Task, progress: Progress) -> answers.Tested:
    engine, choice = engines.of(task), chosen(engines.settings, task)
    if choice.engine == "extractive":
        raise Unavailable(
            f"No language model is set up for {task}.",
            f"Run `telos model use NAME`, such as {SUGGESTED_CPU}; `telos model --help` names more.",
        )
    started = time.monotonic()
    progress(0, None, "loading")
    if isinstance(engine, Local):
        engine.describe(progress)
    claimed = engine.capabilities
    load_s = time.monotonic() - started
    progress(0, None, "writing")
    trials, speed = _writing(engine) if Capability.GENERATE in claimed else ([], None)
    for done, outcome in enumerate(try_abilities(engine, is_ours=choice.engine == "local"), 1):
        progress(done, len(Capability), f"tried: {outcome.capability}")
        trials.append(_trial(outcome.capability, outcome.works, outcome.sentence))
    line = _line([task], choice, engine)
    if isinstance(engine, Noted) and not isinstance(engine, Local):
        can = sorted(capability.value for capability in claimed)
        line = line.model_copy(update={"notes": engine.notes, "capabilities": can})
    return answers.Tested(
        model=line,
        trials=trials,
        load_s=load_s,
        first_token_s=speed.first_token_s if speed else None,
        prompt_tokens_per_s=speed.prompt_per_s if speed else None,
        reply_tokens_per_s=speed.reply_per_s if speed else None,
    )


def _writing(engine: Engine) -> tuple[list[answers.Trial], Speed | None]:
    try:
        text, speed = measure(engine)
    except TelosError as err:
        return [_trial(Capability.GENERATE, False, err.sentence)], None
    words = f"It writes: {' '.join(text.split())[:120]}" if text.strip() else "It writes, if nothing that can be seen."
    return [_trial(Capability.GENERATE, True, words)], speed


def _trial(capability: Capability, works: bool, sentence: str) -> answers.Trial:
    return answers.Trial(ability=capability.value, works=works, sentence=sentence)


def _lines(engines: Engines) -> list[answers.ModelLine]:
    tasks: dict[Choice, list[Task]] = {}
    found: dict[Choice, Engine] = {}
    for task, choice, engine in engines.in_use():
        tasks.setdefault(choice, []).append(task)
        found[choice] = engine
    return [_line(tasks[choice], choice, engine) for choice, engine in found.items()]


def _line(tasks: list[Task], choice: Choice, engine: Engine) -> answers.ModelLine:
    line = answers.ModelLine.model_validate({"tasks": tasks, "engine": choice.engine, "name": engine.name})
    if choice.engine == "local":
        return _with_process(_with_files(line, choice), engine)
    if choice.engine == "server":
        return line.model_copy(update={"where": mask_url(choice.address)})
    return line.model_copy(update={"notes": ["It chooses the items' own sentences and writes none."]})


def _with_files(line: answers.ModelLine, choice: Choice) -> answers.ModelLine:
    try:
        files = ModelFiles(locate_model(choice.name, choice.revision, may_fetch=False))
    except TelosError as err:
        return line.model_copy(update={"notes": [f"{err.sentence} {err.remedy}".strip()]})
    return line.model_copy(
        update={
            "where": str(files.folder),
            "size_bytes": files.size_bytes,
            "parameters": files.parameters,
            "architecture": files.architecture,
        }
    )


def _with_process(line: answers.ModelLine, engine: Engine) -> answers.ModelLine:
    """With what is known of a model that is loaded; asking more would load it."""
    if not isinstance(engine, Local) or engine.pid is None:
        return line
    found = engine.describe()
    return line.model_copy(
        update={
            "is_running": True,
            "rss_mb": round(engine.rss_mb(), 1),
            "capabilities": sorted(capability.value for capability in found.capabilities),
            "context_tokens": found.context_tokens,
            "device": found.device,
            "dtype": found.dtype,
            "notes": [*found.traits, *found.notes],
        }
    )
