"""What an edit shows: what was changed, each cause once; what was left, weakly; facts put right, not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.learning import observing
from assistant.learning.observing import accepted, observe, observe_own
from assistant.style import traits
from assistant.style.piece import People
from memory.profile.context import Observation

PEOPLE = People(writer="Ada Byron", reader="Ann Lee", language="en")
BODY = (
    "The ferry to the northern islands leaves at nine on Friday. We utilize the new dock near the old church. "
    "Please bring the tickets that came last week. The harbour office opens at eight. There is coffee in the hall.\n\n"
    "Parking is free until noon. The crossing takes two hours. You do not need a reservation for bicycles."
)
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Dear Ann,",
                "Hi Ann,",
                "- a boat",
                "1. two",
                "## Head",
                "> quoted",
                "Best,",
                "Ada",
                "",
                "It's 3 May 2026 at 5 pm!",
            ]
        ),
        st.text(max_size=40),
    ),
    max_size=12,
).map("\n".join)
SENTENCES = [
    *BODY.replace("\n\n", " ").split(". "),
    "We don't utilise the 3 boats before 5 pm!",
    "I do not use the three boats before 17:00.",
    "The colour of the harbour is grey on 3 May 2026.",
    "The color of the harbor is gray on 2026-05-03.",
    "Thank you for the 1,200 EUR 😊",
    "\n\n- Bread and milk\n- Two boats\n\n",
]
DRAFT = f"Dear Ms. Lee,\n\n{BODY}\n\nBest regards,\nAda Byron"


def active(before: str, after: str) -> dict[str, Observation]:
    return {one.dimension: one for one in observe(before, after, PEOPLE) if one.is_active}


def test_a_greeting_and_a_closing_that_were_rewritten_are_seen_with_both_wordings() -> None:
    after = DRAFT.replace("Dear Ms. Lee,", "Hi Ann,").replace("Best regards,\nAda Byron", "Best,\nAda")
    seen = active(DRAFT, after)
    assert (seen["greeting"].value, seen["closing"].value, seen["signature"].value) == (
        "Hi {first},",
        "Best,",
        "{first}",
    )
    assert (seen["greeting"].quote_before, seen["greeting"].quote_after) == ("Dear Ms. Lee,", "Hi Ann,")
    assert set(seen) == {"greeting", "closing", "signature"}


def test_a_fact_that_is_added_teaches_no_paragraphs_no_person_and_hardly_a_length() -> None:
    fact = "I am told that Meyer & Sons bring the bread, the cheese and the wine for the 30 guests."
    seen = active(DRAFT, DRAFT.replace("bicycles.", f"bicycles. {fact}"))
    assert "paragraphs" not in seen
    assert all(one.strength <= 0.5 for one in seen.values()), seen
    assert all(seen[name].strength <= 0.3 for name in ("person", "contractions") if name in seen)


def test_two_sentences_added_to_two_are_more_to_say_and_no_wish_for_length() -> None:
    before = "Hi Ann,\n\nThe regatta starts at noon. Bring a life jacket.\n\nBest,\nAda"
    after = before.replace("jacket.", "jacket. Meyer & Sons bring 30 cakes. The bus leaves at 9:40 from gate 3.")
    assert all(one.strength <= 0.5 for one in active(before, after).values())


def test_a_standing_sentence_taken_out_of_a_reworded_text_is_no_wish_for_shorter_texts() -> None:
    before = (
        "Hi Ann,\n\nThe ferry to the islands leaves at nine. We use the new dock. Please confirm receipt.\n\nBest,\nAda"
    )
    after = "Hi Ann,\n\nFerry to islands leaves at nine. We use new dock.\n\nBest,\nAda"
    seen = active(before, after)
    assert seen["stock/end/please-confirm-receipt"].value == "none"
    assert not {"sentences", "words"} & {name for name, one in seen.items() if one.strength > 0}


@pytest.mark.parametrize(("known", "is_length"), [([], True), (["stock/end/there-is-coffee-in-the-hall"], False)])
def test_a_sentence_taken_out_that_never_stood_in_the_profile_was_content_and_makes_a_text_shorter(
    known: list[str], is_length: bool
) -> None:
    before = "Hi Ann,\n\nThe ferry leaves at nine. We use the new dock. There is coffee in the hall.\n\nBest,\nAda"
    seen = observe(before, before.replace(" There is coffee in the hall.", ""), PEOPLE, known)
    told = {one.dimension for one in seen if one.is_active and one.strength > 0}
    assert ("sentences" in told, "stock/end/there-is-coffee-in-the-hall" in told) == (is_length, not is_length)


def test_prose_made_bullets_teaches_the_layout_and_no_length() -> None:
    sentences = BODY.replace("\n\n", " ").split(". ")
    items = "\n".join(f"- {one.rstrip('.')}." for one in sentences)
    seen = active(DRAFT, f"Dear Ms. Lee,\n\n{items}\n\nBest regards,\nAda Byron")
    assert seen["layout"].value == "bullets"
    assert not {"words", "sentences"} & set(seen)


def test_a_text_cut_to_a_third_teaches_its_length_and_not_what_the_rest_happens_to_look_like() -> None:
    items = "\n".join(f"- {one}" for one in BODY.replace("\n\n", " ").rstrip(".").split(". ")[2:])
    before = f"Dear Ms. Lee,\n\nThe ferry leaves at nine on Friday.\n\n{items}\n\nBest regards,\nAda Byron"
    after = "Dear Ms. Lee,\n\nThe ferry leaves at nine on Friday.\n\nBest regards,\nAda Byron"
    seen = active(before, after)
    assert seen["words"].amount is not None
    assert seen["words"].amount < 10
    assert not {"layout", "paragraphs", "sentence_length", "heading"} & set(seen)


def test_a_pleasantry_taken_out_teaches_that_and_not_a_shorter_text() -> None:
    before = DRAFT.replace("The ferry to", "I hope you are well. The ferry to")
    seen = active(before, DRAFT)
    assert seen["sentence/pleasantry"].value == "no"
    assert not {"words", "sentences"} & set(seen)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("at nine on", "at ten on"),
        ("northern islands", "Orkney islands"),
        ("bicycles", "bicicles"),
        ("two hours", "2.5 hours"),
        ("on Friday", "on Thursday"),
        ("near the old church", "near the old tower"),
    ],
    ids=["an hour", "a name", "a slip", "a figure", "a day", "a thing"],
)
def test_a_fact_put_right_is_no_preference(wrong: str, right: str) -> None:
    seen = active(DRAFT, DRAFT.replace(wrong, right))
    assert not {name for name in seen if not name.startswith("term/")}
    if wrong not in ("near the old church",):
        assert seen == {}


def test_what_was_left_is_seen_more_weakly_than_what_was_done() -> None:
    seen = {one.dimension: one for one in observe(DRAFT, DRAFT.replace("Dear Ms. Lee,", "Hi Ann,"), PEOPLE)}
    assert seen["greeting"].is_active
    assert not seen["closing"].is_active
    assert seen["closing"].value == "Best regards,"
    assert seen["closing"].strength < seen["greeting"].strength


def test_an_unchanged_text_shows_nothing_that_was_done() -> None:
    assert active(DRAFT, DRAFT) == {}
    assert not any(one.is_active for one in accepted(DRAFT, PEOPLE))


def test_in_a_text_of_their_own_each_trait_was_the_users_choice() -> None:
    seen = {one.dimension: one for one in observe_own(DRAFT, PEOPLE)}
    assert seen["greeting"].is_active
    assert seen["signature"].value == "{name}"


@pytest.mark.parametrize(
    ("before", "after", "people", "greeting"),
    [
        (
            "Dear Łukasz,\n\nThe boat leaves.",
            "Hi Łukasz,\n\nThe boat leaves.",
            People(reader="Łukasz Żak"),
            "Hi {first},",
        ),
        (
            "Sehr geehrte Frau Müller,\n\ndie Fähre fährt um neun.",
            "Hallo Jürgen,\n\ndie Fähre fährt um neun.",
            People(reader="Jürgen Müller", language="de"),
            "Hallo {first},",
        ),
    ],
    ids=["Polish", "German"],
)
def test_names_beyond_ascii_are_names(before: str, after: str, people: People, greeting: str) -> None:
    seen = {one.dimension: one.value for one in observe(before, after, people) if one.is_active}
    assert seen["greeting"] == greeting


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("שלום דנה, הספינה יוצאת בתשע. נא להביא כרטיסים.", "היי דנה, הספינה יוצאת בתשע."),
        ("مرحبا، السفينة تغادر في التاسعة. شكرا لك.", "مرحبا، السفينة تغادر في التاسعة."),
        ("船は九時に出ます。切符を持ってきてください。", "船は九時に出ます。"),
        ("", "Hi"),
        ("👍🏽 ok", "ok\u200f"),
    ],
    ids=["Hebrew", "Arabic", "Japanese", "from nothing", "marks"],
)
def test_texts_of_any_script_and_direction_are_read_without_harm(before: str, after: str) -> None:
    for one in observe(before, after, People(writer="דנה", reader="أحمد")):
        assert 0 < one.strength <= 1


@settings(max_examples=60, deadline=None)
@given(LINES, LINES)
def test_no_text_however_odd_breaks_the_reading_and_every_strength_is_a_share(before: str, after: str) -> None:
    for one in observe(before, after, PEOPLE):
        assert 0 < one.strength <= 1
        assert one.dimension
        assert one.value


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), max_size=9), st.lists(st.sampled_from(SENTENCES), max_size=9), LINES)
def test_reading_again_only_what_an_edit_changed_shows_what_reading_everything_shows(
    before: list[str], after: list[str], lines: str
) -> None:
    was, now = " ".join(before), f"{' '.join(after)}\n\n{lines}"
    seen = observe(was, now, PEOPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observing, "compare", lambda old, new, people, _=None: traits.compare(old, new, people))
        assert observe(was, now, PEOPLE) == seen
