"""What was in the prompt of a turn, why, and what was left out."""

from __future__ import annotations

from pydantic import BaseModel


class ContextPart(BaseModel):
    """A part of the prompt: which, how many tokens, and why it is there (or why it was left out)."""

    name: str
    tokens: int
    why: str
    text: str = ""


class Explanation(BaseModel):
    """What was in a turn's prompt, why, and what was left out."""

    parts: list[ContextPart] = []
    left_out: list[ContextPart] = []
    prompt_tokens: int = 0
    dialogue_tokens: int = 0
    budget_tokens: int = 0
    compacted: bool = False
    attention: float | None = None
    """The share that the reply paid to the instructions, where the engine tells it."""
    focus: float = 1.0
    """The exponent by which it was raised."""
    anchored: str = ""
    """Why the instructions were said again in this turn, if they were."""
