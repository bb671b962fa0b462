"""What a restore set aside stays for 30 days, is told meanwhile, and is then removed by the daily upkeep, it alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.backup import aside
from assistant.clock import FakeClock
from assistant.config.schema import Settings
from assistant.doctor.ground import examine_ground
from assistant.home import Home
from assistant.jobs.runner import Runner
from assistant.service import Service
from tests.databases import write_empty
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    home = Home.at(tmp_path / "home")
    home.prepare()
    write_empty(home.database)
    service = Service(home, clock=FakeClock(NOW), settings=Settings(), embedder=WordEmbedder(), make_index=HeldIndex)
    yield service
    service.close()


def set_aside(home: Home, at: datetime) -> Path:
    folder = aside.place_for(home, at).path
    (folder / "planners").mkdir(parents=True)
    (folder / "telos.db").write_bytes(b"\0" * 3 * 2**20)
    (folder / "planners" / "1").write_bytes(b"\0" * 2**19)
    return folder


def test_the_upkeep_removes_it_after_thirty_days_and_nothing_else(service: Service) -> None:
    clock, runner, backups = service.clock, Runner(service), service.home.backups
    assert isinstance(clock, FakeClock)
    old, young = set_aside(service.home, NOW), set_aside(service.home, NOW + DAY)
    others = [backups / name for name in ("before-restore-mine", "before-restore-99999999-999999", "holidays")]
    for folder in others:
        folder.mkdir()
    link = backups / f"before-restore-{NOW - 99 * DAY:%Y%m%d-%H%M%S}"
    link.symlink_to(service.home.data)

    clock.set(NOW + 30 * DAY - timedelta(seconds=1))
    runner.run("maintain")
    assert old.is_dir()
    clock.set(NOW + 30 * DAY)
    runner.run("maintain")
    runner.close()
    assert not old.exists()
    assert young.is_dir()
    assert all(folder.is_dir() for folder in [*others, link, service.home.data])


def test_doctor_says_where_it_lies_how_large_it_is_and_how_it_goes(service: Service) -> None:
    assert [one for one in examine_ground(service.home) if one.subject == "backups"] == []
    folder = set_aside(service.home, NOW)
    [told] = [one for one in examine_ground(service.home) if one.subject == "backups"]
    assert told.verdict == "ok"
    assert told.sentence == f"What was here before the restore of 2026-03-02 takes 3.5 MB in {folder}."
    assert told.remedy == f"It is removed on 2026-04-01; sooner, if you miss nothing: rm -r {folder}"
