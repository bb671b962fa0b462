"""Whose words they are: quoted, forwarded and pasted text is taken out before anything is learned."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.learning.own_words import own_words

DRAFT = "Hi Ann,\n\nThe ferry leaves at nine.\n\nBest,\nAda"
NEWS = (
    "The harbour authority said on Monday that all crossings to the northern islands will be suspended until the storm "
    "has passed. Travellers are advised to rebook."
)


def test_what_the_user_wrote_stays_as_it_is() -> None:
    after = (
        "Hello Ann,\n\nThe ferry leaves at nine. I booked two seats on the upper deck, near the window.\n\nBest,\nAda"
    )
    assert own_words(DRAFT, after, sources=[NEWS]).text == after


def test_a_passage_pasted_from_a_source_is_taken_out_and_the_rest_stays() -> None:
    after = f"Hi Ann,\n\nThe ferry leaves at nine.\n\n{NEWS}\n\nBest,\nAda"
    own = own_words(DRAFT, after, sources=[NEWS])
    assert own.text == "Hi Ann,\n\nThe ferry leaves at nine.\n\nBest,\nAda"
    assert own.foreign[0].startswith("The harbour authority said")


def test_a_run_in_other_punctuation_and_case_is_still_the_sources() -> None:
    pasted = NEWS.split(".")[0].upper()
    assert own_words(DRAFT, f"{DRAFT}\n\n{pasted}!", sources=[NEWS]).text == DRAFT


def test_what_the_draft_had_from_its_sources_already_was_not_pasted() -> None:
    drafted = f"Hi Ann,\n\n{NEWS}\n\nBest,\nAda"
    after = f"Hello Ann,\n\n{NEWS}\n\nBest,\nAda"
    assert own_words(drafted, after, sources=[NEWS]).text == after


def test_memory_is_asked_for_long_added_passages_only() -> None:
    asked: list[str] = []

    def look_up(words: str) -> Sequence[str]:
        asked.append(words)
        return [NEWS]

    assert own_words(DRAFT, DRAFT.replace("nine", "ten"), look_up=look_up).foreign == ()
    assert asked == []
    own = own_words(DRAFT, f"{DRAFT}\n\n{NEWS}", look_up=look_up)
    assert own.text == DRAFT
    assert len(asked) == 1


def test_quoted_and_forwarded_parts_never_teach() -> None:
    after = "Fine with me.\n\nOn 3 May 2026, Ann Lee wrote:\n> Dear Sir,\n> I beg to inform you.\n"
    own = own_words("", after)
    assert own.text.strip() == "Fine with me."
    assert "beg to inform" in own.foreign[-1]


def test_lines_quoted_in_the_midst_are_not_the_users() -> None:
    own = own_words("", "> When does it leave?\nAt nine.\n> And back?\nAt six.")
    assert "leave?" not in own.text
    assert "At nine." in own.text
    assert "At six." in own.text


def test_a_lawyers_disclaimer_is_nobodys_style() -> None:
    legal = (
        "This e-mail is confidential and intended solely for the use of the person it is addressed to; if you are not the "
        "intended recipient, please delete it."
    )
    assert own_words(DRAFT, f"{DRAFT}\n\n{legal}").text.strip() == DRAFT
