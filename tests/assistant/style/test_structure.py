"""A whole form, written into a piece and rendered, is read again from the text by who knows nothing of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.style.closing import CLOSING
from assistant.style.greeting import GREETING
from assistant.style.layout import LAYOUT
from assistant.style.length import SENTENCES
from assistant.style.piece import Piece, parse, render
from assistant.style.sentence_kinds import SENTENCE_KINDS
from assistant.style.signature import SIGNATURE
from assistant.style.stock import STOCK
from assistant.style.trait import Setting, Trait
from tests.assistant.style.pieces import PEOPLE, pieces

TRAITS: tuple[Trait, ...] = (SENTENCE_KINDS, SENTENCES, LAYOUT, STOCK, GREETING, CLOSING, SIGNATURE)
FORMS = st.fixed_dictionaries(
    {
        "greeting": st.sampled_from(("Hi {first},", "Dear {name},", "{first}:", "Hallo {first},", "Hello!")),
        "closing": st.sampled_from(("none", "Best regards,", "Thanks!", "Cordialement,")),
        "signature": st.sampled_from(("{first}", "{name}", "-- {first}", "{initials}")),
        "layout": st.sampled_from(("prose", "bullets", "numbered")),
        "layout/frames": st.sampled_from(("items", "prose")),
        "sentence/thanks": st.sampled_from(("no", "yes")),
    }
)


@settings(max_examples=200)
@given(piece=pieces(), form=FORMS)
def test_a_form_that_was_written_is_read_from_the_text(piece: Piece, form: dict[str, str]) -> None:
    written = piece
    for trait in TRAITS:
        written = trait.write(written, {name: Setting(value) for name, value in form.items()}, PEOPLE)
    found = parse(render(written), PEOPLE)
    assert found == written
    shown = {name: reading.value for trait in TRAITS for name, reading in trait.read(found, PEOPLE).items()}
    for name in ("greeting", "closing", "signature"):
        assert shown[name] == form[name]
    assert shown.get("layout", form["layout"]) == form["layout"]


def test_lists_that_a_dropped_sentence_kept_apart_are_one() -> None:
    kept_apart = parse("- Bread\n\nThank you for your message.\n\n- Milk", PEOPLE)
    written = SENTENCE_KINDS.write(kept_apart, {"sentence/thanks": Setting("no")}, PEOPLE)
    assert [block.parts for block in written.blocks] == [("Bread", "Milk")]
    assert parse(render(written), PEOPLE) == written


@given(before=pieces(), after=pieces())
def test_an_edit_between_any_two_texts_is_compared_and_none_is_none(before: Piece, after: Piece) -> None:
    for trait in TRAITS:
        assert trait.compare(before, before, PEOPLE) == []
        for difference in trait.compare(before, after, PEOPLE):
            assert difference.dimension.split("/")[0] == trait.name
            assert difference.before != difference.after.value
            assert 0 < difference.after.strength <= 1
            assert trait.say(difference.dimension, Setting(difference.after.value, difference.after.amount))
