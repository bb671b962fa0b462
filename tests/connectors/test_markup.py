"""HTML from outside is harmless when it is stored, and reads well as text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reading.markup import clean, line, plain, read, tidy

HTML = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<a href='/x'>",
            "</a>",
            "<script>",
            "</script>",
            "<img src=x onerror=y>",
            "<li>",
            "<pre>",
            "<!--",
            "-->",
            "<svg/onload=z>",
            "&lt;",
            "&#0;",
            "text",
            "\x00",
            "\u202e",
            "<iframe src=//e>",
            "<style>",
        ]
    )
).map("".join)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<script>alert(1)</script>", id="script"),
        pytest.param("<p onclick=alert(1)>x</p>", id="handler"),
        pytest.param("<a href='javascript:alert(1)'>x</a>", id="script in a link"),
        pytest.param("<a href=' java\nscript:alert(1)'>x</a>", id="script in a broken link"),
        pytest.param("<img src=x onerror=alert(1)>", id="handler at an image"),
        pytest.param("<svg><script>alert(1)</script></svg>", id="script in a drawing"),
        pytest.param("<iframe src='//e.org'>alert(1)</iframe>", id="frame"),
        pytest.param("<style>@import 'alert'</style>", id="style"),
        pytest.param("<form action='//e.org'><input value=alert></form>", id="form"),
        pytest.param("<math><mtext></p><style><img src=x onerror=alert(1)>", id="confused parser"),
    ],
)
def test_nothing_active_is_left(html: str) -> None:
    cleaned = clean(f"<p>kept</p>{html}", "https://e.org/")
    assert "alert" not in cleaned
    assert "kept" in cleaned


@given(HTML)
def test_whatever_comes_in_no_handler_or_script_comes_out(html: str) -> None:
    elements = re.findall(r"<[^>]*>", clean(html, "https://e.org/"))
    assert not [element for element in elements if re.search(r"<(script|style|svg|iframe)|\son\w+=", element)]


@given(HTML)
def test_what_is_clean_stays_as_it_is(html: str) -> None:
    once = clean(html, "https://e.org/")
    assert clean(once, "https://e.org/") == once


def test_links_and_images_become_absolute() -> None:
    cleaned = clean("<a href='b?x=1'>b</a><img src='/i.png'>", "https://e.org/a/")
    assert 'href="https://e.org/a/b?x=1"' in cleaned
    assert 'src="https://e.org/i.png"' in cleaned


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>One</p><p>Two</p>", "One\n\nTwo", id="paragraphs"),
        pytest.param("a\n  b <b>c</b>d", "a b cd", id="blanks"),
        pytest.param("a<br>b", "a\nb", id="line break"),
        pytest.param("<ul><li>a</li><li><p>b</p></li></ul>", "- a\n- b", id="list"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr></table>", "a b", id="table"),
        pytest.param("<pre>a\n  b</pre>", "a\nb", id="preformatted lines"),
        pytest.param("&eacute;&nbsp;&amp;&lt;b&gt;", "é &<b>", id="entities"),
        pytest.param("<p>a<p>b", "a\n\nb", id="unclosed"),
        pytest.param("<script>x</script>a", "a", id="script"),
        pytest.param("纽约<b>时报</b>", "纽约时报", id="no blanks where there were none"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_text_reads_as_it_looks(html: str, text: str) -> None:
    assert plain(html) == text


def test_links_are_found_once_and_in_order() -> None:
    found = read(
        clean("<a href='/b'>b</a><a href='/a'>a</a><a href='/b'>b</a><a href='mailto:x@e.org'>m</a>", "https://e.org")
    )
    assert found.links == ("https://e.org/b", "https://e.org/a")


def test_a_page_nested_without_end_is_read_as_any_other() -> None:
    """What compares each element with all around it does not get done."""
    assert plain("<div>" * 500_000 + "deep") == "deep"


@given(st.text())
def test_tidy_text_has_no_control_characters_and_stays_tidy(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]", once)


def test_a_title_is_one_line() -> None:
    assert line(" A\n title\x07 of \u202etwo\u200b lines ") == "A title of two\u200b lines"
