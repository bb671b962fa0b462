"""Builds the engine that a configuration names. `assistant.service` hands this to `choice.Engines`."""

from __future__ import annotations

from collections.abc import Callable

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Engine
from assistant.engine.extractive import Extractive
from assistant.engine.local import LocalEngine
from assistant.engine.server.engine import ServerEngine
from assistant.engine.server.steering import Embeds


def make_engine(choice: Choice, settings: ModelSettings, *, embedder: Callable[[], Embeds] | None = None) -> Engine:
    """It starts nothing, and asks nobody, until it is used. `embedder` gives the one whose vectors steer a server."""
    match choice.engine:
        case "local":
            return LocalEngine(choice, settings)
        case "server":
            return ServerEngine(choice, settings, embedder=embedder)
    return Extractive()
