"""A checkpoint: where a training run stands, in one safetensors file, so that a killed run goes on from there.

Tensors by name and a few plain facts, written whole (a new file, flushed to disk, renamed) and never unpickled. `key`
names the run that it belongs to; a file of another run, or a broken one, counts as none. `clone` and `td3_bc` are such
runs: `work` takes their steps, saves them on the way and hears of a cancel.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from assistant.progress import Cancelled, Progress

log = logging.getLogger(__name__)


class Checkpoint:
    """The file at `path`. `is_due` every `every_s` seconds."""

    def __init__(self, path: Path, key: str, *, every_s: float = 30.0) -> None:
        self.path, self._key, self._every_s = path, key, every_s
        self._saved_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        return time.monotonic() - self._saved_at >= self._every_s

    def save(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Raises: OSError where it cannot be written."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        coming = self.path.with_suffix(".coming")
        whole = {name: tensor.detach().to("cpu").clone().contiguous() for name, tensor in tensors.items()}
        save_file(whole, coming, {"key": self._key, "facts": json.dumps(dict(facts))})
        coming.chmod(0o600)
        with coming.open("rb") as file:
            os.fsync(file.fileno())
        coming.replace(self.path)
        self._saved_at = time.monotonic()

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The tensors and facts last saved by this run; None where there are none."""
        try:
            with safe_open(self.path, "pt") as file:
                about = file.metadata() or {}
                if about.get("key") != self._key:
                    log.info("The checkpoint %s is of another run; this one begins anew.", self.path.name)
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}, json.loads(about["facts"])  # noqa: SIM118
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, ValueError, KeyError) as err:
            log.warning("The checkpoint %s cannot be read (%s); training begins anew.", self.path.name, err)
            return None

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".coming").unlink(missing_ok=True)


class Run(Protocol):
    """Something that is done in steps. `tensors` and `facts` are all that it takes to go on as if nothing had happened."""

    steps: int

    def step(self) -> None: ...

    def tensors(self) -> dict[str, Tensor]: ...

    def facts(self) -> dict[str, Any]: ...


def work(
    run: Run,
    total: int,
    what: str,
    checkpoint: Checkpoint | None,
    on_progress: Progress,
    is_cancelled: Callable[[], bool],
    *,
    report_every: int = 1,
) -> None:
    """Take all steps up to `total`; `what` they are is reported, every so many.

    Raises: Cancelled within one step of `is_cancelled`, with the checkpoint saved.
    """
    on_progress(run.steps, total, what)
    while run.steps < total:
        is_over = is_cancelled()
        if checkpoint is not None and (is_over or checkpoint.is_due):
            checkpoint.save(run.tensors(), run.facts())
        if is_over:
            raise Cancelled
        run.step()
        if run.steps % report_every == 0 or run.steps == total:
            on_progress(run.steps, total, what)


def of_module(prefix: str, module: Any) -> dict[str, Tensor]:
    """The tensors of a module under `prefix`."""
    return {f"{prefix}.{name}": tensor for name, tensor in module.state_dict().items()}


def into_module(prefix: str, module: Any, tensors: Mapping[str, Tensor]) -> None:
    start = f"{prefix}."
    module.load_state_dict({name[len(start) :]: found for name, found in tensors.items() if name.startswith(start)})


def of_optimizer(prefix: str, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What an optimizer remembers of each parameter. Its rates are the caller's."""
    state = optimizer.state_dict()["state"]
    return {f"{prefix}.{place}.{name}": torch.as_tensor(held) for place in state for name, held in state[place].items()}


def into_optimizer(prefix: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    whole: dict[str, Any] = optimizer.state_dict()
    for key, tensor in tensors.items():
        if key.startswith(f"{prefix}."):
            place, name = key[len(prefix) + 1 :].split(".", 1)
            whole["state"].setdefault(int(place), {})[name] = tensor
    optimizer.load_state_dict(whole)
