"""Playbooks: ours are whole, the user's shadow them, and a mistake in one is a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import BadConfiguration, NotFound
from assistant.sessions.playbook import every, load, parse

NOWHERE = Path("/nonexistent")
OURS = [
    "customer-service",
    "mail-and-documents",
    "open",
    "pair-programming",
    "research-reading",
    "supportive-listener",
    "travel",
]


def test_ours_are_listed_by_name() -> None:
    assert [line.name for line in every(NOWHERE)] == OURS
    assert not any(line.is_own for line in every(NOWHERE))


@pytest.mark.parametrize("name", OURS)
def test_each_of_ours_can_be_read_and_says_what_it_is(name: str) -> None:
    playbook = load(name, NOWHERE)
    assert playbook.name == name
    assert playbook.title
    assert playbook.about
    assert playbook.instructions
    for one in playbook.criteria:
        assert one.question.endswith("?") or not one.required, f"{one.slot} is required and cannot be asked for"


def test_each_role_that_could_be_taken_for_a_person_says_what_it_is_not() -> None:
    assert "no therapist" in " ".join(load("supportive-listener", NOWHERE).limits)
    assert "propose" not in load("supportive-listener", NOWHERE).acts
    assert "cannot book" in " ".join(load("travel", NOWHERE).limits)


def test_the_users_own_shadows_ours_by_name(tmp_path: Path) -> None:
    (tmp_path / "travel.toml").write_text('title = "My journeys"\n')
    (tmp_path / "chess.toml").write_text('title = "Chess"\n')
    assert load("travel", tmp_path).title == "My journeys"
    assert {line.name for line in every(tmp_path) if line.is_own} == {"travel", "chess"}


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFound, match="the nearest is travel"):
        load("travle", NOWHERE)


MISTAKES = {
    "unknown key": ('title = "T"\ninstuctions = "x"\n', ["line 2", "instuctions", "nearest is instructions"]),
    "missing title": ('about = "x"\n', ["title is missing"]),
    "wrong choice": ('title = "T"\nresult = "pach"\n', ["line 2", "result", "'pach'", "nearest is patch"]),
    "criterion's key": (
        'title = "T"\n\n[[criteria]]\ntext = "a"\n\n[[criteria]]\ntext = "b"\nslott = "c"\n',
        ["line 8", "criteria.2.slott", "nearest is slot"],
    ),
    "criterion's kind": (
        'title = "T"\n[[criteria]]\ntext = "a"\nslot = "a"\nkind = "place"\n[[criteria]]\ntext = "a"\nslot = "b"\nkind = "mony"\n',
        ["line 9", "criteria.2.kind", "'mony'", "nearest is money"],
    ),
    "choice without words": (
        'title = "T"\n[[criteria]]\ntext = "a"\nslot = "a"\nkind = "choice"\n',
        ["needs its words"],
    ),
    "a slot twice": (
        'title = "T"\n[[criteria]]\ntext = "a"\nslot = "s"\n[[criteria]]\ntext = "b"\nslot = "s"\n',
        ["'s' stands at two criteria"],
    ),
    "no TOML": ('title = "T\n', ["It is no TOML", "line 1"]),
    "another name": ('name = "other"\ntitle = "T"\n', ["name is 'other'"]),
    "no do": ('title = "T"\nacts = ["ask"]\n', ['must hold "do"']),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_a_sentence_with_file_line_key_and_the_nearest(case: str, tmp_path: Path) -> None:
    text, words = MISTAKES[case]
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadConfiguration) as caught:
        load("mine", tmp_path)
    assert str(tmp_path / "mine.toml") in caught.value.sentence
    for word in words:
        assert word in caught.value.sentence


def test_a_playbook_with_a_mistake_is_listed_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("titel = 'x'\n")
    lines = {line.name: line for line in every(tmp_path)}
    assert "nearest is title" in lines["bad"].about
    assert set(OURS) < set(lines)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"title = 'x'\n" + b"#" * 200_000], ids=["encoding", "size"])
def test_a_file_that_is_no_playbook_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_bytes(content)
    with pytest.raises(BadConfiguration):
        load("odd", tmp_path)


def test_a_name_that_is_no_name_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="small letters"):
        parse('title = "T"', "Big Name", "Big Name.toml")


def test_the_example_in_the_manual_is_a_playbook() -> None:
    manual = Path(__file__).parents[2] / "docs" / "playbooks.md"
    example = manual.read_text("utf-8").split("```toml\n")[1].split("```")[0]
    playbook = parse(example, "sailing", "the manual")
    assert [one.kind for one in playbook.criteria] == ["dates", "choice", "agreement"]
