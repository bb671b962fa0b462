"""The wizard writes a file that is understood, and never writes over one."""

from __future__ import annotations

import stat
from datetime import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.config.load import load
from assistant.config.setup import PASSWORD_FILE, Answers, write_configuration
from assistant.errors import BadConfiguration, Conflict


def test_the_defaults_are_ten_entries_five_minutes_seven_o_clock_every_day(tmp_path: Path) -> None:
    write_configuration(tmp_path / "new" / "config.toml", Answers())
    digest = load(tmp_path / "new" / "config.toml", {}).digest
    assert (digest.entries, digest.reading_minutes, digest.at, len(digest.days)) == (10, 5.0, time(7), 7)


def test_what_was_answered_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    answers = Answers(
        name='Ada "the first"',
        email="ada@example.org",
        interests=("dialogue planning", "\\n [mail]"),
        at="06:30",
        entries=5,
        smtp_host="smtp.example.org",
        smtp_username="ada",
        password="hush hush",
    )
    write_configuration(path, answers)
    settings = load(path, {})
    assert settings.user.name == 'Ada "the first"'
    assert settings.user.interests == ("dialogue planning", "\\n [mail]")
    assert (settings.digest.at, settings.digest.entries) == (time(6, 30), 5)
    assert settings.mail.password is not None
    assert settings.mail.password.get_secret_value() == "hush hush"


def test_the_password_is_in_a_file_of_its_own_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    write_configuration(path, Answers(email="a@b.org", smtp_host="h", smtp_username="a", password="hush hush"))
    assert "hush" not in path.read_text()
    for file in (path, tmp_path / PASSWORD_FILE):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_configuration_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n")
    with pytest.raises(Conflict, match="already"):
        write_configuration(path, Answers())
    assert path.read_text() == "# mine\n"


def test_the_wizard_asks_again_for_what_cannot_be_used(tmp_path: Path) -> None:
    answers = ["Ada", "ada", "ada@example.org", "tides, bread", "7", "06:30", "99", "5", "0", "3", "", ""]
    run = CliRunner().invoke(app, ["--home", str(tmp_path), "init"], input="\n".join(answers))
    assert run.exit_code == 0, run.output
    assert "user.email is 'ada', which is no address" in run.output
    settings = load(tmp_path / "config.toml", {})
    assert (settings.user.email, settings.user.interests) == ("ada@example.org", ("tides", "bread"))
    digest = settings.digest
    assert (digest.at, digest.entries, digest.reading_minutes) == (time(6, 30), 5, 3.0)


def test_an_answer_that_cannot_be_used_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"digest\.at is '25:00'"):
        write_configuration(tmp_path / "config.toml", Answers(at="25:00", password="hush"))
    assert list(tmp_path.iterdir()) == []
