"""The house keeps its order: imports point one way, nothing goes round in circles, heavy libraries stay out of the client."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("assistant", "connectors", "memory")

LAYERS = (
    ("errors", "clock", "failpoints", "progress", "version", "backoff", "fence", "answers"),
    (
        "home",
        "config",
        "secrets",
        "withheld",
        "withheld_stream",
        "guests",
        "lock",
        "endpoint",
        "tcp",
        "watchdog",
        "workers",
        "engine",
        "generation",
        "steering",
        "log",
    ),
    ("style",),
    ("stories", "ranking", "ledger", "learning", "drafting", "sessions"),
    ("ingest",),
    ("digest",),
    ("delivery", "feedback"),
    ("backup",),
    ("service",),
    ("mail_login",),
    ("deliveries",),
    # the verbs, a noun each
    (
        "digests",
        "memories",
        "privacy",
        "sources",
        "additions",
        "conversations",
        "goals",
        "standing",
        "facts",
        "retention",
        "calls",
        "models",
        "drafts",
        "corrections",
        "opinions",
        "profile",
        "planners",
        "drifts",
        "trainings",
        "simulations",
        "quiet_hours",
        "backups",
        "status",
        "doctor",
    ),
    ("mailbox",),
    ("jobs",),
    ("api",),
    ("server",),
    ("daemon",),
    ("client",),
    ("cli",),
    ("demo",),
)
"""The rooms of `assistant`, from the ground up: a room imports its own storey and those below. `config`, `secrets` and
`engine` know `errors` alone; `feedback` and `digest` do not know the service that the verbs over them take."""


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    found: dict[str, Path] = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str, *, lazy: bool = True) -> set[str]:
    """The modules of ours that a module imports; with `lazy` off only those at its top, without type checking's."""
    nodes = ast.walk(tree_of(name)) if lazy else _at_import(tree_of(name))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {module for module in found if module in MODULES and module != name}


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is executed when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)


def storey(module: str) -> int:
    room = module.split(".")[1]
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


@pytest.mark.parametrize("room", ["connectors", "memory"])
def test_connectors_and_memory_import_nothing_of_ours_but_themselves(room: str) -> None:
    for name in MODULES:
        if name.split(".")[0] == room:
            strangers = {other for other in imports(name) if other.split(".")[0] != room}
            assert not strangers, f"{name} imports {strangers}"


def test_every_room_of_the_assistant_has_its_storey() -> None:
    rooms = {name.split(".")[1] for name in MODULES if name.startswith("assistant.")}
    placed = {room for rooms in LAYERS for room in rooms}
    assert rooms - placed == set(), "these modules need a place in LAYERS"


def test_no_storey_of_the_assistant_imports_a_higher_one() -> None:
    arrows = [
        f"{name} -> {other}"
        for name in MODULES
        if name.startswith("assistant.")
        for other in imports(name)
        if other.startswith("assistant.") and storey(other) > storey(name)
    ]
    assert arrows == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: imports(name, lazy=False) - _packages_of(name) for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as err:
        pytest.fail(" -> ".join(err.args[1]))


def _packages_of(name: str) -> set[str]:
    """A package runs before its modules; `from package import module` asks for the module, not for the package."""
    parts = name.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


EVERY_COMMAND = "assistant.cli.nouns as nouns; [nouns.load(name) for name in nouns.NOUNS]"
"""What follows `import`, for all modules that the command line may load before it does anything."""
HEAVY = ("chromadb", "torch", "transformers", "sentence_transformers", "sqlmodel", "fastapi", "numpy", "trafilatura")


@pytest.mark.parametrize(
    "module", [EVERY_COMMAND, "assistant.client", "assistant.client.digest", "assistant.client.sources"]
)
def test_the_client_imports_nothing_heavy(module: str) -> None:
    assert _loaded_by(module) & set(HEAVY) == set()


def test_the_daemon_imports_neither_torch_nor_chroma() -> None:
    loaded = _loaded_by("assistant.daemon")
    assert loaded & {"chromadb", "torch", "transformers", "sentence_transformers"} == set()


def test_help_imports_neither_http_nor_pydantic_nor_what_draws_a_conversation() -> None:
    assert _loaded_by(EVERY_COMMAND) & {"httpx", "pydantic", "prompt_toolkit", "rich"} == set()


@cache
def _loaded_by(module: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after importing `module`."""
    program = f"import sys; import {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(ran.stdout.split())


def test_files_stay_short_enough_to_be_read() -> None:
    long = {name: lines for name, path in MODULES.items() if (lines := len(path.read_text().splitlines())) > 400}
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    assert [name for name in MODULES if tree_of(name).body and not ast.get_docstring(tree_of(name))] == []
