"""The digest in the user's editor: what they rewrote, what they took out, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.digest.as_text import as_text, corrections
from assistant.digest.view import DigestView, SectionView, Sentence
from assistant.errors import BadRequest
from tests.assistant.digest_rows import digest_view


def two_sections() -> DigestView:
    """Entries 1 and 2 are articles, 3 a paper."""
    view = digest_view()
    first, second, third = view.entries
    return replace(
        view,
        sections=(
            SectionView(key="article", heading="Articles", entries=(first, second)),
            SectionView(key="paper", heading="Papers", entries=(third,)),
        ),
    )


def test_a_digest_that_was_left_as_it_is_says_nothing() -> None:
    view = two_sections()
    assert not corrections(view, as_text(view)).are_any


def test_an_entry_that_was_rewritten_is_found_by_its_number() -> None:
    view = two_sections()
    text = as_text(view).replace("Ferry to run all winter.", "- The ferry runs\n- all winter")
    found = corrections(view, text)
    assert found.rewritten == {1: "- The ferry runs\n- all winter"}
    assert (found.removed, found.sections) == ((), ())


def test_an_entry_that_was_taken_out_is_removed_and_so_is_one_that_was_emptied() -> None:
    view = two_sections()
    text = as_text(view)
    start, end = text.index("### 1."), text.index("### 2.")
    assert corrections(view, text[:start] + text[end:]).removed == (1,)
    assert corrections(view, text.replace("Ferry to run all winter.\n", "\n")).removed == (1,)


def test_a_section_that_was_taken_out_is_not_said_of_its_entries() -> None:
    view = two_sections()
    text = as_text(view)
    found = corrections(view, text[: text.index("## Papers")])
    assert (found.sections, found.removed) == (("paper",), ())


def test_a_section_whose_heading_alone_is_gone_is_kept() -> None:
    view = two_sections()
    assert not corrections(view, as_text(view).replace("## Papers\n", "")).are_any


def test_an_empty_section_was_emptied_entry_by_entry() -> None:
    view = two_sections()
    text = as_text(view)
    found = corrections(view, text[: text.index("### 3.")])
    assert (found.sections, found.removed) == ((), (3,))


def test_titles_order_and_notes_say_nothing() -> None:
    view = two_sections()
    text = as_text(view)
    cut, papers = text.index("## Articles"), text.index("## Papers")
    turned = text[:cut] + text[papers:] + "\n" + text[cut:papers].replace("1. Ferry to run", "1. A ferry to run")
    assert not corrections(view, turned + "% a note of mine\n").are_any


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("### 2.", "### 7."), "no entry 7"),
        (lambda text: text.replace("### 2.", "### 1."), "twice"),
    ],
    ids=["unknown", "twice"],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(change: object, said: str) -> None:
    assert callable(change)
    view = two_sections()
    with pytest.raises(BadRequest, match=said):
        corrections(view, change(as_text(view)))


@given(st.lists(st.text(min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=4))
def test_whatever_sources_write_an_unedited_digest_says_nothing(texts: list[str]) -> None:
    view = two_sections()
    first = replace(view.entries[0], sentences=tuple(Sentence(text=text, citations=(1,)) for text in texts))
    sections = (replace(view.sections[0], entries=(first, view.entries[1])), view.sections[1])
    view = replace(view, sections=sections)
    assert not corrections(view, as_text(view)).are_any


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    view = two_sections()
    try:
        found = corrections(view, text)
    except BadRequest:
        return
    assert set(found.removed) | set(found.rewritten) <= {1, 2, 3}
