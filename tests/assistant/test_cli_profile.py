"""`telos profile ...` on a home without a daemon: what was learned is shown with its reasons, and the user's word holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.assistant.shell import Shell

pytestmark = pytest.mark.integration

MAIL = "From: Anna <anna@example.org>\nTo: Ann Lee <ann@example.org>\nDate: {day} Oct 2026 09:00:00 +0000\n\n{text}"


@pytest.fixture
def telos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", monkeypatch, capsys)


def taught(telos: Shell, times: int = 3) -> list[Any]:
    """Teach a greeting by edits, and approve each; the preferences."""
    for day in range(1, times + 1):
        view = telos.json(
            "drafts", "new", "mail", "--to", "Ann Lee <ann@example.org>", "--subject", f"Ferry {day}",
            "--point", f"the ferry runs on {day} May",
        )  # fmt: skip
        number = str(view["line"]["id"])
        said = re.sub(r"^(?:\w+ \w+,\n\n)?", "Moin Ann,\n\n", view["current"]["text"], count=1)
        telos("drafts", "edit", number, "--text", "-", stdin=said)
        telos("drafts", "approve", number)
    found: list[Any] = telos.json("profile")
    return found


def test_an_empty_profile_says_how_to_begin(telos: Shell) -> None:
    assert "telos profile add" in telos("profile")
    assert telos.json("profile") == []
    assert "No lesson yet" in telos("profile", "lessons")
    assert "Nothing has changed yet" in telos("profile", "history")
    assert "No draft is decided yet" in telos("profile", "cost")
    assert telos("profile", "undo", status=1).startswith("Error: ")


def test_edits_teach_and_why_shows_them(telos: Shell) -> None:
    greetings = [line for line in taught(telos) if line["dimension"] == "greeting"]
    assert any("Moin" in line["value"] and line["is_used"] for line in greetings)
    number = str(next(line["id"] for line in greetings if "Moin" in line["value"] and line["is_used"]))
    page = telos("profile")
    assert "Moin" in page
    assert "followed, seen" in page
    why = telos("profile", "why", number)
    assert "For it" in why
    assert "Moin Ann," in why
    assert "lesson 1" in why
    assert "learned" in telos("profile", "history", number)
    lessons = telos("profile", "lessons")
    assert "telos profile undo 1" in lessons
    draft = telos("drafts", "new", "mail", "--to", "Ann Lee <ann@example.org>", "--point", "the ferry runs on 9 May")
    assert "Moin Ann," in draft
    assert "Written by what you taught" in draft
    assert re.search(rf"^ +{number}  ", draft, re.M)


def test_a_lesson_is_taken_back_and_with_it_what_it_taught(telos: Shell) -> None:
    assert taught(telos)
    for _ in range(3):
        assert "is taken back, as if it had not been" in telos("profile", "undo")
    assert [line for line in telos.json("profile") if "Moin" in line["value"]] == []
    assert "taken back" in telos("profile", "lessons")
    assert "no lesson" in telos("profile", "undo", status=1)
    assert "no lesson 99" in telos("profile", "undo", "99", status=1)


def test_a_preference_is_stated_changed_pinned_and_forgotten(telos: Shell) -> None:
    line = telos.json("profile", "add", "greeting", "Hi {first},", "--kind", "mail")
    assert (line["is_pinned"], line["is_used"], line["scope"]["kind"]) == (True, True, "mail")
    number = str(line["id"])
    assert "your word" in telos("profile")
    assert "your own word" in telos("profile", "why", number)
    changed = telos.json("profile", "edit", number, "--value", "Hello {first},", "--to", "ann@example.org")
    assert (changed["value"], changed["scope"]["recipient"]) == ("Hello {first},", "ann@example.org")
    draft = telos.json("drafts", "new", "mail", "--to", "Ann Lee <ann@example.org>", "--point", "the ferry runs")
    assert draft["current"]["text"].startswith("Hello Ann,")
    assert "Not pinned" in telos("profile", "unpin", number)
    assert "Pinned" in telos("profile", "pin", number)
    assert "Forgotten" in telos("profile", "forget", number)
    assert telos.json("profile") == []
    assert "forgotten" in telos("profile", "list", "--all")


@pytest.mark.parametrize(
    "arguments",
    [("edit", "1"), ("add", "no-such-dimension", "x"), ("add", "layout", "sideways"), ("import", "/nowhere.json")],
)
def test_what_makes_no_sense_is_said_in_a_sentence(telos: Shell, arguments: tuple[str, ...]) -> None:
    failure = telos("profile", *arguments, status=2)
    assert failure.startswith("Error: ")
    assert "defect" not in failure


def test_what_is_not_there_is_said(telos: Shell) -> None:
    for words in (
        ("why", "7"),
        ("pin", "7"),
        ("unpin", "7"),
        ("forget", "7"),
        ("history", "7"),
        ("edit", "7", "--value", "x"),
    ):
        assert "no preference 7" in telos("profile", *words, status=1)


def test_a_profile_is_exported_and_imported_elsewhere(
    telos: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    telos("profile", "add", "greeting", "Hi {first},", "--kind", "mail")
    telos("profile", "add", "layout", "bullets", "--kind", "document")
    file = tmp_path / "profile.json"
    assert "2 preferences" in telos("profile", "export", str(file))
    assert json.loads(telos("profile", "export"))["format"] == "telos-profile-1"
    other = Shell(tmp_path / "other", monkeypatch, capsys)
    assert other.json("profile", "import", str(file)) == {"added": 2, "kept": 0}
    assert {line["dimension"] for line in other.json("profile")} == {"greeting", "layout"}
    assert "0 preferences added, 2 left" in other("profile", "import", "-", stdin=file.read_text())
    for wrong in ("{}[", '{"format": "telos-profile-9"}', '{"preferences": [{"dimension": 3}]}'):
        assert "no profile of Telos" in other("profile", "import", "-", stdin=wrong, status=2)


def test_past_mails_teach_and_others_do_not(telos: Shell, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    for number, day in enumerate(("1", "2", "3", "4"), 1):
        text = f"Moin Ann,\n\nthe ferry ran {number} times today.\n\nTschüs\nAnna\n"
        (sent / f"{number}.eml").write_text(MAIL.format(day=f"{day}", text=text))
    (sent / "ben.eml").write_text(MAIL.format(day="5", text="Yo!\n\nNo.\n").replace("anna@", "ben@"))
    (sent / "scan.pdf").write_bytes(b"%PDF")
    told = telos("profile", "learn", "--from", str(sent))
    assert "4 texts read" in told
    assert "ben.eml: it is not from you" in told
    assert "scan.pdf: not a kind of file that is read" in told
    draft = telos.json("drafts", "new", "mail", "--to", "Ann Lee <ann@example.org>", "--point", "the ferry runs again")
    assert draft["current"]["text"].startswith("Moin Ann,")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no text to learn from" in telos("profile", "learn", "--from", str(empty), status=2)


def test_the_cost_of_editing_is_drawn(telos: Shell, tmp_path: Path) -> None:
    taught(telos, 2)
    png, svg = tmp_path / "cost.png", tmp_path / "cost.svg"
    page = telos("profile", "cost", "--png", str(png), "--svg", str(svg))
    assert "2 drafts" in page
    assert "0% ┤" in page
    assert f"Wrote {png}." in page
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_bytes().startswith(b"<?xml")
    assert [point["kind"] for point in telos.json("profile", "cost", "--kind", "mail")] == ["mail", "mail"]
    assert telos.json("profile", "cost", "--to", "nobody@example.org") == []


def test_a_value_from_outside_commands_no_terminal(telos: Shell) -> None:
    telos("profile", "add", "term/utilize", "use\x1b[31m[bold]")
    page = telos("profile") + telos("profile", "why", "1") + telos("profile", "history")
    assert "\x1b" not in page
