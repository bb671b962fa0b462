"""How well plain rules read real people: slots labelled by hand in turns of Frames, by id, and what they read of others.

The dialogues themselves are no part of the project; without them these tests are skipped.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from assistant.sessions.checking import questions
from tests.assistant.goal_talk import hear, values

SLOTS = ("destination", "length", "dates", "budget", "travellers")
SEPTEMBER = "2026-09"

LABELLED: dict[tuple[str, int], dict[str, str]] = {
    ("frames_550", 0): {"destination": "MILAN"},
    ("frames_352", 2): {"destination": "Seoul", "budget": "at most 6600"},
    ("frames_352", 4): {"travellers": "2 adults"},
    ("frames_457", 0): {
        "destination": "Denver",
        "dates": f"{SEPTEMBER}-06 to {SEPTEMBER}-21",
        "budget": "3300",
        "travellers": "2 adults, 4 children",
    },
    ("frames_457", 2): {"travellers": "2 adults, 4 children"},
    ("frames_212", 0): {"destination": "Fukuoka", "dates": f"2026-08-27 to {SEPTEMBER}-06", "travellers": "2 people"},
    ("frames_212", 2): {},
    ("frames_212", 4): {"destination": "Mannheim", "dates": f"2026-08-27 to {SEPTEMBER}-06"},
    ("frames_212", 12): {"destination": "Fukuoka", "travellers": "2 people"},
    ("frames_1145", 0): {"destination": "Hamburg", "budget": "at most 1000"},
    ("frames_681", 2): {"destination": "Rosario", "dates": f"{SEPTEMBER}-12", "travellers": "3 adults"},
    ("frames_1000", 0): {},
    ("frames_1000", 4): {"budget": "400 USD"},
    ("frames_1000", 6): {"length": "10 days"},
    ("frames_537", 0): {"destination": "Tokyo", "dates": "2026-08-27", "budget": "6100 USD"},
    ("frames_537", 2): {"budget": "7100 USD"},
    ("frames_37", 0): {"destination": "New York"},
    ("frames_37", 2): {"budget": "3100 USD", "dates": f"2026-08-01 to {SEPTEMBER}-30"},
    ("frames_37", 6): {"dates": f"{SEPTEMBER}-13"},
    ("frames_37", 8): {"dates": "2026-08-17"},
    ("frames_37", 20): {},
    ("frames_1356", 2): {},
    ("frames_1356", 8): {"dates": f"{SEPTEMBER}-16 to {SEPTEMBER}-28"},
    ("frames_600", 2): {
        "dates": f"{SEPTEMBER}-06 to {SEPTEMBER}-24",
        "budget": "at most 12400 USD",
        "travellers": "3 adults, 7 children",
    },
    ("frames_600", 14): {"destination": "Kobe"},
    ("frames_175", 2): {"destination": "Hamburg"},
    ("frames_175", 4): {"travellers": "6 adults, 5 children"},
    ("frames_419", 2): {"dates": f"2026-08-30 to {SEPTEMBER}-20"},
    ("frames_419", 14): {"destination": "Miami"},
    ("frames_658", 2): {"destination": "Athens", "budget": "3500 USD"},
    ("frames_658", 4): {"destination": "Naples"},
    ("frames_658", 6): {"dates": f"{SEPTEMBER}-02 to {SEPTEMBER}-20"},
    ("frames_658", 14): {"destination": "Kyoto"},
    ("frames_656", 2): {"destination": "MONTREAL"},
    ("frames_656", 8): {"travellers": "3 adults"},
    ("frames_656", 10): {"dates": f"{SEPTEMBER}-12"},
    ("frames_315", 2): {"destination": "Porto", "dates": "2016-09-05 to 2016-09-19"},
    ("frames_315", 16): {"dates": f"{SEPTEMBER}-05 to {SEPTEMBER}-19"},
    ("frames_315", 18): {"destination": "Valencia"},
    ("frames_337", 0): {"destination": "La Paz", "dates": "2026-08-24"},
    ("frames_337", 2): {"length": "4 days"},
    ("frames_1096", 0): {"destination": "Belo Horizonte", "length": "2 days"},
    ("frames_1096", 2): {"travellers": "9 people"},
    ("frames_241", 0): {"length": "4 days"},
    ("frames_241", 2): {"dates": "2026-08-15"},
    ("frames_241", 4): {"dates": "2026-08-15", "length": "4 days"},
    ("frames_241", 6): {},
    ("frames_931", 0): {"destination": "Kingston"},
    ("frames_931", 4): {"dates": f"{SEPTEMBER}-01 to {SEPTEMBER}-14"},
    ("frames_340", 0): {"length": "16 days"},
}
"""What a person reads in these turns on Tuesday, 10 March 2026. Rules were changed to read them."""

HELD_OUT: dict[tuple[str, int], dict[str, str]] = {
    ("frames_1026", 0): {"destination": "London"},
    ("frames_1026", 4): {"destination": "Mexico City"},
    ("frames_1026", 6): {"dates": "2026-04-08 to 2026-04-12"},
    ("frames_480", 0): {"destination": "Punta Cana", "budget": "3400", "travellers": "4 adults"},
    ("frames_650", 0): {"dates": "2026-08-29"},
    ("frames_650", 18): {"dates": "2026-08-29", "length": "9 days"},
    ("frames_1194", 0): {"dates": f"{SEPTEMBER}-16", "destination": "Fortaleza"},
    ("frames_1194", 8): {"destination": "Sendai"},
    ("frames_732", 4): {"budget": "1900", "travellers": "1 person"},
    ("frames_732", 8): {"destination": "Kyoto"},
    ("frames_66", 2): {"dates": "2026-08-19 to 2026-08-31"},
    ("frames_66", 4): {"budget": "25600 USD"},
    ("frames_1199", 4): {"dates": f"{SEPTEMBER}-14"},
    ("frames_354", 0): {"destination": "Kyoto", "travellers": "8 adults"},
    ("frames_354", 2): {"dates": "2026-08-21", "budget": "at most 2900 USD"},
    ("frames_894", 0): {"destination": "Las Vegas", "travellers": "2 adults"},
    ("frames_894", 4): {"budget": "1500 USD"},
    ("frames_894", 10): {"budget": "1800 USD"},
    ("frames_1227", 0): {"destination": "Kingston", "travellers": "2 people"},
    ("frames_1227", 2): {"travellers": "2 people"},
    ("frames_184", 0): {"destination": "San Juan", "dates": f"2026-08-27 to {SEPTEMBER}-15"},
    ("frames_1300", 0): {"destination": "Milan", "travellers": "3 people"},
    ("frames_1300", 2): {"destination": "San Juan"},
    ("frames_923", 0): {"destination": "Campinas"},
    ("frames_302", 0): {"destination": "Phoenix", "dates": f"{SEPTEMBER}-09 to {SEPTEMBER}-11"},
    ("frames_302", 2): {"travellers": "2 adults"},
    ("frames_302", 4): {"dates": f"{SEPTEMBER}-09 to {SEPTEMBER}-11"},
    ("frames_302", 14): {"destination": "La Paz", "dates": "2026-08-25 to 2026-08-31"},
}
"""The same of turns that were labelled before any rule was changed for them; one was since ("Berlin to Lisbon")."""


@cache
def dialogues(folder: Path) -> dict[str, list[dict[str, Any]]]:
    with gzip.open(folder / "dialogues" / "dialogues.jsonl.gz", "rt", encoding="utf-8") as lines:
        read = (json.loads(line) for line in lines if '"frames"' in line[:200] or '"taskmaster4"' in line[:200])
        return {f"{one['source']} {one['id']}": one["turns"] for one in read}


def read(turns: list[dict[str, Any]], at: int) -> dict[str, str]:
    asked = next(reversed(questions(turns[at - 1]["text"])), "") if at else ""
    return {slot: value for slot, value in values(hear(turns[at]["text"], asked=asked)).items() if slot in SLOTS}


@pytest.mark.integration  # reads 31,000 dialogues
@pytest.mark.parametrize(
    ("labelled", "precision", "recall"), [(LABELLED, 0.90, 0.75), (HELD_OUT, 0.85, 0.70)], ids=["tuned on", "held out"]
)
def test_of_what_rules_read_in_real_turns_nine_in_ten_are_right(
    labelled: dict[tuple[str, int], dict[str, str]], precision: float, recall: float, shared_data: Path
) -> None:
    """Measured: 0.95 and 0.83 where rules were tuned, 0.89 and 0.76 where they were not."""
    known = {key.split(" ")[1]: turns for key, turns in dialogues(shared_data).items()}
    right = found = wanted = 0
    wrong = []
    for (dialogue, turn), labels in labelled.items():
        got = read(known[dialogue], turn)
        hits = {slot for slot, value in got.items() if labels.get(slot) == value}
        right, found, wanted = right + len(hits), found + len(got), wanted + len(labels)
        wrong += [f"{dialogue} {turn} {slot}: {got[slot]}" for slot in got.keys() - hits]
    print(f"precision {right / found:.3f} of {found}, recall {right / wanted:.3f} of {wanted}: {wrong}")
    assert right / found >= precision, wrong
    assert right / wanted >= recall, f"{right} of {wanted}"


@pytest.mark.integration  # reads 31,000 dialogues
def test_orders_of_coffee_are_no_journeys(shared_data: Path) -> None:
    """Turns without a journey in them: what rules read there of places, dates and sums is wrong, with few exceptions."""
    orders = [turns for key, turns in dialogues(shared_data).items() if key.startswith("taskmaster4")][:300]
    said = [turn["text"] for turns in orders for turn in turns if turn["role"] == "user"]
    misread = [text for text in said if {"destination", "dates", "budget", "length"} & values(hear(text)).keys()]
    print(f"{len(misread)} of {len(said)}: {misread[:20]}")
    assert len(said) > 500
    assert len(misread) <= 0.03 * len(said)
