"""Addresses are shown without what could be a secret in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transport.masking import mask_url

MASKED = [
    ("https://user:pass@example.org/feed", "https://***@example.org/feed"),
    ("https://token@example.org:8443/feed", "https://***@example.org:8443/feed"),
    ("https://example.org/feed?token=abc", "https://example.org/feed?token=***"),
    ("https://example.org/feed?a=1&API_KEY=abc&b=2", "https://example.org/feed?a=1&API_KEY=***&b=2"),
    ("https://example.org/feed?access_token=x&sig=y", "https://example.org/feed?access_token=***&sig=***"),
    ("https://example.org/feed?x=9f8e7d6c5b4a39281706f5e4", "https://example.org/feed?x=***"),
    ("https://example.org/feed?9f8e7d6c5b4a39281706f5e4", "https://example.org/feed?***"),
    ("https://example.org/private/9f8e7d6c5b4a39281706f5e4/rss.xml", "https://example.org/private/***/rss.xml"),
    ("https://example.org/f/550e8400-e29b-41d4-a716-446655440000", "https://example.org/f/***"),
    ("https://example.org/u/aBcDeFgHiJkLmNoPqRsTuVwX/feed", "https://example.org/u/***/feed"),
    ("https://example.org/feed#access_token=abc", "https://example.org/feed#***"),
    ("https://[::1/feed", "***"),
]

SHOWN = [
    "https://example.org/",
    "https://export.arxiv.org/api/query?search_query=cat:cs.CL&start=0&max_results=100",
    "https://example.org/2024/05/17/a-long-title-of-an-article-about-the-2024-elections",
    "https://www.example.org/index.php?id=1234567&page=2",
    "https://example.org/internationalisation/Weltanschauungsfragen",
    "http://127.0.0.1:8080/rss.xml",
    "/home/ada/feeds/mine.xml",
    "",
]


@pytest.mark.parametrize(("url", "masked"), MASKED, ids=[masked for _, masked in MASKED])
def test_what_could_be_a_secret_is_hidden(url: str, masked: str) -> None:
    assert mask_url(url) == masked


@pytest.mark.parametrize("url", SHOWN)
def test_an_ordinary_address_is_shown_as_it_is(url: str) -> None:
    assert mask_url(url) == url


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    mask_url(text)


@given(st.text(alphabet="0123456789abcdef", min_size=24, max_size=64).filter(lambda t: len(set(t)) > 8))
def test_a_password_never_shows(secret: str) -> None:
    assert secret not in mask_url(f"https://ada:{secret}@example.org/feed?key={secret}")
