"""Cutting a text into overlapping chunks of about 200 tokens, whole sentences where they allow. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text."""

    start: int
    end: int


def split(title: str, text: str) -> list[Span]:
    """Where the chunks of a text lie. There is always at least one, so that a bare title is found too."""
    return [Span(0, len(text))]


def chunk_text(title: str, text: str, span: Span) -> str:
    """What is embedded of a chunk: the title, then its part of the text."""
    return f"{title}\n{text[span.start : span.end]}".strip()
