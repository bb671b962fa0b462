"""One target under atheris, in a process of its own: `python -m tests.fuzz.coverage NAME SECONDS FOLDER`.

`tests.fuzz.__main__` starts it and reads what it leaves in FOLDER.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

READERS = [
    "connectors.reading", "connectors.mail", "assistant.mailbox", "assistant.drafting", "assistant.config",
    "assistant.ingest.arrival", "assistant.style", "assistant.api", "assistant.answers", "feedparser", "email",
]  # fmt: skip
"""What is watched: the more of it, the slower."""
LONGEST_S = 10
"""Seconds after which one input has taken too long."""


def main(name: str, seconds: str, folder: str) -> None:
    atheris: Any = importlib.import_module("atheris")  # comes with the extra `fuzz` alone
    with atheris.instrument_imports(include=READERS):
        targets: Any = importlib.import_module("tests.fuzz.targets")
    target = targets.TARGETS[name]
    corpus = Path(folder) / "corpus"
    shutil.copytree(targets.CORPUS / name, corpus)
    words = Path(folder) / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    target.run(seed) if (seed := next(iter(targets.seeds_of(name)), b"")) else None  # what is loaded once is loaded now
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={LONGEST_S}",
        f"-artifact_prefix={folder}{os.sep}",
        f"-dict={words}",
    ]
    atheris.Setup(
        [sys.argv[0], *options, "-max_len=20000", "-verbosity=0", "-rss_limit_mb=4096", str(corpus)], target.run
    )
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    """As libFuzzer's dictionaries write bytes."""
    return "".join(chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\x{one:02x}" for one in word)


if __name__ == "__main__":
    main(*sys.argv[1:4])
