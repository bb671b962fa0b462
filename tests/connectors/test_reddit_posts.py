"""Submissions of Reddit as items: self posts, link posts, crossposts, what is gone, comments; and whatever else comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Item
from connectors.reddit.by_feed import post_of
from connectors.reddit.submissions import children, comments_of, entry_of, is_gone
from tests.connectors.worlds.reddit import Post

AT = datetime(2026, 4, 13, 12, tzinfo=UTC)


def read(title: str = "A title", text: str = "A text", me: str = "", **more: Any) -> Item:
    entry = entry_of(Post(1, title, text, AT, more).served()["data"], me=me, settled_before=AT)
    assert entry is not None
    assert entry.item is not None
    return entry.item


def test_a_submission_has_all_its_fields() -> None:
    item = read(
        "Engines  &amp; looms", selftext_html='<div class="md"><p>See <a href="https://example.org/looms">looms</a></p></div>',
        score=142, num_comments=57, link_flair_text="Paper", edited=(AT + timedelta(hours=1)).timestamp(),
    )  # fmt: skip
    assert (item.external_id, item.thread_id, item.kind) == ("t3_1000001", "t3_1000001", "post")
    assert (item.title, item.text, item.links) == ("Engines &amp; looms", "See looms", ("https://example.org/looms",))
    assert item.url == "https://www.reddit.com/r/engines/comments/1000001/a_title/"
    assert (item.authors, item.topics) == (("u/ada",), ("r/engines", "Paper"))
    assert (item.published, item.updated) == (AT, AT + timedelta(hours=1))
    assert item.details == {"score": 142, "comments": 57, "upvote_ratio": 0.9}


def test_what_a_private_subreddit_says_is_private() -> None:
    assert read(subreddit_type="private").private
    assert not read(subreddit_type="restricted").private
    assert not read().private


def test_a_link_post_is_joined_to_its_link_and_a_picture_of_reddits_own_to_none() -> None:
    item = read(text="", is_self=False, url="https://example.org/engine?a=1&b=2")
    assert (item.links, item.text) == (("https://example.org/engine?a=1&b=2",), "")
    assert read(is_self=False, url="https://i.redd.it/abc.png").links == ()


def test_a_crosspost_leads_to_what_it_crossposts() -> None:
    origin = {
        "subreddit": "looms", "permalink": "/r/looms/comments/abc/first/", "url": "https://example.org/loom", "is_self": False,
        "selftext_html": "<p>The whole story</p>",
    }  # fmt: skip
    item = read(
        text="", selftext="", is_self=False, url="https://www.reddit.com/r/looms/comments/abc/first/",
        crosspost_parent_list=[origin],
    )  # fmt: skip
    assert item.links == ("https://example.org/loom", "https://www.reddit.com/r/looms/comments/abc/first/")
    assert (item.text, item.details["crossposted_from"]) == ("The whole story", "r/looms")


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ({"removed_by_category": "moderator", "selftext": "[removed]"}, True),
        ({"removed_by_category": "deleted", "author": "[deleted]"}, True),
        ({"selftext": "[deleted]", "author": "[deleted]"}, True),
        ({"author": "[deleted]", "is_robot_indexable": False}, True),
        ({"author": "[deleted]", "is_robot_indexable": True}, False),
        ({}, False),
    ],
    ids=["by a moderator", "by its author", "years ago", "a link", "only the account", "nothing"],
)
def test_what_is_gone_is_told_from_what_only_lost_its_author(more: dict[str, Any], gone: bool) -> None:
    data = Post(1, "A title", "A text", AT, more).served()["data"]
    assert is_gone(data) == gone
    assert (entry_of(data, me="", settled_before=AT) is None) == gone


def test_what_an_account_left_behind_has_no_author() -> None:
    assert read(author="[deleted]").authors == ()


def test_what_is_not_for_all_eyes_says_so() -> None:
    assert read(over_18=True).details["warning"] == "NSFW"
    assert read(spoiler=True).details["warning"] == "spoiler"


def test_what_speaks_to_the_user_and_what_they_wrote_is_known() -> None:
    assert read(selftext_html="<p>thanks, /u/Ada!</p>", author="babbage", me="ada").to_me
    assert not read(selftext_html="<p>thanks, u/adalovelace</p>", author="babbage", me="ada").to_me
    assert read(author="Ada", me="ada").by_me
    assert not read(author="Ada").by_me


def comment(text: str, score: Any = 1, **more: Any) -> dict[str, Any]:
    return {"kind": "t1", "data": {"author": "babbage", "body": text, "score": score, **more}}


def test_the_best_comments_are_few_and_short_and_none_is_a_notice_or_gone() -> None:
    thread = [
        {},
        {"data": {"children": [
            comment("Read the rules", stickied=True), comment("[removed]"), comment("x" * 2000, 90),
            comment("Yes", 80, author="[deleted]"), comment("No", 70), {"kind": "more", "data": {}},
        ]}},
    ]  # fmt: skip
    first, second = comments_of(thread, 2)
    assert (len(first["text"]), first["score"], first["author"]) == (504, 90, "u/babbage")
    assert second == {"author": "", "score": 80, "text": "Yes"}


def test_an_entry_of_a_feed_loses_the_words_that_reddit_puts_around_it() -> None:
    html = (
        '<p>A text</p> submitted by <a href="https://www.reddit.com/user/ada"> /u/ada </a> <br>'
        '<span><a href="https://example.org/engine?a=1&amp;b=2" rel="nofollow">[link]</a></span>'
    )
    links = (
        "https://www.reddit.com/user/ada",
        "https://example.org/engine?a=1&b=2",
        "https://www.reddit.com/r/engines/comments/1/",
    )
    item = Item(
        external_id="t3_1", title="A title", text="A text submitted by /u/ada\n[link] [comments]", html=html, links=links,
        authors=("/u/ada",), topics=("engines",), url="https://www.reddit.com/r/engines/comments/1/",
    )  # fmt: skip
    post = post_of(item)
    assert post is not None
    assert (post.text, post.links) == ("A text", ("https://example.org/engine?a=1&b=2",))
    assert (post.authors, post.topics, post.thread_id, post.kind) == (("u/ada",), ("r/engines",), "t3_1", "post")


# Whatever an answer holds

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("[removed]"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    "author", "created_utc", "crosspost_parent_list", "edited", "is_self", "link_flair_text", "num_comments", "permalink", "score",
    "selftext", "selftext_html", "subreddit", "title", "upvote_ratio", "url", "over_18", "removed_by_category",
)  # fmt: skip
ODD = st.fixed_dictionaries(
    {"name": st.just("t3_abc") | JSON},
    optional={**dict.fromkeys(FIELDS, JSON), "created_utc": st.just(1.7e9) | JSON, "body": JSON, "stickied": JSON},
)
ODDER = ODD | st.builds(lambda post, origin: {**post, "crosspost_parent_list": [origin]}, ODD, ODD)


@settings(max_examples=60)
@given(st.lists(ODDER, max_size=3), JSON)
def test_no_answer_breaks_the_reader(posts: list[dict[str, Any]], rest: Any) -> None:
    """A submission is read, or passed over, or refused in a way that its caller counts."""
    listing = {"data": {"children": [{"kind": "t3", "data": post} for post in posts] + [rest]}}
    for _, data in children(listing):
        try:
            entry = entry_of(data, me="ada", settled_before=AT)
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
        assert entry is None or entry.external_id == "t3_abc"
    assert comments_of([rest, {"data": {"children": [{"kind": "t1", "data": post} for post in posts]}}], 3) is not None
    assert comments_of(rest, 3) == []
