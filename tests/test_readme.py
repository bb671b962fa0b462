"""The README's tree names every module, and no other, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

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
