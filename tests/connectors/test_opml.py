"""Subscriptions come and go as OPML."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Misconfigured
from connectors.opml import Subscription, read, write
from connectors.reading.links import is_web
from connectors.reading.markup import line, visible

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TEXT = st.text(max_size=10).map(lambda text: line(visible(text)))
SUBSCRIPTIONS = st.lists(
    st.builds(
        Subscription,
        url=st.integers(0, 10_000).map(lambda number: f"https://example.org/{number}?a=1&b=<2>"),
        title=TEXT,
        folder=TEXT,
    ),
    unique_by=lambda subscription: subscription.url,
)


@given(SUBSCRIPTIONS)
def test_what_is_written_is_read_again(subscriptions: list[Subscription]) -> None:
    found = read(write(subscriptions, title="Mine", now=NOW))
    assert sorted(found, key=lambda each: each.url) == sorted(subscriptions, key=lambda each: each.url)


def test_folders_names_and_habits_of_other_readers_are_understood() -> None:
    document = """<opml version="1.0"><body>
        <outline text="News &amp; more"><outline text="Inner" title="Inner">
            <outline TEXT="A" xmlURL="https://a.org/feed" /></outline></outline>
        <outline title="B & C" type="rss" xmlUrl=" https://b.org/feed?x=1&y=2 " />
        <outline text="no feed" htmlUrl="https://c.org/" />
        <outline text="again" xmlUrl="https://a.org/feed" />
        <outline text="a file" xmlUrl="file:///etc/passwd" />
    </body></opml>"""
    assert read(document.encode()) == (
        Subscription(url="https://a.org/feed", title="A", folder="Inner"),
        Subscription(url="https://b.org/feed?x=1&y=2", title="B & C"),
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"/etc/passwd", id="a path"),
        pytest.param(b"<html><body/></html>", id="a web page"),
        pytest.param(b"<opml><body>", id="cut off"),
    ],
)
def test_what_is_no_opml_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Misconfigured, match="no OPML"):
        read(body)


def test_an_opml_without_a_body_has_no_subscriptions() -> None:
    assert read(b"<opml/>") == ()


@given(st.lists(st.sampled_from(["<outline>", "</outline>", "<outline xmlUrl='https://a.org'/>", "&x;", "<", "x"])))
def test_no_document_is_too_broken(parts: list[str]) -> None:
    try:
        found = read(f"<opml><body>{''.join(parts)}</body></opml>".encode())
    except Misconfigured:
        return
    assert all(is_web(subscription.url) for subscription in found)
