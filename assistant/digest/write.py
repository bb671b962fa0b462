"""Words for what was selected: through the engine, within the reading time, each claim with its citations.

It knows no ranking and no row. An engine that does not answer is replaced by extraction for the rest of the digest,
which is said at the foot.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.digest.headings import Headings
from assistant.digest.reasons import reasons
from assistant.digest.select import Judged
from assistant.digest.view import WORDS_A_MINUTE, EntryView, SectionView, Sentence
from assistant.engine.brief import Brief, Claim, Passage
from assistant.engine.extractive import Extractive
from assistant.engine.sentences import reading_length, shorten
from assistant.errors import TelosError

log = logging.getLogger(__name__)

MOST_WORDS = 80
"""An entry is a pointer to its sources, not a copy of them."""
LEAST_WORDS = 16
"""With less room for its sentences an entry is not worth its line."""
TITLE_WORDS = 24


@dataclass(slots=True)
class Written:
    """The sections, how many selected entries found no room or nothing new to say, and why the engine was replaced."""

    sections: tuple[SectionView, ...]
    writer: str
    no_room: int = 0
    engine_error: str = ""


@dataclass(slots=True)
class _Pen:
    """The engine in use, and what went wrong with the first one."""

    engine: Any
    error: str = field(default="")

    def summarise(self, brief: Brief) -> tuple[Claim, ...]:
        try:
            return self.engine.summarise(brief)
        except TelosError as err:
            log.warning("The engine %s does not answer, extraction writes instead: %s", self.engine.name, err)
            self.engine, self.error = Extractive(), err.sentence
            return self.engine.summarise(brief)


def write(selected: Sequence[Judged], engine: Any, minutes: float, phrases: Headings) -> Written:
    """Entries for `selected`, in its order, numbered from 1; together they are read in `minutes`.

    What a first entry leaves of its share goes to those after it.
    """
    pen = _Pen(engine)
    room = int(minutes * WORDS_A_MINUTE)
    kept = _fitting(selected, room)
    entries: list[tuple[str, EntryView]] = []
    for index, judged in enumerate(kept):
        titles = sum(_title_length(other) for other in kept[index:])
        share = (room - titles) // (len(kept) - index)
        entry = _entry(judged, pen, min(share, MOST_WORDS), phrases)
        if entry is not None:
            entry = replace(entry, number=len(entries) + 1)
            entries.append((judged.candidate.section, entry))
            room -= reading_length(entry.title) + sum(reading_length(told.text) for told in entry.sentences)
    return Written(_sections(entries, phrases), pen.engine.name, len(selected) - len(entries), pen.error)


def _fitting(selected: Sequence[Judged], room: int) -> list[Judged]:
    """As many of the best as have room for a title and a sentence each, in the order of `selected`."""
    best = sorted(selected, key=lambda judged: -judged.judgement.chance)
    kept: set[int] = set()
    for judged in best:
        room -= _title_length(judged) + LEAST_WORDS
        if room < 0:
            break
        kept.add(judged.candidate.story_id)
    return [judged for judged in selected if judged.candidate.story_id in kept]


def _entry(judged: Judged, pen: _Pen, max_words: int, phrases: Headings) -> EntryView | None:
    """The entry without its number; `None` if a follow-up has nothing new to say."""
    candidate = judged.candidate
    passages = [Passage(one.item_id, one.title, one.text, one.language) for one in candidate.articles]
    brief = Brief(title=candidate.lead.title, passages=passages, max_words=max_words, known=candidate.known)
    claims = pen.summarise(brief)
    if candidate.is_follow_up and not claims:
        return None
    citations = tuple(article.cited_as(number) for number, article in enumerate(candidate.articles, start=1))
    number_of = {citation.item_id: citation.number for citation in citations}
    return EntryView(
        number=0,
        story_id=candidate.story_id,
        title=_title(judged),
        url=candidate.lead.url,
        language=candidate.lead.language,
        sentences=_sentences(claims, number_of),
        reasons=reasons(judged, phrases),
        citations=citations,
        score=round(judged.judgement.chance, 4),
        is_unproven=judged.is_unproven,
        is_follow_up=candidate.is_follow_up,
    )


def _sentences(claims: Sequence[Claim], number_of: dict[int, int]) -> tuple[Sentence, ...]:
    """Claims with the numbers of their citations; one that cites nothing that the engine was given is left out."""
    cited = [(claim, tuple(number_of[one] for one in claim.item_ids if one in number_of)) for claim in claims]
    return tuple(Sentence(text=claim.text, citations=numbers) for claim, numbers in cited if numbers)


def _title(judged: Judged) -> str:
    return shorten(judged.candidate.lead.title, TITLE_WORDS)


def _title_length(judged: Judged) -> int:
    return reading_length(_title(judged))


def _sections(entries: Sequence[tuple[str, EntryView]], phrases: Headings) -> tuple[SectionView, ...]:
    return tuple(
        SectionView(
            key=key,
            heading=phrases.section(key),
            entries=tuple(entry for section, entry in entries if section == key),
        )
        for key in dict.fromkeys(section for section, _ in entries)
    )
