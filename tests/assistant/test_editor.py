"""A text in the user's editor: what they save comes back, and whatever goes wrong, what they wrote is still there."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from assistant.cli.editor import edited
from assistant.errors import BadRequest, Conflict
from tests.terminal import Terminal

WROTE = "Mine.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "edits"


def set_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commands: str) -> None:
    """An editor that runs these shell commands, `$1` being the file."""
    script = tmp_path / "an editor"
    script.write_text(f"#!/bin/sh\n{commands}\n")
    script.chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{script}'")


def kept(folder: Path) -> list[str]:
    return [path.read_bytes().decode("utf-8", "replace") for path in folder.iterdir()]


def test_what_is_saved_comes_back_and_no_file_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_editor(monkeypatch, tmp_path, 'sed -i s/Porto/Faro/ "$1"; printf \'\\r\\n\' >> "$1"')
    with edited("Porto and Évora\n", folder, "draft-3.txt") as left:
        assert left == "Faro and Évora\n\n"
    assert kept(folder) == []


def test_visual_goes_before_editor_and_only_the_user_can_read_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_editor(monkeypatch, tmp_path, f'stat -c %a "$1" > {tmp_path}/mode; basename "$1" > {tmp_path}/name')
    monkeypatch.setenv("VISUAL", os.environ["EDITOR"])
    monkeypatch.setenv("EDITOR", "false")
    with edited("x\n", folder, "draft-3.txt") as left:
        assert left is None
    assert (tmp_path / "mode").read_text() == "600\n"
    name = (tmp_path / "name").read_text().strip()
    assert name.startswith("draft-3-")
    assert name.endswith(".txt")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("commands", "sentence"),
    [
        ('echo Mine. > "$1"; exit 3', "ended with status 3"),
        ('echo Mine. > "$1"; kill -SEGV $$', "was ended by SIGSEGV"),
        ("printf 'Mine.\\n\\0' > \"$1\"", "byte 6 is NUL"),
        ("printf 'Mine.\\n\\377' > \"$1\"", "not written in UTF-8: byte 6 is 0xff"),
    ],
    ids=["a status", "a crash", "NUL", "Latin-1"],
)
def test_an_editor_that_fails_changes_nothing_and_the_text_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commands: str, sentence: str
) -> None:
    set_editor(monkeypatch, tmp_path, commands)
    with pytest.raises(BadRequest, match=sentence) as caught, edited("Porto\n", folder, "x.txt", takes_up="telos take"):
        pytest.fail("nothing is to be done with it")
    [path] = folder.iterdir()
    assert path.read_bytes().startswith(WROTE.encode())
    assert f"telos take {path}" in caught.value.remedy


@pytest.mark.parametrize(
    ("commands", "sentence"),
    [("exit 1", "ended with status 1"), ("kill -KILL $$", "SIGKILL"), ('rm "$1"', "left no file behind")],
)
def test_where_nothing_was_written_nothing_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commands: str, sentence: str
) -> None:
    set_editor(monkeypatch, tmp_path, commands)
    with pytest.raises(BadRequest, match=sentence), edited("Porto\n", folder, "x.txt"):
        pytest.fail("nothing is to be done with it")
    assert kept(folder) == []


def test_a_text_that_cannot_be_taken_stays_and_the_failure_says_where(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_editor(monkeypatch, tmp_path, 'echo Mine. > "$1"')
    with pytest.raises(Conflict) as caught, edited("Porto\n", folder, "x.txt", takes_up="telos drafts edit 3 --text"):
        raise Conflict("It was changed meanwhile.", "Look at it.")
    [path] = folder.iterdir()
    assert path.read_text() == WROTE
    assert caught.value.remedy.startswith(f"Look at it. What you wrote is kept in {path}; `telos drafts edit 3 --text ")


def test_also_a_failure_that_nobody_foresaw_loses_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_editor(monkeypatch, tmp_path, 'echo Mine. > "$1"')
    with pytest.raises(KeyboardInterrupt), edited("Porto\n", folder, "x.txt"):
        raise KeyboardInterrupt
    assert kept(folder) == [WROTE]
    assert "What you wrote is kept in " in capfd.readouterr().err


def test_an_editor_that_is_not_there_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    for editor in ("/nowhere/editor", "'unbalanced"):
        monkeypatch.setenv("EDITOR", editor)
        with pytest.raises(BadRequest, match="cannot be started"), edited("x\n", folder, "x.txt"):
            pytest.fail("nothing is to be done with it")
    assert kept(folder) == []


PROGRAM = """
import sys
from pathlib import Path
from assistant.cli.editor import edited
with edited("Porto\\n", Path(sys.argv[1]), "x.txt") as left:
    print("left:", left)
"""


def test_ctrl_c_is_the_editor_s(tmp_path: Path) -> None:
    script = tmp_path / "editor"
    script.write_text(
        '#!/bin/sh\ntrap \'echo heard\' INT\necho ready\nwhile [ -z "$line" ]; do read line; done\necho "$line" > "$1"\n'
    )
    script.chmod(0o700)
    environment = {"EDITOR": str(script), "VISUAL": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    with Terminal(sys.executable, "-c", PROGRAM, tmp_path / "edits", environment=environment) as terminal:
        terminal.wait_for("ready")
        terminal.press("\x03")
        terminal.wait_for("heard")
        terminal.press("Faro\r")
        terminal.wait_for("left: Faro")
        assert terminal.wait() == 0
