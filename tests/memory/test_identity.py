"""Which item an arriving text belongs to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.identity import KnownItem, NewItem, digest_of, is_same, match

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def arrival(
    title: str = "Title", url: str = "https://a.example/1", published: datetime | None = MONDAY, text: str = "Text"
) -> NewItem:
    return NewItem(external_id="1", title=title, text=text, url=url, canonical_url=url, published=published)


def known(item: NewItem, item_id: int = 1) -> KnownItem:
    return KnownItem(
        item_id=item_id,
        title=item.title,
        canonical_url=item.canonical_url,
        published=item.published,
        digest=item.digest,
    )


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        pytest.param(arrival(), arrival(text="Corrected"), True, id="only the text differs"),
        pytest.param(arrival(), arrival(title="Better title"), True, id="only the title differs"),
        pytest.param(arrival(), arrival(title="B", url="https://a.example/2"), True, id="the date still agrees"),
        pytest.param(arrival(), arrival(title="B", published=TUESDAY), True, id="the link still agrees"),
        pytest.param(
            arrival(), arrival(url="https://a.example/2", published=TUESDAY), True, id="the title still agrees"
        ),
        pytest.param(arrival(), arrival("B", "https://a.example/2", TUESDAY), False, id="title, link and date differ"),
        pytest.param(arrival(), arrival("B", "https://a.example/2", None), False, id="title and link differ, no date"),
        pytest.param(
            arrival("", "", None), arrival("", "", None, "Edited"), True, id="a message without title or link"
        ),
        pytest.param(
            arrival("", "https://a.example/1"), arrival("", "https://a.example/2"), True, id="no title to differ"
        ),
    ],
)
def test_a_text_under_a_known_id_is_the_same_item_unless_all_that_names_it_differs(
    then: NewItem, now: NewItem, same: bool
) -> None:
    assert is_same(known(then), now) is same


def test_of_several_texts_of_one_item_the_one_updated_last_is_kept() -> None:
    first, second = arrival(text="first"), arrival(text="second", published=TUESDAY)
    assert [found.arrival.text for found in match([], [first, second])] == ["second"]
    assert [found.arrival.text for found in match([], [second, first])] == ["second"]


def test_among_equals_the_first_of_the_document_is_kept() -> None:
    assert [found.arrival.text for found in match([], [arrival(text="a"), arrival(text="b")])] == ["a"]


def test_two_items_under_one_id_are_both_kept_and_found_again() -> None:
    documents = [arrival("A", "https://a.example/1"), arrival("B", "https://a.example/2", TUESDAY)]
    assert [found.known for found in match([], documents)] == [None, None]
    stored = [known(item, number) for number, item in enumerate(documents, 1)]
    again = {found.arrival.title: found.known and found.known.item_id for found in match(stored, documents)}
    assert again == {"A": 1, "B": 2}


def test_title_and_text_cannot_be_shifted_into_each_other() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")


texts = st.builds(
    arrival,
    title=st.sampled_from(["", "A", "B", "C"]),
    url=st.sampled_from(["", "https://a.example/1", "https://a.example/2"]),
    published=st.sampled_from([None, MONDAY, TUESDAY]),
    text=st.sampled_from(["x", "y", "z"]),
)


@given(st.lists(texts, max_size=8))
def test_a_document_seen_twice_brings_nothing_new_the_second_time(document: list[NewItem]) -> None:
    kept = [found.arrival for found in match([], document)]
    stored = [known(item, number) for number, item in enumerate(kept, 1)]
    again = match(stored, document)
    assert [found.known and found.known.digest for found in again] == [item.digest for item in kept]


@given(st.lists(texts, max_size=8))
def test_every_arrival_is_kept_or_is_the_same_item_as_one_that_is(document: list[NewItem]) -> None:
    kept = [found.arrival for found in match([], document)]
    assert all(any(is_same(one, item) for one in kept) for item in document)
