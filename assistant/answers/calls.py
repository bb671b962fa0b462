"""What language models were asked and answered, and what that cost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class CallLine(BaseModel):
    """A prompt and its reply in the log; `messages` and `reply` are whole only when one is asked for."""

    id: int
    at: datetime
    task: str
    purpose: str
    engine: str
    model: str
    outcome: str
    error: str = ""
    prompt_tokens: int
    prompt_reused: int
    new_tokens: int
    first_token_s: float
    total_s: float
    turn: int | None = None
    conversation: int | None = None
    messages: list[dict[str, str]] = []
    reply: str = ""
    sampling: dict[str, Any] = {}


class SpendingLine(BaseModel):
    """What a task spent today, and its ceilings; 0 is none."""

    task: str
    calls: int
    tokens: int
    seconds: float
    tokens_a_day: int
    seconds_a_day: float
    refused: str = ""
    """Why a call was refused today, and the remedy; empty where none was."""
