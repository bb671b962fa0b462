"""What is contracted is written out and the other way round; what may be two things is left."""

from __future__ import annotations

import pytest

from assistant.style.contractions import CONTRACTIONS, contracted, expanded
from tests.assistant.style.wordings import value_of, written

BOTH_WAYS = {
    "not": ("It doesn't work and we can't wait.", "It does not work and we cannot wait."),
    "irregular": ("I won't go.", "I will not go."),
    "a pronoun": ("I'm here, you're there, we've seen it.", "I am here, you are there, we have seen it."),
    "will and would": ("She'll come and I'd like that.", "She will come and I would like that."),
    "is": ("It's late and that's fine.", "It is late and that is fine."),
    "has": ("It's been long.", "It has been long."),
    "begins": ("Don't worry.", "Do not worry."),
    "a question": ("Don't you know? Isn't it late?", "Do you not know? Is it not late?"),
    "asked after": ("It is late, isn't it?", "It is late, is it not?"),
    "let us": ("Let's begin.", "Let us begin."),
    "typographic": ("It’s late, don’t wait.", "It is late, do not wait."),
}


@pytest.mark.parametrize(("short", "full"), BOTH_WAYS.values(), ids=BOTH_WAYS.keys())
def test_short_forms_are_written_out(short: str, full: str) -> None:
    assert expanded(short) == full


@pytest.mark.parametrize(
    ("short", "full"), [pair for pair in BOTH_WAYS.values() if "’" not in pair[0] and "It is" not in pair[0]]
)
def test_full_forms_are_contracted(short: str, full: str) -> None:
    assert contracted(full) == short


def test_the_apostrophe_is_the_texts_own() -> None:
    assert contracted("Ann’s car is not here.") == "Ann’s car isn’t here."


AMBIGUOUS = {
    "a genitive": "Ann's car and the dog's tail.",
    "is or has": "She's finished.",
    "had or would": "I'd put it there.",
    "a name asked": "Isn't Ann here?",
    "quoted": '"I don\'t know," he said.',
    "code": "Run `don't` now.",
}


@pytest.mark.parametrize("text", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_may_be_two_things_is_not_written_out(text: str) -> None:
    assert expanded(text) == text


NOT_CONTRACTED = {
    "at an end": "Take it as it is.",
    "a possession": "I have a question.",
    "an adjective": "I have limited time.",
    "know": "Let us know.",
    "an answer": "Yes, I am.",
    "capitals": "THIS IS NOT IT.",
    "quoted": 'He said "it is not late".',
}


@pytest.mark.parametrize("text", NOT_CONTRACTED.values(), ids=NOT_CONTRACTED.keys())
def test_what_nobody_contracts_stays(text: str) -> None:
    assert contracted(text) == text


READ = {
    "short": ("I don't know.", "yes"),
    "full": ("I do not know.", "no"),
    "both": ("I don't know. It is late.", None),
    "neither": ("Ann sent the report.", None),
    "a genitive says nothing": ("Ann's report came.", None),
    "French": ("L'idée n'est pas mauvaise, mais je ne suis pas sûr que c'est pour nous.", None),
}


@pytest.mark.parametrize(("text", "value"), READ.values(), ids=READ.keys())
def test_it_is_read_by_what_prevails(text: str, value: str | None) -> None:
    assert value_of(CONTRACTIONS, text) == value


@pytest.mark.parametrize("value", ["yes", "no"])
def test_both_forms_in_a_text_become_one(value: str) -> None:
    assert value_of(CONTRACTIONS, written(CONTRACTIONS, "I don't know.\nIt is late.", value)) == value
