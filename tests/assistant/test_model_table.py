"""`[model]` is changed in place: comments and order stay, and what comes of it is the configuration meant."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from assistant.config.model_table import set_model
from assistant.errors import BadConfiguration

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
LOCAL = {"engine": "local", "name": "maker/model", "address": None}
OTHERS = "# mine\n[user]\nname = 'Ada'  # me\n\n# the mail\n[mail]\nvia = 'file'\n"


@pytest.mark.parametrize(
    ("text", "task"),
    [
        pytest.param("", None, id="empty file"),
        pytest.param("", "chat", id="empty file, one task"),
        pytest.param(OTHERS, None, id="no table"),
        pytest.param(OTHERS.rstrip("\n"), "digest", id="no table, no last newline"),
        pytest.param("[model]\nengine = 'server'\naddress = 'http://a/v1'\n\n" + OTHERS, None, id="table"),
        pytest.param("[model]", None, id="bare head"),
        pytest.param("[ model . chat ]  # talk\n\n" + OTHERS, "chat", id="task"),
        pytest.param(
            "[model.chat]\nname = 'b'\n" + OTHERS + "[model]\nengine = 'server'\n", None, id="task before table"
        ),
        pytest.param("model.engine = 'server'\n" + OTHERS, "drafts", id="dotted"),
        pytest.param(EXAMPLE.read_text(encoding="utf-8"), None, id="example"),
        pytest.param(EXAMPLE.read_text(encoding="utf-8"), "chat", id="example, one task"),
    ],
)
def test_the_table_holds_what_was_set_and_the_rest_is_as_before(text: str, task: str | None) -> None:
    changed = set_model(text, task, LOCAL)
    model = tomllib.loads(changed)["model"]
    table = model if task is None else model[task]
    assert (table["engine"], table["name"], "address" in table) == ("local", "maker/model", False)
    before = tomllib.loads(text)
    after = {key: value for key, value in tomllib.loads(changed).items() if key != "model"}
    assert after == {key: value for key, value in before.items() if key != "model"}
    for line in text.splitlines():
        if line.startswith("#"):
            assert line in changed


def test_the_comments_of_the_next_table_stay_with_it() -> None:
    text = "[model]\nengine = 'extractive'\n\n# the mail\n[mail]\nvia = 'file'\n"
    assert "\n# the mail\n[mail]\n" in set_model(text, None, LOCAL)


def test_a_key_of_another_table_is_not_mistaken_for_one_of_the_model() -> None:
    changed = set_model("[[sources]]\nname = 'x'\nkind = 'feeds'\n", None, LOCAL)
    assert tomllib.loads(changed)["sources"] == [{"name": "x", "kind": "feeds"}]


@pytest.mark.parametrize("task", [None, "chat"])
def test_a_table_in_one_line_is_left_to_the_user(task: str | None) -> None:
    with pytest.raises(BadConfiguration, match="one line"):
        set_model("model = {engine = 'server'}\n", task, LOCAL)
