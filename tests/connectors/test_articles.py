"""The article comes out of its page whole, and a page without one costs a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.failures import Misconfigured, TryLater
from connectors.reading.articles import Article, article_text, extract
from connectors.transport import WaysOut
from tests.servers import Response, WebServer, loopback_policy

PARAGRAPHS = [f"Absatz {number}: Die Brücke über den Fluß wird {number} Jahre früher gebaut." for number in range(300)]
PAGE = """<!doctype html><html lang="de-AT"><head>{meta}<title>Die neue Brücke | Zeitung</title>
<meta name="author" content="Ada Lovelace; Grace Hopper">
<meta property="article:published_time" content="2024-05-06T10:11:12+02:00">
<script>steal(document.cookie)</script></head><body>
<nav><a href="/">Startseite</a> <a href="/sport">Sport</a></nav>
<article><h1>Die neue Brücke</h1>{paragraphs}</article>
<footer>Impressum und Datenschutz</footer></body></html>"""


def page(meta: str = "") -> str:
    return PAGE.format(meta=meta, paragraphs="".join(f"<p>{text}</p>" for text in PARAGRAPHS))


def read(body: bytes, **headers: str) -> Article | None:
    return extract(body, {name.replace("_", "-"): value for name, value in headers.items()}, "https://example.org/a")


def test_the_whole_article_is_taken_and_nothing_around_it() -> None:
    article = read(page().encode())
    assert article is not None
    assert article.title == "Die neue Brücke"
    assert article.text.splitlines() == PARAGRAPHS
    assert article.authors == ("Ada Lovelace", "Grace Hopper")
    assert article.published == datetime(2024, 5, 6, tzinfo=UTC)
    assert article.language == "de"


DECLARED = {
    "UTF-8, undeclared": ("utf-8", "", "text/html"),
    "UTF-8, declared as something else": ("utf-8", '<meta charset="iso-8859-1">', "text/html; charset=latin-1"),
    "by the server": ("cp1250", "", "text/html; charset=windows-1250"),
    "by the page": ("cp1250", '<meta charset="windows-1250">', "text/html"),
    "by the page, the old way": (
        "cp1250",
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1250">',
        "",
    ),
    "by nobody": ("cp1252", "", ""),
}


@pytest.mark.parametrize(("encoding", "meta", "content_type"), DECLARED.values(), ids=DECLARED)
def test_the_text_is_decoded_right_however_it_is_declared(encoding: str, meta: str, content_type: str) -> None:
    article = read(page(meta).encode(encoding), content_type=content_type)
    assert article is not None
    assert PARAGRAPHS[0] in article.text


NO_ARTICLES = {
    "nothing": b"",
    "blanks": b" \n ",
    "an empty page": b"<html><body></body></html>",
    "only scripts": b"<html><body><script>let a = 1</script></body></html>",
    "zeros": bytes(1000),
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "a deep nest": b"<div>" * 100_000,
}


@pytest.mark.parametrize("body", NO_ARTICLES.values(), ids=NO_ARTICLES)
def test_a_page_without_an_article_has_none(body: bytes) -> None:
    assert read(body) is None


@given(st.binary(max_size=500))
def test_any_bytes_are_an_article_or_none(body: bytes) -> None:
    article = read(b"<html><body><p>" + body)
    assert article is None or article.text


def test_plain_text_is_its_own_article() -> None:
    assert read("Grüße\n\nvom Fluß".encode(), content_type="text/plain; charset=utf-8") == Article(
        title="", text="Grüße\n\nvom Fluß"
    )


@pytest.fixture
def ways_out() -> Iterator[WaysOut]:
    ways_out = WaysOut(loopback_policy(timeout_s=15.0))
    yield ways_out
    ways_out.close()


@pytest.mark.integration
def test_an_article_is_fetched_and_read_in_another_process(server: WebServer, ways_out: WaysOut) -> None:
    server.answer("/a", page().encode(), content_type="text/html; charset=utf-8")
    article = article_text(ways_out, server.url("/a"))
    assert article.text.splitlines() == PARAGRAPHS
    assert ways_out.reader.pid is not None
    assert len(server.requests) == 1


@pytest.mark.integration
def test_what_is_no_page_is_refused_with_a_sentence(server: WebServer, ways_out: WaysOut) -> None:
    server.answer("/paper.pdf", b"%PDF-1.7", content_type="application/pdf")
    server.answer("/empty", b"<html></html>", content_type="text/html")
    server.routes["/busy"] = lambda request: Response(status=503)
    with pytest.raises(Misconfigured, match="no page with an article but application/pdf"):
        article_text(ways_out, server.url("/paper.pdf"))
    with pytest.raises(Misconfigured, match="holds no article"):
        article_text(ways_out, server.url("/empty"))
    with pytest.raises(TryLater):
        article_text(ways_out, server.url("/busy"))
