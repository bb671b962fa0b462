"""The connector that the documentation shows is one: it loads, and brings what its page says."""

from __future__ import annotations

import re
import sys
import textwrap
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Event

import pytest

from connectors.base import ENTRY_POINT_GROUP
from connectors.registry import installed
from connectors.transport import WaysOut
from tests.servers import WebServer, loopback_policy

pytestmark = pytest.mark.integration

PAGE = Path(__file__).parents[2] / "docs" / "sources" / "README.md"


def test_the_example_of_the_documentation_is_a_connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.search(r"    # weather\.py\n(.*?)    # pyproject\.toml", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    (tmp_path / "weather.py").write_text(textwrap.dedent(blocks[1]))
    monkeypatch.syspath_prepend(tmp_path)
    found = installed([EntryPoint("weather", "weather:Warnings", ENTRY_POINT_GROUP)])
    sys.modules.pop("weather")
    assert found.skipped == ()
    connector = found.connectors["weather"]
    with WebServer() as server:
        server.answer("/warnings/north-coast.txt", b"Storm from the west.")
        ways_out = WaysOut(loopback_policy(hosts={"weather.example": server.url("")}))
        source = connector(connector.Options.model_validate({"region": "north-coast"}), ways_out)
        (batch,) = source.poll(None, now=datetime.now(UTC), limit=10, cancelled=Event())
        ways_out.close()
    assert [(item.kind, item.text) for item in batch.items] == [("warning", "Storm from the west.")]
