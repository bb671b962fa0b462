"""Extraction writes nothing of its own: sentences of the sources, central, different, cited, within the length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.brief import Brief, Passage
from assistant.engine.contract import Capability, Message, Request, require
from assistant.engine.extractive import Extractive
from assistant.engine.sentences import reading_length, shorten, split, words
from assistant.errors import Unavailable

TIDE = (
    "The harbour council voted on Monday to build a tidal power station at Grey Point. The tidal station will supply "
    "nine thousand homes with power. Some residents brought cake. The council expects the tidal power station to open "
    "within four years. Fishing crews asked for a wider channel past the station."
)


def summarise(*passages: Passage, max_words: int = 60, title: str = "Tides", known: tuple[str, ...] = ()) -> list[str]:
    brief = Brief(title=title, passages=passages, max_words=max_words, known=known)
    return [claim.text for claim in Extractive().summarise(brief)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param("One came. Two went! Three?", ["One came.", "Two went!", "Three?"], id="marks"),
        pytest.param("Dr. May met J. R. Lind of the U.S. Navy, e.g. at 3.5 knots.", 1, id="abbreviations"),
        pytest.param("Call me. I said no. We read No. 5 (incl. Tables).", 3, id="words that are also abbreviations"),
        pytest.param("Am 3. Mai kam sie an. Dann ging sie.", 2, id="a German date"),
        pytest.param("潮汐发电站开工。专家表示欢迎！居民提问？", 3, id="Chinese"),
        pytest.param(
            "arXiv:2401.00001v1 Announce Type: new Abstract: We weigh tides.", ["We weigh tides."], id="arXiv"
        ),
        pytest.param("It opened. Read more at the site. The post It opened appeared first on Tides.", 1, id="noise"),
        pytest.param("A headline without end\n\nThe text.", ["A headline without end", "The text."], id="paragraphs"),
        pytest.param("“Is it so?” asked Ann. It was.", 2, id="a question within a sentence"),
        pytest.param(" \n … ", 0, id="nothing"),
    ],
)
def test_texts_fall_into_sentences(text: str, sentences: list[str] | int) -> None:
    found = split(text)
    assert (len(found) if isinstance(sentences, int) else found) == sentences


@pytest.mark.parametrize("most", [1, 2, 4])
def test_an_entry_has_as_many_sentences_as_its_reader_wants(most: int) -> None:
    brief = Brief(title="A day", passages=[Passage(1, "A day", TIDE)], max_words=200, max_sentences=most)
    assert len(Extractive().summarise(brief)) == most


def test_it_tells_what_the_text_is_about_in_the_order_of_the_text() -> None:
    told = summarise(Passage(1, "Tides", TIDE), max_words=30)
    assert told[0].startswith("The harbour council voted")
    assert "Some residents brought cake." not in told
    assert [TIDE.index(sentence) for sentence in told] == sorted(TIDE.index(sentence) for sentence in told)


def test_a_sentence_that_two_sources_share_is_told_once_and_cites_both() -> None:
    brief = Brief(title="", passages=[Passage(7, "", TIDE), Passage(9, "", TIDE)], max_words=80)
    claims = Extractive().summarise(brief)
    assert claims
    assert all(claim.item_ids == (7, 9) for claim in claims)
    assert len({claim.text for claim in claims}) == len(claims)


def test_what_the_reader_knows_is_not_told_again() -> None:
    told = summarise(Passage(1, "Tides", TIDE), max_words=80)
    later = summarise(Passage(2, "Tides", TIDE + " A first turbine arrived on Friday by barge."), known=tuple(told))
    assert not set(told) & set(later)
    assert any("barge" in sentence for sentence in later)


def test_nothing_new_is_nothing_told() -> None:
    sentence = "The council expects the tidal power station to open within four years."
    assert summarise(Passage(1, "", sentence), known=(sentence,)) == []


def test_the_title_is_not_repeated_as_a_sentence() -> None:
    title = "Harbour council builds tidal power station"
    assert title not in summarise(Passage(1, title, f"{title}. The council voted for it on Monday."), title=title)


PLAIN = "Grey Point will get a tidal station that supplies nine thousand homes with power."
LEANING = "However, engineers of the tidal station doubt that its concrete hall is finished before winter storms begin."
OTHER = "Fishing crews asked the harbour council to widen the channel past the tidal station."


def test_a_sentence_that_leans_on_another_is_told_after_it_or_gives_way() -> None:
    assert summarise(Passage(1, "", f"{PLAIN} {LEANING} {OTHER}"), max_words=80) == [PLAIN, LEANING, OTHER]
    alone = f"Some brought cake. {LEANING} {OTHER}"
    assert summarise(Passage(1, "", alone), max_words=20) == [OTHER]
    upright = LEANING.removeprefix("However, e").replace("ngineers", "Engineers", 1)
    assert summarise(Passage(1, "", alone.replace(LEANING, upright)), max_words=20) == [upright]


def test_a_long_first_sentence_is_shortened_rather_than_left_out() -> None:
    told = summarise(Passage(1, "", " ".join(f"word{number}" for number in range(90)) + "."), max_words=20)
    assert len(told) == 1
    assert told[0].endswith("word19…")


SENTENCE = st.lists(st.text("abcdefgh潮汐", min_size=1, max_size=8), min_size=1, max_size=25).map(" ".join)
TEXT = st.lists(SENTENCE, max_size=8).map(". ".join)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=4), max_words=st.integers(0, 60))
def test_every_claim_is_cited_within_the_length_and_taken_from_what_it_cites(texts: list[str], max_words: int) -> None:
    passages = [Passage(number, "", text) for number, text in enumerate(texts)]
    claims = Extractive().summarise(Brief(title="", passages=passages, max_words=max_words))
    assert sum(reading_length(claim.text) for claim in claims) <= max_words
    for claim in claims:
        assert claim.item_ids
        first = " ".join(texts[claim.item_ids[0]].split())
        assert claim.text.rstrip("…") in first


@given(text=TEXT, most=st.integers(0, 20))
def test_shortened_text_is_a_beginning_that_fits(text: str, most: int) -> None:
    short = shorten(text, most)
    assert reading_length(short) <= most
    assert words(text)[: len(words(short))] == words(short)


@pytest.mark.parametrize("capability", Capability)
def test_what_needs_a_model_says_so_with_a_remedy(capability: Capability) -> None:
    with pytest.raises(Unavailable, match="needs a language model") as raised:
        require(Extractive(), capability, "Drafting a reply")
    assert "telos" in raised.value.remedy


def test_asking_it_to_generate_says_the_same() -> None:
    with pytest.raises(Unavailable, match="language model"):
        Extractive().stream(Request(messages=[Message("user", "Hello")]))
