"""Choosing entries is pure: quotas, cut and guesses hold for any judgements."""

from __future__ import annotations

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from assistant.config.schema import DigestSettings
from assistant.digest.candidates import Article, Candidate
from assistant.digest.select import LEAST_CHANCE, Judged, select
from assistant.ranking.features import Subject
from assistant.ranking.taste import Judgement
from tests.assistant.newsroom import NOW

SUBJECT = Subject(vector=None, title="")


def judged(story_id: int, chance: float, doubt: float = 0.9, source: str = "town", section: str = "article") -> Judged:
    article = Article(
        item_id=story_id, source=source, kind="article", title="", text="", url="", authors=(), topics=(), language="",
        published=NOW,
    )  # fmt: skip
    candidate = Candidate(story_id=story_id, section=section, articles=(article,), subject=SUBJECT)
    return Judged(candidate, Judgement(chance, hope=chance, doubt=doubt, reasons=()))


def test_the_best_come_first_and_the_unlikely_are_cut() -> None:
    chances = {1: 0.9, 2: LEAST_CHANCE / 2, 3: 0.5, 4: LEAST_CHANCE}
    found = select([judged(*one, doubt=0.0) for one in chances.items()], DigestSettings(entries=10))
    assert [one.candidate.story_id for one in found.chosen] == [1, 3, 4]
    assert (found.unlikely, found.room) == (1, 0)


def test_guesses_take_their_share_from_what_the_ranking_doubts() -> None:
    sure = [judged(number, 0.9 - number / 100, doubt=0.1) for number in range(20)]
    found = select([*sure, judged(50, 0.1), judged(51, 0.15)], DigestSettings(entries=10, unproven_share=0.1))
    assert [one.candidate.story_id for one in found.chosen if one.is_unproven] == [51]
    assert len(found.chosen) == 10


def test_sections_stand_in_the_order_of_their_best_entry() -> None:
    stories = [judged(1, 0.5, section="a"), judged(2, 0.9, section="b"), judged(3, 0.4, section="b")]
    assert [one.candidate.section for one in select(stories, DigestSettings()).chosen] == ["b", "b", "a"]


STORIES = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from("xyz"), st.sampled_from("ab")), max_size=40
)


@given(
    stories=STORIES,
    entries=st.integers(1, 15),
    unproven=st.floats(0, 0.5),
    a_source=st.floats(0.1, 1),
    a_section=st.floats(0.1, 1),
)
def test_limits_hold_for_any_judgements(
    stories: list[tuple[float, float, str, str]], entries: int, unproven: float, a_source: float, a_section: float
) -> None:
    limits = DigestSettings(
        entries=entries, unproven_share=unproven, per_source_share=a_source, section_share=a_section
    )
    every = [judged(number, *story) for number, story in enumerate(stories)]
    found = select(every, limits)
    chosen = [one.candidate.story_id for one in found.chosen]
    assert len(set(chosen)) == len(chosen) <= entries
    assert len(chosen) + found.unlikely + found.room == len(every)
    assert all(one.is_unproven or one.judgement.chance >= LEAST_CHANCE for one in found.chosen)
    assert sum(one.is_unproven for one in found.chosen) <= math.floor(unproven * entries + 0.5)
    likely = [one for one in every if one.judgement.chance >= LEAST_CHANCE]
    assert len(chosen) >= min(entries, len(likely))
    for one in every:
        was_left = one.candidate.story_id not in chosen and one.judgement.chance >= LEAST_CHANCE
        if was_left:
            counts = Counter(other.candidate.lead.source for other in found.chosen)
            assert sum(counts.values()) == entries, "a likely story was left out though there was room"
