"""A probe: an instruction, a question in which it shows, and a check of the answer. Knows no model; `probes` has ours."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.steering.drift.checks import Check


@dataclass(frozen=True, slots=True)
class Probe:
    """`kind` is its family. The question is asked aside from the conversation and never becomes part of it."""

    kind: str
    instruction: str
    question: str
    check: Check
