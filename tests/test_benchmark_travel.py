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

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.games.play import Game
from benchmarks.games.scratch_model import tokenizer_for
from benchmarks.travel_contest import Travel, agreed
from benchmarks.travel_dialogues import (
    AWAY,
    DESCRIPTIONS,
    OVER,
    SKILLS,
    YES,
    Traveller,
    conversation,
    described_as,
    dialogue,
    opening,
    vocabulary,
)
from benchmarks.travel_world import PATIENCE, SLOTS, Offer, Scenario, drawn, part_of, scenario_of, scenarios

SCENARIO = Scenario(
    (
        Offer("porto", ("sea", "train", "tent")),
        Offer("graz", ("hills", "train", "hotel")),
        Offer("cork", ("sea", "ferry", "hotel")),
        Offer("oulu", ("lake", "bus", "flat")),
    ),
    ("train", "sea", "hotel"),
    "some",
)
PARTS = ("train", "validation", "held_out")


def test_the_score_is_what_is_fulfilled_over_the_best_on_offer() -> None:
    assert [SCENARIO.worth(offer) for offer in SCENARIO.offers] == [8, 7, 5, 0]
    assert [SCENARIO.score(town) for town in ("porto", "graz", "cork", "oulu")] == [1.0, 7 / 8, 5 / 8, 0.0]
    assert SCENARIO.score(None) == SCENARIO.score("riga") == 0.0


@given(st.integers(0, 10_000))
def test_a_scenario_is_its_key_and_has_a_score_of_one(seed: int) -> None:
    scenario = drawn(Random(seed), "train")
    assert scenario_of(scenario.key) == scenario
    assert max(scenario.score(offer.town) for offer in scenario.offers) == 1.0
    assert all(
        value in slot for offer in scenario.offers for value, slot in zip(offer.values, SLOTS.values(), strict=True)
    )


def test_nobody_who_wants_the_same_in_the_same_order_is_in_two_parts() -> None:
    seen = {part: {one.wishes for one in islice(scenarios(part, seed=3), 400)} for part in PARTS}  # type: ignore[arg-type]
    assert all(part_of(wishes) == part for part, found in seen.items() for wishes in found)
    assert not seen["train"] & seen["held_out"]
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["held_out"]
    assert min(map(len, seen.values())) >= 20


def test_the_same_seed_draws_the_same_scenarios_and_another_one_others() -> None:
    one, same, other = (list(islice(scenarios("held_out", seed=seed), 5)) for seed in (1, 1, 2))
    assert one == same != other


def test_a_traveller_takes_what_is_good_enough_and_leaves_when_its_time_is_up() -> None:
    traveller = Traveller(SCENARIO, Random(0))
    assert traveller.answer("how do you want to travel ?", None) == "it has to be train"
    assert traveller.answer("how about oulu : lake bus flat", SCENARIO.offers[3]).startswith("no")
    assert traveller.answer("where do you want to sleep ?", None).endswith(AWAY)
    assert (
        Traveller(SCENARIO, Random(0)).answer("how about cork : sea ferry hotel", SCENARIO.offers[2])
        == "yes , book cork"
    )
    assert Traveller(SCENARIO, Random(0)).answer("what matters most to you ?", None).split().count("train") == 1
    assert Traveller(SCENARIO, Random(0)).answer("where do you want to sleep ?", None) == "hotel if possible"
    assert Traveller(SCENARIO, Random(0)).answer("where do you like to be ?", None) == "it has to be sea"


@given(st.integers(0, 10_000))
def test_a_talk_ends_within_the_patience_of_the_traveller_with_a_yes_or_without(seed: int) -> None:
    chance = Random(seed)
    scenario = drawn(chance, "train")
    talk = dialogue(scenario, chance)
    assert talk[-1] == OVER
    assert len(talk) <= 2 * PATIENCE[scenario.time] + 2
    answers = [said.split() for said in talk[2:-1:2]]
    assert all(YES not in one and AWAY not in one for one in answers[:-1])
    town = agreed([((turn + 1) % 2, said) for turn, said in enumerate(talk)])
    assert (town is not None) == (YES in answers[-1])
    assert town is None or scenario.score(town) >= 0.5


def test_a_mindful_assistant_that_sums_up_finds_better_journeys(monkeypatch: pytest.MonkeyPatch) -> None:
    means = []
    for _, skill in SKILLS:
        monkeypatch.setattr("benchmarks.travel_dialogues.SKILLS", ((1.0, skill),))
        chance, found = Random(5), []
        for scenario in islice(scenarios("train", seed=5), 400):
            talk = dialogue(scenario, chance)
            found.append(scenario.score(agreed([((turn + 1) % 2, said) for turn, said in enumerate(talk)])))
        means.append(sum(found) / len(found))
    assert means[-1] > max(means[:-1]) + 0.05


def test_each_side_reads_its_own_secret_and_nothing_of_the_others() -> None:
    mine, theirs = (conversation(SCENARIO, ["i want to get away", OVER], is_assistant=one) for one in (True, False))
    assert mine.messages[0][1].startswith("offers : sea train tent porto hills train hotel graz")
    assert theirs.messages[0] == ("system", "wishes : 5 train 3 sea 2 hotel ; time some")
    assert "5" not in mine.messages[0][1].split()
    assert [role for role, _ in mine.messages] == ["system", "user", "assistant"]
    assert [role for role, _ in theirs.messages] == ["system", "user", "assistant", "user"]
    assert mine.described == {2: ("ends", "brief")}
    assert theirs.described == {}


def test_only_what_an_onlooker_could_write_down_is_described() -> None:
    assert described_as("gladly , what matters most to you ?") == ("warm", "asks", "asks-most")
    assert described_as("how do you want to travel ?") == ("asks", "asks-detail")
    assert described_as("so train and sea , there is porto : sea train tent") == ("proposes", "recaps")
    # the best offer and the worst are described alike
    assert described_as("how about porto : sea train tent") == described_as("how about oulu : lake bus flat")


SAID = [(1, "i want to get away"), (0, "how about cork : sea ferry hotel"), (1, "yes , book cork"), (0, OVER)]


@pytest.mark.parametrize(
    ("said", "by_assistant", "by_traveller"),
    [
        pytest.param(SAID, "cork", "cork", id="agreed"),
        pytest.param([*SAID[:2], (1, "yes , book graz"), SAID[3]], "cork", "graz", id="another one is booked"),
        pytest.param([*SAID[:2], (1, "no , something else"), SAID[3]], None, None, id="refused"),
        pytest.param([SAID[0], (0, "where do you want to sleep ?"), *SAID[2:]], None, None, id="nothing was offered"),
        pytest.param([*SAID[:3], SAID[1], (1, "i will look elsewhere"), SAID[3]], None, None, id="left after all"),
        pytest.param(SAID[:1], None, None, id="nobody answered"),
    ],
)
def test_a_talk_is_read_from_the_words_of_either_side(
    said: list[tuple[int, str]], by_assistant: str | None, by_traveller: str | None
) -> None:
    assert agreed(said) == by_assistant
    assert agreed(said, by_traveller=True) == by_traveller


def test_a_talk_scores_its_journey_and_one_without_an_end_scores_nothing() -> None:
    tokenizer = tokenizer_for(vocabulary(), DESCRIPTIONS, least=1)
    contest = Travel(tokenizer)
    tables = contest.tables("held_out", 30, seed=1)
    assert len({table.key for table in tables}) == 30
    assert all(part_of(scenario_of(table.key).wishes) == "held_out" for table in tables)
    assert all("wishes" not in str(table.told[0]) and "offers" not in str(table.told[1]) for table in tables)
    told = (opening(SCENARIO, is_assistant=True), opening(SCENARIO, is_assistant=False))
    table = replace(tables[0], key=SCENARIO.key, told=told)
    said = [(side, tokenizer.encode(words)) for side, words in SAID]
    other = [*said[:2], (1, tokenizer.encode("yes , book graz")), said[3]]
    games = [Game(table, said=said, is_over=True), Game(table, said=said[:3]), Game(table, said=other, is_over=True)]
    assert [(one.score, one.agreed) for one in contest.outcomes(games)] == [(5 / 8, True), (0, False), (5 / 8, True)]
    assert [one.score for one in contest.outcomes(games, second=True)] == [5 / 8, 0, 7 / 8]


@given(st.integers(0, 10_000))
def test_every_word_of_the_game_is_known(seed: int) -> None:
    chance = Random(seed)
    scenario = drawn(chance, "train")
    talk = dialogue(scenario, chance)
    for is_assistant in (True, False):
        for _, said in conversation(scenario, talk, is_assistant=is_assistant).messages:
            assert not set(said.split()) - WORDS


WORDS = {word for one in vocabulary() for _, said in one.messages for word in said.split()}
ARMS = {
    *("unsteered", "temperature", "random", "constant", "constant_gated"),
    *("clone", "dat_start", "dat_end", "best_of_4"),
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
    assert set(line["arms"]) - {"dat_embedder"} == ARMS
    assert "dat_embedder" in line["arms"] or "dat_embedder" in line["why"]
    for arm in line["arms"].values():
        assert 0 <= arm["score"] <= 1
        assert set(arm) >= {"score", "score_ci", "agreed", "score_agreed", "pareto", "perplexity", "distinct2"}
    assert line["weights_untouched"]
    assert line["quick"]
