"""The product's own vectors of real texts, made once: they are kept in the system's temporary folder, by what they are of.

It knows no benchmark. `benchmarks.stories` and `benchmarks.ranking` call `lead_vectors` with title and text, and get what
indexing would keep of the first chunk.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.config.schema import MemorySettings
from assistant.workers.embedder import WorkerEmbedder
from benchmarks.report import say
from memory.chunks import chunk_text, split
from memory.embed import Rows

AT_ONCE = 64


def lead_vectors(told: Sequence[tuple[str, str]]) -> Rows:
    """(n, dimension), unit rows: the first chunk of each (title, text).

    Raises: NoEmbedder if the model is not here.
    """
    settings = MemorySettings()
    texts = [chunk_text(title, text, split(title, text)[0]) for title, text in told]
    known = hashlib.sha256("\0".join([settings.embedder, settings.revision, *texts]).encode()).hexdigest()[:24]
    path = Path(tempfile.gettempdir()) / f"telos-benchmark-vectors-{known}.npy"
    if path.is_file():
        kept: Rows = np.load(path, allow_pickle=False)
        return kept
    embedder = WorkerEmbedder(settings)
    try:
        rows = _encode(embedder, texts)
    finally:
        embedder.close()
    part = path.with_suffix(".part.npy")
    np.save(part, rows, allow_pickle=False)
    part.replace(path)
    return rows


def _encode(embedder: WorkerEmbedder, texts: Sequence[str]) -> Rows:
    """Longest first, so that texts of one pass are about as long."""
    rows = np.empty((len(texts), embedder.dimension), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    for start in range(0, len(order), AT_ONCE):
        places = order[start : start + AT_ONCE]
        rows[places] = embedder.encode([texts[place] for place in places])
        if start % (AT_ONCE * 10) == 0:
            say(f"embedded {start + len(places)} of {len(texts)} texts")
    return rows
