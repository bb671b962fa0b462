"""The README's tree names every module, and no other, and its commands exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.nouns import NOUNS, load

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("connectors", "memory", "assistant", "benchmarks")


def tree_of(readme: str) -> dict[str, str]:
    """Path -> sentence, read from the indented block under "## The house"."""
    block = re.search(r"^## The house\n(.*?)(?=^## |\Z)", readme, re.M | re.S)
    assert block, "The README has no section named The house."
    folders: list[tuple[int, str]] = []
    paths: dict[str, str] = {}
    for line in re.findall(r"^    .+$", block[1], re.M):
        name, _, sentence = line.strip().partition(" ")
        indent = len(line) - len(line.lstrip())
        while folders and folders[-1][0] >= indent:
            folders.pop()
        path = "".join(folder for _, folder in folders) + name
        if name.endswith("/"):
            folders.append((indent, name))
        paths[path] = sentence.strip()
    return paths


def modules_on_disk() -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py" and "versions" not in path.parts
    }


def test_the_tree_in_the_readme_names_every_module_and_no_other() -> None:
    named = {path for path in tree_of((ROOT / "README.md").read_text()) if path.endswith(".py")}
    assert named == modules_on_disk()


def test_every_line_of_the_tree_says_what_the_file_is() -> None:
    tree = tree_of((ROOT / "README.md").read_text())
    assert tree
    assert [path for path, sentence in tree.items() if not sentence] == []


COMMAND = re.compile(r"^ {4,}(?:.*\| )?(?:\.venv/bin/)?telos (?!  )(.+)$", re.M)


def shown_commands() -> Iterator[tuple[str, str]]:
    """What follows `telos` on each line of code that shows a command, and what is said of it after two spaces or a #."""
    for name in ("README.md", "docs/api.md", "docs/sources/README.md"):
        text = (ROOT / name).read_text()
        for found in COMMAND.finditer(text.split("## The house")[0]):
            command, _, said = found[1].partition("  ")
            yield command.removeprefix("--home .demo ").partition(" #")[0].strip(), said


def options_of(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


@pytest.mark.parametrize(("line", "said"), list(shown_commands()), ids=lambda part: part[:40])
def test_every_command_that_is_shown_exists_with_its_options(line: str, said: str) -> None:
    words = shlex.split(line)
    assert words[0] in NOUNS
    group = command = load(words[0])
    for word in words[1:]:
        inner = getattr(command, "commands", {})
        if word in inner:
            group, command = command, inner[word]
        elif word.startswith("--"):
            assert word in options_of(command)
    verbs = [verb for several in re.findall(r"\w+(?:\|\w+)+", f"{line} {said}") for verb in several.split("|")]
    assert set(verbs) <= set(group.commands if verbs else ())
