"""The words that name what some texts are about."""

from __future__ import annotations

from memory.profile.topics import telling

OTHERS = ["Ferry The ferry runs again on Friday", "Budget The budget arrives on Monday"]


def test_words_that_others_have_too_name_nothing() -> None:
    assert "friday" not in telling(["Crane The crane lifts stones on Friday"], OTHERS)


def test_of_words_that_tell_as_much_the_title_comes_first() -> None:
    assert telling(["Pier The crane and the anchor lie there"], OTHERS)[0] == "pier"


def test_what_several_texts_share_names_their_subject() -> None:
    texts = ["Nets The nets by the crane are mended", "Rope The rope by the crane is new"]
    assert telling(texts * 2, OTHERS)[0] == "crane"
