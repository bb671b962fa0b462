"""The few facts about this home that are not configuration: the embedder that serves, until when the digest is paused."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from memory.models import Setting


def get(session: Session, name: str, default: Any = None) -> Any:
    setting = session.get(Setting, name)
    return default if setting is None else setting.value


def put(session: Session, name: str, value: Any) -> None:
    """Keep a JSON value under a name, in place of what was there."""
    setting = session.get(Setting, name) or Setting(name=name)
    setting.value = value
    session.add(setting)
    session.flush()
