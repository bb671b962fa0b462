"""Learning from what the user wrote before Telos: whose texts they are, which are new, a lesson each.

`assistant.profile` hands in the texts of `telos profile learn --from FOLDER`. Mails that somebody else sent are left out,
and so is what was learned from before. What of a text is quoted or forwarded never teaches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from sqlmodel import Session

from assistant.answers.profile import LearnText, WarmedUp
from assistant.errors import BadRequest
from assistant.learning.own_words import own_words
from assistant.learning.past_texts import Past, past_text
from assistant.learning.refusing import require_text
from assistant.learning.teaching import OwnText, own_texts
from assistant.learning.telling import lines
from assistant.progress import Progress
from assistant.style.piece import People, parse
from memory import languages
from memory.embed import Embedder, NoEmbedder
from memory.models import LessonOrigin
from memory.profile.context import Context
from memory.store import lessons, preferences
from memory.store.connection import Database

MOST_TEXTS = 5_000
MOST_CHARACTERS = 25_000_000
"""Of all texts together."""
LEAST_WORDS = 3
ABOUT = 1_500
"""Characters of a text that say what it is about."""
_BATCH = 50
_DISTANT = 10_000_000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose texts they are to be. Without an address no mail can be told to be theirs."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The texts that are the owner's, the oldest first, and of the others why they are not learned from."""

    texts: Sequence[Past]
    skipped: Sequence[str]


def sorted_out(given: Sequence[LearnText], owner: Owner) -> Sorted:
    """Whose each text is, each once. Raises: BadRequest where there is none, or too much."""
    if not given:
        raise BadRequest("There is no text to learn from.", "Name a folder with texts or mails that you wrote.")
    if sum(len(one.text) for one in given) > MOST_CHARACTERS:
        raise BadRequest(
            f"These texts have more than {MOST_CHARACTERS:,} characters.", "Learn from a few folders, one at a time."
        )
    kept: list[Past] = []
    skipped: list[str] = []
    seen: set[str] = set()
    for one in given:
        past = past_text(one)
        past = replace(past, text=own_words("", past.text).text.strip())
        why = "the same text stands in another file" if (key := _digest(past.text)) in seen else _why_not(past, owner)
        if why:
            skipped.append(f"{past.name}: {why}.")
        else:
            seen.add(key)
            kept.append(past)
    if len(kept) > MOST_TEXTS:
        raise BadRequest(f"At most {MOST_TEXTS:,} texts are learned from at once, and there are {len(kept):,}.")
    kept.sort(key=lambda past: past.at.timestamp() if past.at else 0.0)
    return Sorted(kept, skipped)


def learned(
    database: Database, found: Sorted, owner: Owner, embedder: Embedder | None, now: datetime, progress: Progress
) -> WarmedUp:
    """A lesson of each text that has taught none yet, and which preferences there are new."""
    skipped = list(found.skipped)
    with database.read() as session:
        known = _known(session)
        before = {row.id for row in preferences.held(session)}
    fresh: list[Past] = []
    for past in found.texts:
        if _about(past) in known:
            skipped.append(f"{past.name}: it was learned from before.")
        else:
            fresh.append(past)
    for start in range(0, len(fresh), _BATCH):
        progress(start, len(fresh), "reading your texts")
        batch = fresh[start : start + _BATCH]
        contexts = _contexts(batch, embedder)
        texts = [
            OwnText(text=past.text, context=of, people=people_of(past, owner, of.language), at=_written(past, now))
            for past, of in zip(batch, contexts, strict=True)
        ]
        with database.write() as session:
            own_texts(session, texts, now)
    progress(len(fresh), len(fresh), "reading your texts")
    with database.read() as session:
        new = [row for row in preferences.held(session) if row.id not in before]
        return WarmedUp(
            read=len(found.texts) + len(found.skipped),
            skipped=skipped,
            lessons=len(fresh),
            preferences=lines(session, new),
        )


def people_of(past: Past, owner: Owner, language: str) -> People:
    """Whose names may stand in the text. Where several read it, none of them is greeted by name."""
    return People(writer=owner.name or past.writer, reader=past.to_name if past.readers <= 1 else "", language=language)


def kind_of(past: Past) -> str:
    """A text with headers, or with a greeting or a closing, is a mail."""
    if past.kind:
        return past.kind
    piece = parse(past.text, People())
    return "mail" if piece.greeting or piece.closing else "document"


def _why_not(past: Past, owner: Owner) -> str:
    if past.sender and not owner.address:
        return "whether you wrote it cannot be told, because `user.email` is not set"
    if past.sender and _mailbox(past.sender) != _mailbox(owner.address):
        return f"{past.sender} wrote it, not you"
    try:
        require_text(past.text)
    except BadRequest as err:
        return err.sentence.rstrip(".")
    if len(past.text.split()) < LEAST_WORDS:
        return "nothing in it is in your own words"
    return ""


def _written(past: Past, now: datetime) -> datetime:
    """When, as far as that is credible."""
    at = past.at or now
    return min(at if at.tzinfo is not None else at.replace(tzinfo=UTC), now)


def _mailbox(address: str) -> str:
    """Without what stands behind a plus, which leads to the same mailbox."""
    name, at, host = address.casefold().partition("@")
    return f"{name.partition('+')[0]}{at}{host}"


def _digest(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).casefold().encode("utf-8", "replace")).hexdigest()


def _known(session: Session) -> set[str]:
    """What the texts were about that taught already."""
    recent = lessons.recent(session, limit=_DISTANT, is_live=True)
    return {lesson.text for lesson in recent if lesson.origin == LessonOrigin.OWN_TEXT}


def _about(past: Past) -> str:
    return " ".join(f"{past.subject} {past.text}".split())[:ABOUT]


def _contexts(batch: Sequence[Past], embedder: Embedder | None) -> list[Context]:
    contexts = [
        Context(
            kind=kind_of(past),
            recipient=(past.to_address or past.to_name).casefold(),
            domain=past.to_address.partition("@")[2].casefold(),
            language=languages.detect(past.text),
            text=_about(past),
        )
        for past in batch
    ]
    if embedder is None:
        return contexts
    try:
        rows = np.asarray(embedder.encode([context.text for context in contexts]), dtype=np.float32)
    except NoEmbedder:
        return contexts
    return [replace(context, vector=row, embedder=embedder.slug) for context, row in zip(contexts, rows, strict=True)]
