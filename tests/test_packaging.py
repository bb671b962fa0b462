"""What is declared is what is used: dependencies, their pins, and the files that an installed copy needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("connectors", "memory", "assistant")
NEEDED_BY_OTHERS = {canonicalize_name("lxml-html-clean")}
"""What no module of ours imports, and a dependency needs without getting it by itself."""
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(extra: str = "") -> dict[NormalizedName, Requirement]:
    project = PROJECT["project"]
    listed = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, listed)}


def imported(folders: Sequence[str] = PACKAGES) -> Iterator[str]:
    """The top-level modules of other projects that these folders import (the product's), wherever in a file."""
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            yield from (name.partition(".")[0] for name in names)


def test_every_import_is_declared_and_every_dependency_imported() -> None:
    homes = packages_distributions()
    modules = set(imported()) - set(sys.stdlib_module_names) - {*PACKAGES, "__future__"}
    used = {canonicalize_name(name) for module in modules for name in homes[module]}
    assert used | NEEDED_BY_OTHERS == {*requirements(), *requirements("demo"), *requirements("quantized")}


def test_what_tests_and_benchmarks_import_is_installed_for_them() -> None:
    homes = packages_distributions()
    ours = {*PACKAGES, "tests", "benchmarks", "__future__"}
    modules = set(imported(("tests", "benchmarks"))) - set(sys.stdlib_module_names) - ours
    used = {canonicalize_name(name) for module in modules for name in homes[module]}
    extras = PROJECT["project"]["optional-dependencies"]
    assert used - {name for extra in ("", *extras) for name in requirements(extra)} == set()


def test_every_dependency_is_pinned_within_its_range() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    for extra in ("", *PROJECT["project"]["optional-dependencies"]):
        for name, requirement in requirements(extra).items():
            assert requirement.specifier.contains(pinned[name]), name


def test_torch_has_a_range_and_the_version_that_is_installed_first() -> None:
    torch = requirements()[canonicalize_name("torch")]
    assert {specifier.operator for specifier in torch.specifier} == {">=", "<"}
    assert "\ntorch==2.13.0\n" in (ROOT / "constraints.txt").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"pip install .*\$\(TORCH\) \$\(TORCH_ARGS\)", makefile)


def test_every_file_that_is_no_module_is_packaged() -> None:
    patterns = {
        f"{package.replace('.', '/')}/{pattern}"
        for package, listed in PROJECT["tool"]["setuptools"]["package-data"].items()
        for pattern in listed
    }
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    data = [str(path.relative_to(ROOT)) for path in files if path.suffix != ".py" and "__pycache__" not in path.parts]
    assert [path for path in data if not any(fnmatch(path, pattern) for pattern in patterns)] == []
