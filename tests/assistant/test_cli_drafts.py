"""`telos drafts ...` on a home without a daemon: drafted, edited, looked at, decided on, and nothing the user wrote lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.assistant.shell import Shell

pytestmark = pytest.mark.integration

FERRY = ("new", "mail", "--to", "Ann Lee <ann@example.org>", "--subject", "The ferry")
POINTS = ("--point", "the ferry runs again on 1 May", "--point", "tickets cost 12 euros")
QUESTION = (
    "From: Bea Roy <bea@example.net>\r\nTo: anna@example.org\r\nSubject: =?iso-8859-1?q?Caf=E9?=\r\n"
    "Message-ID: <q1@example.net>\r\nDate: Fri, 20 Nov 2026 09:00:00 +0000\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nHi Anna,\r\n\r\nWhen does the caf\xe9 open?\r\n\r\nBea\r\n"
).encode("latin-1")


@pytest.fixture
def telos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def ferry(telos: Shell) -> Shell:
    """With draft 1, a mail about the ferry."""
    telos("drafts", *FERRY, *POINTS)
    return telos


def body(text: str) -> str:
    """A Python line that puts another text in the place of the file's, and leaves its head."""
    return f"text = text[: text.index('\\n\\n') + 2] + {text!r}"


def test_a_home_without_drafts_says_how_to_begin(telos: Shell) -> None:
    assert "telos drafts new mail" in telos("drafts")
    assert telos.json("drafts") == []


def test_a_draft_says_the_points_and_how_to_go_on(telos: Shell) -> None:
    page = telos("drafts", *FERRY, *POINTS)
    assert "Draft 1: a mail to Ann Lee <ann@example.org>" in page
    assert "Subject: The ferry" in page
    assert "ferry runs again on 1 May" in page
    assert "telos drafts edit 1" in page
    [line] = telos.json("drafts", "list", "--state", "open", "--kind", "mail")
    assert (line["id"], line["subject"], line["to"]) == (1, "The ferry", ["Ann Lee <ann@example.org>"])
    assert telos.json("drafts", "list", "--state", "rejected") == []
    assert "1 draft to look at" in telos("drafts")


def test_points_come_through_a_pipe_one_a_line(telos: Shell) -> None:
    view = telos.json("drafts", "new", "note", stdin="- the ferry runs again\n\n2. tickets cost 12 euros\n")
    assert view["points"] == ["the ferry runs again", "tickets cost 12 euros"]


def test_points_are_taken_after_the_kind_by_option_and_through_a_pipe_in_this_order(telos: Shell) -> None:
    said = ("the ferry runs again", "it stops at noon")
    view = telos.json("drafts", "new", "note", *said, "--point", "tickets cost 12 euros", stdin="dogs are free\n")
    assert view["points"] == [*said, "tickets cost 12 euros", "dogs are free"]


def test_a_mail_from_standard_input_is_replied_to_whatever_its_bytes(telos: Shell, tmp_path: Path) -> None:
    view = telos.json("drafts", "new", "--eml", "-", "--point", "it opens at eight", stdin=QUESTION)
    assert view["line"]["kind"] == "reply"
    assert view["line"]["to"] == ["Bea Roy <bea@example.net>"]
    assert view["current"]["subject"] == "Re: Café"
    file = tmp_path / "question.eml"
    file.write_bytes(QUESTION)
    again = telos.json("drafts", "new", "reply", "--eml", str(file), "--point", "it opens at eight")
    piped = telos.json("drafts", "new", "reply", "--point", "it opens at eight", stdin=QUESTION)
    assert piped["current"]["text"] == view["current"]["text"]
    assert again["current"]["text"] == view["current"]["text"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (("--eml", "/nowhere.eml"), b"", "cannot be read: No such file"),
        (("--eml", "-"), b"  \n", "is empty"),
        (("--eml", "-"), b"no mail at all", "no mail"),
        (("mail", "--to", "ann@", "--point", "x"), b"", "not an address"),
        (("note",), b"caf\xe9\n", "not written in UTF-8"),
        (("mail", "--to", "ann@example.org"), b"", ""),
    ],
    ids=["no file", "empty", "no mail", "no address", "Latin-1 points", "nothing to say"],
)
def test_what_cannot_be_drafted_is_said_in_a_sentence(
    telos: Shell, arguments: tuple[str, ...], stdin: bytes, sentence: str
) -> None:
    failure = telos("drafts", "new", *arguments, status=2, stdin=stdin)
    assert failure.startswith("Error: ")
    assert sentence in failure
    assert "Traceback" not in failure


def test_gaps_stand_out_and_are_listed(telos: Shell) -> None:
    page = telos("drafts", "new", "--eml", "-", "--point", "thanks for asking", stdin=QUESTION)
    assert "To be filled in" in page
    assert "[..." in page
    [line] = telos.json("drafts")
    assert line["gaps"] >= 1


def test_an_edit_is_a_version_and_its_lesson_is_said_with_its_undo(ferry: Shell) -> None:
    ferry.edits_by(body("Hi Ann,\n\n- The ferry runs again on 1 May.\n- Tickets cost 12 euros.\n\nCheers,\nAnna\n"))
    told = ferry("drafts", "edit", "1")
    assert "Draft 1 has version 2, yours." in told
    assert "telos profile undo" in told
    assert "telos drafts approve 1" in told
    view = ferry.json("drafts", "show", "1")
    assert [version["by"] for version in view["versions"]] == ["telos", "user"]
    assert view["current"]["text"].startswith("Hi Ann,\n\n- The ferry")
    assert "Learned from it" in ferry("drafts", "show", "1")
    assert ferry.kept_edits == []


def test_the_subject_is_a_line_of_the_file(ferry: Shell) -> None:
    ferry.edits_by("text = text.replace('Subject: The ferry', 'Subject: Ferry, at last')")
    assert ferry.json("drafts", "edit", "1")["draft"]["current"]["subject"] == "Ferry, at last"
    assert ferry.json("drafts", "edit", "1", "--subject", "Again")["draft"]["current"]["subject"] == "Again"


@pytest.mark.parametrize("program", ["", "text = '% a remark of mine\\n' + text", "text = text + '\\n\\n'"])
def test_an_edit_that_changes_nothing_is_none(ferry: Shell, program: str) -> None:
    ferry.edits_by(program)
    assert ferry("drafts", "edit", "1").strip() == "Nothing was changed."
    assert ferry.json("drafts", "show", "1")["line"]["versions"] == 1


def test_an_editor_opens_at_once_where_it_is_wanted(telos: Shell) -> None:
    telos.edits_by(body("Mine alone, but for the ferry that runs again on 1 May.\n"))
    told = telos("drafts", *FERRY, *POINTS, "--edit")
    assert "Draft 1 is kept." in told
    assert "has version 2" in told


def test_a_draft_stays_though_its_editor_fails(telos: Shell) -> None:
    assert "ended with status 1" in telos("drafts", *FERRY, *POINTS, "--edit", status=2)
    assert telos.json("drafts", "show", "1")["line"]["versions"] == 1


def test_deleting_everything_is_asked_about_before_it_is_learned_from(ferry: Shell) -> None:
    ferry.edits_by("text = ''")
    failure = ferry("drafts", "edit", "1", status=2)
    assert "Nothing is left" in failure
    assert "--yes" in failure
    assert ferry.json("drafts", "show", "1")["line"]["versions"] == 1
    assert ferry.json("drafts", "edit", "1", "--yes")["draft"]["line"]["versions"] == 2


def test_another_text_altogether_is_asked_about_and_kept_meanwhile(ferry: Shell) -> None:
    wrote = "Quite another matter: shall we meet for lunch next week?\n"
    ferry.edits_by(body(wrote))
    failure = ferry("drafts", "edit", "1", status=2)
    [kept] = ferry.kept_edits
    assert kept.endswith(wrote)
    found = re.search(r"`telos (drafts edit 1 --text) (\S+)`", failure)
    assert found is not None
    decided = ferry.json(*found[1].split(), found[2], "--yes")
    assert decided["draft"]["current"]["text"] == wrote.strip()
    assert decided["draft"]["current"]["subject"] == "The ferry"


def test_two_edits_at_once_lose_neither(ferry: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    home, python = ferry.home, "import subprocess, sys, os"
    first = "Mine: the ferry runs again on 1 May. Tickets cost 12 euros."
    ferry.edits_by(
        f"{python}\nsubprocess.run([sys.executable, '-c', 'from assistant.cli.app import main; main()', '--home', {str(home)!r},"
        " 'drafts', 'edit', '1', '--text', '-'], input='The ferry runs on 1 May. Tickets cost 12 euros.', text=True, check=True)\n"
        + body(first)
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    failure = ferry("drafts", "edit", "1", status=1)
    assert "changed meanwhile" in failure
    [kept] = ferry.kept_edits
    assert kept.endswith(first)
    assert str(home / "edits") in failure


@pytest.mark.parametrize("program", ["text = text + '\\0'", "open(path, 'wb').write(b'caf\\xe9'); sys.exit(0)"])
def test_what_is_no_text_changes_nothing_and_stays(ferry: Shell, program: str) -> None:
    ferry.edits_by(program)
    failure = ferry("drafts", "edit", "1", status=2)
    assert "What you wrote is kept in" in failure
    assert ferry.json("drafts", "show", "1")["line"]["versions"] == 1
    assert len(ferry.kept_edits) == 1


def test_a_text_can_be_given_without_an_editor(ferry: Shell, tmp_path: Path) -> None:
    file = tmp_path / "final.txt"
    file.write_text("% of what?\nThe ferry runs again on 1 May. Tickets cost twelve euros.\n")
    given = ferry.json("drafts", "edit", "1", "--text", str(file))
    assert given["draft"]["current"]["text"].startswith("% of what?\nThe ferry"), "a file of the user's is all text"
    again = ferry.json(
        "drafts", "edit", "1", "--text", "-", stdin="The ferry runs again on 2 May. Tickets cost 12 euros."
    )
    assert again["draft"]["line"]["versions"] == 3
    assert "cannot be read" in ferry("drafts", "edit", "1", "--text", "/nowhere.txt", status=2)


def test_a_pasted_text_is_kept_and_teaches_nothing(ferry: Shell) -> None:
    text = "Hi Ann,\n\n- The ferry runs again on 1 May.\n- Tickets cost 12 euros.\n"
    decided = ferry.json("drafts", "edit", "1", "--pasted", "--text", "-", stdin=text)
    assert decided["lesson"] is None
    assert decided["draft"]["current"]["text"] == text.strip()
    assert ferry.json("profile", "lessons") == []


def test_a_line_that_begins_with_a_per_cent_sign_survives_the_editor(telos: Shell) -> None:
    telos("drafts", *FERRY, *POINTS)
    text = "% is the sign for shares.\n\\% too. The ferry runs again on 1 May. Tickets cost 12 euros."
    telos("drafts", "edit", "1", "--text", "-", stdin=text)
    telos.edits_by("text = text.replace('12', '13')")
    assert telos.json("drafts", "edit", "1")["draft"]["current"]["text"] == text.replace("12", "13")


def test_a_diff_shows_the_words_and_both_texts_are_in_it(ferry: Shell) -> None:
    before = ferry.json("drafts", "show", "1")["current"]["text"]
    after = before.replace("12 euros", "14 euros")
    ferry("drafts", "edit", "1", "--text", "-", stdin=after)
    assert "[-12-] {+14+} euros" in ferry("drafts", "diff", "1")
    found = ferry.json("drafts", "diff", "1", "--from", "1", "--to", "2")
    assert found["cost"] == 1
    assert "".join(span["text"] for span in found["spans"] if span["change"] != "new") == before
    assert "".join(span["text"] for span in found["spans"] if span["change"] != "gone") == after
    assert "no version 9" in ferry("drafts", "diff", "1", "--to", "9", status=1)


def test_approving_says_that_nothing_was_sent_and_how_to_send(ferry: Shell) -> None:
    told = ferry("drafts", "approve", "1")
    assert "Nothing was sent." in told
    assert "telos drafts send 1" in told
    assert ferry.json("drafts")[0]["state"] == "approved"
    assert not list((ferry.home / "outbox").glob("*"))


def test_a_rejected_draft_teaches_nothing(ferry: Shell) -> None:
    assert "It teaches nothing" in ferry("drafts", "reject", "1")
    assert ferry.json("profile", "lessons") == []


def test_nothing_is_sent_without_a_terminal_to_ask_at(ferry: Shell) -> None:
    ferry("drafts", "approve", "1")
    failure = ferry("drafts", "send", "1", status=2)
    assert "telos drafts send 1 --yes" in failure
    assert not list((ferry.home / "outbox").glob("*.eml"))


def test_a_draft_is_sent_on_the_user_s_word(ferry: Shell) -> None:
    ferry("drafts", "approve", "1")
    told = " ".join(ferry("drafts", "send", "1", "--yes").split())
    [eml] = (ferry.home / "outbox").glob("*.eml")
    assert "Draft 1 was written to" in told
    assert "not mailed" in told
    assert "telos drafts send 1 --again" in " ".join(ferry("drafts", "send", "1", "--yes", status=1).split())
    assert "not mailed" in " ".join(ferry("drafts", "send", "1", "--yes", "--again").split())
    assert b"The ferry" in eml.read_bytes()
    assert ferry.json("drafts")[0]["sending"] == "sent"
    assert "not mailed" in " ".join(ferry("drafts", "show", "1").split())


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("html", "<!doctype html>"), ("HTM", "<!doctype html>"), ("md", "# The ferry"), ("txt", "Hello")],
)
def test_a_draft_is_exported_as_the_files_ending_says(ferry: Shell, tmp_path: Path, ending: str, begins: str) -> None:
    file = tmp_path / f"ferry.{ending}"
    ferry("drafts", "export", "1", str(file))
    assert file.read_text().startswith(begins)


def test_a_mail_is_exported_as_a_message(ferry: Shell, tmp_path: Path) -> None:
    file = tmp_path / "ferry.eml"
    ferry("drafts", "export", "1", str(file))
    assert "Subject: The ferry" in file.read_text()
    assert "ferry runs again" in ferry("drafts", "export", "1")
    assert "cannot be written" in ferry("drafts", "export", "1", "/nowhere/ferry.eml", status=2)


def test_names_of_any_script_and_what_commands_a_terminal_are_only_shown(telos: Shell) -> None:
    telos(
        "drafts", "new", "mail", "--to", "نور حداد <nour@example.org>", "--subject", "\x1b[31mred\x1b[0m [bold]x[/bold]",
        "--point", "the \u202eferry\u202c runs \x1b]0;again\x07 in Évora",
    )  # fmt: skip
    page = telos("drafts", "show", "1") + telos("drafts")
    assert "نور حداد" in page
    assert "[bold]x[/bold]" in page
    assert "Évora" in page
    assert not re.search("[\x1b\x07\u202e\u202c]", page)


def test_what_is_not_there_is_said(telos: Shell) -> None:
    for words in (
        ("show", "7"),
        ("edit", "7"),
        ("diff", "7"),
        ("approve", "7"),
        ("reject", "7"),
        ("send", "7", "--yes"),
    ):
        assert "no draft 7" in telos("drafts", *words, status=1)


def test_an_earlier_version_is_shown(ferry: Shell) -> None:
    ferry("drafts", "edit", "1", "--text", "-", stdin="The ferry runs again on 1 June. Tickets cost 12 euros.")
    assert "1 May" in ferry("drafts", "show", "1", "--version", "1")
    assert ferry.json("drafts", "show", "1", "--version", "2")["by"] == "user"
    assert "no version 5" in ferry("drafts", "show", "1", "--version", "5", status=1)
