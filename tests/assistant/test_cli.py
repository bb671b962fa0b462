"""The command line teaches, keeps answers and failures apart, and obeys no text from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.text import Text

from assistant.answers.status import Status
from assistant.cli import app as cli
from assistant.cli.nouns import NOUNS, load
from assistant.cli.screen import ago, harmless, print_table
from assistant.version import VERSION

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


def telos(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a command line in this process; its exit status."""
    monkeypatch.setattr("sys.argv", ["telos", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def commands() -> Iterator[tuple[str, str]]:
    """Every command with its help."""

    def walk(name: str, command: object) -> Iterator[tuple[str, str]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, getattr(command, "help", "") or ""
            return
        for part, below in inner.items():
            yield from walk(f"{name} {part}", below)

    for noun in NOUNS:
        yield from walk(f"telos {noun}", load(noun))


@pytest.mark.parametrize(
    ("name", "text"), list(commands()), ids=lambda value: value if value.startswith("telos") else ""
)
def test_every_command_explains_itself_with_an_example(name: str, text: str) -> None:
    assert re.search(rf"Examples?:[\s\S]*{name}", text), f"{name} has no example in its help"


@pytest.mark.parametrize(
    ("name", "text"), list(commands()), ids=lambda value: value if value.startswith("telos") else ""
)
def test_no_help_loses_a_word_that_reads_like_markup(name: str, text: str) -> None:
    assert Text.from_markup(text).plain == text, f"{name} shows its help otherwise than it is written"


def test_a_noun_with_an_answer_of_its_own_has_examples_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "memory", "facts", "--help") == 0
    assert "telos memory facts timeline home" in " ".join(capsys.readouterr().out.split())


def test_a_mark_is_taken_from_what_is_named_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "memory", "private", "--off") == 2
    assert "telos memory private 42 --off" in capsys.readouterr().err


def test_the_version_is_the_distribution_s(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert telos(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"telos {VERSION}\n"
    assert version("telos-assistant") == VERSION


def test_an_answer_as_json_is_what_the_api_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "status", "--json") == 0
    answer = capsys.readouterr()
    assert Status.model_validate(json.loads(answer.out)).memory.items == 0
    assert answer.err == ""


def test_status_says_that_there_is_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "status") == 0
    assert "Run `telos init`." in capsys.readouterr().out


def test_a_failure_is_a_sentence_on_stderr_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("[digest]\nentires = 3")
    assert telos(monkeypatch, "--home", str(tmp_path), "status") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "the nearest is entries" in said.err
    assert "Traceback" not in said.err


def test_a_damaged_database_is_a_sentence_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "telos.db").write_bytes(b"this is no database, and long enough to be taken for one" * 40)
    assert telos(monkeypatch, "--home", str(tmp_path), "status") == 1
    said = capsys.readouterr().err
    assert "cannot be read" in said
    assert "backups" in said
    assert "defect" not in said


def test_debug_shows_where_it_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("[digest]\nentires = 3")
    telos(monkeypatch, "--home", str(tmp_path), "--debug", "status")
    assert "Traceback" in capsys.readouterr().err


def test_a_defect_is_a_sentence_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("assistant.status.rss_mb", lambda: 1 / 0)
    assert telos(monkeypatch, "--home", str(tmp_path), "status") == 1
    said = capfd.readouterr()
    assert "ZeroDivisionError" in said.err
    assert "Traceback" not in said.err
    assert "Traceback" in (tmp_path / "logs" / "telos.log").read_text()


def test_jobs_are_listed_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "jobs", "run", "maintain") == 0
    assert capsys.readouterr().out == "The database is sound.\n"
    assert telos(monkeypatch, "--home", str(tmp_path), "jobs", "--json") == 0
    listed = {job["name"]: job for job in json.loads(capsys.readouterr().out)}
    assert listed["maintain"]["last_outcome"] == "The database is sound."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]8;;https://evil.org\x07click\x1b]8;;\x07", "]8;;https://evil.orgclick]8;;"),
        ("back\rspace\x08", "backspace"),
        ("left\u202eright", "leftright"),
        ("zero\u200bwidth", "zerowidth"),
        ("\x9b31m", "31m"),
        ("a\tb\nc", "a\tb\nc"),
        ("日本語 é", "日本語 é"),
    ],
    ids=["colour", "link", "overwrite", "reorder", "invisible", "eight-bit escape", "layout stays", "letters stay"],
)
def test_the_terminal_obeys_no_text_from_outside(text: str, expected: str) -> None:
    assert harmless(text) == expected


def test_a_table_shows_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Title",), [("[red]not red[/red] \x1b[31m",)])
    assert "[red]not red[/red] [31m" in capsys.readouterr().out


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Title",), [], empty="No sources yet.")
    assert capsys.readouterr().out == "No sources yet.\n"


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (None, "never"),
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=2), "2 d ago"),
        (-timedelta(minutes=30), "in 30 min"),
        (-timedelta(seconds=5), "in a moment"),
    ],
)
def test_how_long_ago(distance: timedelta | None, expected: str) -> None:
    assert ago(None if distance is None else NOW - distance, NOW) == expected


def test_every_group_of_commands_has_help_of_its_own() -> None:
    assert [noun for noun in NOUNS if not load(noun).help] == []


def test_the_help_of_all_says_of_each_command_what_its_own_help_begins_with() -> None:
    """The first words of the one are the first words of the other, so that neither is forgotten when the other changes."""
    for name, noun in NOUNS.items():
        own = load(name).help
        assert _first_words(own) == _first_words(noun.line), f"telos {name}: {noun.line!r} and {own!r}"


def _first_words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]+", text)[:3]


def test_a_command_that_does_not_exist_is_refused_with_those_like_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telos(monkeypatch, "statsu") == 2
    assert "Did you mean 'status'" in " ".join(capsys.readouterr().err.split())


def test_the_help_of_all_loads_no_command() -> None:
    program = "import sys; from assistant.cli.app import app; print(*[m for m in sys.modules if 'assistant.cli.' in m])"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {"assistant.cli.app", "assistant.cli.nouns", "assistant.cli.screen"}
