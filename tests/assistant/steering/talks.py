"""A tiny model with its tokenizer as training has it, a few conversations with it, and turns with a known outcome.

The outcome of a turn is how far its action is from what the model does by itself, so that there is something to learn.
"""

from __future__ import annotations

import atexit
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from assistant.config.schema import ModelSettings
from assistant.engine.contract import Message
from assistant.generation.files import ModelFiles
from assistant.generation.order import never
from assistant.generation.running import Running
from assistant.generation.text import decode
from assistant.progress import unheard
from assistant.steering import planner_file
from assistant.steering.gate.judging import Reader
from assistant.steering.lineage import lineage_of
from assistant.steering.settings import SMALL
from assistant.steering.training.clone import states_of
from assistant.steering.training.course import Course
from assistant.steering.training.frozen import Frozen
from assistant.steering.training.own_replies import Author
from assistant.steering.training.replay import Turn
from assistant.workers.model_pipe import ModelOrder
from assistant.workers.training_pipe import TrainingOrder
from tests.tiny_models import tiny_model

torch.set_num_threads(1)
WIDTH, DIMENSION = 32, 8
SETTINGS = ModelSettings(engine="local", name="tiny", device="cpu", dtype="float32", context_tokens=1024)
PROMPTS = [
    (Message("system", "You plan travels."), Message("user", f"I have {days} days and like {liked}. Where to?"))
    for days in (2, 3, 5, 8)
    for liked in ("trains", "museums", "the sea")
]


@cache
def model_order() -> ModelOrder:
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    made = tiny_model("llama", Path(folder.name), template="plain", layers=2, hidden=WIDTH, context=1024)
    return ModelOrder(made, "tiny", SETTINGS)


@cache
def running() -> Running:
    return Running(model_order())


def fingerprint() -> str:
    return ModelFiles(model_order().folder).fingerprint


def reader() -> Reader:
    model = running()
    frozen = Frozen(model.loaded.model, bos_id=model.loaded.tokenizer.bos_token_id)
    author = Author(decoder=model.decoder, frozen=frozen, stop_ids=model.prompts.stop_ids)
    return Reader(author=author, prompt=model.prompts.ids, text=lambda ids: decode(model.loaded.tokenizer, list(ids)))


def prompts() -> list[list[int]]:
    return [running().prompts.ids(messages) for messages in PROMPTS]


@cache
def cloned_planner() -> bytes:
    """The file of a planner that was cloned from the model."""
    settings = replace(SMALL, clone_epochs=4, clone_tokens=8)
    with TemporaryDirectory() as folder:
        order = TrainingOrder(
            model=model_order(), folder=Path(folder), settings=settings, dimension=DIMENSION, hidden=32
        )
        course = Course(order=order, fingerprint=fingerprint(), on_progress=unheard, is_cancelled=never)
        return course.clone(reader().author, prompts()).planner.read_bytes()


def own_action(cloned: Path) -> np.ndarray:
    """What the cloned planner does in the middle of all states, (dimension,)."""
    mean, _ = _states()
    planner = planner_file.load(cloned, fingerprint=None)
    return np.asarray(planner.cloned_act(torch.from_numpy(mean)[None])[0].numpy())


@cache
def _states() -> tuple[np.ndarray, np.ndarray]:
    """The mean and the spread of the states that the prompts leave the model in."""
    states = states_of(reader().author.frozen, prompts()).numpy()
    return states.mean(0), states.std(0)


def turns(
    cloned: Path, *, lineage: str | None = None, sessions: int = 200, best: np.ndarray | None = None
) -> list[Turn]:
    """Two of each session, steered any way, and the outcome of the second; `cloned` says what the model does by itself.

    The outcome is how far the action is from that, or, with `best`, how near it is to that unit vector.
    """
    chance, (mean, spread) = np.random.default_rng(1), _states()
    planner, own = planner_file.load(cloned, fingerprint=None), own_action(cloned)
    found = []
    for session in range(sessions):
        for step in range(2):
            action = chance.normal(size=DIMENSION)
            action /= np.linalg.norm(action)
            found.append(
                Turn(
                    episode=f"conversation-{session}",
                    step=step,
                    state=(mean + spread * chance.normal(size=WIDTH)).astype(np.float32),
                    action=action.astype(np.float32),
                    lineage=lineage_of(planner) if lineage is None else lineage,
                    reward=None if step == 0 else float((1 - action @ own if best is None else 1 + action @ best) / 2),
                    is_last=step == 1,
                )
            )
    return found
