"""The command line on a home of its own, in the process of the test; and an editor that does as it is told."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import app as cli

CONFIGURATION = """
[user]
name = "Anna Berg"
email = "anna@example.org"
timezone = "UTC"

[digest]
days = []

[memory]
embedder = "nobody/has-this-model"

[mail]
via = "file"
"""


class Shell:
    """Runs `telos NOUN ...`, first without a terminal and with an empty standard input."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        home.mkdir(mode=0o700, exist_ok=True)
        (home / "config.toml").write_text(CONFIGURATION)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", "false")

    def __call__(self, *arguments: str, status: int = 0, stdin: str | bytes = "") -> str:
        """What the command prints; on stderr where `status` is a failure's."""
        self._monkeypatch.setattr("sys.argv", ["telos", "--home", str(self.home), *arguments])
        piped = io.TextIOWrapper(io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin), encoding="utf-8")
        self._monkeypatch.setattr("sys.stdin", piped)
        try:
            cli.main()
            ended = 0
        except SystemExit as end:
            ended = int(end.code or 0)
        out, err = self._capsys.readouterr()
        assert ended == status, f"{out}\n{err}"
        return out if status == 0 else err

    def json(self, *arguments: str, stdin: str | bytes = "") -> Any:
        return json.loads(self(*arguments, "--json", stdin=stdin))

    def edits_by(self, program: str) -> None:
        """From now on the editor runs this Python on `text`, the file's, and saves what it leaves in `text`."""
        script = self.home.parent / "editor.py"
        script.write_text(
            "import sys\npath = sys.argv[1]\ntext = open(path, encoding='utf-8').read()\n"
            f"{program}\nopen(path, 'w', encoding='utf-8').write(text)\n"
        )
        self._monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")

    @property
    def kept_edits(self) -> list[str]:
        """The texts that were kept as nothing else could be done with them."""
        folder = self.home / "edits"
        return (
            [path.read_text(encoding="utf-8", errors="replace") for path in folder.iterdir()] if folder.exists() else []
        )
