"""Each thing that is set up wrongly is found, with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.answers.doctor import Finding
from assistant.clock import FakeClock
from assistant.doctor.ground import examine_ground
from assistant.doctor.parts import examine_parts
from assistant.home import Home
from assistant.lock import Lock
from assistant.progress import unheard
from assistant.service import Service
from memory.store import items, jobs, sources
from memory.store.connection import Database
from tests.fakes import HeldIndex, WordEmbedder
from tests.ports import free_port

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.prepare()
    home.config_file.write_text("")
    return home


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


def ground(home: Home, subject: str) -> Finding:
    """The worst finding of a subject."""
    found = [finding for finding in examine_ground(home) if finding.subject == subject]
    return max(found, key=lambda finding: ("ok", "warning", "error").index(finding.verdict))


def parts(home: Home, clock: FakeClock) -> Iterator[Finding]:
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)
    try:
        yield from examine_parts(service, unheard)
    finally:
        service.close()


def part(home: Home, clock: FakeClock, subject: str) -> Finding:
    return next(finding for finding in parts(home, clock) if finding.subject == subject)


def test_a_sound_home_is_found_sound(home: Home, clock: FakeClock) -> None:
    findings = [*examine_ground(home), *parts(home, clock)]
    assert {finding.subject for finding in findings if finding.verdict != "ok"} == {"service"}
    assert {"database", "embedder", "index", "mail", "clock", "model"} <= {finding.subject for finding in findings}


def test_a_home_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    findings = list(examine_ground(Home.at(tmp_path / "nowhere")))
    assert [finding.remedy for finding in findings if finding.subject == "configuration"] == ["Run `telos init`."]
    assert all(finding.verdict != "error" for finding in findings)
    assert not (tmp_path / "nowhere").exists()


def test_a_mistake_in_the_configuration(home: Home) -> None:
    home.config_file.write_text("[digest]\nentires = 3")
    finding = ground(home, "configuration")
    assert (finding.verdict, "entries" in finding.sentence) == ("error", True)


def test_a_password_that_others_may_read(home: Home) -> None:
    home.config_file.write_text("[mail]\npassword = 'hush hush'")
    home.config_file.chmod(0o644)
    finding = ground(home, "configuration")
    assert finding.remedy == f"Run: chmod 600 {home.config_file}"
    assert "hush" not in str(finding)


@pytest.mark.parametrize(("name", "verdict"), [("data", "warning"), ("outbox", "warning"), ("key_file", "error")])
def test_files_that_others_may_read(home: Home, name: str, verdict: str) -> None:
    assert home.key
    path: Path = getattr(home, name)
    path.chmod(0o755)
    finding = ground(home, "folders")
    assert (finding.verdict, str(path) in finding.remedy) == (verdict, True)


def test_a_home_held_by_something_else_than_the_service(home: Home) -> None:
    with Lock(home.lock).acquire() as lock:
        lock.announce(home.data / "api.sock", serves=False)
        assert "not by the service" in ground(home, "service").sentence
        lock.announce(home.data / "api.sock", serves=True)
        assert ground(home, "service").verdict == "ok"


def test_a_mail_server_that_does_not_answer(home: Home, clock: FakeClock) -> None:
    port = free_port()
    home.config_file.write_text(
        f"[user]\nemail = 'a@b.org'\n[mail]\nvia = 'smtp'\nhost = '127.0.0.1'\nport = {port}\nsecurity = 'none'"
    )
    finding = part(home, clock, "mail")
    assert finding.verdict == "error"
    assert "[mail]" in finding.remedy


def test_a_source_that_is_not_there_stops_no_other_check(home: Home, clock: FakeClock, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text("<rss version='2.0'><channel><title>T</title></channel></rss>")
    home.config_file.write_text(
        f"[[sources]]\nname = 'gone'\nkind = 'feeds'\nurl = '{tmp_path / 'gone.xml'}'\n"
        f"[[sources]]\nname = 'here'\nkind = 'feeds'\nurl = '{feed}'\n"
    )
    verdicts = {finding.subject: finding.verdict for finding in parts(home, clock)}
    assert verdicts["source gone"] == "error"
    assert verdicts["source here"] == "ok"


def test_asking_a_source_keeps_nothing_of_it(home: Home, clock: FakeClock, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text("<rss version='2.0'><channel><item><title>T</title></item></channel></rss>")
    home.config_file.write_text(f"[[sources]]\nname = 'here'\nkind = 'feeds'\nurl = '{feed}'\n")
    assert [found.sentence for found in parts(home, clock) if found.subject == "source here"] == ["It answers."]
    database = Database.open(home.database)
    with database.read() as session:
        assert (sources.live(session), items.count(session)) == ([], 0)
    database.close()


def test_a_connector_with_a_defect_stops_no_other_check(
    home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.feeds.Feeds.look", lambda _: {"title": ""}["items"])
    home.config_file.write_text("[[sources]]\nname = 'odd'\nkind = 'feeds'\nurl = '/feed.xml'\n")
    findings = {finding.subject: finding for finding in parts(home, clock)}
    assert findings["source odd"].verdict == "error"
    assert "failed unexpectedly (KeyError)" in findings["source odd"].sentence
    assert findings["mail"].verdict == "ok"


def test_a_clock_that_was_put_back(home: Home, clock: FakeClock) -> None:
    service = Service(home, clock=clock, embedder=WordEmbedder(), make_index=HeldIndex)
    with service.database.write() as session:
        jobs.start(session, "maintain", NOW + timedelta(hours=3))
    service.close()
    assert part(home, clock, "clock").verdict == "error"


def test_a_machine_that_does_not_know_its_zone(home: Home, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: None)
    finding = part(home, clock, "zone")
    assert (finding.verdict, "UTC" in finding.sentence, "timezone" in finding.remedy) == ("warning", True, True)
    home.config_file.write_text("[user]\ntimezone = 'UTC'")
    assert part(home, clock, "zone").verdict == "ok"


def test_a_connector_that_cannot_be_used(
    home: Home, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packages" / "telos_weather-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: telos-weather\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[telos.connectors]\nweather = no_such_module:Weather\n")
    monkeypatch.syspath_prepend(package.parent)
    finding = part(home, clock, "connectors")
    assert (finding.verdict, "telos-weather" in finding.sentence) == ("warning", True)


def test_examining_changes_nothing(home: Home, clock: FakeClock) -> None:
    before = {path for path in home.data.rglob("*") if path.is_file()}
    list(examine_ground(home))
    assert {path for path in home.data.rglob("*") if path.is_file()} - before <= {home.lock}
