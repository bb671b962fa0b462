"""Feed documents, good and bad, become items; what is wrong with one entry costs no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Item, Misconfigured
from connectors.reading.documents import Document, read

URL = "https://ann:secret@example.org/feeds/all.xml?token=secret"
GOOD = "<item><title>Good</title><link>/good</link><description>It survives.</description></item>"


def rss(items: str, prologue: str = "") -> bytes:
    return f'<?xml version="1.0"?>{prologue}<rss version="2.0"><channel><title>Example</title>{items}</channel></rss>'.encode()


def atom(entries: str, attributes: str = "") -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Example</title>{entries}</feed>'.encode()


def json_feed(*items: Any, **keys: Any) -> bytes:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Example", "items": items, **keys}
    ).encode()


def read_document(body: bytes) -> Document:
    return read(body, {}, URL)


def only(body: bytes) -> Item:
    (item,) = read_document(body).items
    return item


def titles(body: bytes) -> list[str]:
    return [item.title for item in read_document(body).items]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(rss("<item><title>T</title></item>"), "rss", id="RSS"),
        pytest.param(atom("<entry><id>1</id><title>T</title></entry>"), "atom", id="Atom"),
        pytest.param(b"<feed><entry><title>T</title></entry></feed>", "atom", id="Atom without its namespace"),
        pytest.param(b"<rss><item><title>T</title></item></rss>", "rss", id="RSS without version and channel"),
        pytest.param(json_feed({"id": "1", "title": "T"}), "json", id="JSON Feed"),
        pytest.param(b"\xef\xbb\xbf" + json_feed({"id": "1", "title": "T"}), "json", id="JSON Feed with a mark"),
        pytest.param(b"\n\n " + rss("<item><title>T</title></item>"), "rss", id="blanks before the declaration"),
        pytest.param(rss("<item><title>T</title></item>").decode().encode("utf-16"), "rss", id="UTF-16"),
    ],
)
def test_every_format_is_read(body: bytes, kind: str) -> None:
    document = read_document(body)
    assert (document.kind, [item.title for item in document.items]) == (kind, ["T"])


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"/etc/passwd", "no XML", id="the path of a file"),
        pytest.param(b"file:///etc/passwd", "no XML", id="the address of a file"),
        pytest.param(b"http://127.0.0.1/feed", "no XML", id="an address"),
        pytest.param(b"<catalog><book/></catalog>", "XML of another kind", id="other XML"),
        pytest.param(b'{"items": 3}', "no JSON Feed", id="other JSON"),
        pytest.param(b'{"items":' + b"[" * 100_000, "no JSON Feed", id="JSON nested without end"),
        pytest.param(bytes(range(256)) * 50, "not a feed", id="binary"),
        pytest.param(b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page", id="a web page"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body: bytes, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        read_document(body)


def test_a_web_page_is_asked_for_the_feeds_it_offers() -> None:
    page = b"<html><head><link rel=alternate type='application/rss+xml' href='/rss?a=1&amp;b=2'></head></html>"
    with pytest.raises(Misconfigured, match=r"https://example\.org/rss\?a=1&b=2"):
        read_document(page)


def test_nothing_of_a_secret_address_gets_into_items() -> None:
    body = rss("<item><title>T</title><link>?p=1</link><description>&lt;a href='#x'>x&lt;/a></description></item>")
    assert "secret" not in repr(read_document(body))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("<item><title>Bare & ampersand</title></item>", id="bare ampersand"),
        pytest.param("<item><title>a &nbsp; &unknown; b</title></item>", id="unknown entity"),
        pytest.param("<item><title>\x00\x0b\x1b</title></item>", id="control characters"),
        pytest.param("<item><title>a <b> c</title></item>", id="unclosed element"),
        pytest.param("<item><pubDate>the other day</pubDate><link>http://[</link></item>", id="nonsense"),
        pytest.param("<item></item>", id="nothing at all"),
        pytest.param("<item><link></item></link></item>", id="a tag that feedparser stumbles over"),
        pytest.param("<item><title>deep</title>" + "<x>" * 5000 + "</x>" * 5000 + "</item>", id="deep"),
        pytest.param("<item><description>" + "&lt;div>" * 50_000 + "</description></item>", id="deep HTML"),
        pytest.param("<item><guid>" + "9" * 100_000 + "</guid><title>T</title></item>", id="endless id"),
    ],
)
def test_a_bad_entry_costs_no_other(bad: str) -> None:
    found = titles(rss(GOOD + bad + GOOD.replace("ood", "reat")))
    assert found[0] == "Good"
    assert found[-1] == "Great"


@pytest.mark.parametrize(
    "prologue",
    [
        pytest.param(
            '<!DOCTYPE x [<!ENTITY l0 "ha">'
            + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
            + '<!ENTITY bomb "&l9;">]>',
            id="entities of entities",
        ),
        pytest.param(f'<!DOCTYPE x [<!ENTITY bomb "{"x" * 100_000}">]>', id="one large entity"),
        pytest.param('<!DOCTYPE x [<!ENTITY bomb SYSTEM "file:///etc/passwd">]>', id="a file as entity"),
    ],
)
def test_an_entity_bomb_does_not_go_off(prologue: str) -> None:
    document = read_document(rss(GOOD + f"<item><title>{'&bomb;' * 20_000}</title></item>" + GOOD, prologue))
    assert document.items[0].title == "Good"
    assert "root:" not in repr(document)
    assert len(repr(document)) < 1_000_000


def test_a_truncated_document_brings_the_entries_before_the_cut() -> None:
    items = "".join(f"<item><guid>{n}</guid><title>T{n}</title></item>" for n in range(100))
    found = titles(rss(items)[:2000])
    assert len(found) > 30
    assert found[:30] == [f"T{n}" for n in range(30)]


def test_ten_thousand_entries_are_read_in_order() -> None:
    items = "".join(f"<item><guid>{n}</guid><title>T{n}</title></item>" for n in range(10_000))
    assert titles(rss(items)) == [f"T{n}" for n in range(10_000)]


@pytest.mark.parametrize("written", ["Thu, 01 Jan 1970 00:00:00 GMT", "Sun, 01 Jan 2090 00:00:00 GMT"])
def test_odd_dates_are_reported_as_they_are(written: str) -> None:
    found = only(rss(f"<item><title>T</title><pubDate>{written}</pubDate></item>")).published
    assert found is not None
    assert f"{found:%d %b %Y}" in written


def test_a_missing_date_is_no_date() -> None:
    item = only(rss("<item><title>T</title></item>"))
    assert (item.published, item.updated) == (None, None)


def test_the_afternoon_of_a_twelve_hour_clock_is_the_afternoon() -> None:
    item = only(rss("<item><title>T</title><pubDate>Sat, Feb 14 2026 02:02:33 PM</pubDate></item>"))
    assert item.published == datetime(2026, 2, 14, 14, 2, 33, tzinfo=UTC)


def test_one_date_stands_for_both() -> None:
    item = only(atom("<entry><id>1</id><title>T</title><updated>2026-02-14T09:00:00Z</updated></entry>"))
    assert item.published == item.updated == datetime(2026, 2, 14, 9, tzinfo=UTC)


class TestIdentity:
    def test_it_is_the_own_id_and_does_not_change_with_the_address_of_the_feed(self) -> None:
        body = rss("<item><guid>4711</guid><link>https://e.org/a</link></item>")
        assert read(body, {}, "https://e.org/feed").items[0].external_id == "4711"
        assert read(body, {}, "https://moved.org/feed").items[0].external_id == "4711"

    def test_it_is_the_address_without_tracking_where_there_is_no_id(self) -> None:
        assert only(rss("<item><link>https://e.org/a?utm_source=rss</link></item>")).external_id == "https://e.org/a"

    def test_it_survives_a_corrected_text_where_there_is_neither(self) -> None:
        first = only(rss("<item><title>T</title><description>on</description></item>"))
        second = only(rss("<item><title>T</title><description>one</description></item>"))
        assert first.external_id == second.external_id

    def test_an_id_of_any_length_has_a_short_one(self) -> None:
        assert len(only(rss(f"<item><guid>{'x' * 5000}</guid><title>T</title></item>")).external_id) < 100

    def test_of_entries_with_one_id_and_address_the_latest_is_kept(self) -> None:
        entry = "<entry><id>1</id><link href='/a'/><title>{}</title><updated>2026-02-{}T00:00:00Z</updated></entry>"
        document = read_document(atom(entry.format("new", 14) + entry.format("newest", 15) + entry.format("old", 13)))
        assert [item.title for item in document.items] == ["newest"]
        assert "2 entries repeated" in document.notices[0]

    def test_an_id_on_two_addresses_costs_neither_text(self) -> None:
        body = rss("".join(f"<item><guid>1</guid><link>/{n}</link><title>{n}</title></item>" for n in "ab"))
        assert titles(body) == ["a", "b"]


class TestLinks:
    def test_they_start_from_the_home_of_an_rss_channel(self) -> None:
        body = rss("<link>https://home.org/blog/</link><item><title>T</title><link>post</link></item>")
        assert only(body).url == "https://home.org/blog/post"

    def test_they_start_from_the_base_that_an_atom_entry_names(self) -> None:
        entry = (
            '<entry xml:base="y/"><id>1</id><title>T</title><link href="z"/>'
            '<content type="html">&lt;a href="q">q&lt;/a></content></entry>'
        )
        item = only(atom(entry, 'xml:base="https://base.org/x/"'))
        assert (item.url, item.links) == ("https://base.org/x/y/z", ("https://base.org/x/y/q",))

    def test_they_start_from_the_document_where_nothing_else_is_said(self) -> None:
        assert only(atom("<entry><id>1</id><title>T</title><link href='a'/></entry>")).url == (
            "https://example.org/feeds/a"
        )

    def test_an_id_that_is_an_address_stands_for_a_missing_link(self) -> None:
        assert only(rss("<item><guid>https://e.org/a</guid><title>T</title></item>")).url == "https://e.org/a"

    def test_what_is_no_web_address_is_no_link(self) -> None:
        assert only(atom("<entry><id>urn:uuid:1</id><title>T</title></entry>")).url == ""


class TestText:
    def test_content_goes_before_the_summary(self) -> None:
        item = only(atom("<entry><id>1</id><title>T</title><summary>short</summary><content>whole</content></entry>"))
        assert item.text == "whole"

    @pytest.mark.parametrize("stub", ["...", "T", ""])
    def test_the_summary_stands_in_for_content_that_says_nothing(self, stub: str) -> None:
        content = f"<content>{stub}</content>"
        item = only(atom(f"<entry><id>1</id><title>T</title><summary>It was so.</summary>{content}</entry>"))
        assert item.text == "It was so."

    def test_html_is_cleaned_and_read(self) -> None:
        item = only(
            rss("<item><title>T</title><description>&lt;p onclick=x>One&lt;script>x&lt;/script></description></item>")
        )
        assert (item.html, item.text) == ("<p>One</p>", "One")

    def test_plain_text_keeps_its_angle_brackets(self) -> None:
        item = only(json_feed({"id": 1, "title": "a <b> c", "content_text": "if x < y > z"}))
        assert (item.title, item.text, item.html) == ("a <b> c", "if x < y > z", "")

    def test_a_title_is_freed_of_markup(self) -> None:
        item = only(rss("<item><title>AT&amp;amp;T &lt;i&gt;grows&lt;/i&gt;\n 1 &amp;lt; 2</title></item>"))
        assert item.title == "AT&T grows 1 < 2"


class TestPeople:
    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("ann@example.org (Ann Bell)", "Ann Bell"),
            ("ann@example.industries (Ann Bell)", "Ann Bell"),
            ("Ann Bell", "Ann Bell"),
            ("ann@example.org", "ann@example.org"),
        ],
    )
    def test_an_author_is_known_by_name(self, written: str, name: str) -> None:
        assert only(rss(f"<item><title>T</title><author>{written}</author></item>")).authors == (name,)

    def test_the_authors_of_an_atom_feed_are_those_of_entries_that_name_none(self) -> None:
        ann, bob = "<author><name>Ann</name></author>", "<author><name>Bob</name></author>"
        body = atom(f"{ann}<entry><id>1</id><title>A</title></entry><entry><id>2</id><title>B</title>{bob}</entry>")
        assert [item.authors for item in read_document(body).items] == [("Ann",), ("Bob",)]

    def test_json_feeds_of_both_versions_name_them(self) -> None:
        item = only(json_feed({"id": "1", "title": "T", "author": {"name": "Ann"}, "authors": [{"name": "Bob"}]}))
        assert item.authors == ("Ann", "Bob")


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"id": 7, "title": 8, "tags": "one", "authors": "Ann", "attachments": 1}, id="wrong types"),
        pytest.param({"id": None, "content_text": "x", "date_published": 5, "url": ["x"]}, id="more wrong types"),
    ],
)
def test_a_json_feed_with_wrong_types_is_read_for_what_it_can_be(item: dict[str, Any]) -> None:
    assert len(read_document(json_feed(item, "no object", {"id": "2", "title": "Good"})).items) == 2


MARKUP = st.lists(
    st.sampled_from(
        [
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "<link>",
            "</link>",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&",
            "<",
            ">",
            "<guid>",
            "</guid>",
            "<pubDate>",
            "</pubDate>",
            "<!--",
            "-->",
            "\x00",
            "ü",
            "<author>",
            "a@b.c",
            "(D)",
            "x",
        ]
    ),
    max_size=30,
).map("".join)


@given(MARKUP)
def test_no_document_is_too_broken(items: str) -> None:
    try:
        document = read_document(rss(items))
    except Misconfigured:
        return
    assert all(item.external_id for item in document.items)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(("id", "title", "authors", "tags", "url", "name")), inner)
        ),
        max_leaves=20,
    )
)
def test_no_json_is_too_odd(item: Any) -> None:
    assert all(found.external_id for found in read_document(json_feed(item)).items)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(body: bytes) -> None:
    refusal = ""
    try:
        read_document(body)
    except Misconfigured as err:
        refusal = str(err)
    assert refusal == "" or refusal.endswith(".")
