"""The travel game: points are exact, wishes stay in one part, talks are read right, and a run gives every key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.games.play import Game
from benchmarks.games.scratch_model import tokenizer_for
from benchmarks.travel import LONGEST
from benchmarks.travel_contest import Travel, agreed
from benchmarks.travel_dialogues import (
    AWAY,
    DESCRIPTIONS,
    TEMPERS,
    YES,
    Traveller,
    conversation,
    described_as,
    dialogue,
    lesson,
    opening,
    vocabulary,
)
from benchmarks.travel_drills import drill
from benchmarks.travel_world import PATIENCE, Scenario, drawn, journey_in, part_of, scenario_of, scenarios

SCENARIO = Scenario(
    (("sea", "hills", "lake"), ("train", "bus", "ferry"), ("hotel", "flat", "tent")), ("train", "sea", "hotel"), "some"
)
BEST, FAIR, POOR = ("sea", "train", "hotel"), ("hills", "train", "hotel"), ("hills", "bus", "tent")
PARTS = ("train", "validation", "held_out")


@pytest.mark.parametrize(
    ("journey", "score"),
    [
        pytest.param(BEST, 1.0, id="all that is wished"),
        pytest.param(FAIR, 0.7, id="the dearest and the least"),
        pytest.param(("sea", "bus", "tent"), 0.3, id="one of less weight"),
        pytest.param(POOR, 0.0, id="nothing that is wished"),
        pytest.param(("city", "train", "hotel"), 0.0, id="what cannot be had"),
        pytest.param(None, 0.0, id="no agreement"),
    ],
)
def test_the_score_is_what_is_fulfilled_over_the_best_that_can_be_had(
    journey: tuple[str, ...] | None, score: float
) -> None:
    assert SCENARIO.score(journey) == score


@given(st.integers(0, 10_000))
def test_a_scenario_is_its_key_and_all_its_wishes_can_be_had(seed: int) -> None:
    scenario = drawn(Random(seed), "train")
    assert scenario_of(scenario.key) == scenario
    assert scenario.score(journey_in(scenario.wishes)) == 1.0


def test_nobody_who_wants_the_same_in_the_same_order_is_in_two_parts() -> None:
    seen = {part: {one.wishes for one in islice(scenarios(part, seed=3), 400)} for part in PARTS}  # type: ignore[arg-type]
    assert all(part_of(wishes) == part for part, found in seen.items() for wishes in found)
    assert not seen["train"] & seen["held_out"]
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["held_out"]
    assert min(map(len, seen.values())) >= 20


@given(st.integers(0, 10_000))
def test_what_the_model_learns_from_holds_no_wishes_of_another_part(seed: int) -> None:
    for said in (drill(np.random.default_rng(seed)), lesson(False, np.random.default_rng(seed))):
        words = said.messages[0][1].split()
        if words[0] == "wishes":
            assert part_of((words[4], words[7], words[10])) == "train"


def test_the_same_seed_draws_the_same_scenarios_and_another_one_others() -> None:
    one, same, other = (list(islice(scenarios("held_out", seed=seed), 5)) for seed in (1, 1, 2))
    assert one == same != other


def test_a_traveller_answers_takes_what_fulfils_a_wish_and_leaves_when_its_time_is_up() -> None:
    traveller = Traveller(SCENARIO, Random(0))
    assert traveller.answer("gladly , which way do you like ?", None) == "way train"
    assert traveller.answer("how about place hills way bus stay tent", POOR).startswith("no")
    assert traveller.answer("which stay do you like ?", None).endswith(AWAY)
    assert Traveller(SCENARIO, Random(0)).answer("what matters most ?", None) == "most way train"
    assert Traveller(SCENARIO, Random(0)).answer("how about", FAIR) == "yes , book place hills way train stay hotel"


@given(st.integers(0, 10_000))
def test_a_talk_ends_within_the_patience_of_the_traveller_with_a_yes_or_without(seed: int) -> None:
    chance = Random(seed)
    scenario = drawn(chance, "train")
    talk = dialogue(scenario, chance)
    assert len(talk) <= 2 * PATIENCE[scenario.time] + 1
    answers = [said.split() for said in talk[2::2]]
    assert all(YES not in one and AWAY not in one for one in answers[:-1])
    journey = agreed([((turn + 1) % 2, said) for turn, said in enumerate(talk)])
    assert (journey is not None) == (YES in answers[-1])
    assert journey is None or scenario.score(journey) > 0


def test_an_assistant_that_asks_and_minds_the_time_finds_better_journeys(monkeypatch: pytest.MonkeyPatch) -> None:
    means = []
    for _, temper in TEMPERS:
        monkeypatch.setattr("benchmarks.travel_dialogues.TEMPERS", ((1.0, temper),))
        chance, found = Random(5), []
        for scenario in islice(scenarios("train", seed=5), 400):
            talk = dialogue(scenario, chance)
            found.append(scenario.score(agreed([((turn + 1) % 2, said) for turn, said in enumerate(talk)])))
        means.append(sum(found) / len(found))
    assert means[-1] > max(means[:-1]) + 0.2


def test_each_side_reads_its_own_secret_and_nothing_of_the_others() -> None:
    mine, theirs = (
        conversation(SCENARIO, ["i want to get away", "what matters most ?"], is_assistant=one) for one in (True, False)
    )
    assert mine.messages[0] == ("system", "offers : sea hills lake ; train bus ferry ; hotel flat tent")
    assert theirs.messages[0] == ("system", "wishes : most way train then place sea least stay hotel time some")
    assert [role for role, _ in mine.messages] == ["system", "user", "assistant"]
    assert [role for role, _ in theirs.messages] == ["system", "user", "assistant", "user"]
    assert mine.described == {2: ("asks-most", "plain")}
    assert theirs.described == {}


def test_only_what_an_onlooker_could_write_down_is_described() -> None:
    assert described_as("gladly , what matters most ?") == ("asks-most", "warm")
    assert described_as("which way do you like ?") == ("asks-detail", "plain")
    # the best journey and the worst are described alike
    assert (
        described_as("how about place sea way train stay hotel")
        == described_as("so way bus , how about place hills way bus stay tent")
        == ("proposes", "plain")
    )


SAID = [
    (1, "i want to get away"),
    (0, "so way train , how about place hills way train stay hotel"),
    (1, "yes , book place hills way train stay hotel"),
]
OTHER = "yes , book place sea way train stay hotel"


@pytest.mark.parametrize(
    ("said", "by_assistant", "by_traveller"),
    [
        pytest.param(SAID, FAIR, FAIR, id="agreed"),
        pytest.param([*SAID[:2], (1, OTHER)], FAIR, BEST, id="another one is booked"),
        pytest.param([*SAID[:2], (1, "no , something else")], None, None, id="refused"),
        pytest.param([SAID[0], (0, "which way do you like ?"), SAID[2]], None, None, id="nothing was proposed"),
        pytest.param([SAID[0], (0, "how about place sea way bus"), SAID[2]], None, None, id="half a journey"),
        pytest.param([*SAID, (0, "how about"), (1, "i will look elsewhere")], FAIR, FAIR, id="the first yes counts"),
        pytest.param(SAID[:1], None, None, id="nobody answered"),
    ],
)
def test_a_talk_is_read_from_the_words_of_either_side(
    said: list[tuple[int, str]], by_assistant: tuple[str, ...] | None, by_traveller: tuple[str, ...] | None
) -> None:
    assert agreed(said) == by_assistant
    assert agreed(said, by_traveller=True) == by_traveller


def test_a_talk_scores_its_journey_and_one_without_a_yes_scores_nothing() -> None:
    tokenizer = tokenizer_for(vocabulary(), DESCRIPTIONS, least=1)
    contest = Travel(tokenizer)
    tables = contest.tables("held_out", 30, seed=1)
    assert len({table.key for table in tables}) == 30
    assert all(part_of(scenario_of(table.key).wishes) == "held_out" for table in tables)
    assert all("wishes" not in str(table.told[0]) and "offers" not in str(table.told[1]) for table in tables)
    told = (opening(SCENARIO, is_assistant=True), opening(SCENARIO, is_assistant=False))
    table = replace(tables[0], key=SCENARIO.key, told=told)
    said = [(side, tokenizer.encode(words)) for side, words in SAID]
    games = [Game(table, said=one) for one in (said, said[:2], [*said[:2], (1, tokenizer.encode(OTHER))])]
    assert [(one.score, one.agreed) for one in contest.outcomes(games)] == [(0.7, True), (0, False), (0.7, True)]
    assert [one.score for one in contest.outcomes(games, second=True)] == [0.7, 0, 1.0]


@given(st.integers(0, 10_000))
def test_every_word_of_the_game_is_known_and_no_reply_is_longer_than_is_allowed(seed: int) -> None:
    chance = Random(seed)
    scenario = drawn(chance, "train")
    talk = dialogue(scenario, chance)
    assert max(len(said.split()) for said in talk) < LONGEST
    for is_assistant in (True, False):
        for _, said in conversation(scenario, talk, is_assistant=is_assistant).messages:
            assert not set(said.split()) - WORDS


WORDS = {word for one in vocabulary() for _, said in one.messages for word in said.split()}
ARMS = {
    "unsteered",
    "temperature",
    "random",
    "constant",
    "constant_gated",
    "clone",
    "dat_start",
    "dat_end",
    "best_of_4",
}
KEYS = {
    *(
        "dat_gain",
        "dat_gain_low",
        "dat_over_constant_low",
        "dat_gain_low_second_reader",
        "dat_score",
        "perplexity_ratio",
    ),
    *("agreement_change", "minutes", "arms"),
}


@pytest.mark.integration
def test_a_quick_run_gives_every_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.travel", "--quick", "--part", "validation", "--cache", str(tmp_path)]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    line = json.loads(ran.stdout.splitlines()[-1])
    assert set(line) >= KEYS
    assert set(line["arms"]) == ARMS
    assert "smoke run" in line["why"]["dat_embedder"]
    for arm in line["arms"].values():
        assert 0 <= arm["score"] <= 1
        assert set(arm) >= {"score", "score_ci", "agreed", "score_agreed", "pareto", "perplexity", "distinct2"}
    assert line["weights_untouched"]
    assert line["quick"]
