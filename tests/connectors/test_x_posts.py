"""Posts of X as items: links, quotes, reposts, long posts, edits, threads, and whatever else an answer may hold."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Item
from connectors.x.api import Page, _page
from connectors.x.budget import Budget
from connectors.x.place import id_at, instant_of
from connectors.x.posts import Me, item_of, shown_id

AT = datetime(2026, 4, 13, 12, tzinfo=UTC)
FIRST = id_at(AT)
USERS = [
    {"id": "7", "name": "Ada Lovelace", "username": "ada"},
    {"id": "8", "name": "Charles Babbage", "username": "babbage", "protected": True},
    {"id": "42", "name": "Me", "username": "MySelf"},
]


def post(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": str(FIRST + number), "text": text, "author_id": "7", **more}


def read(
    *posts: dict[str, Any], referenced: tuple[dict[str, Any], ...] = (), topic: str = "", me: Me | None = None
) -> Item:
    page = _page({"data": list(posts), "includes": {"users": USERS, "tweets": list(referenced)}})
    return item_of(page.posts[0], page, topic, me or Me())


def link(short: str, target: str, **more: Any) -> dict[str, Any]:
    return {"url": f"https://t.co/{short}", "expanded_url": target, **more}


def refers(kind: str, number: int) -> list[dict[str, str]]:
    return [{"type": kind, "id": str(FIRST + number)}]


def test_a_post_has_all_its_fields() -> None:
    counts = {"like_count": 5, "retweet_count": 4, "reply_count": 3, "quote_count": 2}
    item = read(
        post(
            9, "Engines &amp; looms, see https://t.co/abc #weaving", conversation_id=str(FIRST), lang="en",
            created_at="2026-04-13T12:00:00.000Z", public_metrics=counts,
            entities={"urls": [link("abc", "https://example.org/looms")], "hashtags": [{"tag": "weaving"}]},
        ),
        topic="Machines",
    )  # fmt: skip
    assert item.text == "Engines & looms, see https://example.org/looms #weaving"
    assert (item.external_id, item.thread_id, item.kind, item.title) == (str(FIRST + 9), str(FIRST), "post", "")
    assert item.url == f"https://x.com/ada/status/{FIRST + 9}"
    assert (item.authors, item.topics) == (("Ada Lovelace (@ada)",), ("Machines", "weaving"))
    assert item.links == ("https://example.org/looms",)
    assert (item.published, item.updated, item.language) == (AT, AT, "en")
    assert item.details == {"likes": 5, "boosts": 4, "replies": 3}
    assert (item.private, item.to_me, item.by_me) == (False, False, False)


def test_the_address_behind_another_shortener_counts_and_the_link_of_a_picture_does_not() -> None:
    urls = [
        link("one", "https://bit.ly/x", unwound_url="https://example.org/whole"),
        link("two", "https://x.com/ada/status/1/photo/1", display_url="pic.x.com/two", media_key="3_1"),
    ]
    item = read(post(1, "Read https://t.co/one https://t.co/two", entities={"urls": urls}))
    assert (item.text, item.links) == ("Read https://example.org/whole", ("https://example.org/whole",))


def test_a_picture_without_words_is_not_nothing() -> None:
    picture = link("two", "https://x.com/ada/status/1/photo/1", display_url="pic.x.com/two", media_key="3_1")
    assert read(post(1, "https://t.co/two", entities={"urls": [picture]})).text == "(a picture or film, without words)"


def test_a_long_post_is_whole() -> None:
    note = {
        "text": "A beginning, and an end https://t.co/end",
        "entities": {"urls": [link("end", "https://example.org/end")]},
    }
    item = read(post(1, "A beginning...", note_tweet=note))
    assert item.text == "A beginning, and an end https://example.org/end"
    assert item.links == ("https://example.org/end",)


def test_a_quote_brings_the_quoted_text_and_its_links() -> None:
    quoted = post(
        1,
        "The engine runs: https://t.co/run",
        author_id="8",
        entities={"urls": [link("run", "https://example.org/run")]},
    )
    address = f"https://twitter.com/babbage/status/{FIRST + 1}?s=20"
    item = read(
        post(
            2,
            "At last! https://t.co/quo",
            referenced_tweets=refers("quoted", 1),
            entities={"urls": [link("quo", address)]},
        ),
        referenced=(quoted,),
    )
    assert item.text == "At last!\n\n> Charles Babbage (@babbage): The engine runs: https://example.org/run"
    assert item.links == ("https://example.org/run", f"https://x.com/babbage/status/{FIRST + 1}")
    assert item.authors == ("Ada Lovelace (@ada)",)
    assert item.details == {"quotes": f"https://x.com/babbage/status/{FIRST + 1}"}


def test_a_repost_is_the_original_and_credits_who_reposted() -> None:
    original = post(1, "The engine runs", author_id="8")
    repost = post(2, "RT @babbage: The eng...", referenced_tweets=refers("retweeted", 1))
    item = read(repost, referenced=(original,))
    assert (item.external_id, item.text, item.authors) == (
        str(FIRST + 1),
        "The engine runs",
        ("Charles Babbage (@babbage)",),
    )
    assert item.details["boosted_by"] == "Ada Lovelace (@ada)"
    assert item.private, "its author is protected"


def test_a_repost_whose_original_is_gone_stands_for_itself() -> None:
    item = read(post(2, "RT @babbage: The eng...", referenced_tweets=refers("retweeted", 1)))
    assert (item.external_id, item.text) == (str(FIRST + 2), "RT @babbage: The eng...")


def test_an_edited_post_keeps_its_first_id_and_date() -> None:
    history = [str(FIRST), str(FIRST + (60_000 << 22))]
    item = read({**post(0, "Corrected"), "id": history[1], "edit_history_tweet_ids": history})
    assert (item.external_id, item.revision, item.published) == (history[0], "v2", AT)
    assert item.updated == AT + timedelta(minutes=1)
    assert item.url.endswith(history[1])


def test_a_reply_is_part_of_its_conversation() -> None:
    item = read(post(2, "@ada Yes", conversation_id=str(FIRST), referenced_tweets=refers("replied_to", 1)))
    assert (item.thread_id, item.details["in_reply_to"]) == (str(FIRST), str(FIRST + 1))


MENTION = {"mentions": [{"start": 0, "end": 7, "username": "mySELF", "id": "42"}]}


@pytest.mark.parametrize("me", [Me(id="42"), Me(handle="myself")], ids=["by id", "by handle"])
def test_what_speaks_to_the_user_and_what_they_wrote_is_known(me: Me) -> None:
    assert read(post(1, "@MySelf hello", entities=MENTION), me=me).to_me
    assert not read(post(1, "@MySelf hello", entities=MENTION), me=Me(id="41", handle="other")).to_me
    assert read(post(1, "Hello", author_id="42"), me=me).by_me
    assert not read(post(1, "Hello"), me=me).by_me
    assert read(post(1, "Yes", in_reply_to_user_id="42"), me=Me(id="42")).to_me


# Whatever an answer holds

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "text", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities", "lang", "note_tweet",
    "public_metrics", "referenced_tweets", "in_reply_to_user_id",
)  # fmt: skip
NESTED = st.fixed_dictionaries(
    {}, optional={name: JSON | st.lists(st.fixed_dictionaries({}, optional={
        "url": JSON, "expanded_url": JSON, "tag": JSON, "id": st.just(str(FIRST)), "type": st.sampled_from(["quoted", "retweeted"]),
        "username": JSON,
    }), max_size=2) for name in ("urls", "hashtags", "mentions", "text", "like_count")}
)  # fmt: skip
IDS = st.sampled_from([str(FIRST), str(FIRST + 1), "1", "9" * 19])
REFERENCES = st.lists(
    st.fixed_dictionaries({"type": st.sampled_from(["quoted", "retweeted", "replied_to"]), "id": IDS})
)
ODD_POST = st.fixed_dictionaries(
    {"id": IDS}, optional={**dict.fromkeys(FIELDS, JSON | NESTED), "referenced_tweets": REFERENCES | JSON}
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "data": JSON | st.lists(ODD_POST | JSON, max_size=3),
            "includes": JSON
            | st.fixed_dictionaries({}, optional={"tweets": st.lists(ODD_POST, max_size=2), "users": JSON}),
            "meta": JSON,
            "errors": JSON,
        },
    )
)
def test_no_answer_breaks_the_reader(answer: dict[str, Any]) -> None:
    page: Page = _page(answer)
    for each in page.posts:
        item = item_of(each, page, "", Me("42", "myself"))
        assert item.external_id.isdigit()
        assert shown_id(each, page) > 0


@given(st.datetimes(datetime(2010, 12, 1), datetime(2060, 1, 1), timezones=st.just(UTC)))
def test_an_id_tells_its_time(instant: datetime) -> None:
    assert abs((instant_of(id_at(instant)) - instant).total_seconds()) < 0.002


# The budget

STEPS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 80)), max_size=120)


@given(a_month=st.integers(1, 3000), start=st.integers(1, 28), steps=STEPS)
def test_a_budget_never_gives_more_than_the_month_has_nor_a_day_more_than_its_part(
    a_month: int, start: int, steps: list[tuple[int, int]]
) -> None:
    """Hours pass, and each time all that is left, or as much as is there, is read."""
    now = datetime(2026, 4, start, tzinfo=UTC)
    kept: dict[str, Any] | None = None
    read: dict[str, int] = {}
    number = 0
    for hours, there in steps:
        budget = Budget.of(kept, a_month, now)
        amount = min(there, budget.left(now))
        kept = budget.spent(range(number, number + amount), now).kept()
        number += amount
        month = f"{now:%Y-%m}"
        read[month] = read.get(month, 0) + amount
        days = monthrange(now.year, now.month)[1]
        first = start if month == "2026-04" else 1
        assert read[month] <= a_month
        assert read[month] * (days - first + 1) <= a_month * (now.day - first + 1), "ahead of its days"
        now = datetime.fromtimestamp(now.timestamp() + 3600 * hours, UTC)


def test_what_a_day_leaves_is_there_on_the_next() -> None:
    budget = Budget.of(None, 300, datetime(2026, 4, 1, tzinfo=UTC))
    assert budget.left(datetime(2026, 4, 1, 23, tzinfo=UTC)) == 10
    assert budget.left(datetime(2026, 4, 3, tzinfo=UTC)) == 30
    assert budget.spent(range(25), datetime(2026, 4, 3, tzinfo=UTC)).left(datetime(2026, 4, 3, tzinfo=UTC)) == 5


def test_the_same_post_counts_once_a_day() -> None:
    noon = datetime(2026, 4, 3, 12, tzinfo=UTC)
    budget = Budget.of(None, 300, noon).spent([1, 2, 3], noon).spent([3, 4], noon)
    assert budget.read == 4
    assert Budget.of(budget.kept(), 300, noon).spent([4], noon).read == 4
    assert budget.spent([4], datetime(2026, 4, 4, tzinfo=UTC)).read == 5


def test_a_new_month_begins_anew_and_a_clock_set_back_does_not() -> None:
    budget = Budget.of(None, 300, datetime(2026, 4, 30, tzinfo=UTC)).spent(range(9), datetime(2026, 4, 30, tzinfo=UTC))
    assert Budget.of(budget.kept(), 300, datetime(2026, 5, 1, tzinfo=UTC)).read == 0
    assert Budget.of(budget.kept(), 300, datetime(2026, 3, 1, tzinfo=UTC)).read == 9
