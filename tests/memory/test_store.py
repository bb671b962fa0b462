"""The smaller nouns of the store: sources, stories, digests, feedback, mutes, jobs, settings, audit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from memory.chunks import Span
from memory.identity import NewItem
from memory.models import NO_NEWS, DeliveryState, Digest, Entry, MuteKind, Stage, Verb
from memory.store import (
    audit,
    chunks,
    digests,
    feedback,
    items,
    jobs,
    mutes,
    outbox,
    settings,
    sources,
    stories,
    vectors,
)
from memory.store.connection import Database

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = date(2026, 3, 2)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def keep(session: Session, *titles: str) -> list[int]:
    source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
    batch = [NewItem(external_id=title, title=title, text=title, published=NOW - HOUR) for title in titles]
    return list(items.save(session, source_id, batch, NOW).new_ids)


def digest_of(session: Session, item_ids: list[int], *, day: date = DAY, state: DeliveryState, run: int = 0) -> Digest:
    """A digest with an entry an item, each a story of its own, in a state of the outbox."""
    entries, cited = [], {}
    for number, item_id in enumerate(item_ids, 1):
        story = stories.create(session, f"Story {item_id}", NOW)
        stories.join(session, story.id or 0, [item_id])
        entries.append(Entry(digest_id=0, number=number, section="news", story_id=story.id, title="T", score=0.5))
        cited[number] = [item_id]
    at = datetime.combine(day, NOW.timetz())
    digest = Digest(
        local_date=day, recipient="a@b.example", run=run, built_at=at, since=at, writer="x", language="en", zone="UTC"
    )
    digests.insert(session, digest, entries, cited)
    delivery = outbox.queue(session, digest.id or 0, now=at, give_up_at=at + HOUR)
    delivery.state = state
    return digest


class TestSources:
    def test_a_source_is_made_once_and_comes_back_after_its_removal(self, session: Session) -> None:
        first = sources.ensure(session, "news", "feeds", NOW)
        assert sources.mark_removed(session, "news", NOW)
        assert sources.live(session) == []
        assert sources.ensure(session, "news", "feeds", NOW).id == first.id
        assert [source.name for source in sources.live(session)] == ["news"]

    def test_one_that_becomes_another_kind_starts_anew(self, session: Session) -> None:
        source = sources.ensure(session, "news", "feeds", NOW)
        sources.move_cursor(session, source, {"page": 1})
        assert sources.ensure(session, "news", "feeds", NOW).cursor == {"page": 1}
        assert sources.ensure(session, "news", "arxiv", NOW).cursor is None

    def test_a_renamed_source_keeps_its_items(self, session: Session) -> None:
        keep(session, "a")
        assert sources.rename(session, "news", "papers")
        assert not sources.rename(session, "news", "other")
        assert items.count(session, items.ItemFilter(source="papers")) == 1


class TestStories:
    def test_items_without_a_story_are_placed_oldest_first(self, session: Session) -> None:
        first, second = keep(session, "a", "b")
        assert [told.item_id for told in stories.unplaced(session, limit=10)] == [first, second]
        story = stories.create(session, "Story", NOW)
        stories.join(session, story.id or 0, [first], moved_at=NOW + HOUR)
        assert [told.item_id for told in stories.unplaced(session, limit=10)] == [second]
        session.refresh(story)
        assert story.moved_at == NOW + HOUR

    def test_only_items_in_the_asked_stages_are_placed(self, session: Session) -> None:
        keep(session, "a")
        assert stories.unplaced(session, limit=10, stages=[Stage.EMBEDDED]) == []
        assert len(stories.unplaced(session, limit=10, stages=[Stage.STORED])) == 1

    @pytest.mark.parametrize("source", NO_NEWS)
    def test_what_the_user_brought_is_in_no_story(self, session: Session, source: str) -> None:
        row = sources.ensure(session, source, source, NOW)
        items.save(session, row.id or 0, [NewItem(external_id="1", text="The shed key is with Ana.")], NOW)
        (told,) = keep(session, "a")
        assert [one.item_id for one in stories.unplaced(session, limit=10)] == [told]

    def test_hidden_items_are_no_members(self, session: Session) -> None:
        shown, hidden = keep(session, "a", "b")
        story = stories.create(session, "Story", NOW)
        stories.join(session, story.id or 0, [shown, hidden])
        items.hide(session, hidden, NOW)
        assert [item.id for item in stories.members(session, [story.id or 0])[story.id or 0]] == [shown]

    def test_a_story_without_items_is_removed(self, session: Session) -> None:
        kept, gone = stories.create(session, "kept", NOW), stories.create(session, "gone", NOW)
        stories.join(session, kept.id or 0, keep(session, "a"))
        assert stories.remove_empty(session) == 1
        assert list(stories.by_ids(session, [kept.id or 0, gone.id or 0])) == [kept.id]


class TestDigests:
    def test_entries_and_citations_come_back_in_order(self, session: Session) -> None:
        ids = keep(session, "a", "b", "c")
        digest = digest_of(session, ids, state=DeliveryState.SENT)
        entries = digests.entries(session, digest.id or 0)
        assert [entry.number for entry in entries] == [1, 2, 3]
        cited = digests.citations(session, [entry.id or 0 for entry in entries])
        assert [cited[entry.id or 0] for entry in entries] == [[item_id] for item_id in ids]

    @pytest.mark.parametrize(
        ("state", "shown"),
        [
            (DeliveryState.QUEUED, True),
            (DeliveryState.SENDING, True),
            (DeliveryState.SENT, True),
            (DeliveryState.UNKNOWN, True),
            (DeliveryState.FAILED, False),
        ],
    )
    def test_what_may_have_arrived_counts_as_shown(self, session: Session, state: DeliveryState, shown: bool) -> None:
        ids = keep(session, "a")
        digest = digest_of(session, ids, state=state)
        assert digests.items_shown(session, ids) == (set(ids) if shown else set())
        assert list(digests.stories_shown(session).values()) == ([digest.built_at] if shown else [])

    def test_the_last_sent_is_the_last_that_was_delivered(self, session: Session) -> None:
        sent = digest_of(session, keep(session, "a"), state=DeliveryState.SENT)
        digest_of(session, keep(session, "b"), day=DAY + timedelta(days=1), state=DeliveryState.FAILED)
        assert digests.last_sent(session) == sent

    def test_a_day_has_as_many_runs_as_digests(self, session: Session) -> None:
        assert digests.next_run(session, DAY, "a@b.example") == 0
        digest_of(session, [], state=DeliveryState.SENT)
        assert digests.next_run(session, DAY, "a@b.example") == 1
        assert digests.next_run(session, DAY, "other@b.example") == 0
        digest_of(session, [], state=DeliveryState.SENT, run=1)
        assert [digest.run for digest in digests.by_date(session, DAY)] == [0, 1]


class TestFeedback:
    def test_what_was_said_last_is_found_until_it_is_undone(self, session: Session) -> None:
        entry_id = entry_of(session)
        feedback.add(session, Verb.MORE, entry_id, NOW)
        feedback.add(session, Verb.LESS, entry_id, NOW + HOUR)
        undone = []
        while (said := feedback.last(session)) is not None:
            undone.append(feedback.undo(session, said, NOW).verb)
        assert undone == [Verb.LESS, Verb.MORE]
        assert feedback.effective(session) == []

    def test_what_holds_comes_in_the_order_in_which_it_was_said(self, session: Session) -> None:
        entry_id = entry_of(session)
        feedback.add(session, Verb.LESS, entry_id, NOW + HOUR)
        feedback.add(session, Verb.MORE, entry_id, NOW)
        assert [said.verb for said in feedback.effective(session)] == [Verb.MORE, Verb.LESS]


def entry_of(session: Session) -> int:
    digest = digest_of(session, keep(session, "a"), state=DeliveryState.SENT)
    return digests.entries(session, digest.id or 0)[0].id or 0


def test_a_value_is_muted_once_and_can_be_heard_again(session: Session) -> None:
    mute = mutes.add(session, MuteKind.WORD, "golf", NOW)
    assert mutes.add(session, MuteKind.WORD, "golf", NOW + HOUR).id == mute.id
    assert mutes.find(session, MuteKind.AUTHOR, "golf") is None
    mutes.undo(session, mute, NOW)
    assert mutes.effective(session) == []
    assert mutes.add(session, MuteKind.WORD, "golf", NOW).id != mute.id


def test_a_job_says_once_that_it_broke_and_once_that_it_healed(session: Session) -> None:
    def fail() -> bool:
        return jobs.fail(session, "index", now=NOW, next_at=NOW, error="Broken.")

    def finish() -> bool:
        return jobs.finish(session, "index", now=NOW, next_at=NOW, outcome="Done.")

    jobs.start(session, "index", NOW)
    assert [finish(), fail(), fail(), finish(), finish()] == [False, True, False, True, False]


def test_a_fact_is_replaced(session: Session) -> None:
    assert settings.get(session, "fact", "default") == "default"
    settings.put(session, "fact", {"a": [1]})
    settings.put(session, "fact", None)
    assert settings.get(session, "fact", "default") is None


def test_events_are_listed_newest_first(session: Session) -> None:
    audit.record(session, "read", "news", at=NOW, new=2)
    audit.record(session, "sent", "digest 1", at=NOW + HOUR)
    assert [(line.event, line.detail) for line in audit.latest(session, 10)] == [("sent", {}), ("read", {"new": 2})]
    assert [line.subject for line in audit.latest(session, 10, event="read")] == ["news"]


def test_the_lead_vector_is_that_of_the_first_chunk_of_the_current_text(session: Session) -> None:
    (item_id,) = keep(session, "a")
    put_chunks_and_vectors(session, [b"aaaa", b"bbbb"])
    assert vectors.lead_vectors(session, [item_id], "test") == {item_id: b"aaaa"}
    assert vectors.lead_vectors(session, [item_id], "other") == {}
    source = sources.by_name(session, "news")
    assert source is not None
    items.save(session, source.id or 0, [NewItem(external_id="a", title="a", text="rewritten")], NOW)
    assert vectors.lead_vectors(session, [item_id], "test") == {}


def put_chunks_and_vectors(session: Session, data: list[bytes]) -> None:
    (version,) = items.in_stage(session, Stage.STORED, 1)
    (ids,) = chunks.put(session, [(version.id or 0, [Span(place, place + 1) for place in range(len(data))])])
    vectors.put(session, "test", list(zip(ids, data, strict=True)))
