"""The mail of a digest: readable narrow and dark, nothing remote, nothing that runs, outside text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.digest.headings import LANGUAGES, headings
from assistant.digest.notes import told
from assistant.digest.render import Rendered, render
from assistant.digest.view import FEEDBACK_VERBS, Citation, DigestView, EntryView, Note, SectionView, Sentence

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def entry(
    number: int = 1, title: str = "Tides turn", text: str = "It turned.", url: str = "https://t.example/1"
) -> EntryView:
    citation = Citation(number=1, item_id=number, source="Town", title=title, url=url, published=NOW)
    return EntryView(
        number=number,
        story_id=number,
        title=title,
        url=url,
        language="en",
        sentences=(Sentence(text=text, citations=(1,)),),
        reasons=("Town tides", "matches “tides”"),
        citations=(citation,),
        score=0.5,
    )


def digest(entries: Sequence[EntryView] = (entry(),), notes: Sequence[Note] = (), language: str = "en") -> DigestView:
    section = SectionView(key="article", heading="News", entries=tuple(entries))
    return DigestView(
        id=1,
        local_date=date(2026, 11, 20),
        recipient="anna@example.org",
        run=0,
        built_at=NOW,
        since=NOW,
        writer="extractive",
        language=language,
        zone="UTC",
        candidates=12,
        sections=(section,) if entries else (),
        notes=tuple(notes),
    )


def feedback_link(number: int, verb: str) -> str:
    return f"mailto:anna@example.org?subject=telos%20{verb}%20{number}&body=secret%3Dabc"


class Tags(HTMLParser):
    """Every tag with its attributes, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.tags if tag == "a"]


def test_the_narrow_and_the_dark_media_query_survive_inlining() -> None:
    html = render(digest()).html
    styles = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
    assert re.search(r"@media \(max-width: *480px\) *{\s*\.head *{", styles)
    assert re.search(r"@media \(prefers-color-scheme: *dark\) *{\s*body", styles)


def test_the_charset_is_said_within_the_bytes_that_browsers_look_at() -> None:
    assert b'<meta charset="utf-8"' in render(digest()).html.encode()[:1024]


def test_the_look_is_inline_for_readers_that_drop_style_elements() -> None:
    inline = {
        attributes.get("class"): attributes.get("style") or "" for _, attributes in Tags(render(digest()).html).tags
    }
    assert "background" in inline["entry"]
    assert "max-width: 640px" in inline["sheet"]


def test_what_is_inline_is_overridden_in_the_dark_only_by_what_is_important() -> None:
    html = render(digest()).html
    dark = html.split("prefers-color-scheme")[1].split("</style>")[0]
    declarations = re.findall(r"[a-z-]+: *[^;{}]+;", dark)
    assert declarations
    assert all("!important" in declaration for declaration in declarations)


def test_nothing_is_remote_and_nothing_runs() -> None:
    html = render(digest(), feedback_link=feedback_link).html
    tags = Tags(html).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "iframe", "link", "object", "embed", "form", "video"})
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on") or name == "src"]
    assert "url(" not in html
    assert "@import" not in html


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' & {{ 7 * 7 }}"


def test_text_from_outside_is_shown_and_never_interpreted() -> None:
    mail = render(
        digest([entry(title=HOSTILE, text=HOSTILE)], [Note(kind="failed", sentence=HOSTILE, is_trouble=True)])
    )
    parsed = Tags(mail.html)
    assert {tag for tag, _ in parsed.tags}.isdisjoint({"script", "img"})
    assert parsed.text.count(HOSTILE) >= 3
    assert "{{ 7 * 7 }}" in mail.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " javascript:x", ""])
def test_links_of_other_schemes_are_not_followed(url: str) -> None:
    mail = render(digest([entry(url=url)]))
    assert Tags(mail.html).links() == []
    assert "javascript" not in mail.html + mail.text


def test_each_entry_has_its_feedback_links_and_a_preview_has_none() -> None:
    entries = [entry(1), entry(2)]
    links = [
        link for link in Tags(render(digest(entries), feedback_link=feedback_link).html).links() if "mailto" in link
    ]
    assert links == [feedback_link(number, verb) for number in (1, 2) for verb in FEEDBACK_VERBS]
    assert "mailto" not in render(digest(entries)).html


def test_the_text_part_says_all_that_the_html_says() -> None:
    note = Note(kind="failed", sentence="Town has failed since 18 November.", is_trouble=True)
    mail = render(digest(notes=[note]))
    shown = " ".join(Tags(mail.html).text.replace("\u2060", "").split())
    plain = " ".join(mail.text.split())
    for phrase in ("Friday, 20 November 2026", "Tides turn", "It turned.", "matches “tides”", note.sentence, "Town"):
        assert phrase in shown
        assert phrase in plain
    assert "https://t.example/1" in mail.text
    assert max(len(line) for line in mail.text.splitlines()) <= 78


def test_a_citation_is_not_parted_from_its_sentence_at_the_end_of_a_line() -> None:
    html = render(digest()).html
    assert re.search(r"It turned\.(\u2060|&#8288;|&NoBreak;)<span class=\"cite\"", html)
    assert "nowrap" in next(
        attributes.get("style") or "" for _, attributes in Tags(html).tags if attributes.get("class") == "cite"
    )


def test_an_entry_without_reasons_has_no_empty_line_for_them() -> None:
    mail = render(digest([replace(entry(), reasons=())]))
    assert "Why:" not in mail.html
    assert "Why:" not in mail.text


def test_trouble_stands_above_the_entries_and_the_rest_below() -> None:
    notes = [
        Note(kind="failed", sentence="Town is broken.", is_trouble=True),
        Note(kind="left_out", sentence="Two were left out."),
    ]
    shown = Tags(render(digest(notes=notes)).html).text
    assert shown.index("Town is broken.") < shown.index("It turned.") < shown.index("Two were left out.")


def test_an_empty_digest_says_so() -> None:
    mail = render(digest([]))
    assert mail.subject == "20 November: nothing new"
    assert "Nothing new to show." in mail.html
    assert "Nothing new to show." in mail.text


def test_the_subject_is_the_day_and_the_first_title_on_one_short_line() -> None:
    mail = render(digest([entry(title="A very long title\nwith\r\nBcc: someone@example.org " + "word " * 40)]))
    assert mail.subject.startswith("20 November: A very long title with")
    assert len(mail.subject) <= 80
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_a_reader_with_a_screen_reader_hears_each_text_in_its_language() -> None:
    tags = Tags(render(digest([replace(entry(), language="fr")], language="de")).html).tags
    assert tags[0][0] == "html"
    assert tags[0][1]["lang"] == "de"
    assert any(attributes.get("class") == "entry" and attributes.get("lang") == "fr" for _, attributes in tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_digest_is_rendered_in_every_language(language: str) -> None:
    mail = render(digest(language=language), feedback_link=feedback_link)
    assert headings(language).long_date(date(2026, 11, 20)) in mail.text
    assert headings(language).say("keep") in Tags(mail.html).text


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_has_the_phrases_of_the_first_with_the_same_blanks(language: str) -> None:
    def blanks(phrase: object) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(str(phrase)) if name}

    english, other = headings("en").phrases, headings(language).phrases
    assert set(english) == set(other)
    assert {key: blanks(phrase) for key, phrase in english.items()} == {key: blanks(other[key]) for key in english}


def test_an_unknown_language_is_answered_in_english() -> None:
    assert headings("tlh").language == "en"
    assert headings("de-AT").language == "de"


def test_notes_become_sentences_with_local_days() -> None:
    facts = [
        {"kind": "late", "due": "2026-11-20T06:00:00+00:00"},
        {"kind": "stale", "source": "Town", "since": "2026-11-19T23:30:00+00:00"},
    ]
    late, stale = told(facts, "de", "Europe/Berlin")
    assert "07:00" in late.sentence
    assert stale.sentence == "Town antwortet, brachte aber seit 20. November nichts Neues."


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=40, deadline=None)
@given(title=ANY_TEXT, text=ANY_TEXT, url=ANY_TEXT)
def test_any_text_can_be_rendered_without_adding_a_tag(title: str, text: str, url: str) -> None:
    def tags(mail: Rendered) -> list[str]:
        return [tag for tag, _ in Tags(mail.html).tags if tag != "a"]

    assert tags(render(digest([entry(title=title, text=text, url=url)]))) == tags(render(digest()))
