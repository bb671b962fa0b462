"""What an examination finds: one finding a thing that a user can get wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

Verdict = Literal["ok", "warning", "error"]


class Finding(BaseModel):
    subject: str
    """What was looked at, in a word or two."""
    verdict: Verdict
    sentence: str
    remedy: str = ""


class Repaired(BaseModel):
    """What a repair found, and what it could not mend; a sentence each."""

    found: list[str]
    left: list[str]
    notices: list[str] = []
    """What could not be examined or has to wait, and why."""
