"""Edits of the configuration file change one source and not a byte beside it."""

from __future__ import annotations

import os
import stat
import tomllib
from functools import partial, reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import edit
from assistant.errors import BadConfiguration, Conflict, NotFound

FILE = """\
# My Telos.
[user]
name = "Ann"   # me

# The paper I read at breakfast.
[[sources]]
name = "paper" # short
kind = "feeds"
url = "https://paper.example/feed"

# About the blog.
[[sources]]
name = "blog"
kind = "feeds"
url = "https://blog.example/feed"

# Mail comes last.
[mail]
via = "file"
"""

NAMES = st.text(alphabet="abc-ü \"'", min_size=1, max_size=6).filter(str.strip)


def changed_lines(after: str) -> tuple[list[str], list[str]]:
    """The lines taken from FILE and those put in, blank ones aside."""
    old, new = FILE.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line and line not in old]


def test_a_source_is_added_after_the_others() -> None:
    after = edit.add(FILE, {"name": "new", "kind": "feeds", "url": "https://new.example/"})
    assert changed_lines(after) == ([], ['name = "new"', 'url = "https://new.example/"'])
    assert [source["name"] for source in tomllib.loads(after)["sources"]] == ["paper", "blog", "new"]
    assert tomllib.loads(after)["mail"] == {"via": "file"}


@pytest.mark.parametrize("text", ["", "# only a comment", "[mail]\nvia = 'file'"])
def test_a_first_source_is_added(text: str) -> None:
    after = edit.add(text, {"name": "new", "kind": "feeds"})
    assert after.startswith(text)
    assert tomllib.loads(after)["sources"] == [{"name": "new", "kind": "feeds"}]


def test_many_sources_are_added_at_once_as_if_one_by_one() -> None:
    more = [{"name": f"s{number}", "kind": "feeds"} for number in range(4)]
    assert edit.add(FILE, *more) == reduce(edit.add, more, FILE)


def test_a_new_key_stands_with_its_source_and_not_below_the_next_ones_comment() -> None:
    after = edit.set_key(FILE, "paper", "paused", True)
    assert after == FILE.replace('paper.example/feed"\n', 'paper.example/feed"\npaused = true\n')
    assert edit.drop_key(after, "paper", "paused") == FILE


def test_a_source_is_renamed_in_its_place() -> None:
    assert edit.set_key(FILE, "paper", "name", "daily") == FILE.replace('"paper" #', '"daily" #')


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("paper", ['name = "paper" # short', 'url = "https://paper.example/feed"']),
        ("blog", ['name = "blog"', 'url = "https://blog.example/feed"']),
    ],
)
def test_a_source_is_removed_and_every_comment_stays(name: str, gone: list[str]) -> None:
    assert changed_lines(edit.remove(FILE, name)) == (gone, [])


def test_the_last_source_is_removed() -> None:
    after = edit.remove(edit.remove(FILE, "paper"), "blog")
    assert set(tomllib.loads(after)) == {"user", "mail"}
    assert after.count("#") == FILE.count("#") - 1  # the one within the source's own line


@given(st.lists(NAMES, unique=True, max_size=5), NAMES)
def test_adding_and_removing_leaves_the_others_alone(names: list[str], name: str) -> None:
    text = FILE
    for each in names:
        text = edit.add(text, {"name": each, "kind": "feeds"})
    before = tomllib.loads(text)
    if name in names:
        with pytest.raises(Conflict):
            edit.add(text, {"name": name, "kind": "feeds"})
    else:
        assert tomllib.loads(edit.remove(edit.add(text, {"name": name, "kind": "feeds"}), name)) == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(partial(edit.remove, name="papre"), id="remove"),
        pytest.param(partial(edit.set_key, name="papre", key="paused", value=True), id="set"),
        pytest.param(partial(edit.drop_key, name="papre", key="paused"), id="drop"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(change: partial[str]) -> None:
    with pytest.raises(NotFound) as caught:
        change(FILE)
    assert "'paper'" in caught.value.remedy


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(Conflict):
        edit.set_key(FILE, "paper", "name", "blog")


class TestTheFile:
    def write(self, folder: Path, text: str = FILE) -> Path:
        path = folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def test_it_begins_private_where_there_was_none(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "config.toml"
        table = {"name": "a", "kind": "feeds", "url": "https://a.example/"}
        settings = edit.change(path, lambda text: edit.add(text, table))
        assert [source.name for source in settings.sources] == ["a"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_keeps_its_mode_and_a_link_stays_a_link(self, tmp_path: Path) -> None:
        path = self.write(tmp_path)
        path.chmod(0o640)
        link = tmp_path / "link.toml"
        link.symlink_to(path)
        edit.change(link, partial(edit.remove, name="paper"))
        assert link.is_symlink()
        assert "paper.example" not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_change_that_could_not_be_loaded_is_not_made(self, tmp_path: Path) -> None:
        path = self.write(tmp_path)
        with pytest.raises(BadConfiguration, match="wrong is unknown") as caught:
            edit.change(path, partial(edit.set_key, name="paper", key="wrong", value=1))
        assert str(path) in caught.value.sentence
        assert path.read_text() == FILE
        assert os.listdir(tmp_path) == ["config.toml"]

    def test_a_change_that_somebody_made_meanwhile_is_not_lost(self, tmp_path: Path) -> None:
        path = self.write(tmp_path)

        def slow_edit(text: str) -> str:
            path.write_text(f"{FILE}# by hand\n")
            return edit.remove(text, "paper")

        with pytest.raises(Conflict):
            edit.change(path, slow_edit)
        assert path.read_text().endswith("# by hand\n")

    def test_sources_in_one_line_are_left_to_the_user(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, 'sources = [{name = "a", kind = "feeds", url = "https://a.example/"}]\n')
        with pytest.raises(BadConfiguration):
            edit.change(path, partial(edit.remove, name="a"))
