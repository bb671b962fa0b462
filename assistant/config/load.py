"""Reads `config.toml` whole and checks it, or says in one sentence what cannot be used and what to write instead."""

from __future__ import annotations

import tomllib
from pathlib import Path

from assistant.config.schema import Settings


def load(path: Path) -> Settings:
    """The settings in the file, or the defaults where there is no file yet."""
    if not path.exists():
        return Settings()
    return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
