"""Points become sentences without a word of theirs being changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.points import first_person, sentence, title


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("the ferry leaves at nine", "The ferry leaves at nine."),
        ("- the ferry leaves at nine", "The ferry leaves at nine."),
        ("2) bring the tickets!", "Bring the tickets!"),
        ("The ferry leaves at nine.", "The ferry leaves at nine."),
        ("can you come?", "Can you come?"),
        ("iPhone found on deck 3", "iPhone found on deck 3."),
        ("ann@example.org has the keys", "ann@example.org has the keys."),
        ("src/main.py fails", "src/main.py fails."),
        ("3 boats are late", "3 boats are late."),
        ("he said “we wait.”", "He said “we wait.”"),
        ("渡轮九点出发", "渡轮九点出发。"),
        ("배는 아홉 시에 떠난다", "배는 아홉 시에 떠난다."),
        ("เรือออกเก้าโมง", "เรือออกเก้าโมง"),
        ("السفينة تغادر في التاسعة", "السفينة تغادر في التاسعة."),
        ("two\nlines of   one point", "Two lines of one point."),
        ("when can you come", "When can you come?"),
        ("can we meet on Tuesday", "Can we meet on Tuesday?"),
        ("is the ferry late", "Is the ferry late?"),
        ("where is the key", "Where is the key?"),
        ("how about Monday", "How about Monday?"),
        ("kannst du die Folien schicken", "Kannst du die Folien schicken?"),
        ("wann fährt die Fähre", "Wann fährt die Fähre?"),
        ("peux-tu apporter les billets", "Peux-tu apporter les billets ?"),
        ("¿puedes traer los billetes", "¿Puedes traer los billetes?"),
        ("when you come, bring the slides", "When you come, bring the slides."),
        ("what we need is time", "What we need is time."),
        ("what is needed is time", "What is needed is time."),
        ("have it ready by nine", "Have it ready by nine."),
        ("do it today", "Do it today."),
        ("will call you on Monday", "Will call you on Monday."),
        ("should you need help, call me", "Should you need help, call me."),
        ("wie besprochen sind die Folien fertig", "Wie besprochen sind die Folien fertig."),
        ("donnez-nous la clé", "Donnez-nous la clé."),
        ("“we wait” is what he said", "“We wait” is what he said."),
        ("thanks for the slides,", "Thanks for the slides."),
        ("…", ""),
        ("   ", ""),
    ],
)
def test_a_fragment_gets_a_capital_and_a_full_stop_and_nothing_else(point: str, said: str) -> None:
    assert sentence(point) == said


@given(st.text(max_size=80))
def test_a_sentence_made_of_a_point_stays_as_it_is(point: str) -> None:
    once = sentence(point)
    assert sentence(once) == once or once[:1] in "-*•–—‣◦(" or once[:1].isdigit()


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("The user lives in Porto.", "I live in Porto."),
        ("The user is allergic to nuts.", "I am allergic to nuts."),
        ("The user has two dogs", "I have two dogs."),
        ("The user studies law.", "I study law."),
        ("The user watches birds.", "I watch birds."),
        ("The user does not eat meat.", "I do not eat meat."),
        ("The user's sister is called Ines.", "My sister is called Ines."),
        ("Ines is the user's sister.", "Ines is my sister."),
        ("Porto is rainy.", "Porto is rainy."),
    ],
)
def test_what_is_known_of_the_user_is_said_as_the_user_says_it(fact: str, said: str) -> None:
    assert first_person(fact) == said


def test_a_title_is_the_beginning_of_a_text() -> None:
    assert title("the ferry leaves at nine.") == "The ferry leaves at nine"
    assert title(" ".join(["word"] * 20)) == "Word " + " ".join(["word"] * 8) + " …"
    assert title("The ferry is late. It rained.") == "The ferry is late"
    assert title("Dr. Lee has the keys. Ask her.") == "Dr. Lee has the keys"
    assert title("Budget: 4,500 EUR (incl. VAT)") == "Budget: 4,500 EUR (incl. VAT)"
    assert title("A boat (see fig.) Or two.").startswith("A boat (see fig.)")
    assert title("会議は月曜日です。") == "会議は月曜日です"
    assert title("Urgent. Call me") == "Urgent. Call me"
    assert title("") == ""
