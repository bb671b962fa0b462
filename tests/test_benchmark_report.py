"""The JSON line that every benchmark ends with."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from benchmarks.report import Unmeasured, arguments, percentile, report


def test_the_last_line_holds_the_figures_the_machine_and_why_some_are_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started = time.perf_counter() - 2
    report("store", seed=7, quick=True, started=started, items_per_s=1234.56789, gpu_ratio=Unmeasured("No GPU here."))
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["bench"], line["seed"], line["quick"], line["items_per_s"]) == ("store", 7, True, 1234.6)
    assert (line["gpu_ratio"], line["why"]) == (None, {"gpu_ratio": "No GPU here."})
    assert line["seconds"] >= 2
    assert {"cores", "memory_gb", "gpu"} <= line["machine"].keys()


def test_a_full_run_does_not_say_that_it_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    report("store", seed=0, quick=False, started=time.perf_counter())
    assert "quick" not in json.loads(capsys.readouterr().out)


def test_the_data_folder_comes_from_the_environment_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELOS_TEST_DATA", "/from/environment")
    assert arguments("store", []).data == Path("/from/environment")
    assert arguments("store", ["--data", "/named"]).data == Path("/named")
    monkeypatch.delenv("TELOS_TEST_DATA")
    assert arguments("store", ["--quick", "--seed", "3"]).__dict__ == {"quick": True, "seed": 3, "data": None}


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value
