"""Recall: by words, by meaning, by filters; chunks roll up to items; what is hidden stays hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assistant.clock import FakeClock
from assistant.ingest.indexing import Indexing, index_pending
from memory.embed import NoEmbedder, Rows
from memory.recall import Recall, snippet
from memory.store import items, lookup, sources
from memory.store.items import ItemFilter, NewItem
from memory.vectors import Vectors
from tests.databases import open_empty
from tests.fakes import WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class AbsentEmbedder(WordEmbedder):
    """An embedder whose model is not on the machine."""

    def encode(self, texts: object) -> Rows:
        raise NoEmbedder("The embedding model is not here.", "Install it.")


@dataclass
class Library:
    """A home's memory, to be filled and asked."""

    folder: Path
    embedder: WordEmbedder = field(default_factory=WordEmbedder)

    def __post_init__(self) -> None:
        self.database = open_empty(self.folder / "telos.db")
        self.vectors = Vectors(self.folder / "index", self.embedder)
        self.recall = Recall(self.database, self.embedder, self.vectors)

    def keep(self, *wanted: NewItem, source: str = "news", kind: str = "feeds") -> list[int]:
        with self.database.write() as session:
            source_id = sources.ensure(session, source, kind, NOW).id
            assert source_id is not None
            saved = items.save(session, source_id, wanted, NOW)
        index_pending(Indexing(self.database, self.embedder, self.vectors, FakeClock(NOW)))
        return list(saved.new_ids or saved.updated_ids)

    def refs(self, query: str, filters: ItemFilter | None = None, limit: int = 10) -> list[str]:
        return [hit.ref for hit in self.recall.search(query, filters=filters, limit=limit).hits]

    def close(self) -> None:
        self.vectors.close()
        self.database.close()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path)
    yield library
    library.close()


def test_a_fact_on_the_last_page_of_a_long_article_is_found(library: Library) -> None:
    filler = "The committee met again and spoke of the budget for roads and bridges. " * 400
    library.keep(
        NewItem(external_id="long", title="Minutes", text=filler + "The missing sculpture was found in Antwerp."),
        *[NewItem(external_id=f"other {n}", title="Minutes", text=filler[: 900 + n]) for n in range(20)],
    )
    hit = library.recall.search("sculpture Antwerp").hits[0]
    assert hit.ref == "long"
    assert "sculpture was found in Antwerp" in hit.snippet


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(
            "When is the harbour of the town open for ships and boats, and what of {}?", id="beside another matter"
        ),
        pytest.param("{}", id="alone"),
    ],
)
def test_what_alone_says_a_word_is_found_among_many_that_are_nearer_in_meaning(library: Library, query: str) -> None:
    near = "The harbour of the town is open for ships and boats"
    library.keep(
        *[NewItem(external_id=f"near {n}", title="Harbour", text=f"{near} on day {n}.") for n in range(80)],
        NewItem(external_id="other", title="Minutes", text="Zorvane paid for the roof; nobody spoke of anything else."),
    )
    assert "other" in library.refs(query.format("Zorvane"))
    assert "other" not in library.refs("When is the harbour of the town open for ships and boats?")


def test_two_thirds_of_the_places_stay_with_the_best(library: Library) -> None:
    near = "The harbour of the town is open for ships and boats"
    words = [f"zorv{n}ane" for n in range(9)]
    library.keep(
        *[NewItem(external_id=f"near {n}", title="Harbour", text=f"{near} on day {n}.") for n in range(80)],
        *[
            NewItem(external_id=word, title="Minutes", text=f"{word} paid for a roof in a far country.")
            for word in words
        ],
    )
    found = library.recall.search(f"{near} {' '.join(words[:8])}", limit=6).hits
    assert sum(hit.ref.startswith("zorv") for hit in found) == 2
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


@pytest.mark.parametrize("query", ["图书馆", "上海开放", "上海图书馆开放"])
def test_a_chinese_title_is_found(library: Library, query: str) -> None:
    library.keep(
        NewItem(external_id="library", title="上海图书馆开放", text="市民可以免费参观。", language="zh"),
        NewItem(external_id="weather", title="北京明天有雨", text="请带伞出门。", language="zh"),
    )
    found = library.recall.search(query)
    assert found.hits[0].ref == "library"
    assert any("does not know" in notice for notice in found.notices)


def test_an_item_with_many_matching_chunks_is_one_hit(library: Library) -> None:
    library.keep(NewItem(external_id="long", title="Bees", text="Bees dance to tell where nectar is. " * 300))
    assert library.refs("bees dance") == ["long"]


def test_each_hit_says_why_it_is_there(library: Library) -> None:
    library.keep(NewItem(external_id="a", title="Quantum dots", text="A light source.", authors=("Ana",)))
    hit = library.recall.search("quantum light").hits[0]
    assert "says “quantum”, “light”" in hit.reasons
    assert any(reason.startswith("close in meaning") for reason in hit.reasons)
    assert (hit.source, hit.authors, hit.title) == ("news", ("Ana",), "Quantum dots")
    assert 0 < hit.score <= 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(ItemFilter(source="forum"), {"forum"}, id="source"),
        pytest.param(ItemFilter(kind="paper"), {"paper"}, id="kind"),
        pytest.param(ItemFilter(language="de"), {"german"}, id="language"),
        pytest.param(ItemFilter(until=NOW - timedelta(days=300)), {"old"}, id="until"),
        pytest.param(ItemFilter(since=NOW - timedelta(days=1), source="news"), {"paper", "german"}, id="two"),
        pytest.param(ItemFilter(source="nobody"), set(), id="nothing"),
    ],
)
def test_a_filter_lets_only_its_items_answer(library: Library, filters: ItemFilter, expected: set[str]) -> None:
    library.keep(NewItem(external_id="forum", text="solar sails in orbit", published=NOW), source="forum")
    library.keep(
        NewItem(external_id="paper", kind="paper", text="solar sails in orbit", published=NOW),
        NewItem(external_id="german", language="de", text="solar sails in orbit", published=NOW),
        NewItem(external_id="old", text="solar sails in orbit", published=NOW - timedelta(days=400)),
    )
    assert set(library.refs("solar sails", filters)) == expected


def test_filtered_and_unfiltered_ways_agree_on_the_same_set(library: Library) -> None:
    words = ["solar", "sail", "orbit", "bee", "nectar", "bank", "rate", "roof", "bridge", "paint"]
    generator = np.random.default_rng(5)
    library.keep(
        *[NewItem(external_id=str(n), text=" ".join(generator.choice(words, 12)), published=NOW) for n in range(150)]
    )
    everything = ItemFilter(source="news")
    for query in ("solar sail orbit", "bank rate", "paint the bridge and the roof"):
        with_filter = library.recall.search(query, filters=everything).hits
        assert [hit.ref for hit in with_filter] == library.refs(query)


def test_a_forgotten_item_leaves_its_place_to_others_until_it_is_remembered(library: Library) -> None:
    ids = library.keep(*[NewItem(external_id=str(n), text=f"solar sails number {n}") for n in range(5)])
    with library.database.write() as session:
        items.hide(session, ids[0], NOW)
    assert "0" not in library.refs("solar sails number", limit=4)
    assert len(library.refs("solar sails number", limit=4)) == 4
    with library.database.write() as session:
        items.unhide(session, ids[0])
    assert "0" in library.refs("solar sails number", limit=5)


def test_a_rewritten_text_is_found_by_what_it_says_now(library: Library) -> None:
    library.keep(NewItem(external_id="a", title="Update", text="The bridge is closed."))
    library.keep(NewItem(external_id="a", title="Update", text="A ferry replaces it."))
    assert library.recall.search("ferry").hits[0].snippet == "A ferry replaces it."
    assert not any("says" in reason for hit in library.recall.search("bridge closed").hits for reason in hit.reasons)


def test_without_an_embedder_words_still_find_and_the_reason_is_said(tmp_path: Path) -> None:
    library = Library(tmp_path, AbsentEmbedder())
    library.keep(NewItem(external_id="a", text="The bees are on the roof."))
    found = library.recall.search("bees")
    assert [hit.ref for hit in found.hits] == ["a"]
    assert found.notices == ("Found by words alone: The embedding model is not here. Install it.",)
    library.close()


def test_lost_indexes_are_made_again_from_the_rows(library: Library) -> None:
    library.keep(*[NewItem(external_id=str(n), text=f"solar sails number {n}") for n in range(30)])
    before = library.refs("solar sails number 7")
    library.vectors.destroy()
    with library.database.read() as session:
        assert library.vectors.reconcile(session) == 30
        assert library.vectors.reconcile(session) == 0
    assert library.refs("solar sails number 7") == before


def test_while_chroma_lacks_vectors_the_exact_way_answers(library: Library) -> None:
    library.keep(*[NewItem(external_id=str(n), text=f"topic{n} only") for n in range(10)])
    library.vectors.index.remove(np.array([4], dtype=np.int64))
    nearest, scores = library.vectors.nearest(library.embedder.encode(["topic3 only"])[0], 3)
    assert nearest[0] == 4
    assert scores[0] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        pytest.param("short text", ["text"], "short text", id="short"),
        pytest.param("a\n b\t c", [], "a b c", id="white space"),
        pytest.param("x " * 300 + "needle " + "y " * 300, ["needle"], "needle", id="around the term"),
        pytest.param("字" * 1000, ["字"], "字", id="no spaces"),
        pytest.param("w" * 1000, [], "w", id="one long word"),
    ],
)
def test_a_snippet_is_one_short_line_around_the_words(text: str, terms: list[str], expected: str) -> None:
    cut = snippet(text, terms)
    assert expected in cut
    assert len(cut) <= 290
    assert "\n" not in cut


def conversation(*said: tuple[str, str], thread: str = "kitchen") -> list[NewItem]:
    """Messages of a conversation, a minute apart."""
    return [
        NewItem(
            external_id=f"{thread} {number}",
            kind="message",
            text=text,
            authors=(author,),
            thread_id=thread,
            published=NOW + timedelta(minutes=number),
        )
        for number, (author, text) in enumerate(said)
    ]


def test_an_answer_that_does_not_repeat_the_question_is_found_with_it(library: Library) -> None:
    library.keep(
        *conversation(("Ana", "Where did the missing sculpture turn up?"), ("Bo", "Under an old bridge near Antwerp.")),
        *[
            NewItem(external_id=f"other {n}", text=f"Roses number {n} bloom in the garden behind the house.")
            for n in range(9)
        ],
    )
    assert library.refs("missing sculpture", limit=2) == ["kitchen 0", "kitchen 1"]


def test_a_message_stands_beside_none_of_another_conversation_and_beside_none_that_is_hidden(library: Library) -> None:
    ids = library.keep(
        *conversation(("Ana", "one"), ("Bo", "two"), ("Ana", "three")), *conversation(("Cy", "four"), thread="garden")
    )
    with library.database.write() as session:
        items.hide(session, ids[1], NOW)
    with library.database.read() as session:
        chunk_of = {hit.item_id: hit for hit in library.recall.search("one three four").hits}
        assert set(chunk_of) == {ids[0], ids[2], ids[3]}
        beside = lookup.beside(session, [1, 2, 3, 4])
    assert beside == {1: (3,), 2: (1, 3), 3: (1,), 4: ()}


def test_the_one_who_is_named_is_asked_for_what_they_said(library: Library) -> None:
    same = "My favourite dish is the lentil soup of the harbour."
    library.keep(*conversation(("Ana", same), ("Bob", same), ("Cleo", same)))
    for name in ("Ana", "Bob", "Cleo"):
        found = library.recall.search(f"What is the favourite dish of {name}?")
        assert found.hits[0].authors == (name,)


def test_what_was_said_on_the_named_day_comes_before_the_same_on_another(library: Library) -> None:
    library.keep(
        *[
            NewItem(external_id=f"{day}", text="We walked around the lake.", published=NOW - timedelta(days=day))
            for day in (3, 40, 80)
        ]
    )
    assert library.refs("Which lake on 22 March 2026?")[0] == "40"
    assert library.recall.search("Which lake three days ago?", today=NOW.date()).hits[0].ref == "3"


def test_the_name_of_who_speaks_is_not_compared_by_meaning(library: Library) -> None:
    library.keep(*conversation(("Ana", "A necklace of amber lies here."), ("Bo", "The boat is leaking.")))
    [hit] = library.recall.search("Ana amber necklace", limit=1).hits
    whole = library.embedder.encode(["Ana amber necklace"])[0] @ library.embedder.encode([hit.snippet])[0]
    bare = library.embedder.encode(["amber necklace"])[0] @ library.embedder.encode([hit.snippet])[0]
    assert f"close in meaning ({bare:.2f})" in hit.reasons
    assert f"{bare:.2f}" != f"{whole:.2f}"
