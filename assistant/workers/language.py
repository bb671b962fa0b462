"""The language model behind `engine.contract.Engine`, in a process of its own."""

from __future__ import annotations

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Engine
from assistant.engine.extractive import Extractive


def make_engine(choice: Choice, settings: ModelSettings) -> Engine:
    """The engine that a choice names."""
    return Extractive()
