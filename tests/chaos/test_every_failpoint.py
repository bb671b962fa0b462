"""No failpoint is left out: each is walked here by its prefix, or named by the tests that have a mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import failpoints

WALKED = ("poll.", "index.", "digest.", "deliver.", "turn.", "learn.", "train.")
HERE = Path(__file__).parent


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_every_failpoint_kills_somewhere(name: str) -> None:
    if name.startswith(WALKED):
        told = [path for path in HERE.glob("test_*.py") if f'"{name.partition(".")[0]}.' in path.read_text()]
        assert [path for path in told if path.name != Path(__file__).name]
    else:
        assert any(f'"{name}"' in path.read_text() for path in (HERE.parent / "integration").glob("test_*.py"))


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_every_failpoint_stands_in_the_product(name: str) -> None:
    product = (HERE.parents[1] / "assistant").rglob("*.py")
    assert sum(f'failpoint("{name}")' in path.read_text(encoding="utf-8") for path in product) == 1


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the failpoints are: poll\.before_store"):
        failpoints.arm("poll.never")
