"""Full text: words in every script, common words stripped, nothing left of what is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import lexical
from memory.chunks import split
from memory.models import Stage
from memory.store import chunks, items, sources
from memory.store.connection import Database
from memory.store.items import NewItem

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def index(database: Database, *texts: str) -> list[int]:
    """Keep and index a text an item, title before the first `|`; gives back the id of each one's first chunk."""
    with database.write() as session:
        source_id = sources.ensure(session, "news", "feeds", NOW).id or 0
        batch = [
            NewItem(external_id=str(number), title=text.partition("|")[0], text=text.partition("|")[2])
            for number, text in enumerate(texts)
        ]
        items.save(session, source_id, batch, NOW)
        versions = items.in_stage(session, Stage.STORED, len(texts))
        put = chunks.put(session, [(version.id or 0, split(version.title, version.text)) for version in versions])
        lexical.put(session, [version.id or 0 for version in versions])
        items.advance(session, [version.id or 0 for version in versions], Stage.CHUNKED)
    return [ids[0] for ids in put]


def found(database: Database, query: str, allowed: list[int] | None = None) -> list[int]:
    with database.read() as session:
        return [chunk_id for chunk_id, _ in lexical.search(session, query, 10, allowed)]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param("Zebra|crossing", "zebra", id="the title"),
        pytest.param("Title|Running zebras", "run zebra", id="English stems"),
        pytest.param("Title|Müller in Zürich", "zurich muller", id="without accents"),
        pytest.param("机器学习的新进展|", "机器学习", id="a Chinese title"),
        pytest.param("新闻|今天北京下雪", "北京", id="two characters"),
        pytest.param("新闻|今天北京下雪", "雪", id="one character, the last of its run"),
        pytest.param("新闻|今天北京下雪", "京", id="one character in the midst"),
        pytest.param("ニュース|東京タワーの夜景", "タワー", id="Japanese"),
        pytest.param("뉴스|서울에서 열린 회의", "서울", id="Korean, with a particle after it"),
        pytest.param("ข่าว|กรุงเทพมหานคร", "กรุงเทพ", id="Thai"),
        pytest.param("समाचार|दिल्ली में बारिश", "दिल्ली", id="Hindi"),
        pytest.param("Новости|Москва зимой", "москва", id="Russian"),
        pytest.param("News|the GPT-4 model", "gpt-4?", id="punctuation in the query"),
        pytest.param("News|AND OR NOT NEAR", 'near" OR (', id="operators are words"),
    ],
)
def test_a_text_is_found_by_its_words(database: Database, text: str, query: str) -> None:
    index(database, "Other|Something else entirely", text)
    assert found(database, query)[:1] == index_of_second(database)


def index_of_second(database: Database) -> list[int]:
    with database.read() as session:
        version_id = items.in_stage(session, Stage.CHUNKED, 2)[1].id or 0
        return [chunk.id or 0 for chunk in chunks.of_versions(session, [version_id])[version_id]]


def test_a_word_in_the_title_weighs_more(database: Database) -> None:
    in_text, in_title = index(database, "News|of a zebra", "Zebra|of a news")
    assert found(database, "zebra") == [in_title, in_text]


def test_what_is_not_allowed_is_not_found(database: Database) -> None:
    first, second = index(database, "Zebra|one", "Zebra|two")
    assert found(database, "zebra", [second]) == [second]
    assert found(database, "zebra", []) == []
    assert set(found(database, "zebra")) == {first, second}


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        pytest.param("What is the latest on the war in Ukraine?", ["latest", "war", "ukraine"], id="a raw question"),
        pytest.param(
            "Was sagt der Bericht über die Wahl in Ungarn?", ["sagt", "bericht", "wahl", "ungarn"], id="German"
        ),
        pytest.param("to be or not to be", ["to", "be", "or", "not"], id="only common words"),
        pytest.param("zebra Zebra ZEBRA", ["zebra"], id="repeated"),
        pytest.param("", [], id="empty"),
        pytest.param("?!… --", [], id="no words"),
    ],
)
def test_common_words_are_not_searched_for(query: str, terms: list[str]) -> None:
    assert lexical.terms(query) == [f'"{term}"' for term in terms]


def test_a_word_that_is_everywhere_is_searched_for_only_when_it_stands_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "FREQUENT", 3)
    ids = index(database, "Model|zebra", "Model|lion", "Model|tiger")
    assert found(database, "zebra model") == ids[:1]
    assert set(found(database, "model")) == set(found(database, "model unicorn")) == set(ids)


def test_a_rebuilt_index_finds_the_same(database: Database) -> None:
    index(database, "Zebra|one", "新闻|今天北京下雪")
    before = [found(database, query) for query in ("zebra", "北京", "one")]
    with database.write() as session:
        lexical.rebuild(session)
    assert [found(database, query) for query in ("zebra", "北京", "one")] == before


def test_indexing_twice_is_indexing_once(database: Database) -> None:
    (chunk_id,) = index(database, "Zebra|one")
    with database.write() as session:
        lexical.put(session, [items.in_stage(session, Stage.CHUNKED, 1)[0].id or 0])
    assert found(database, "zebra") == [chunk_id]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_query_is_an_error(database: Database, query: str) -> None:
    assert found(database, query) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(whitelist_categories=["Lo"]), min_size=1, max_size=12))
def test_a_run_of_unspaced_characters_is_found_by_any_of_its_parts(database: Database, text: str) -> None:
    kept = lexical.paired(text).split()
    for term in lexical.terms(text):
        bare = term.strip('"*')
        assert any(word.lower().startswith(bare) for word in kept)
