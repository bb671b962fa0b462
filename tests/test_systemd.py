"""The units are valid, sandboxed as far as they claim, and explain their lines. Tried on copies with another ExecStart.

That a systemd starts them is not tried: there is none where tests run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[1] / "systemd"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")


def copy_of(unit: str, folder: Path) -> Path:
    """The unit with a program that is there on every machine."""
    text = (UNITS / unit).read_text(encoding="utf-8")
    copy = folder / unit
    copy.write_text(re.sub(r"(?m)^ExecStart=.*$", "ExecStart=/bin/true", text), encoding="utf-8")
    return copy


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    return subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False, env=environment
    )


@needs_systemd
@pytest.mark.parametrize(("unit", "manager"), [("telos.service", "--user"), ("telos@.service", "--system")])
def test_the_unit_is_valid(tmp_path: Path, unit: str, manager: str) -> None:
    verified = analyze(tmp_path, "verify", manager, str(copy_of(unit, tmp_path)))
    assert verified.returncode == 0, verified.stderr
    assert unit not in verified.stderr


@needs_systemd
@pytest.mark.parametrize(("unit", "most"), [("telos.service", 5.5), ("telos@.service", 3.0)])
def test_the_unit_exposes_no_more_than_it_must(tmp_path: Path, unit: str, most: float) -> None:
    answer = analyze(tmp_path, "security", "--offline=true", "--no-pager", str(copy_of(unit, tmp_path)))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", answer.stdout)
    assert found, answer.stderr
    assert float(found.group(1)) <= most


@pytest.mark.parametrize("unit", ["telos.service", "telos@.service"])
def test_every_line_of_the_sandbox_says_why_it_is_there(unit: str) -> None:
    text = (UNITS / unit).read_text(encoding="utf-8")
    sandbox = text[text.index("# Sandboxing") : text.index("[Install]")].splitlines()
    unexplained = [
        line
        for above, line in pairwise(sandbox)
        if line and not line.startswith("#")
        if not above.startswith("#") and above.partition("=")[0] != line.partition("=")[0]
    ]
    assert unexplained == []


@pytest.mark.parametrize("unit", ["telos.service", "telos@.service"])
def test_the_unit_lets_models_compile_and_see_the_gpu(unit: str) -> None:
    lines = (UNITS / unit).read_text(encoding="utf-8").splitlines()
    assert "PrivateDevices=yes" not in lines
    assert "MemoryDenyWriteExecute=yes" not in lines
    assert "Type=notify" in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)


def test_the_user_unit_asks_for_nothing_that_needs_privileges() -> None:
    dropping = (
        "CapabilityBoundingSet",
        "AmbientCapabilities",
        "ProtectKernelModules",
        "ProtectKernelLogs",
        "ProtectClock",
    )
    lines = (UNITS / "telos.service").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith((*dropping, "User=", "DeviceAllow", "PrivateUsers"))] == []
