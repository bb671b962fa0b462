"""Builds a digest: candidates, ranking, selection, writing and the foot, in that order.

It reads rows and changes none, so a preview and a real digest take the same way; `record.keep` stores what was built
in the transaction that queues it. The caller decides when, for whom, and what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.digest.view import DigestView
from assistant.engine.contract import Engine
from memory.embed import Embedder


@dataclass(frozen=True, slots=True)
class Parts:
    """What building stands on. Without an embedder (or when it does not answer) items are ranked by their features."""

    settings: Settings
    engine: Engine
    embedder: Embedder | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The key of a digest: the user's local day, who gets it, and which of the day it is (0 is the scheduled one)."""

    day: date
    recipient: str
    run: int = 0


def build(session: Session, parts: Parts, edition: Edition, now: datetime) -> DigestView:
    """The digest of `edition` as of `now`. Nothing is stored or marked; the same rows give the same digest."""
    raise NotImplementedError
