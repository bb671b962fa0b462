"""What an address stands for: one name for a page in all its spellings, none for what is the link of everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.stories.pages import page_of, papers_told

PAPERS = {
    "abstract": "https://arxiv.org/abs/2402.05233",
    "version": "http://www.arxiv.org/abs/2402.05233v3",
    "PDF": "https://arxiv.org/pdf/2402.05233v1.pdf",
    "mirror": "https://export.arxiv.org/abs/2402.05233",
    "page about it": "https://huggingface.co/papers/2402.05233",
    "DOI": "https://doi.org/10.48550/arXiv.2402.05233",
}


@pytest.mark.parametrize("url", PAPERS.values(), ids=PAPERS)
def test_a_paper_has_one_name(url: str) -> None:
    assert page_of(url) == "arxiv 2402.05233"


def test_old_ids_and_dois_are_papers_too() -> None:
    assert page_of("https://arxiv.org/abs/hep-th/9901001v2") == "arxiv hep-th/9901001"
    assert (
        page_of("https://pub.example/doi/full/10.1234/AB.c")
        == page_of("https://doi.org/10.1234/ab.C")
        == "doi 10.1234/ab.c"
    )


@pytest.mark.parametrize(
    "url",
    [
        "", "mailto:ada@example.org", "https://example.org", "https://example.org/index.html", "https://example.org/de/",
        "https://x.com/ada", "https://social.example/@ada", "https://bsky.app/profile/ada.example", "https://t.co/a1b2",
        "https://reddit.com/r/python", "https://example.org/tags/rust", "https://click.mail.example.org/go/1",
        "https://x.list-manage.com/track/click", "https://example.org/unsubscribe",
    ],
)  # fmt: skip
def test_what_is_the_link_of_everything_has_no_name(url: str) -> None:
    assert page_of(url) == ""


def test_spellings_of_a_page_are_one_and_pages_are_not() -> None:
    one = page_of("https://www.example.org/2026/news/")
    assert one == page_of("http://m.example.org/2026/news") == page_of("https://example.org/2026/news/amp")
    assert one != page_of("https://example.org/2026/other")
    assert page_of("https://example.org/watch?v=1") != page_of("https://example.org/watch?v=2")


def test_papers_are_named_in_text() -> None:
    told = "As in arXiv:2402.05233v2, and (doi:10.1234/ab.c). Not 2402.05234."
    assert list(papers_told(told)) == ["arxiv 2402.05233", "doi 10.1234/ab.c"]


@given(st.text(max_size=60))
def test_any_string_has_an_answer(url: str) -> None:
    page_of(f"https://{url}")
    list(papers_told(url))
