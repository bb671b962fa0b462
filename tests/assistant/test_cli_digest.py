"""`telos digest ...` on a home without a daemon: the whole way from the command line to rows and files, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import app as cli
from assistant.clock import SystemClock

pytestmark = pytest.mark.integration

TITLES = ("A new ferry", "Bread \x1b[31mprices [bold]fall[/bold]", "Grève des trains")
CONFIGURATION = """
[user]
email = "anna@example.org"

[digest]
days = []

[memory]
embedder = "nobody/has-this-model"

[[sources]]
name = "town"
kind = "feeds"
url = "{url}"
"""


class Shell:
    """Runs commands on one home in this process."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """What the command prints; on stderr where `status` is a failure's."""
        self._monkeypatch.setattr("sys.argv", ["telos", "--home", str(self.folder), "digest", *arguments])
        try:
            cli.main()
            ended = 0
        except SystemExit as end:
            ended = int(end.code or 0)
        out, err = self._capsys.readouterr()
        assert ended == status, err
        return out if status == 0 else err

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json"))


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("COLUMNS", "200")
    feed = tmp_path / "feed.json"
    now = datetime.now(UTC)
    entries = [
        {"id": str(number), "title": title, "content_text": f"{title}. It was said by many.", "date_published": date}
        for number, title in enumerate(TITLES)
        for date in [(now - timedelta(minutes=number + 1)).isoformat()]
    ]
    version = "https://jsonfeed.org/version/1.1"
    feed.write_text(json.dumps({"version": version, "title": "Town", "items": entries}))
    monkeypatch.setattr(SystemClock, "now", lambda clock: now)  # midnight passes between no two commands
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    (folder / "config.toml").write_text(CONFIGURATION.format(url=feed))
    return Shell(folder, monkeypatch, capsys)


def test_the_first_digest_reads_the_sources_before_it_is_built(digest: Shell) -> None:
    line = digest.json("send")
    assert (line["state"], line["entries"], line["run"]) == ("sent", 3, 0)
    assert len(list((digest.folder / "outbox").glob("*.eml"))) == 1


def test_a_preview_leaves_nothing_behind_but_what_was_read(digest: Shell) -> None:
    assert len(digest.json("preview")["sections"][0]["entries"]) == 3
    assert digest.json("list") == []
    assert "No digest was made yet." in digest("list")
    assert not list((digest.folder / "outbox").iterdir())


def test_a_digest_in_the_terminal_cannot_command_it(digest: Shell) -> None:
    digest("send")
    page = digest("show")
    assert "\x1b" not in page
    assert "[31mprices [bold]fall[/bold]" in page
    assert "Grève des trains" in page


def test_feedback_names_the_entry_it_meant(digest: Shell) -> None:
    digest("send")
    title = digest.json("show")["sections"][0]["entries"][1]["title"]
    assert digest.json("more", "2") == {
        "verb": "more",
        "number": 2,
        "day": digest.json("list")[0]["day"],
        "title": title,
        "was_said_before": False,
    }
    assert "counts once" in digest("more", "2")
    assert "Taken back: more" in digest("undo")
    assert "nothing to undo" in digest("undo", status=1)
    assert "has no entry 9; it has 3" in digest("drop", "9", status=1)


def test_a_mute_is_listed_and_ended_by_its_number(digest: Shell) -> None:
    digest("send")
    muted = digest.json("mute", "--word", "Ferry")
    assert digest.json("mutes") == [muted]
    again = digest.json("send", "--again")
    assert again["run"] == 1
    assert "ferry" in digest("unmute", str(muted["id"]))
    assert digest("mutes").strip() == "Nothing is muted."
    assert "Name one thing to be muted." in digest("mute", status=2)
    assert "Name one thing to be muted." in digest("mute", "1", "--word", "x", status=2)


def test_a_second_digest_is_refused_and_a_resend_is_the_same_mail(digest: Shell) -> None:
    digest("send")
    assert "--again" in digest("send", status=1)
    [eml] = (digest.folder / "outbox").glob("*.eml")
    first = eml.read_bytes()
    eml.unlink()
    assert "was sent to anna@example.org" in digest("resend")
    assert eml.read_bytes() == first


def test_a_pause_names_the_day_it_ends(digest: Shell) -> None:
    config = digest.folder / "config.toml"
    config.write_text(config.read_text().replace("days = []", 'at = "07:00"'))
    assert "it comes again on 2999-01-01" in digest("pause", "--until", "2999-01-01")
    assert digest.json("resume")["paused_until"] is None
    assert "not after today" in digest("pause", "--until", "2020-01-01", status=2)
