"""How conversations can be held, a line each."""

from __future__ import annotations

from pydantic import BaseModel


class PlaybookLine(BaseModel):
    name: str
    title: str
    about: str
    is_own: bool
    """The user's, not one of ours."""
