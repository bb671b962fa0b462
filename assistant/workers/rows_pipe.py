"""What the process that makes prompts of embeddings and we say to each other.

Plain data. It knows neither side: `rows` is ours, `steering.far.rows` its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.engine.contract import Place, Steered


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A table that was seen to be the one of a server's model, and what its planners are made for.

    `fingerprint` is theirs, `width` that of their states, `scale` what the table's rows are multiplied by before they are
    sent: some models do that inside, others want it done.
    """

    fingerprint: str
    width: int
    scale: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A prompt both ways: its tokens, and their rows as a server takes them."""

    ids: tuple[int, ...]
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """A prompt as a server takes it: `payload` is the base64 of a tensor of shape (tokens, row width) as torch saves it.

    A reply ends with any of `stop_ids` or `stop_strings`. `notice` says why it is not steered although it was to be.
    """

    payload: str
    tokens: int
    stop_ids: tuple[int, ...]
    stop_strings: tuple[str, ...]
    steered: Steered | None = None
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a planner that has learnt nothing is to be: see `steering.planner.Shape`."""

    place: Place
    dimension: int
    rows: int
    hidden: int
    radius: float
    seed: int
