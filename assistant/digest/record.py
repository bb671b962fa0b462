"""Keeps a built digest in rows and brings it back as it was read. Called by delivery, `show`, `resend`.

Text is not kept twice: what a citation says of its item is read from the item's rows, and an item that was erased since
is no longer cited.
"""

from __future__ import annotations

from sqlmodel import Session

from assistant.digest import missed, notes
from assistant.digest.candidates import article_of
from assistant.digest.headings import headings
from assistant.digest.view import Citation, DigestView, EntryView, SectionView, Sentence
from assistant.errors import NotFound
from memory.models import Digest, Entry, Item, Source, Version
from memory.store import audit, digests, items, sources


def keep(session: Session, view: DigestView) -> DigestView:
    """Insert the digest, its entries, citations and the audit's `shown`; the view comes back with its `id`.

    The caller commits, together with the delivery. A second digest of the same edition fails on the unique key.
    """
    digest = Digest(
        local_date=view.local_date,
        recipient=view.recipient,
        run=view.run,
        built_at=view.built_at,
        since=view.since,
        writer=view.writer,
        language=view.language,
        zone=view.zone,
        notes=[{"kind": note.kind, **note.facts} for note in view.notes],
        candidates=view.candidates,
        missed=missed.kept(view.missed),
    )
    entries = [_row(section.key, entry) for section in view.sections for entry in section.entries]
    cited = {entry.number: [citation.item_id for citation in entry.citations] for entry in view.entries}
    kept = digests.insert(session, digest, entries, cited)
    assert kept.id is not None
    audit.record(session, "shown", f"digest {kept.id}", at=view.built_at, entries=len(entries), items=cited)
    return load(session, kept.id)


def load(session: Session, digest_id: int) -> DigestView:
    """The digest as it was built, from its rows.

    Raises: NotFound if there is none.
    """
    digest = digests.by_id(session, digest_id)
    if digest is None:
        raise NotFound(f"There is no digest {digest_id}.", "`telos digest list` shows those there are.")
    entries = digests.entries(session, digest_id)
    cited = digests.citations(session, [entry.id for entry in entries if entry.id is not None])
    origins = _Origins(session, {item_id for ids in cited.values() for item_id in ids})
    phrases = headings(digest.language)
    keys = dict.fromkeys(entry.section for entry in entries)
    views = [(entry.section, _view(entry, cited.get(entry.id or 0, []), origins)) for entry in entries]
    return DigestView(
        id=digest.id,
        local_date=digest.local_date,
        recipient=digest.recipient,
        run=digest.run,
        built_at=digest.built_at,
        since=digest.since,
        writer=digest.writer,
        language=digest.language,
        zone=digest.zone,
        candidates=digest.candidates,
        sections=tuple(
            SectionView(
                key=key, heading=phrases.section(key), entries=tuple(view for section, view in views if section == key)
            )
            for key in keys
        ),
        notes=notes.told(digest.notes, digest.language, digest.zone),
        missed=missed.load(session, digest.missed),
    )


class _Origins:
    """The items that a digest cites, with their texts' titles and their sources' names."""

    def __init__(self, session: Session, item_ids: set[int]) -> None:
        self.items: dict[int, Item] = {item.id: item for item in items.by_ids(session, item_ids) if item.id is not None}
        self.versions: dict[int, Version] = items.current_versions(session, item_ids)
        self.sources: dict[int, Source] = sources.by_ids(
            session, sorted({item.source_id for item in self.items.values()})
        )

    def citation(self, number: int, item_id: int) -> Citation:
        item = self.items[item_id]
        return article_of(item, self.versions[item_id], self.sources[item.source_id]).cited_as(number)


def _row(section: str, entry: EntryView) -> Entry:
    item_of = {citation.number: citation.item_id for citation in entry.citations}
    return Entry(
        digest_id=0,  # `digests.insert` gives it the digest's
        number=entry.number,
        section=section,
        story_id=entry.story_id,
        title=entry.title,
        language=entry.language,
        sentences=[
            {"text": sentence.text, "item_ids": [item_of[number] for number in sentence.citations]}
            for sentence in entry.sentences
        ],
        reasons=list(entry.reasons),
        score=entry.score,
        is_unproven=entry.is_unproven,
        is_follow_up=entry.is_follow_up,
    )


def _view(entry: Entry, item_ids: list[int], origins: _Origins) -> EntryView:
    citations = tuple(
        origins.citation(number, item_id)
        for number, item_id in enumerate((one for one in item_ids if one in origins.items), start=1)
    )
    number_of = {citation.item_id: citation.number for citation in citations}
    return EntryView(
        number=entry.number,
        story_id=entry.story_id or 0,
        title=entry.title,
        url=citations[0].url if citations else "",
        language=entry.language,
        sentences=tuple(
            Sentence(text=sentence["text"], citations=numbers)
            for sentence in entry.sentences
            if (numbers := tuple(number_of[one] for one in sentence["item_ids"] if one in number_of))
        ),
        reasons=tuple(entry.reasons),
        citations=citations,
        score=entry.score,
        is_unproven=entry.is_unproven,
        is_follow_up=entry.is_follow_up,
    )
