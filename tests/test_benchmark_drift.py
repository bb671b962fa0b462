"""The small talk that drift is measured on: dialogues heed what they are told, and its checks say so."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import drift_world
from benchmarks.drift_world import FAMILIES, TOLD, Told, answer, dialogue, fitting, probes

pytestmark = pytest.mark.integration  # what it measures loads torch
ONE_EACH = [next(one for one in TOLD if one.family == family) for family in FAMILIES]


@pytest.mark.parametrize("one", ONE_EACH, ids=FAMILIES)
def test_an_answer_under_an_instruction_keeps_it_and_one_without_breaks_it(one: Told) -> None:
    chance = np.random.default_rng(0)
    asked = fitting(one, chance)
    check = drift_world._check(one, asked)
    told = {check(f"{answer(asked, one, chance)} . name a food ?") for _ in range(20)}
    untold = {check(f"{answer(asked, None, chance)} . name a food ?") for _ in range(20)}
    assert told == {"kept"}
    assert "broken" in untold
    assert check("") == check("name a food ?") == "unscored"


def test_dialogues_are_as_long_as_they_are_asked_for_and_each_side_is_told_something() -> None:
    chance = np.random.default_rng(1)
    for _ in range(50):
        roles = [role for role, _ in dialogue(chance, (3, 3)).messages if role != "system"]
        assert roles == ["user", "assistant"] * 3
    lengths = {len([1 for role, _ in dialogue(chance).messages if role == "user"]) for _ in range(100)}
    assert lengths == {2, 3, 4, 5}, "what is measured is longer than what is learnt"


def test_every_family_is_probed_alike() -> None:
    kinds = [probe.kind for probe in probes(0, 5)]
    assert {kind: kinds.count(kind) for kind in FAMILIES} == dict.fromkeys(FAMILIES, 5)
