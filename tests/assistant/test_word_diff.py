"""What was changed, word by word: readable with colour and without, and harmless."""

from __future__ import annotations

import pytest
from rich.console import Console

from assistant.answers.drafts import WordSpan
from assistant.cli.drafts.word_diff import drawn, in_colour, marked
from assistant.learning.alignment import spans


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("It costs 12 euros.", "It costs 14 euros.", "It costs [-12-] {+14+} euros."),
        (
            "Dear Ann,\n\nThe ferry runs.",
            "Hi Ann,\n\n- The ferry runs.",
            "[-Dear-]{+Hi+} Ann,\n\n{+-+} The ferry runs.",
        ),
        ("One. Two. Three.", "One.\n\nTwo. Three.", "One.{+¶¶+}\n\nTwo. Three."),
        ("One.\n\nTwo.", "One. Two.", "One.[-¶¶-] Two."),
        ("The ferry runs. Bye.", "The ferry runs.\nYours,\nAnna", "The ferry runs. [-Bye.-]\n{+Yours,+}\n{+Anna+}"),
        ("Done.\n\nBest,\nAda", "Done.\n\nCheers,\nAda", "Done.\n\n[-Best,-]{+Cheers,+}\nAda"),
        ("Done.\n\nBest,\nAda", "Done.\n\nAda", "Done. [-Best,-] \n\nAda"),
        ("The same.", "The same.\n", "The same."),
        ("", "New.", "{+New.+}"),
        ("Gone.", "", "[-Gone.-]"),
    ],
)
def test_without_colour_it_is_marked(before: str, after: str, shown: str) -> None:
    assert marked(spans(before, after)).strip(" ") == shown


def test_in_colour_the_words_alone_are_marked() -> None:
    text = in_colour(spans("It costs 12 euros.", "It costs 14 euros."))
    styled = {text.plain[span.start : span.end]: span.style for span in text.spans if span.style}
    assert styled == {"12": "red strike", "14": "green underline"}


def test_what_comes_from_outside_commands_no_terminal() -> None:
    change = [WordSpan(change="gone", text="a\x1b[2J"), WordSpan(change="new", text="b\u202ec")]
    assert "\x1b" not in marked(change)
    assert "\u202e" not in in_colour(change).plain


def test_a_screen_without_colour_gets_the_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = spans("It costs 12 euros.", "It costs 14 euros.")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "[-12-]" not in drawn(found, Console(force_terminal=True)).plain
    assert "[-12-]" in drawn(found, Console(force_terminal=False)).plain
    assert "[-12-]" in drawn(found, Console(force_terminal=True, no_color=True)).plain
