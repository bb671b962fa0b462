"""The seeds of the fuzzers, and a few hundred broken copies of them, go through every reader. `make fuzz` goes on for long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import CORPUS, TARGETS, seeds_of

FILES = [path for name in TARGETS for path in sorted((CORPUS / name).iterdir())]
EXAMPLES = 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_seed_is_read_or_refused_in_a_sentence(path: Path) -> None:
    TARGETS[path.parent.name].run(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_broken_copy_of_a_seed_is_read_or_refused_in_a_sentence(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    target.run(data.draw(mutated(seeds_of(name), target.words)))


def test_make_fuzz_names_every_target_and_the_document_of_the_api() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^fuzz:.*\n\t\$\(BIN\)/python -m tests\.fuzz\b", makefile, re.MULTILINE)
    assert set(TARGETS) == {"feeds", "configuration", "mail", "commands", "api"}
