"""What is weighed of a passage: its words, its meaning, what stands beside it, who speaks and when."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from memory import relevance
from memory.moments import asks_when, moments, tells_when
from memory.relevance import FEATURES, WEIGHTS, Asked, Known, Passage, vector_of

AT = datetime(2024, 5, 8, tzinfo=UTC)


def passage(number: int, text: str = "Words.", *, by: str = "", beside: tuple[int, ...] = ()) -> Passage:
    return Passage(number, text, (by,) if by else (), AT, beside, is_spoken=bool(beside))


def column(table: relevance.Table, name: str) -> list[float]:
    return [float(value) for value in table[:, FEATURES.index(name)]]


def test_an_answer_is_found_by_the_words_of_the_question_before_it() -> None:
    asked = Asked("the missing sculpture", terms=('"sculpture"',))
    passages = [passage(1, beside=(2,)), passage(2, beside=(1, 3)), passage(3, beside=(2,)), passage(4)]
    table = relevance.features(asked, passages, Known({'"sculpture"': {1: 2.0}}))
    assert column(table, "words") == [1.0, 0.0, 0.0, 0.0]
    assert column(table, "words_around") == [1.0, 1.0, 0.0, 0.0]


def test_the_meaning_around_is_that_of_the_sum_and_of_the_passage_alone_where_nothing_stands_beside_it() -> None:
    east, north = np.array([1.0, 0.0], dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32)
    asked = Asked("east", vector=east)
    table = relevance.features(
        asked, [passage(1, beside=(2,)), passage(3), passage(4)], Known({}, {1: north, 2: east, 3: east})
    )
    assert column(table, "meaning") == [0.0, 1.0, 0.0]
    assert column(table, "meaning_around") == pytest.approx([2**-0.5, 1.0, 0.0])


def test_a_name_of_who_speaks_is_no_word_of_a_conversation_and_stays_one_elsewhere() -> None:
    asked = Asked("Ana's necklace", terms=('"ana"', '"necklace"'), names=frozenset({"ana"}))
    said = Known({'"ana"': {1: 5.0, 3: 5.0}, '"necklace"': {2: 1.0}})
    passages = [passage(1, by="Bo", beside=(9,)), passage(2, by="Ana", beside=(9,)), passage(3)]
    table = relevance.features(asked, passages, said)
    assert column(table, "words") == [0.0, pytest.approx(0.2), 1.0]
    assert column(table, "speaker") == [0.0, 1.0, 0.0]


def test_a_question_is_marked_and_a_text_that_tells_when_only_where_when_is_asked() -> None:
    passages = [
        passage(1, "Where did you move?"),
        passage(2, "We moved last Friday."),
        passage(3, "We moved to Porto."),
    ]
    when = relevance.features(Asked("When did they move?"), passages, Known())
    where = relevance.features(Asked("Where did they move?"), passages, Known())
    assert column(when, "asks") == column(where, "asks") == [1.0, 0.0, 0.0]
    assert column(when, "tells_when") == [0.0, 1.0, 0.0]
    assert column(where, "tells_when") == [0.0, 0.0, 0.0]


def test_a_longer_text_says_more_up_to_a_length() -> None:
    said = [passage(number, "word " * words) for number, words in enumerate((1, 4, relevance.LONG, 900))]
    lengths = column(relevance.features(Asked("word"), said, Known()), "length")
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[1] < lengths[2] == lengths[3]


def test_what_another_said_does_not_support_an_answer_about_the_one_who_is_named() -> None:
    asked = Asked("Ana's necklace", terms=('"necklace"',), names=frozenset({"ana"}))
    said_by_ana = [passage(1, by="Ana", beside=(2,)), passage(8, by="Bo", beside=(9,))]
    said_by_bo = [passage(1, by="Bo", beside=(2,)), passage(8, by="Ana", beside=(9,))]
    known = Known({'"necklace"': {1: 3.0}})
    weights = vector_of(WEIGHTS)
    assert relevance.support(relevance.features(asked, said_by_ana, known), weights) > relevance.UNSUPPORTED
    assert relevance.support(relevance.features(asked, said_by_bo, known), weights) < relevance.UNSUPPORTED
    assert relevance.support(relevance.features(asked, [], known), weights) == 0.0


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What will the ferry cost, may I ask?", set()),
        ("Will it sail?", set()),
        ("What did Will say?", {"will"}),
        ("what did ana say", {"ana"}),
    ],
)
def test_a_common_word_is_a_name_only_where_it_is_written_as_one(question: str, names: set[str]) -> None:
    assert relevance.names_in(question, ["Will May", "Ana Li"]) == names


def test_names_are_taken_out_of_what_is_compared_by_meaning() -> None:
    assert relevance.without_names("What is Ana's necklace like, Bo?", {"ana"}) == "What is necklace like, Bo?"
    assert relevance.without_names("Ana", {"ana"}) == "Ana"


@pytest.mark.parametrize(
    ("question", "told", "fits"),
    [
        pytest.param("What did Ana do on 8 May 2024?", date(2024, 5, 8), 1.0, id="a day"),
        pytest.param("What did Ana do on May 8th, 2024?", date(2024, 5, 9), 0.5, id="told a day later"),
        pytest.param("What did Ana do in May 2023?", date(2024, 5, 8), 0.0, id="another year"),
        pytest.param("What did Ana do in May?", date(2024, 5, 8), 1.0, id="any year"),
        pytest.param("What happened on 2024-05-08?", date(2024, 5, 8), 1.0, id="ISO"),
        pytest.param("What happened in 2023?", date(2023, 7, 1), 1.0, id="a year"),
        pytest.param("What did Ana do last week?", date(2024, 5, 1), 1.0, id="counted back"),
        pytest.param("What did Ana do two months ago?", date(2024, 3, 9), 1.0, id="ago"),
        pytest.param("On 31 February 2024?", date(2024, 2, 3), 1.0, id="no such day"),
    ],
)
def test_a_time_that_a_question_names_is_compared_with_when_it_was_told(question: str, told: date, fits: float) -> None:
    assert max(moment.fits(told) for moment in moments(question, date(2024, 5, 8))) == fits


@pytest.mark.parametrize("question", ["What may I do?", "They march on.", "Room 2024-99 is free", "Where is it?"])
def test_no_time_is_read_where_none_is_named(question: str) -> None:
    assert moments(question, date(2024, 5, 8)) == ()


def test_when_is_asked_and_told() -> None:
    assert asks_when("When did they move?")
    assert not asks_when("Where did they move?")
    assert tells_when("We moved last Friday.")
    assert not tells_when("We moved to Porto.")
