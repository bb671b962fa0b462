"""The daemon's look at itself: what it tells systemd, and when it gives up."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from fastapi import FastAPI

from assistant.config.schema import Settings
from assistant.daemon import _beat
from assistant.endpoint import bind
from assistant.errors import Unavailable
from assistant.home import Home
from assistant.server import Server
from assistant.service import Service
from assistant.watchdog import ServiceManager
from tests.fakes import HeldIndex, WordEmbedder


def test_a_service_whose_api_has_ended_ends_as_a_failure_to_be_started_anew(tmp_path: Path) -> None:
    service = Service(
        Home.at(tmp_path), serves=True, settings=Settings(), embedder=WordEmbedder(), make_index=HeldIndex
    )
    server = Server(FastAPI(), bind(tmp_path / "api.sock"))
    server.start()
    server.stop()
    with pytest.raises(Unavailable, match="ended by itself"):
        _beat(ServiceManager({"WATCHDOG_USEC": "20000"}), service, [server], Event())
    service.close()
