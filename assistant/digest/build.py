"""Builds a digest: candidates, ranking, selection, writing and the foot, in that order.

It reads rows and changes none, so a preview and a real digest take the same way; `record.keep` stores what was built
in the transaction that queues it. The caller decides when, for whom, and what becomes of it. What a model writes takes
minutes: `plan` reads all the rows, and `finished` needs none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from assistant.config.schema import Settings
from assistant.digest import missed, notes
from assistant.digest.candidates import Candidate, Gathered, gather
from assistant.digest.headings import headings
from assistant.digest.lessons import lessons
from assistant.digest.manner import Manner, manner_of, unwanted_sections
from assistant.digest.select import Judged, Selection, select
from assistant.digest.view import NOTHING_MISSED, DigestView, MissedView
from assistant.digest.write import Page, Written, write
from assistant.engine.choice import called
from assistant.engine.contract import Engine
from assistant.errors import TelosError
from assistant.progress import Progress, unheard
from assistant.ranking.features import Interests
from assistant.ranking.taste import Taste
from memory.embed import Embedder, NoEmbedder
from memory.profile.profile import Profile
from memory.store import messages

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What building stands on. Without an embedder (or when it does not answer) items are ranked by their features;
    without a profile every story is told as it comes."""

    settings: Settings
    engine: Engine
    embedder: Embedder | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The key of a digest: the user's local day, who gets it, and which of the day it is (0 is the scheduled one).

    `due_at` is set when it comes late, `missed` names the days that had none: both are said at its foot.
    """

    day: date
    recipient: str
    run: int = 0
    due_at: datetime | None = None
    missed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the embedder gave: the name of its vectors, their length, the interests; `None` and 0 without it."""

    slug: str | None
    dimension: int
    interests: Interests


@dataclass(frozen=True, slots=True)
class Plan:
    """A digest that lacks its words only. `notes_before` stand at the foot before what is said of the writing."""

    edition: Edition
    at: datetime
    gathered: Gathered
    selection: Selection
    manners: Mapping[int, Manner]
    notes_before: tuple[notes.Facts, ...]
    missed: MissedView = NOTHING_MISSED


def build(session: Session, parts: Parts, edition: Edition, now: datetime, progress: Progress = unheard) -> DigestView:
    """The digest of `edition` as of `now`. Nothing is stored or marked; the same rows give the same digest."""
    return finished(plan(session, parts, edition, now), parts, progress)


def plan(session: Session, parts: Parts, edition: Edition, now: datetime) -> Plan:
    """What the digest of `edition` shows, and what its foot says of everything but the writing."""
    settings = parts.settings
    since = now - timedelta(days=settings.digest.max_age_days)
    meaning = _meaning(parts)
    gathered = gather(session, settings, meaning.slug, since, now)
    if parts.profile is not None:
        gathered = gathered.without_sections(unwanted_sections(parts.profile))
    selection = _choose(session, gathered, meaning, settings, now)
    facts = (
        *notes.about_deliveries(session),
        *notes.about_schedule(edition.due_at, edition.missed),
        *notes.about_goals(session, now),
        *notes.about_mail(session, edition.day),
        *notes.about_sources(session, settings),
        *_about_meaning(parts, meaning, [one.candidate for one in selection.chosen]),
    )
    manners = _manners(parts.profile, selection, meaning.slug)
    talk = NOTHING_MISSED
    if parts.profile is None or messages.KIND not in unwanted_sections(parts.profile):
        talk = missed.gather(session, settings, meaning.slug, since)
    return Plan(edition, now, gathered, selection, manners, facts, talk)


def finished(planned: Plan, parts: Parts, progress: Progress = unheard) -> DigestView:
    """The digest with its words.

    Raises: what `progress` raises.
    """
    settings, edition = parts.settings, planned.edition
    phrases = headings(settings.user.language)
    page = Page(settings.digest, phrases, planned.manners)
    written = write(planned.selection.chosen, parts.engine, page, progress)
    facts = [*planned.notes_before, *_about_content(planned, written, called(parts.engine.name))]
    return DigestView(
        local_date=edition.day,
        recipient=edition.recipient,
        run=edition.run,
        built_at=planned.at,
        since=planned.at - timedelta(days=settings.digest.max_age_days),
        writer=written.writer,
        language=phrases.language,
        zone=settings.user.timezone,
        candidates=len(planned.gathered.candidates),
        sections=written.sections,
        notes=notes.told(facts, phrases.language, settings.user.timezone),
        missed=planned.missed,
    )


def _meaning(parts: Parts) -> _Meaning:
    phrases = parts.settings.user.interests
    nothing = _Meaning(None, 0, Interests(phrases))
    if parts.embedder is None:
        return nothing
    try:
        vectors = parts.embedder.encode(phrases) if phrases else None
        return _Meaning(parts.embedder.slug, parts.embedder.dimension, Interests(phrases, vectors))
    except (TelosError, NoEmbedder) as err:
        log.warning("The digest is ranked without meaning: %s", err)
        return nothing


def _choose(session: Session, gathered: Gathered, meaning: _Meaning, settings: Settings, now: datetime) -> Selection:
    taste = Taste.learn(lessons(session, meaning.slug), meaning.interests, meaning.dimension, now)
    judgements = taste.judge([candidate.subject for candidate in gathered.candidates])
    judged = [Judged(*pair) for pair in zip(gathered.candidates, judgements, strict=True)]
    return select(judged, settings.digest)


def _manners(profile: Profile | None, selection: Selection, slug: str | None) -> dict[int, Manner]:
    """How each chosen story is to be told, by its id."""
    if profile is None:
        return {}
    return {one.candidate.story_id: manner_of(profile, one.candidate, slug) for one in selection.chosen}


def _about_meaning(parts: Parts, meaning: _Meaning, shown: list[Candidate]) -> list[notes.Facts]:
    if meaning.slug is None:
        return [{"kind": "no_meaning"}] if parts.embedder is not None else []
    assert parts.embedder is not None
    languages = (candidate.lead.language for candidate in shown)
    return notes.about_languages(code for code in languages if code and not parts.embedder.knows_language(code))


def _about_content(planned: Plan, written: Written, engine: str) -> list[notes.Facts]:
    unlikely, room = planned.selection.unlikely, planned.selection.room + written.no_room
    found: list[notes.Facts] = []
    if not written.sections and not planned.missed.conversations:
        found.append({"kind": "empty"})
    if unlikely + room:
        found.append({"kind": "left_out", "n": unlikely + room, "unlikely": unlikely, "room": room})
    if muted := planned.gathered.muted + planned.missed.muted:
        found.append({"kind": "muted", "n": muted})
    return found + notes.about_writing(written, engine)
