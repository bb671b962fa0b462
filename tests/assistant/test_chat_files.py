"""What the user gives along is read with bounds, and a secret among it stays where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli.chat import files
from assistant.cli.chat.files import read_files
from assistant.errors import BadRequest

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc"


def test_a_folder_gives_its_texts_by_name_and_counts_the_rest(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print(1)\n")
    (tmp_path / "README.md").write_bytes(b"\xef\xbb\xbf# Read me\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "old.txt").write_bytes("Grève".encode("latin-1"))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("[core]")
    (tmp_path / ".env").write_text("TOKEN=1")
    (tmp_path / "link").symlink_to("/etc/passwd")
    given = read_files([tmp_path])
    assert given.files == [("README.md", "# Read me\n"), ("src/main.py", "print(1)\n")]
    assert given.notice.startswith("2 files attached; passed over: ")
    for reason in ("2 not written in UTF-8", "1 named like a secret", "1 links or no plain files"):
        assert reason in given.notice


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("id_rsa", "x", "named like a secret"),
        ("server.pem", "x", "named like a secret"),
        (".env.local", "x", "named like a secret"),
        ("notes.txt", f"my key\n{KEY}", "holding a key or a token"),
        ("notes.txt", "AKIAABCDEFGHIJKLMNOP", "holding a key or a token"),
        ("notes.txt", "ghp_" + "a" * 36, "holding a key or a token"),
        ("notes.txt", "a\0b", "no text"),
        ("notes.txt", "x" * (files.FILE_BYTES + 1), "too large"),
    ],
)
def test_a_file_that_cannot_be_given_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: str, why: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadRequest, match=why):
        read_files([tmp_path / name])


def test_a_link_does_not_lead_to_a_secret(tmp_path: Path) -> None:
    (tmp_path / "id_ed25519").write_text("x")
    (tmp_path / "harmless.txt").symlink_to(tmp_path / "id_ed25519")
    with pytest.raises(BadRequest, match="named like a secret"):
        read_files([tmp_path / "harmless.txt"])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="it is not there"):
        read_files([tmp_path / "nowhere.txt"])
    with pytest.raises(BadRequest, match="holds no text"):
        read_files([tmp_path])


def test_all_files_together_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("x" * 40)
    monkeypatch.setattr(files, "TOTAL_BYTES", 100)
    given = read_files([tmp_path])
    assert [name for name, _ in given.files] == ["0.txt", "1.txt"]
    assert "2 beyond the bound" in given.notice
    monkeypatch.setattr(files, "TOTAL_BYTES", 1000)
    monkeypatch.setattr(files, "MOST_FILES", 3)
    with pytest.raises(BadRequest, match="beyond the bound"):
        read_files([tmp_path / f"{number}.txt" for number in range(4)])
