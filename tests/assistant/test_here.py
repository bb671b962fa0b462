"""The service in the process of a command, where no daemon runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant import memories
from assistant.answers.memory import EraseRequest, Lines
from assistant.client import Client
from assistant.config.schema import Settings
from assistant.home import Home
from assistant.service import Service
from tests.fakes import WordEmbedder

WORDS = "The zirconium walrus sleeps beneath the observatory."


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


def kill(done: int, total: int | None, what: str) -> None:
    raise Killed


def test_a_command_alone_finishes_an_erasure_that_was_cut_short(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    service = Service(home, settings=Settings(), embedder=WordEmbedder())
    memories.import_lines(service, Lines(lines=[json.dumps({"ref": "1", "text": WORDS})]))
    copy = home.backups / "telos-0001.db"
    service.database.backup(copy)
    with pytest.raises(Killed):
        memories.erase(service, EraseRequest(what="item", name="1"), kill)
    service.close()
    assert WORDS.encode() in copy.read_bytes()

    with Client(home) as client:
        client.status()
    assert not copy.exists()
    assert not [path for path in home.data.rglob("*") if path.is_file() and WORDS.encode() in path.read_bytes()]
