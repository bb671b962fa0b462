"""The sample feeds, with their dates set so that they are always this morning's news.

A feed holds marks such as `{{rfc822 5h}}` or `{{iso 26h}}`: the instant so many hours ago, in the form its format wants.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path

_MARK = re.compile(r"\{\{(rfc822|iso) (\d+)h\}\}")


def dated(text: str, now: datetime) -> str:
    """`text` with each mark replaced by its instant."""

    def instant(mark: re.Match[str]) -> str:
        at = now - timedelta(hours=int(mark[2]))
        return format_datetime(at) if mark[1] == "rfc822" else at.isoformat(timespec="seconds")

    return _MARK.sub(instant, text)


def write_samples(folder: Path, now: datetime) -> dict[str, Path]:
    """Write every sample feed to `folder`; returns them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for sample in sorted(files("assistant.demo").joinpath("feeds").iterdir(), key=lambda entry: entry.name):
        path = folder / sample.name
        path.write_text(dated(sample.read_text(encoding="utf-8"), now), encoding="utf-8")
        written[path.stem] = path
    return written
