"""Memory that ran out while a model worked: how it is told from other failures, and what is said when nothing helps.

It also gives torch's failures a name that travels between processes: the daemon holds no torch that could read theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from assistant.engine.contract import ModelFailed
from assistant.workers.model_pipe import WorkerBroken


def is_short_of_memory(err: Exception) -> bool:
    """torch has a class of its own for it on a GPU, and a bare RuntimeError on a CPU."""
    return isinstance(err, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(err)


def nothing_left_to_free(name: str) -> ModelFailed:
    return ModelFailed(
        f"Memory ran out while {name} worked, and there was nothing more to free.",
        'Choose a smaller model, quantize = "int8", or a smaller context_tokens under [model].',
    )


@contextmanager
def named_failures(name: str) -> Iterator[None]:
    """torch's failures as WorkerBroken: once a GPU has failed, nothing works on it in the same process."""
    try:
        yield
    except (RuntimeError, MemoryError) as err:
        lines = str(err).strip().splitlines() or [type(err).__name__]
        raise WorkerBroken(
            f"The model {name} failed at work: {lines[0][:300]}", "What was asked is kept; ask again."
        ) from err
