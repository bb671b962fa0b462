"""Where a text is written: its kind, its reader, its subject. Preferences are learned in contexts and chosen for them.

It knows no text and no trait. `assistant.drafting` and `assistant.learning` make contexts; `memory.profile` compares them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
"""(dimension,), float32, of length 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Empty where something is not known or does not apply. `text` is what the text is about, and `vector` its meaning by
    the embedder `embedder`; without one, only kind, reader and source tell contexts apart."""

    kind: str
    recipient: str = ""
    """The reader's address, or name where there is none, case-folded."""
    domain: str = ""
    """Of the address, case-folded."""
    source: str = ""
    """The source that its items come from, where it is one."""
    language: str = ""
    text: str = ""
    vector: Vector | None = None
    embedder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One value of one dimension, as a text shows it: what becomes a row of `Evidence`."""

    dimension: str
    value: str
    amount: float | None = None
    before: str = ""
    is_active: bool = True
    strength: float = 1.0
    quote_before: str = ""
    quote_after: str = ""
    by: str = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A value that holds in a context. `preference_id` is `None` for what is no row, such as an oracle's."""

    dimension: str
    value: str
    amount: float | None = None
    confidence: float = 1.0
    preference_id: int | None = None
    why: str = ""
    """In half a sentence: "to ann@example.org, from 3 edits"."""
