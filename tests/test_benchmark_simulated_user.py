"""The simulated user of the benchmark of edits: fair, well behaved, and no acquaintance of the learner."""

from __future__ import annotations

import ast
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import edits_formats, edits_texts, edits_words, simulated_user
from benchmarks.edits_letter import Case, content, cost, read, sentences_of, words_of, write
from benchmarks.edits_wishes import HIDDEN, Wish, grant
from benchmarks.simulated_user import User, draw

BENCHMARKS = Path(simulated_user.__file__).parent
ITS_OWN = ("simulated_user", "edits_letter", "edits_wishes", "edits_words", "edits_formats", "edits_texts")
TRACKS = {"documents": edits_texts.documents, "mail": edits_texts.mails}


@pytest.mark.parametrize("name", ITS_OWN)
def test_it_imports_nothing_of_telos(name: str) -> None:
    tree = ast.parse((BENCHMARKS / f"{name}.py").read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    ours = {module for module in modules if module.split(".")[0] in ("assistant", "memory", "connectors", "tests")}
    others = {module.removeprefix("benchmarks.") for module in modules if module.startswith("benchmarks.")}
    assert not ours
    assert others <= set(ITS_OWN)


def drafts_of(chance: Random, case: Case) -> str:
    """A draft in some form or other: some of the points, in paragraphs or a list, greeted and signed or not."""
    said = list(case.source[: chance.randint(1, len(case.source))])
    marks = chance.choice(("", "- ", "1. "))
    gap = "\n" if marks else chance.choice(("\n\n", " "))
    body = gap.join((marks.replace("1", str(n)) if marks else "") + one for n, one in enumerate(said, 1))
    first = case.reader.split()[0] if case.reader else ""
    head = (
        chance.choice(("", f"Hello {first},", f"Dear {case.reader},"))
        if case.is_mail
        else chance.choice(("", case.title))
    )
    end = chance.choice(("", "Best regards,\nRobin", "Cheers,", "Robin Marlow")) if case.is_mail else ""
    return "\n\n".join(part for part in (head, body, end) if part)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(sorted(TRACKS)), st.booleans())
def test_what_was_edited_fully_is_not_edited_again(seed: int, track: str, hidden: bool) -> None:
    rounds, typical = TRACKS[track](None, seed % 50, 8)
    user = User(draw(Random(seed), typical, hidden=hidden), "seed")
    for one in rounds:
        draft = drafts_of(Random(seed), one.text.case)
        once = user.fully(one.context, draft, one.text.case)
        assert user.fully(one.context, once, one.text.case) == once


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.booleans())
def test_what_the_points_say_survives_an_edit_unless_a_length_is_wanted(seed: int, hidden: bool) -> None:
    rounds, typical = edits_texts.mails(None, seed % 50, 8)
    latent = draw(Random(seed), typical, hidden=hidden)
    user = User(latent, "seed")
    for one in rounds:
        kinds = {wish.kind for wish in latent[one.context]}
        if kinds & {"sentences", "words", "thanks"}:
            continue
        left = content(user.fully(one.context, drafts_of(Random(seed), one.text.case), one.text.case))
        replaced = {wish.value.split(">")[0] for wish in latent[one.context] if wish.kind == "term"}
        changed = {"because", *replaced, *edits_formats.MONTHS}
        for point in one.text.case.source:
            lost = {word for word in content(point) if len(word) > 3} - left - {word.lower() for word in changed}
            assert lost <= _may_be_written_otherwise(), (point, left)


def _may_be_written_otherwise() -> set[str]:
    """Words that a wish about spelling, person, contractions or numbers replaces."""
    pairs = [*edits_words.BRITISH_AND_AMERICAN, *edits_words.LONG_AND_SHORT, *edits_words.TO_WE, *edits_words.TO_I]
    return (
        {word for pair in pairs for part in pair for word in content(part)} | set(edits_formats.SMALL) | {"isn", "don"}
    )


@pytest.mark.parametrize("track", sorted(TRACKS))
def test_a_draft_that_fits_is_left_as_it_is_but_for_moods(track: str) -> None:
    rounds, typical = TRACKS[track](None, 3, 60)
    user = User(draw(Random(3), typical, hidden=False), "seed")
    costs = []
    for number, one in enumerate(rounds):
        ideal = user.fully(one.context, drafts_of(Random(number), one.text.case), one.text.case)
        edit = user.edit(number, one.context, ideal, one.text.case)
        costs.append(cost(ideal, edit.text))
        assert bool(edit.left) == bool(costs[-1])
    assert sum(number == 0 for number in costs) >= 45


def test_the_same_seed_makes_the_same_edits_whatever_else_is_edited() -> None:
    rounds, typical = edits_texts.mails(None, 5, 10)
    latent = draw(Random(5), typical, hidden=True)
    one = rounds[7]
    draft = drafts_of(Random(1), one.text.case)
    alone = User(latent, "seed").edit(7, one.context, draft, one.text.case)
    other = User(latent, "seed")
    for number, before in enumerate(rounds[:7]):
        other.edit(number, before.context, "Something else.", before.text.case)
    assert other.edit(7, one.context, draft, one.text.case) == alone


def test_a_whim_edits_beside_the_preference_in_some_rounds_only() -> None:
    rounds, typical = edits_texts.mails(None, 5, 100)
    latent = draw(Random(5), typical, hidden=False)
    calm, moody = User(latent, "seed"), User(latent, "seed", noise=0.1)
    drafts = [(n, one.context, drafts_of(Random(n), one.text.case), one.text.case) for n, one in enumerate(rounds)]
    changed = sum(calm.edit(*each).text != moody.edit(*each).text for each in drafts)
    assert 3 <= changed <= 25


@pytest.mark.parametrize("track", sorted(TRACKS))
@pytest.mark.parametrize("seed", [0, 1, 1000])
def test_preferences_differ_by_context_and_a_quarter_of_all_has_no_detector(track: str, seed: int) -> None:
    _, typical = TRACKS[track](None, seed, 5)
    plain, hidden = (draw(Random(seed), typical, hidden=flag) for flag in (False, True))
    assert len(set(plain)) == len(plain)
    seen = [wish for wishes in hidden for wish in wishes if wish.kind not in ("said", "own")]
    share = sum(wish.is_hidden for wish in seen) / len(seen)
    assert 0.15 <= share <= 0.3
    assert [tuple(wish for wish in wishes if not wish.is_hidden) for wishes in hidden] == plain
    assert not any(wish.kind in HIDDEN for wishes in plain for wish in wishes)


@pytest.mark.parametrize("track", sorted(TRACKS))
def test_no_text_comes_twice_and_every_context_comes(track: str) -> None:
    rounds, typical = TRACKS[track](None, 1, 60)
    assert len({one.text.key for one in rounds}) == 60
    assert {one.context for one in rounds} == set(range(len(typical)))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("one two three", "one two three", 0),
        ("one two three", "one 2 three", 1),
        ("one two", "one  two\n", 0),
        ("one. two.", "one.\n\ntwo.", 1),
        ("- one\n- two", "one two", 3),
        ("", "one two", 2),
    ],
)
def test_a_cost_counts_words_and_breaks_between_lines(before: str, after: str, words: int) -> None:
    assert cost(before, after) == cost(after, before) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rained. We left.", ["It rained.", "We left."]),
        ("Mr. Lee paid $3.50. He left at 2 p.m. today.", ["Mr. Lee paid $3.50.", "He left at 2 p.m. today."]),
        ('He said "no." Then he left!', ['He said "no."', "Then he left!"]),
        ("J. Doe is in the U.S. now", ["J. Doe is in the U.S. now"]),
    ],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


MAIL = Case(source=("The van leaves on March 3, 2026.",), is_mail=True, reader="Ann Lee", writer="Robin Marlow")


@given(st.integers(0, 10**6))
def test_taking_apart_and_putting_together_keeps_the_words(seed: int) -> None:
    case = edits_texts.mails(None, seed % 20, 1)[0][0].text.case
    draft = drafts_of(Random(seed), case)
    assert words_of(write(read(draft, case))) == words_of(draft)


def test_a_mail_is_taken_apart_into_greeting_body_and_sign_off() -> None:
    letter = read("Dear Ann,\n\nThe van leaves. We wait.\n\n- one\n- two\n\nAll the best,\nRobin", MAIL)
    assert (letter.greeting, letter.closing, letter.signature) == ("Dear Ann,", "All the best,", "Robin")
    assert [line.text for line in letter.body] == ["The van leaves. We wait.", "- one", "- two"]


@pytest.mark.parametrize(
    ("wish", "before", "after"),
    [
        (Wish("person", "we"), "I'm sure that my team tells me.", "We're sure that our team tells us."),
        (Wish("person", "i"), "We think our plan is good.", "I think my plan is good."),
        (Wish("person", "i"), "Let us go, as we are late.", "Let us go, as we are late."),
        (Wish("contractions", "yes"), "I do not know what they are doing.", "I don't know what they're doing."),
        (Wish("contractions", "yes"), "That is how we are.", "That is how we are."),
        (Wish("contractions", "no"), "It isn't late, and you'll see.", "It is not late, and you will see."),
        (Wish("dates", "iso"), "It ends on March 3, 2026.", "It ends on 2026-03-03."),
        (Wish("dates", "d.m.y"), "It ends on 3 March 2026.", "It ends on 03.03.2026."),
        (Wish("dates", "month d, y"), "It ends on 03/03/2026 at last.", "It ends on March 3, 2026 at last."),
        (Wish("times", "24h"), "The call is at 2:30 pm.", "The call is at 14:30."),
        (Wish("times", "24h"), "It is at 12 am.", "It is at 00:00."),
        (Wish("times", "12h"), "The call is at 14:30.", "The call is at 2:30 pm."),
        (Wish("numbers", "words"), "Send 3 copies of page 4 at 2 pm.", "Send three copies of page 4 at 2 pm."),
        (Wish("numbers", "digits"), "Two of the Six Nations sent three.", "Two of the Six Nations sent 3."),
        (Wish("spelling", "en-US"), "The centre likes Colour.", "The center likes Color."),
        (Wish("term", "team>squad"), "Team and TEAM, not teamwork.", "Squad and SQUAD, not teamwork."),
        (Wish("exclamation", "no"), "Good!! Yahoo! is up.", "Good. Yahoo! is up."),
        (Wish("hedge"), "It cost 4 euros. It is blue.", "It cost 4 euros (so far). It is blue."),
        (Wish("telegram"), "The van is at the gate.", "Van is at gate."),
        (Wish("capitals"), "The van waits.", "THE van waits."),
        (Wish("connective"), "It rains. We go. The van waits.", "It rains. We go. Also, the van waits."),
    ],
)
def test_a_wish_is_granted_once_and_for_all(wish: Wish, before: str, after: str) -> None:
    case = Case(source=("It ends on March 3, 2026.",), is_mail=True, reader="Ann Lee", writer="Robin Marlow")
    granted = grant(read(before, case), case, wish)
    assert write(granted) == after
    assert grant(read(after, case), case, wish) == read(after, case)


def test_a_length_takes_the_last_sentences_or_brings_the_next_of_the_source() -> None:
    source = ("Apples are red.", "Pears taste green.", "Plums look blue.", "Grapes feel round.")
    case = Case(source=source, is_mail=False, title="Fruit")
    short = grant(read("Apples are red. Plums look blue. Grapes feel round.", case), case, Wish("sentences", "", 2))
    assert write(short) == "Apples are red. Plums look blue."
    longer = grant(read("- Apples are red.", case), case, Wish("sentences", "", 3))
    assert write(longer) == "- Apples are red.\n- Pears taste green.\n- Plums look blue."


def test_a_standing_sentence_of_elsewhere_is_taken_out() -> None:
    letter = read("Hi Ann,\n\nThe van leaves. Questions are always welcome.\n\nRobin", MAIL)
    assert write(grant(letter, MAIL, Wish("own", ""))) == "Hi Ann,\n\nThe van leaves.\n\nRobin"
    assert grant(letter, MAIL, Wish("own", "Questions are always welcome.")) == letter
