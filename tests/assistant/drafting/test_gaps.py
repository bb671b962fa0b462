"""What is missing is marked, found again, and told from what was answered."""

from __future__ import annotations

import pytest

from assistant.drafting.gaps import MARK, answer_to, gaps_in, unanswered, without_name


def test_marks_are_found_in_their_order_whoever_wrote_them() -> None:
    text = f"Hi {MARK},\n\nWe meet on [… the date].\n\n{answer_to('When does the ferry leave?')}"
    assert gaps_in(text) == [MARK, "[… the date]", '[... answer: "When does the ferry leave?"]']


@pytest.mark.parametrize("text", ["Plain [text] of brackets.", "It goes on ... and on [1].", "[a...] b"])
def test_other_brackets_are_no_gaps(text: str) -> None:
    assert gaps_in(text) == []


def test_a_question_with_brackets_and_quotes_is_one_mark() -> None:
    assert gaps_in(answer_to('Is "it" [really] so?')) == [answer_to('Is "it" [really] so?')]


def test_a_greeting_without_a_name_has_a_gap_where_it_goes() -> None:
    assert without_name("Hi {first},") == "Hi [...],"


@pytest.mark.parametrize(
    ("question", "said", "is_open"),
    [
        ("When does the ferry leave?", "The ferry leaves at nine.", False),
        ("When does the ferry leave?", "The ferry is blue.", True),
        ("When does the ferry leave?", "Thanks for the photos.", True),
        ("Where is the key?", "The key is under the mat.", False),
        ("Can you come on Friday?", "Yes, gladly.", False),
        ("Where shall we meet?", "Yes, gladly.", True),
        ("When?", "At nine.", False),
        ("When?", "Thanks for the photos.", True),
        ("ok?", "Fine.", False),
        ("Kannst du die Folien schicken?", "Die Folien kommen bald.", False),
        ("Wann fährt die Fähre?", "Die Fähre fährt um neun Uhr morgen.", False),
    ],
)
def test_a_question_is_answered_by_a_sentence_that_speaks_of_it(question: str, said: str, is_open: bool) -> None:
    assert unanswered([question], [said]) == ([question] if is_open else [])


def test_one_yes_answers_one_question() -> None:
    questions = ["Can you come?", "Do you bring Bob?"]
    assert unanswered(questions, ["Yes."]) == ["Do you bring Bob?"]
