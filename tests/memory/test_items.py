"""Keeping what arrives: new items, new versions, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from memory import lexical
from memory.chunks import split
from memory.models import Chunk, Item, Stage, Vector, Version
from memory.store import chunks, items, sources, vectors
from memory.store.connection import Database
from memory.store.items import ItemFilter, NewItem, Saved

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def paper(number: int = 1, **changes: object) -> NewItem:
    url = f"https://a.example/{number}"
    item = NewItem(
        external_id=str(number),
        title=f"Title {number}",
        text=f"Text {number}",
        url=url,
        canonical_url=url,
        published=NOW - timedelta(days=1),
    )
    return replace(item, **changes)  # type: ignore[arg-type]


def save(database: Database, *batch: NewItem, source: str = "news", now: datetime = NOW) -> Saved:
    with database.write() as session:
        source_id = sources.ensure(session, source, "feeds", NOW).id
        assert source_id is not None
        return items.save(session, source_id, batch, now)


def index(database: Database) -> None:
    """Chunks, full text and a vector for all that waits."""
    with database.write() as session:
        versions = items.in_stage(session, Stage.STORED, 1000)
        ids = [version.id for version in versions if version.id is not None]
        put = chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
        lexical.put(session, ids)
        vectors.put(session, "test", [(chunk_id, b"\0" * 8) for of_version in put for chunk_id in of_version])
        items.advance(session, ids, Stage.EMBEDDED)


def only_item(session: Session) -> Item:
    return session.exec(select(Item)).one()


def test_a_new_item_is_kept_with_its_first_version(database: Database) -> None:
    saved = save(database, paper(authors=("A", "B"), topics=("cs.CL",), html="<p>x</p>", links=("https://b.example",)))
    assert (saved.new, saved.updated, saved.unchanged, len(saved.new_ids)) == (1, 0, 0, 1)
    with database.read() as session:
        item = only_item(session)
        assert (item.authors, item.topics, item.published_at) == (["A", "B"], ["cs.CL"], NOW - timedelta(days=1))
        version = items.current_versions(session, saved.new_ids)[saved.new_ids[0]]
        assert (version.ord, version.text, version.html, version.stage) == (0, "Text 1", "<p>x</p>", Stage.STORED)


def test_ids_come_in_the_order_of_the_batch(database: Database) -> None:
    saved = save(database, *(paper(number) for number in range(500)))
    with database.read() as session:
        of_ids = items.current_versions(session, saved.new_ids)
        assert [of_ids[item_id].title for item_id in saved.new_ids] == [f"Title {number}" for number in range(500)]


def test_the_same_item_again_changes_nothing(database: Database) -> None:
    save(database, paper())
    assert save(database, paper(), now=LATER) == Saved(unchanged=1)
    with database.read() as session:
        assert len(session.exec(select(Version)).all()) == 1


def test_another_text_is_a_new_version_and_the_old_one_is_no_longer_found(database: Database) -> None:
    save(database, paper(text="about zebras"))
    index(database)
    saved = save(database, paper(text="about giraffes"), now=LATER)
    assert saved.updated == 1
    with database.read() as session:
        assert lexical.search(session, "zebras", 10) == []
        assert session.exec(select(Chunk)).all() == []
        assert session.exec(select(Vector)).all() == []
        assert [version.text for version in items.in_stage(session, Stage.STORED, 10)] == ["about giraffes"]
    index(database)
    with database.read() as session:
        assert len(lexical.search(session, "giraffes", 10)) == 1
        assert [version.ord for version in session.exec(select(Version))] == [0, 1]


def test_a_version_that_waited_when_it_was_superseded_waits_no_more(database: Database) -> None:
    save(database, paper(text="one"))
    save(database, paper(text="two"), now=LATER)
    with database.read() as session:
        assert [version.text for version in items.in_stage(session, Stage.STORED, 10)] == ["two"]


def test_what_describes_an_item_follows_its_source_without_a_new_version(database: Database) -> None:
    save(database, paper(url="https://a.example/1?a", authors=("A",)))
    saved = save(database, paper(authors=("A", "B"), topics=("new",), revision="v2"), now=LATER)
    assert saved == Saved(unchanged=1)
    with database.read() as session:
        item = only_item(session)
        assert item.id is not None
        assert (item.authors, item.topics, item.url) == (["A", "B"], ["new"], "https://a.example/1")
        assert items.current_versions(session, [item.id])[item.id].revision == "v2"


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(None, NOW - timedelta(days=2), NOW - timedelta(days=2), id="a date that comes later is taken"),
        pytest.param(
            NOW - timedelta(days=2), NOW, NOW - timedelta(days=2), id="a source that re-dates is not followed"
        ),
        pytest.param(None, None, NOW, id="without any, the time of arrival"),
    ],
)
def test_the_first_date_that_a_source_gives_stands(
    database: Database, first: datetime | None, second: datetime | None, kept: datetime
) -> None:
    save(database, paper(published=first))
    save(database, paper(published=second), now=LATER)
    with database.read() as session:
        assert only_item(session).published_at == kept


def test_an_id_used_for_another_text_is_another_item(database: Database) -> None:
    save(database, paper())
    other = paper(2, external_id="1", published=NOW)
    assert save(database, other, now=LATER).new == 1
    with database.read() as session:
        assert [item.generation for item in session.exec(select(Item).order_by("generation"))] == [0, 1]
    assert save(database, paper(), other, now=LATER) == Saved(unchanged=2)


def test_an_id_can_be_used_again_after_its_first_item_was_erased(database: Database) -> None:
    saved = save(database, paper(), paper(2, external_id="1", published=NOW))
    with database.write() as session:
        items.remove(session, [min(saved.new_ids)])
    assert save(database, paper(3, external_id="1", published=LATER), now=LATER).new == 1


def test_two_items_of_one_id_in_one_batch_are_both_kept(database: Database) -> None:
    batch = (paper(), paper(2, external_id="1", published=NOW), paper(3))
    assert save(database, *batch).new == 3
    assert save(database, *batch, now=LATER) == Saved(unchanged=3)


def test_the_same_id_in_two_sources_names_two_items(database: Database) -> None:
    save(database, paper(), source="a")
    assert save(database, paper(), source="b").new == 1


def test_an_item_taken_back_is_not_listed_and_comes_back_when_it_is_served_again(database: Database) -> None:
    saved = save(database, paper())
    with database.write() as session:
        source = sources.by_name(session, "news")
        assert source is not None
        assert source.id is not None
        assert items.mark_deleted(session, source.id, ["1", "unknown"], NOW) == 1
        assert items.list_items(session) == []
    save(database, paper(), now=LATER)
    with database.read() as session:
        assert [item.id for item in items.list_items(session)] == list(saved.new_ids)


def test_a_hidden_item_is_not_listed_until_it_is_shown_again(database: Database) -> None:
    (item_id,) = save(database, paper()).new_ids
    with database.write() as session:
        assert items.hide(session, item_id, NOW)
        assert not items.hide(session, item_id, NOW)
        assert items.count(session) == 0
        assert items.unhide(session, item_id)
        assert items.count(session) == 1


@pytest.mark.parametrize(
    ("chosen", "titles"),
    [
        pytest.param(ItemFilter(), ["Title 3", "Title 2", "Title 1"], id="all, the newest first"),
        pytest.param(ItemFilter(source="b"), ["Title 3"], id="source"),
        pytest.param(ItemFilter(kind="paper"), ["Title 2"], id="kind"),
        pytest.param(ItemFilter(language="de"), ["Title 1"], id="language"),
        pytest.param(ItemFilter(since=NOW - timedelta(days=2)), ["Title 3", "Title 2"], id="since"),
        pytest.param(ItemFilter(until=NOW - timedelta(days=2)), ["Title 1"], id="until"),
        pytest.param(ItemFilter(source="nobody"), [], id="no such source"),
    ],
)
def test_a_filter_lets_through_what_it_names(database: Database, chosen: ItemFilter, titles: list[str]) -> None:
    first = paper(1, language="de", published=NOW - timedelta(days=3))
    save(database, first, paper(2, kind="paper", published=NOW - timedelta(days=2)), source="a")
    save(database, paper(3), source="b")
    with database.read() as session:
        found = items.list_items(session, chosen)
        of_items = items.current_versions(session, [item.id or 0 for item in found])
        assert [of_items[item.id or 0].title for item in found] == titles
        assert items.count(session, chosen) == len(titles)


def test_a_removed_item_takes_everything_of_it_along(database: Database) -> None:
    saved = save(database, paper(text="about zebras"), paper(2))
    index(database)
    with database.write() as session:
        assert items.remove(session, saved.new_ids[:1]) == 1
    with database.read() as session:
        assert lexical.search(session, "zebras", 10) == []
        assert len(session.exec(select(Version)).all()) == len(session.exec(select(Vector)).all()) == 1
    assert database.check() == []


def test_the_id_of_a_removed_item_is_never_given_again(database: Database) -> None:
    (first,) = save(database, paper()).new_ids
    with database.write() as session:
        items.remove(session, [first])
    assert save(database, paper(2)).new_ids[0] > first


def test_a_batch_that_fails_leaves_nothing_behind(database: Database) -> None:
    save(database, paper())
    naive = paper(3, published=datetime(2026, 1, 1))
    with pytest.raises(Exception, match="has no zone"):
        save(database, paper(2), naive, now=LATER)
    with database.read() as session:
        assert items.count(session) == 1


arrivals = st.builds(
    paper,
    st.integers(1, 3),
    title=st.sampled_from(["A", "B"]),
    text=st.sampled_from(["x", "y"]),
    canonical_url=st.sampled_from(["https://a.example/1", "https://a.example/2"]),
    published=st.sampled_from([None, NOW - timedelta(days=2), NOW - timedelta(days=1)]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(arrivals, min_size=1, max_size=5), min_size=1, max_size=4))
def test_however_documents_change_each_is_settled_after_one_poll(
    database: Database, documents: list[list[NewItem]]
) -> None:
    with database.write() as session:
        for item in session.exec(select(Item)):
            session.delete(item)
    for document in documents:
        save(database, *document)
        again = save(database, *document, now=LATER)
        assert (again.new, again.updated) == (0, 0)
    with database.read() as session:
        current = items.current_versions(session, [item.id or 0 for item in items.list_items(session)])
        waiting = {version.id for version in items.in_stage(session, Stage.STORED, 1000)}
        assert waiting == {version.id for version in current.values()}
