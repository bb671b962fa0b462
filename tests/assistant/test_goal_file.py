"""A goal in the editor: what is saved unchanged changes nothing, and what is changed is exactly that."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.answers.goals import Card, Criterion, Evidence, GoalEdit, GoalLine, GoalView, Value
from assistant.cli.goal_file import as_toml, changed, deadline_of
from assistant.errors import BadRequest

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def view() -> GoalView:
    said = Evidence(quote="900 euros", turn=2)
    card = Card(
        statement='5 days in "Europe"\nwith a break',
        criteria=[Criterion(text="The places are chosen"), Criterion(text="The budget holds", is_met=True)],
        facts=[Value(slot="budget", value="900 euros", evidence=said)],
        decisions=[Value(slot="place", value="Porto", evidence=said, is_decision=True)],
    )
    line = GoalLine(
        id=3, statement=card.statement, status="open", is_standing=False, progress=0.5, criteria_met=1, criteria=2,
        deadline=None, changed_at=NOW, turns_used=2, tokens_used=90,
    )  # fmt: skip
    return GoalView(line=line, card=card, version=1)


def test_a_file_saved_as_it_was_changes_nothing(view: GoalView) -> None:
    assert changed(view, as_toml(view)) is None


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        ('budget = "900 euros"', 'budget = "700"', GoalEdit(values={"budget": "700"})),
        ('budget = "900 euros"\n', "", GoalEdit(values={"budget": ""})),
        ("turn_budget = 0", "turn_budget = 12", GoalEdit(turn_budget=12)),
        ("is_standing = false", "is_standing = true", GoalEdit(is_standing=True)),
        ('deadline = ""', "deadline = 2999-01-02", GoalEdit(deadline=deadline_of("2999-01-02"))),
        ('    "The budget holds",\n', "", GoalEdit(criteria=["The places are chosen"])),
    ],
    ids=["a value", "a value less", "a bound", "standing", "a deadline", "a criterion less"],
)
def test_what_is_changed_in_the_file_is_changed_and_nothing_else(
    view: GoalView, old: str, new: str, edit: GoalEdit
) -> None:
    text = as_toml(view)
    assert old in text
    assert changed(view, text.replace(old, new)) == edit


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("statement = ", "no TOML"),
        ('criterions = ["x"]', "A goal has no 'criterions'"),
        ("criteria = 3", "cannot be used"),
        ('deadline = "soon"', "'soon' is no day"),
        ("deadline = 3", "3 is no day"),
        ("values = 3", "cannot be used"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(view: GoalView, text: str, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        changed(view, text)


def test_a_deadline_is_the_end_of_its_day() -> None:
    deadline = deadline_of("2026-12-01")
    assert deadline is not None
    assert (deadline.hour, deadline.minute, deadline.utcoffset() is not None) == (23, 59, True)
    assert deadline_of("none") is None
