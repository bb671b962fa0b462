"""A draft in the editor: what is saved unchanged says the same, whatever stands in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers.drafts import DraftLine, DraftView, KindName, VersionView
from assistant.cli.drafts.file import Written, as_file, is_one, name_of, read

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("%\\# "), max_size=20)
TEXTS = st.lists(st.sampled_from(["% a", "\\% b", "\\\\%", "Subject: x", "", "# H"]) | LINES, max_size=6).map("\n".join)


def view_of(
    text: str, kind: KindName = "mail", subject: str = "The ferry", to: str = "Ann <ann@example.org>"
) -> DraftView:
    version = VersionView(number=1, at=NOW, by="telos", subject=subject, text=text, gaps=["[...]"])
    line = DraftLine(
        id=3, kind=kind, state="open", to=[to], subject=subject, versions=1, gaps=1, changed_at=NOW
    )  # fmt: skip
    return DraftView(line=line, about="", points=[], current=version, versions=[version])


@given(TEXTS, st.sampled_from(["mail", "document"]))
def test_a_file_saved_as_it_was_changes_nothing(text: str, kind: KindName) -> None:
    view = view_of(text, kind)
    file = as_file(view)
    assert is_one(file)
    written = read(file, with_subject=kind == "mail")
    assert written.text == text.strip("\n")
    assert not Written(written.text.rstrip(), written.subject).differs_from(view_of(text.strip("\n"), kind))


def test_the_head_is_one_line_each_whatever_the_reader_is_called() -> None:
    file = as_file(view_of("Hi.", to="Ann\n% Subject: no\x1b[2J <ann@example.org>", subject="A\nB"))
    assert file.splitlines()[0].startswith("% Draft 3: a mail to Ann % Subject: no")
    assert "\x1b" not in file
    assert read(file, with_subject=True) == Written("Hi.", "A B")


@pytest.mark.parametrize(
    ("file", "written"),
    [
        ("", Written("")),
        ("Subject: New\n\nHi.\n", Written("Hi.", "New")),
        ("% a\n\nSubject:New\nHi.\n% b\nBye.", Written("Hi.\nBye.", "New")),
        ("Hi.\nSubject: no header here\n", Written("Hi.\nSubject: no header here")),
        ("% all\n% gone\n", Written("")),
    ],
    ids=["nothing", "without the head", "no blank line", "no subject", "the head alone"],
)
def test_a_head_that_was_changed_is_understood(file: str, written: Written) -> None:
    assert read(file, with_subject=True) == written


def test_a_document_keeps_a_first_line_that_looks_like_a_subject() -> None:
    view = view_of("Subject: matter\n\nOf facts.", "document")
    assert read(as_file(view), with_subject=False).text == "Subject: matter\n\nOf facts."
    assert name_of(view) == "draft-3.md"
