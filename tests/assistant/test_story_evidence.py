"""What speaks for one event: quantities, weekdays, names, words, and how crowded it is around two items."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.stories.event_weights import WEIGHTS
from assistant.stories.evidence import NAMES, evidence
from assistant.stories.grouping import NEAREST, Candidates, Placed
from assistant.stories.quantities import BARE, MONEY, SCORE, agreeing, quantities, values
from assistant.stories.sameness import Relation, relation
from assistant.stories.telling import LEAST_CROWD, Rarity, Telling, crowd_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MATCH = (
    "The Norden Otters beat Port Alba 27-14 on Sunday. Quarterback Ned Brume threw for 320 yards and three touchdowns "
    "before 40,000 people at Lake Orm, and coach Ines Calder called it their best game."
)
MATCH_RETOLD = (
    "Ned Brume passed for 320 yards as the Otters won 27-14 against Port Alba on Sunday. Coach Ines Calder praised the "
    "quarterback of Norden after his three touchdowns at Lake Orm."
)
NEXT_MATCH = (
    "The Norden Otters lost 10-31 to the Freeland Herons on Thursday. Quarterback Ned Brume threw for 95 yards and was "
    "replaced before the last quarter; coach Ines Calder left without a word."
)


def telling(title: str, text: str, *, nearness: float = 1.0, crowd: float = 0.45) -> Telling:
    """`nearness` is the cosine with every telling whose own is 1."""
    vector = np.array([nearness, (1 - nearness**2) ** 0.5], dtype=np.float32)
    return Telling(0, "article", NOW, title, text, vector=vector, crowd=crowd)


RARITY = Rarity([telling(f"Number {n}", f"Something else happened in place {n}.") for n in range(100)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Three ships sank", {"ships": {"3"}}, id="a number in words"),
        pytest.param("It cost $1,250.50 then", {MONEY: {"1250.50"}}, id="money"),
        pytest.param("Up 4.5 percent, or 4.5%", {"percent": {"4.5"}}, id="percent in two spellings"),
        pytest.param("They won 27-14 at home", {SCORE: {"27-14"}}, id="a score"),
        pytest.param("Since 2004 all is well", {}, id="a year is no quantity"),
        pytest.param("Room &#39;s number, 77.", {BARE: {"77"}}, id="a mark of HTML is none"),
        pytest.param("", {}, id="nothing"),
    ],
)
def test_a_text_gives_its_quantities_by_unit(text: str, found: dict[str, set[str]]) -> None:
    assert quantities(text) == {unit: frozenset(given_) for unit, given_ in found.items()}


@given(st.text())
def test_every_value_is_of_digits_whatever_the_text(text: str) -> None:
    for found in quantities(text).values():
        assert found
        assert all(any(character.isdigit() for character in value) for value in found)


def test_the_same_value_of_another_thing_is_no_agreement() -> None:
    assert agreeing(quantities("30 killed"), quantities("30 killed and 12 missing")) == 1
    assert agreeing(quantities("30 killed"), quantities("30 ships")) == 0
    assert values(quantities("30 killed, 5 ships")) == {"30"}


def test_where_much_is_told_it_is_crowded_and_the_nearest_few_do_not_count() -> None:
    lonely = [0.9] * 5 + [0.1] * 95
    crowded = [0.9] * 5 + [0.6] * 95
    found = crowd_of(np.array([lonely, crowded], dtype=np.float32))
    assert found == pytest.approx([LEAST_CROWD, 0.6])
    few = crowd_of(np.array([[0.9, -1.0]], dtype=np.float32))
    assert few == pytest.approx([LEAST_CROWD])


TEXTS = st.sampled_from((MATCH, MATCH_RETOLD, NEXT_MATCH, "", "On Monday 12 ships left Norden."))


@given(TEXTS, TEXTS, st.text(max_size=30), st.text(max_size=30))
def test_evidence_has_no_order_and_a_number_for_each_name(
    one_text: str, other_text: str, one_title: str, other_title: str
) -> None:
    one, other = telling(one_title, one_text), telling(other_title, other_text)
    found = evidence(one, other, 0.7, RARITY)
    assert found == pytest.approx(evidence(other, one, 0.7, RARITY))
    assert len(found) == len(NAMES) == len(WEIGHTS.of)
    assert 0 <= WEIGHTS.chance(found) <= 1


def test_two_accounts_of_a_match_are_one_event_and_the_next_match_is_another() -> None:
    match = telling("Otters beat Port Alba", MATCH)
    retold = telling("Brume leads Otters past Port Alba", MATCH_RETOLD, nearness=0.75)
    following = telling("Herons stop Brume and the Otters", NEXT_MATCH, nearness=0.75)
    assert relation(match, retold, RARITY) is Relation.SAME_EVENT
    assert relation(match, following, RARITY) is Relation.NONE


def test_likeness_says_less_where_it_is_crowded() -> None:
    chances = [
        WEIGHTS.chance(
            evidence(telling("Otters", MATCH, crowd=crowd), telling("Brume", NEXT_MATCH, crowd=crowd), 0.7, RARITY)
        )
        for crowd in (0.35, 0.65)
    ]
    assert chances[0] > chances[1] + 0.1


def number(name: str, one: Telling, other: Telling) -> float:
    return evidence(one, other, 0.7, RARITY)[NAMES.index(name)]


@pytest.mark.parametrize(
    ("day", "same", "differs"),
    [("Monday", 1, 0), ("lundi", 1, 0), ("Sunday", 0, 0), ("Thursday", 0, 1), ("night", 0, 0)],
)
def test_weekdays_agree_are_neighbours_or_differ(day: str, same: int, differs: int) -> None:
    one, other = telling("", "It rained on Monday."), telling("", f"It rained on {day}.")
    assert (number("same weekday", one, other), number("other weekday", one, other)) == (same, differs)


def test_names_speak_against_one_event_where_each_title_has_one_that_the_other_text_lacks() -> None:
    lacking = "names that one title alone has"
    alba = telling("Quake in Alba", "The quake shook Alba on the coast.")
    norden = telling("Quake in Norden", "The quake shook Norden in the hills.")
    both = telling("Quake in Norden", "The quake shook Norden and then Alba.")
    assert number(lacking, alba, norden) > 0
    assert number(lacking, alba, both) == 0
    assert WEIGHTS.of[NAMES.index(lacking)] < 0


def test_candidates_are_the_nearest_first_and_know_their_crowd() -> None:
    """Thirty items on one subject, and two that are alone together."""
    random = np.random.default_rng(1)
    subject = np.ones(64) + random.normal(0, 0.4, (30, 64))
    pair = np.tile([1.0, -1.0], 32) + random.normal(0, 0.1, (2, 64))
    vectors = np.concatenate([subject, pair]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    tellings = [
        Telling(n, "article", NOW, f"Title {n}", f"Text {n} tells of {n}.", vector=row) for n, row in enumerate(vectors)
    ]
    candidates = Candidates([Placed(one, None) for one in tellings])
    assert [one.telling.item_id for one in candidates.of(30)] == [31]
    found = [one.telling.item_id for one in candidates.of(0)]
    nearest = [int(row) for row in np.argsort(-vectors @ vectors[0]) if row != 0]
    assert found == nearest[: len(found)]
    assert len(found) == NEAREST
    assert tellings[30].crowd == tellings[31].crowd == pytest.approx(LEAST_CROWD)
    assert tellings[0].crowd > 0.7
