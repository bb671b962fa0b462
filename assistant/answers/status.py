"""How Telos fares, at a glance."""

from __future__ import annotations

from pydantic import BaseModel


class Status(BaseModel):
    version: str
    pid: int
    serves: bool
    """Whether a daemon answered; otherwise the command looked for itself."""
    home: str
    rss_mb: float
