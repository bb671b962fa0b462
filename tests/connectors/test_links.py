"""What makes two addresses the same page."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.reading.links import absolute, canonical, found_in, is_web, secure_host, untracked

URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(("http", "HTTPS", "https", "ftp", "")),
    st.sampled_from(("example.org", "EXAMPLE.org:80", "user:secret@example.org", "[::1]:443", "münchen.de", "")),
    st.text(alphabet="/aZ%2f~ ü;=", max_size=12).map(lambda path: f"/{path}"),
    st.sampled_from(("", "?", "?a=1&utm_source=x", "?utm_medium=x&fbclid=1", "?q=ü&&b")),
    st.sampled_from(("", "#part", "#!/route")),
)


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        pytest.param("HTTP://Www.Example.COM:80/a", "http://www.example.com/a", id="case and default port"),
        pytest.param("https://example.org:8443", "https://example.org:8443/", id="another port stays"),
        pytest.param("https://e.org/a?utm_source=x&id=7&fbclid=y", "https://e.org/a?id=7", id="tracking"),
        pytest.param("https://e.org/a?UTM_Source=x", "https://e.org/a", id="tracking in capitals"),
        pytest.param("https://e.org/?b=2&a=1", "https://e.org/?b=2&a=1", id="order of the query stays"),
        pytest.param("https://e.org/a#comments", "https://e.org/a", id="fragment"),
        pytest.param("https://e.org/#!/story/1", "https://e.org/#!/story/1", id="fragment that is a route"),
        pytest.param("https://ann:pw@e.org/a", "https://e.org/a", id="user and password"),
        pytest.param("https://e.org/%7eann/%c3%bc", "https://e.org/~ann/%C3%BC", id="escapes"),
        pytest.param("https://e.org/ü", "https://e.org/%C3%BC", id="unescaped"),
        pytest.param("https://MÜNCHEN.de/", "https://xn--mnchen-3ya.de/", id="international host"),
        pytest.param("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/", id="address of version 6"),
        pytest.param(" tag:example.org,2026:1 ", "tag:example.org,2026:1", id="no web address"),
        pytest.param("https://e.org:99999/", "https://e.org:99999/", id="no sound port"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_address_has_one_identity(url: str, identity: str) -> None:
    assert canonical(url) == identity


@given(st.one_of(URLS, st.text()))
def test_an_identity_is_its_own_identity(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("https://e.org/a?utm_source=x&id=7&fbclid=y#part", "https://e.org/a?id=7#part", id="among others"),
        pytest.param("https://e.org/a?utm_source=x#!/story", "https://e.org/a#!/story", id="alone"),
        pytest.param("https://e.org/a?q=1?2", "https://e.org/a?q=1?2", id="a question mark in the query"),
        pytest.param("https://e.org/a#b?utm_source=x", "https://e.org/a#b?utm_source=x", id="within a fragment"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_an_address_is_shown_without_tracking_and_else_as_it_was(url: str, shown: str) -> None:
    assert untracked(url) == shown


@given(URLS)
@example("http://example.org/ ?utm_medium=x&fbclid=1")
def test_an_address_without_tracking_is_the_same_page(url: str) -> None:
    address = absolute("", url)  # as addresses are stored: without blanks
    assert canonical(untracked(address)) == canonical(address)


@given(URLS)
def test_an_identity_holds_no_password(url: str) -> None:
    assert not is_web(url) or "secret" not in canonical(url)


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        pytest.param("https://e.org/blog/", "post/1", "https://e.org/blog/post/1", id="relative to the folder"),
        pytest.param("https://e.org/blog/", "/post", "https://e.org/post", id="relative to the host"),
        pytest.param("https://e.org/", "//cdn.org/x", "https://cdn.org/x", id="relative to the scheme"),
        pytest.param("", "https://e.org/a b", "https://e.org/a%20b", id="blank inside"),
        pytest.param("", "\n https://e.org/a\n ", "https://e.org/a", id="blanks around"),
        pytest.param("https://ann:pw@e.org/", "a", "https://e.org/a", id="no password comes along"),
        pytest.param("https://e.org/", "javascript:alert(1)", "", id="script"),
        pytest.param("https://e.org/", "data:text/html,x", "", id="data"),
        pytest.param("", "post/1", "", id="relative to nothing"),
        pytest.param("https://e.org/", "http://[", "", id="nonsense"),
        pytest.param("https://e.org/", "", "", id="nothing"),
    ],
)
def test_a_link_means_an_address(base: str, url: str, expected: str) -> None:
    assert absolute(base, url) == expected


@given(st.one_of(URLS, st.just("https://e.org/")), st.text())
def test_whatever_stands_in_a_link_only_web_addresses_come_out(base: str, url: str) -> None:
    found = absolute(base, url)
    assert found == "" or urlsplit(found).scheme in ("http", "https")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "See https://e.org/a, or (https://e.org/b).", ("https://e.org/a", "https://e.org/b"), id="in prose"
        ),
        pytest.param("https://e.org/a_(b)", ("https://e.org/a_(b)",), id="brackets of its own"),
        pytest.param("(https://e.org/a_(b)?)", ("https://e.org/a_(b)",), id="brackets of both"),
        pytest.param("<https://e.org/a> [b](https://e.org/b)", ("https://e.org/a", "https://e.org/b"), id="marked"),
        pytest.param(
            "**https://e.org/a** http://e.org/a https://e.org/a", ("https://e.org/a", "http://e.org/a"), id="once"
        ),
        pytest.param("https://) https:// ftp://e.org e.org", (), id="none"),
    ],
)
def test_the_addresses_in_a_text_come_without_what_follows_them(text: str, expected: tuple[str, ...]) -> None:
    assert found_in(text) == expected


def test_an_address_that_ends_in_a_million_brackets_takes_no_time() -> None:
    assert found_in("https://e.org/" + ")" * 1_000_000) == ("https://e.org/",)


@pytest.mark.parametrize("written", ["https://Social.Example/", " social.example", "SOCIAL.example/"])
def test_a_server_is_named_by_its_host(written: str) -> None:
    assert secure_host(written, such_as="bsky.social") == "social.example"


@pytest.mark.parametrize(
    "written", ["http://social.example", "social.example/@ada", "ada@social.example", "", "https://"]
)
def test_what_names_no_server_alone_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match=r"such as bsky\.social"):
        secure_host(written, such_as="bsky.social")
