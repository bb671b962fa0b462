"""A few stories in a database, and a digest of them as `build` would make it: what the tests of delivery stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from assistant.digest.view import Citation, DigestView, EntryView, SectionView, Sentence
from memory.identity import NewItem
from memory.store import items, sources, stories
from memory.store.connection import Database

NOW = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
DAY = date(2026, 11, 20)
ANNA = "anna@example.org"
KEY = bytes(range(32))

TITLES = ("Ferry to run all winter", "A dot alone:\n.", "潮汐能试验开始")
AUTHORS = (("Ada Byron",), ("Ada Byron", "Grace Hopper"), ())


def add_stories(database: Database) -> None:
    """Three items of the source `town`, each in a story of its own (ids 1 to 3)."""
    with database.write() as session:
        source = sources.ensure(session, "town", "feeds", NOW)
        assert source.id is not None
        new = [
            NewItem(external_id=f"n{number}", title=title, text=f"{title}. It was said today.", authors=authors)
            for number, (title, authors) in enumerate(zip(TITLES, AUTHORS, strict=True), start=1)
        ]
        saved = items.save(session, source.id, new, NOW)
        for item_id, title in zip(saved.new_ids, TITLES, strict=True):
            story = stories.create(session, title, NOW)
            assert story.id is not None
            stories.join(session, story.id, [item_id], NOW)


def digest_view(*, day: date = DAY, run: int = 0, recipient: str = ANNA, built_at: datetime = NOW) -> DigestView:
    """A digest with one entry a story."""
    entries = tuple(
        EntryView(
            number=number,
            story_id=number,
            title=title,
            url=f"https://town.example/{number}",
            language="en",
            sentences=(Sentence(text=f"{title}.", citations=(1,)),),
            reasons=("from town",),
            citations=(
                Citation(
                    number=1,
                    item_id=number,
                    source="town",
                    title=title,
                    url=f"https://town.example/{number}",
                    published=NOW,
                    authors=authors,
                ),
            ),
            score=0.5,
        )
        for number, (title, authors) in enumerate(zip(TITLES, AUTHORS, strict=True), start=1)
    )
    return DigestView(
        local_date=day,
        recipient=recipient,
        run=run,
        built_at=built_at,
        since=NOW,
        writer="extractive",
        language="en",
        zone="Europe/Berlin",
        candidates=3,
        sections=(SectionView(key="article", heading="Articles", entries=entries),),
        notes=(),
    )
