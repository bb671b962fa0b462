"""Which candidates a digest shows, in which order: cut by chance, quotas a source and a section, a few guesses.

Pure: it knows judgements and settings, no row and no sentence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.config.schema import DigestSettings
from assistant.digest.candidates import Candidate
from assistant.ranking.taste import Judgement

LEAST_CHANCE = 0.1
"""What the user wants less likely than this is left out even where there is room."""
LEAST_DOUBT = 0.3
"""What the ranking is surer of than this is no guess."""


@dataclass(frozen=True, slots=True)
class Judged:
    candidate: Candidate
    judgement: Judgement
    is_unproven: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown, section by section, best first; how many were `unlikely` and for how many there was no `room`."""

    chosen: tuple[Judged, ...]
    unlikely: int
    room: int


def select(judged: Sequence[Judged], settings: DigestSettings) -> Selection:
    """What open goals wait for, up to a third; then the best within the quotas, the best at all while there is room, and
    guesses in the slots kept for them.
    """
    ranked = sorted(judged, key=lambda one: (-one.judgement.chance, one.candidate.story_id))
    likely = [one for one in ranked if one.judgement.chance >= LEAST_CHANCE]
    guesses = math.floor(settings.unproven_share * settings.entries + 0.5)
    picked = _Picked(settings)
    for one in (one for one in ranked if one.candidate.goal is not None):
        picked.take(one, up_to=max(1, settings.entries // 3), within_quotas=True)
    for one in _best_of_each_section(likely)[: settings.entries // 2]:
        picked.take(one, up_to=settings.entries - guesses, within_quotas=True)
    for within_quotas in (True, False):
        for one in likely:
            picked.take(one, up_to=settings.entries - guesses, within_quotas=within_quotas)
    doubtful = [one for one in ranked if one.judgement.doubt >= LEAST_DOUBT]
    hopeful = sorted(doubtful, key=lambda one: (-one.judgement.hope, one.candidate.story_id))
    room = min(len(picked.chosen) + guesses, settings.entries)
    for within_quotas in (True, False):
        for one in hopeful:
            picked.take(replace(one, is_unproven=True), up_to=room, within_quotas=within_quotas)
    for one in likely:
        picked.take(one, up_to=settings.entries, within_quotas=False)
    left = [one for one in ranked if one.candidate.story_id not in picked.story_ids]
    unlikely = sum(one.judgement.chance < LEAST_CHANCE for one in left)
    return Selection(by_section(picked.chosen), unlikely, len(left) - unlikely)


class _Picked:
    """What has been picked so far, and how much of each source and section."""

    def __init__(self, settings: DigestSettings) -> None:
        self.chosen: list[Judged] = []
        self.story_ids: set[int] = set()
        self._a_source = math.ceil(settings.per_source_share * settings.entries)
        self._a_section = math.ceil(settings.section_share * settings.entries)
        self._sources: Counter[str] = Counter()
        self._sections: Counter[str] = Counter()

    def take(self, one: Judged, *, up_to: int, within_quotas: bool) -> None:
        """Pick it if there is room and, where asked, its source and section have not had their share."""
        source, section = one.candidate.lead.source, one.candidate.section
        is_full = self._sources[source] >= self._a_source or self._sections[section] >= self._a_section
        if len(self.chosen) >= up_to or one.candidate.story_id in self.story_ids or (within_quotas and is_full):
            return
        self.chosen.append(one)
        self.story_ids.add(one.candidate.story_id)
        self._sources[source] += 1
        self._sections[section] += 1


def _best_of_each_section(ranked: Iterable[Judged]) -> list[Judged]:
    best: dict[str, Judged] = {}
    for one in ranked:
        best.setdefault(one.candidate.section, one)
    return list(best.values())


def by_section(chosen: Iterable[Judged]) -> tuple[Judged, ...]:
    """Sections in the order of their best entry, entries in the order of their chance."""
    ranked = sorted(chosen, key=lambda one: (-one.judgement.chance, one.candidate.story_id))
    rank = {section: index for index, section in enumerate(dict.fromkeys(one.candidate.section for one in ranked))}
    return tuple(sorted(ranked, key=lambda one: rank[one.candidate.section]))
