"""Words for what was selected: through the engine, within the reading time, each claim with its citations.

It knows no ranking and no row. What a model has not written in time, or not borne out, is chosen by extraction; that is
said at the foot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.config.schema import DigestSettings
from assistant.digest.author import Manuscript, write_against_time
from assistant.digest.headings import Headings
from assistant.digest.manner import AS_IT_COMES, Manner
from assistant.digest.reasons import reasons
from assistant.digest.select import Judged
from assistant.digest.view import WORDS_A_MINUTE, EntryView, SectionView, Sentence
from assistant.engine import cited
from assistant.engine.brief import MAX_SENTENCES, Brief, Claim, Passage
from assistant.engine.choice import called
from assistant.engine.contract import Engine
from assistant.engine.extractive import Extractive
from assistant.engine.sentences import reading_length, shorten
from assistant.progress import Progress, unheard

MOST_WORDS = 80
"""An entry is a pointer to its sources, not a copy of them."""
LEAST_WORDS = 16
"""With less room for its sentences an entry is not worth its line."""
TITLE_WORDS = 24


@dataclass(slots=True)
class Written:
    """The sections, and how many selected entries found no room or nothing new to say.

    `writer` is the model if it wrote any entry. Of the others some are the sources' own sentences because the model ran
    `late`, `failed` with an `error`, or wrote what is `unsupported`.
    """

    sections: tuple[SectionView, ...]
    writer: str
    no_room: int = 0
    entries: int = 0
    late: int = 0
    failed: int = 0
    unsupported: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What is written for: the user's bounds, the words of their language, and how they want which story told."""

    settings: DigestSettings
    phrases: Headings
    manners: Mapping[int, Manner] = field(default_factory=dict)
    """By the id of the story."""

    def manner(self, judged: Judged) -> Manner:
        return self.manners.get(judged.candidate.story_id, AS_IT_COMES)


def write(selected: Sequence[Judged], engine: Engine, page: Page, progress: Progress = unheard) -> Written:
    """Entries for `selected`, in its order, numbered from 1; together they are read in the minutes of the settings.

    What a first entry leaves of its share goes to those after it. Raises: what `progress` raises.
    """
    settings = page.settings
    room = int(settings.reading_minutes * WORDS_A_MINUTE)
    kept = _fitting(selected, room)
    manuscript = _by_model(kept, engine, page, progress)
    written = Written((), Extractive.name, error=manuscript.error)
    entries: list[tuple[str, EntryView]] = []
    for index, judged in enumerate(kept):
        brief = _brief(judged, _share(kept[index:], room), page.manner(judged))
        claims = cited.within(manuscript.claims.get(index, ()), brief.max_words)
        entry = _entry(judged, claims or Extractive().summarise(brief), page)
        if entry is None:
            continue
        entries.append((judged.candidate.section, replace(entry, number=len(entries) + 1)))
        room -= reading_length(entry.title) + sum(reading_length(told.text) for told in entry.sentences)
        if claims:
            written.writer = called(engine.name)
        elif manuscript.is_asked:
            _count(written, manuscript, index)
    written.sections = _sections(entries, page.phrases)
    written.entries, written.no_room = len(entries), len(selected) - len(entries)
    return written


def _by_model(kept: Sequence[Judged], engine: Engine, page: Page, progress: Progress) -> Manuscript:
    """What the model writes in time, the likeliest stories first; by the position in `kept`."""
    share = _share(kept, int(page.settings.reading_minutes * WORDS_A_MINUTE))
    order = sorted(range(len(kept)), key=lambda index: -kept[index].judgement.chance)
    briefs = [_brief(kept[index], share, page.manner(kept[index])) for index in order]
    manuscript = write_against_time(engine, briefs, page.settings.write_minutes * 60, progress)
    return replace(manuscript, claims={order[place]: claims for place, claims in manuscript.claims.items()})


def _count(written: Written, manuscript: Manuscript, index: int) -> None:
    """Why an entry is not the model's."""
    if index in manuscript.claims:
        written.unsupported += 1
    elif manuscript.is_late:
        written.late += 1
    else:
        written.failed += 1


def _share(judged: Sequence[Judged], room: int) -> int:
    """The words that the first of `judged` may have, when all of them are to have as many."""
    if not judged:
        return 0
    titles = sum(_title_length(other) for other in judged)
    return min((room - titles) // len(judged), MOST_WORDS)


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


def _brief(judged: Judged, max_words: int, manner: Manner) -> Brief:
    """What to write of a story: the room it has bounds what the user was seen to want."""
    candidate = judged.candidate
    passages = [Passage(one.item_id, one.title, one.text, one.language) for one in candidate.articles]
    return Brief(
        title=candidate.lead.title,
        passages=passages,
        max_words=min(max_words, max(manner.words or max_words, LEAST_WORDS)),
        max_sentences=manner.sentences or MAX_SENTENCES,
        known=candidate.known,
        wishes=manner.wishes,
    )


def _entry(judged: Judged, claims: Sequence[Claim], page: Page) -> EntryView | None:
    """The entry without its number; `None` if a follow-up has nothing new to say."""
    candidate = judged.candidate
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
        sentences=_sentences(_in_form(claims, page.manner(judged), candidate.lead.language), number_of),
        reasons=reasons(judged, page.phrases),
        citations=citations,
        score=round(judged.judgement.chance, 4),
        is_unproven=judged.is_unproven,
        is_follow_up=candidate.is_follow_up,
    )


def _in_form(claims: Sequence[Claim], manner: Manner, language: str) -> list[Claim]:
    """The claims as the user writes such things; what they stand on stays."""
    told = manner.told([claim.text for claim in claims], language)
    return [replace(claim, text=text) for claim, text in zip(claims, told, strict=True)]


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
