"""A real workspace, replayed from its export as Slack would answer: every message that somebody said comes once, readable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Item
from tests.connectors.reading import Reading
from tests.connectors.worlds.slack import SlackWorld

pytestmark = pytest.mark.integration

SAID = (None, "file_share", "file_comment")


@pytest.fixture
def export(shared_data: Path) -> Path:
    folder = shared_data / "slack" / "export"
    if not folder.is_dir():
        pytest.skip(f"there is no export of Slack in {folder}")
    return folder


@pytest.fixture
def world(export: Path) -> Iterator[SlackWorld]:
    world = SlackWorld()
    world.users = {user["id"]: user for user in _rows(export / "users.json")}
    world.identity["user_id"] = next(iter(world.users))
    world.rooms.clear()
    for channel in _rows(export / "channels.json"):
        room = world.room(channel["id"], name=channel["name"])
        for day in sorted((export / channel["name"]).glob("*.json")):
            room.messages |= {row["ts"]: row for row in _rows(day)}
    yield world
    world.close()


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def _said(world: SlackWorld, *, bots: bool) -> set[str]:
    return {
        f"{identity}/{ts}"
        for identity, room in world.rooms.items()
        for ts, row in room.messages.items()
        if (bots and row.get("subtype") == "bot_message") or (row.get("subtype") in SAID and not row.get("bot_id"))
    }


def _read(world: SlackWorld, **changes: Any) -> list[Item]:
    reading = Reading(world, changes={"first_run_items": 20_000, "first_run_days": 30_000, **changes})
    reading.to_the_end(limit=50)
    assert len(reading.ids) == len(set(reading.ids))
    return reading.items


def test_what_people_said_is_read_and_what_happened_to_the_channel_is_not(world: SlackWorld) -> None:
    found = _read(world)
    assert {item.external_id for item in found} == _said(world, bots=False)
    assert len(found) > 40
    names = {user["real_name"] for user in world.users.values()}
    for item in found:
        assert item.authors[0] in names
        assert "<@" not in item.text
        assert "&lt;" not in item.text
        assert "t=xoxe" not in f"{item.text} {item.links}", "the key to a file is a secret"
    assert any(item.details.get("files") for item in found)
    assert any(item.to_me for item in found)
    assert any(item.by_me for item in found)
    assert any(item.updated for item in found)


def test_bots_speak_where_they_are_wanted(world: SlackWorld) -> None:
    found = _read(world, bots=True)
    assert {item.external_id for item in found} >= _said(world, bots=True)
    assert all(item.text != "(no text)" for item in found if item.details.get("bot"))
