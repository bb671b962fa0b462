"""What the user exports is for them alone, there whole or not at all, and lands where the name leads."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli import exports
from assistant.errors import BadRequest
from tests.assistant.shell import Shell

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def open_mask() -> Iterator[None]:
    """The mask that most systems give, by which new files may be read by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_export_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    telos = Shell(tmp_path / "home", monkeypatch, capsys)
    telos("drafts", "new", "mail", "--to", "Ann <ann@example.org>", "--subject", "Tea", "--point", "I like green tea")
    for words in (("memory", "export"), ("drafts", "export", "1"), ("profile", "export"), ("sources", "export")):
        new, old = (tmp_path / f"{words[0]}-{which}.txt" for which in ("new", "old"))
        old.write_text("what everybody could read")
        old.chmod(0o644)
        for file in (new, old):
            telos(*words, str(file))
            assert (mode(file), "everybody" in file.read_text()) == (0o600, False), file
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "a draft is left"


def test_an_export_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("before")

    def export(name: str, *, is_new: bool = False) -> None:
        with exports.written(tmp_path / name, is_new=is_new) as file:
            file.write("half of it")
            raise KeyboardInterrupt

    for name, is_new in (("old.txt", False), ("none.txt", False), ("new.txt", True)):
        with pytest.raises(KeyboardInterrupt):
            export(name, is_new=is_new)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old.txt", "before")]


def test_a_link_leads_to_its_file_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "elsewhere" / "file.txt")
    with exports.written(tmp_path / "link.txt") as file:
        file.write("grüner Tee\r\n")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "elsewhere" / "file.txt").read_bytes() == "grüner Tee\r\n".encode()
    assert mode(tmp_path / "elsewhere" / "file.txt") == 0o600


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    with exports.written(pipe) as file:
        file.write("green tea")
    reader.join(10)
    assert heard == ["green tea"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("there", ["file", "link", "folder"])
def test_where_something_is_nothing_new_is_written(tmp_path: Path, there: str) -> None:
    target = tmp_path / "talk.md"
    if there == "file":
        target.write_text("mine")
    elif there == "link":
        target.symlink_to(tmp_path / "nothing")
    else:
        target.mkdir()
    with (
        pytest.raises(BadRequest, match=r"cannot be written: File exists\. Name another file"),
        exports.written(target, is_new=True) as file,
    ):
        file.write("other")
    assert there != "file" or target.read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


def test_a_loop_of_links_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(BadRequest, match="cannot be written: Too many levels"), exports.written(tmp_path / "a") as file:
        file.write("x")
