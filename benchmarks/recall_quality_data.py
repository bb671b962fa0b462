"""Long conversations with questions and the turns that answer them, as LoCoMo's files have them.

It reads a file, or `memory/locomo_dev.json` in a folder of real data, and knows nothing of search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

MULTI_HOP, ADVERSARIAL = 1, 5
FILE = Path("memory") / "locomo_dev.json"
_TURN = re.compile(r"D(\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Turn:
    """`ref` is `D<session>:<turn>`; a picture that was shared is told in words at the end of `text`."""

    ref: str
    session: int
    speaker: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """`gold` are the refs of the turns that answer; a question of the adversarial kind is of what nobody said."""

    text: str
    category: int
    gold: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dialogue:
    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]

    @property
    def session_of(self) -> dict[str, int]:
        return {turn.ref: turn.session for turn in self.turns}

    def shortened(self, questions: int) -> Dialogue:
        return replace(self, questions=self.questions[:: max(1, len(self.questions) // questions)])


def read(data: Path | None) -> list[Dialogue]:
    """Every conversation of a file.

    Raises: SystemExit with the reason where there is none.
    """
    path = None if data is None else data / FILE if data.is_dir() else data
    if path is None or not path.is_file():
        raise SystemExit("The conversations are not here: give --data a file of them, or the folder of real data.")
    return [_dialogue(one) for one in json.loads(path.read_text(encoding="utf-8"))]


def _dialogue(written: dict[str, Any]) -> Dialogue:
    turns = tuple(_turns(written["conversation"]))
    known = {turn.ref for turn in turns}
    questions = tuple(
        Question(str(one["question"]), int(one["category"]), frozenset(_refs(one.get("evidence", ()))) & known)
        for one in written["qa"]
    )
    return Dialogue(str(written.get("sample_id", "")), turns, questions)


def _turns(conversation: dict[str, Any]) -> Iterator[Turn]:
    sessions = sorted(int(key.split("_")[1]) for key, held in conversation.items() if isinstance(held, list))
    for session in sessions:
        written = f"{conversation[f'session_{session}_date_time']} +0000"
        began = datetime.strptime(written, "%I:%M %p on %d %B, %Y %z")
        for number, turn in enumerate(conversation[f"session_{session}"]):
            caption = turn.get("blip_caption")
            text = f"{turn['text']} [shares a photo of {caption}]" if caption else turn["text"]
            at = began + timedelta(seconds=20 * number)
            yield Turn(turn["dia_id"], session, turn["speaker"], text, at)


def _refs(evidence: list[str]) -> Iterator[str]:
    """A string of evidence may hold several."""
    for written in evidence:
        for session, number in _TURN.findall(written):
            yield f"D{int(session)}:{int(number)}"
