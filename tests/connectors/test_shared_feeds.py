"""Feeds that nobody on this project wrote: each is read, decoded right, and agrees with what another parser found.

The `.expected.json` files are by feed-rs. Where we differ on purpose, the reason stands in `DEFENDED`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Item, Misconfigured
from connectors.reading.documents import Document, read
from connectors.reading.links import absolute
from connectors.reading.markup import plain

ALL = (
    ("encodings", "*.xml"),
    ("publishers", "*.xml"),
    ("fixtures", "*/*.xml"),
    ("fixtures", "*/*feed_*[0-9].json"),
)

NO_FEEDS = {
    "xml_iso88591.xml",
    "xml_iso88591_utf8_mismatch.xml",
    "xml_sample_1.xml",
    "xml_sample_2.xml",
}
"""XML of other kinds, which came along with the fixtures."""

RELATIVE = "a relative link is useless in a digest, so it is made absolute under the channel's own address"
EMAIL = 'feed-rs calls the person "author" and takes the name for a part of the address; we give the name'
STUB = "the content says nothing (dots, or the title once more), so the summary is the text"
LABELS = "the keywords of an entry's media label it as much as its category does"
ITUNES = "the iTunes summary is the longer of the two descriptions"

DEFENDED = {
    ("rss_1.0_example_1.xml", "url"): RELATIVE,
    ("rss_2.0_ilgiornale.xml", "authors"): EMAIL,
    ("rss_2.0_relurl_1.xml", "authors"): EMAIL,
    ("rss_2.0_relurl_1.xml", "text"): STUB,
    ("rss_2.0_example_6.xml", "text"): STUB,
    ("rss_2.0_bbc.xml", "text"): ITUNES,
    ("rss_2.0_example_3.xml", "topics"): LABELS,
}
"""Beyond these, on every file: an id that feed-rs made up (a hash or a random UUID, where the entry has none) is not
compared, because ours is the address; nor is a field that it leaves empty and we fill by the format's rules (the
authors of an Atom feed for its entries, an address from a permanent guid, the one date of an entry for the other)."""


def documents_under(folder: Path) -> Iterator[Path]:
    for name, pattern in ALL:
        yield from sorted((folder / "feeds" / name).glob(pattern))


def read_file(path: Path) -> Document:
    return read(path.read_bytes(), {}, "")


def test_every_document_is_read_without_a_crash_and_decoded(shared_data: Path) -> None:
    refused = set()
    seen = 0
    for path in documents_under(shared_data):
        seen += 1
        try:
            document = read_file(path)
        except Misconfigured:
            refused.add(path.name)
            continue
        assert "\ufffd" not in repr(document), path.name
        assert "Ã" not in repr(document), path.name
        assert all(item.external_id for item in document.items), path.name
    assert seen > 60
    assert refused == NO_FEEDS


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("encoding_invalid-prolog.xml", "utf-8"),
        ("encoding_utf8-incorrect-prolog.xml", "utf-8"),
        ("encoding_utf8.xml", "utf-8"),
        ("encoding_iso-8859-1.xml", "iso-8859-1"),
        ("encoding_windows-1252.xml", "windows-1252"),
        ("encoding_windows-1252-incorrect-prolog.xml", "utf-8"),
        ("encoding_koi8r.xml", "koi8-r"),
        ("xml_koi8r.xml", "koi8-r"),
        ("parser_encoding_WINDOWS-1251.xml", "windows-1251"),
        ("parser_encoding_ISO-8859-1.xml", "iso-8859-1"),
        ("parser_no_encoding_ISO-8859-1.xml", "iso-8859-1"),
        ("parser_rdf_UTF8.xml", "utf-8"),
        ("parser_urdu_UTF8.xml", "utf-8"),
    ],
)
def test_letters_are_those_of_the_true_encoding(shared_data: Path, name: str, encoding: str) -> None:
    """The true encoding was found by eye; declarations in these files are missing or wrong as often as right."""
    path = shared_data / "feeds" / "encodings" / name
    meant = line(unescape(path.read_bytes().decode(encoding)))
    document = read_file(path)
    titles = [document.title, *(item.title for item in document.items)]
    assert all(title in meant for title in titles)
    assert not "".join(titles).isascii()


@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [
        ("theverge_com.xml", "atom", 10),
        ("ft_com.xml", "rss", 25),
        ("independant_co_uk.xml", "rss", 100),
        ("cn_nytimes_com.xml", "rss", 20),
        ("arxiv_cs_ai.xml", "atom", 7),
    ],
)
def test_whole_publishers_feeds_are_complete(shared_data: Path, name: str, kind: str, count: int) -> None:
    document = read_file(shared_data / "feeds" / "publishers" / name)
    assert (document.kind, len(document.items)) == (kind, count)
    for item in document.items:
        assert item.title
        assert item.text
        assert item.url.startswith("https://")
        assert item.published is not None


def test_every_expected_field_agrees(shared_data: Path) -> None:
    compared = 0
    differences: set[tuple[str, str]] = set()
    for expectation in sorted((shared_data / "feeds" / "fixtures").glob("*/*.expected.json")):
        stem = expectation.name.removesuffix(".expected.json")
        (path,) = (path for path in expectation.parent.glob(f"{stem}.*") if path != expectation)
        expected = json.loads(expectation.read_text(encoding="utf-8"))
        items = read_file(path).items
        assert len(items) == len(expected["entries"]), path.name
        for item, entry in zip(items, expected["entries"], strict=True):
            compared += 1
            written = path.read_text(encoding="utf-8", errors="replace")
            differences.update((path.name, field) for field in differing(item, entry, written))
    assert compared > 50
    assert differences == set(DEFENDED)


def differing(item: Item, entry: dict[str, Any], written: str) -> Iterator[str]:
    """The fields in which our item is not what feed-rs found."""
    if entry["id"] in written and entry["id"] != item.external_id:
        yield "id"
    if entry["title"] and line(entry["title"]["content"]) != line(item.title):
        yield "title"
    links = [
        absolute("", link["href"]) or link["href"] for link in entry["links"] if link["rel"] in (None, "alternate")
    ]
    if links and item.url not in links:
        yield "url"
    for field in ("published", "updated"):
        if entry[field] and instant(entry[field]) != getattr(item, field):
            yield field
    authors = {author["name"] for author in entry["authors"]}
    if authors and authors != set(item.authors):
        yield "authors"
    topics = {line(category["label"] or category["term"]) for category in entry["categories"]}
    if topics and topics != set(item.topics):
        yield "topics"
    if entry["language"] and not entry["language"].lower().startswith(item.language or "none"):
        yield "language"
    others = [link["href"] for link in entry["links"] if link["rel"] in ("related", "via", "enclosure")]
    if not {*others} <= {item.url, *item.links}:
        yield "links"
    body = (entry["content"] or {}).get("body") or (entry["summary"] or {}).get("content") or ""
    if body and line(plain(body)) != line(item.text):
        yield "text"


def line(text: str) -> str:
    return " ".join(text.split())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
