"""The embedder behind `memory.embed.Embedder`: a sentence-transformers model in a process of its own.

The process starts at the first text, answers through a pipe, and ends after `idle_minutes`, which gives its memory
back. Nothing heavy is imported on this side. `assistant.service` builds one and hands it to whoever needs vectors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from assistant.config.schema import MemorySettings
from assistant.workers.weights import EmbedderUnavailable, Weights, locate
from connectors.child.parent import Child
from connectors.child.pipe import ChildDied, ChildFailure
from memory.embed import Rows, slug_of

START_S = 180.0
"""Loading takes some five seconds; a cold disk may need far longer."""
CALL_S, TEXT_S = 60.0, 1.0
"""A call's deadline: so much in all, and so much more for each text."""
BATCH = 16
"""Texts in one pass, sorted by length: with 200 tokens each, 32 is a tenth slower here and 64 a third."""
FAST_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


class WorkerEmbedder:
    """Encodes in a worker process. Safe to share between threads, which take turns."""

    def __init__(self, settings: MemorySettings) -> None:
        self._settings = settings
        self._has_ended = False

    @cached_property
    def slug(self) -> str:
        """Raises: EmbedderUnavailable where the model cannot be had; asked again, it looks again."""
        return slug_of(self._settings.embedder, self._settings.revision, self.dimension)

    @cached_property
    def dimension(self) -> int:
        return self._weights.dimension

    def knows_language(self, code: str) -> bool:
        known = self._weights.languages
        return not code or not known or code in known

    def encode(self, texts: Sequence[str]) -> Rows:
        """(n, dimension), float32, unit rows.

        Raises: EmbedderUnavailable when the model is not here, or its process died or hung twice.
        """
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        deadline_s = CALL_S + TEXT_S * len(texts)
        try:
            return self._call(list(texts), deadline_s)
        except ChildFailure:
            return self._retry(list(texts), deadline_s)

    @property
    def pid(self) -> int | None:
        """Of the process that holds the model, while there is one."""
        return self._child.pid if "_child" in self.__dict__ else None

    def rss_mb(self) -> float:
        return self._child.rss_mb() if self.pid is not None else 0.0

    def close(self) -> None:
        """End the process. A later `encode` starts another."""
        child = self.__dict__.pop("_child", None)
        if child is not None:
            child.close()

    def end(self) -> None:
        """End the process for good: a call under way fails, and so does every later one."""
        self._has_ended = True
        self.close()

    def _call(self, texts: list[str], deadline_s: float) -> Rows:
        if self._has_ended:
            raise ChildDied("The embedder was ended.")
        rows: Rows = self._child.call("encode", texts, deadline_s=deadline_s)
        return rows

    def _retry(self, texts: list[str], deadline_s: float) -> Rows:
        try:
            return self._call(texts, deadline_s)
        except ChildFailure as err:
            raise EmbedderUnavailable(
                f"The embedder {self._settings.embedder} failed twice: {err}",
                "Free some memory (it needs about 1 GB); `telos doctor` tries it again.",
            ) from err

    @cached_property
    def _weights(self) -> Weights:
        return locate(self._settings.embedder, self._settings.revision)

    @cached_property
    def _child(self) -> Child:
        model = partial(SentenceModel, self._weights.folder)
        idle_s = self._settings.idle_minutes * 60
        return Child(model, name="telos-embedder", idle_s=idle_s, nice=5, start_s=START_S)


class SentenceModel:
    """The model itself; lives in the worker process alone.

    On a processor that multiplies bfloat16 it is loaded so: 2.3 to 2.8 times as fast as float32 at a mean cosine of
    .99995. The GPU is left to the language model.
    """

    def __init__(self, folder: Path) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the libraries read it: all files are in `folder`
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that spin for one another starve on a machine at work

        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
        self._model: Any = SentenceTransformer(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"dtype": dtype, "use_safetensors": True},
        )
        self._use_threads = torch.set_num_threads
        self._threads = torch.get_num_threads()

    def encode(self, texts: list[str]) -> Rows:
        """(n, dimension), float32. Rows are brought to unit length here, in float32: bfloat16 misses it by .001."""
        self._use_threads(1 if len(texts) == 1 else self._threads)  # waking others takes longer than a question does
        raw = self._model.encode(texts, batch_size=BATCH, show_progress_bar=False, convert_to_numpy=True)
        rows = np.asarray(raw, dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)


def has_fast_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this processor has instructions for bfloat16 products (AVX512-BF16 or AMX)."""
    try:
        text = cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return not FAST_BFLOAT16.isdisjoint(flags.split())
