"""The benchmark of edits, end to end on a handful of rounds: arms, shares, report, and the run with a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.config.schema import ModelSettings
from assistant.engine.choice import Choice
from assistant.engine.contract import Request
from benchmarks import edits_rounds
from benchmarks.edits import Size, measure
from benchmarks.edits_model import with_model
from benchmarks.edits_rounds import ARMS, Order, Played, play
from benchmarks.report import Arguments, Unmeasured
from tests.fakes import FakeEngine

KEYS = ("documents_unused", "mail_unused", "documents_unused_all", "mail_unused_all", "worst_seed", "after_switch_unused", "noise_unused")  # fmt: skip


def test_the_report_has_every_key_and_says_what_could_not_be_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    chosen = Arguments(quick=True, seed=1000, data=None)
    size = Size(
        seeds=1, rounds=10, edits_timed=2, past=6, preferences=50, unsteady_seeds=1, processes=1, is_hashed=True
    )
    measure(chosen, tmp_path, size)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["bench"], line["quick"], line["texts"]) == ("edits", True, "made up")
    for arm in (line, line["nearest"], line["global"]):
        assert all(isinstance(arm[key], float) for key in KEYS)
    assert line["learn_ms"] > 0
    assert line["learn_late_ms"] > 0
    assert line["choose_ms"] > 0
    assert set(line["costs"]["mail, detectable"]) == set(ARMS)
    assert line["costs"]["mail, detectable"]["oracle"] < line["costs"]["mail, detectable"]["none"]
    assert (line["model"], line["warm_up"]) == (None, None)
    assert "model" in line["why"]


def test_an_oracle_leaves_less_than_no_learning_and_the_same_seed_costs_the_same() -> None:
    order = Order("mail", 1000, 6, None, ("detectable",), is_hashed=True)
    first, again = play(order)[0], play(order)[0]
    assert first.costs == again.costs
    assert first.unused("oracle") == 0
    assert first.unused("none") == 1
    assert first.total("oracle") < first.total("none")
    assert all(len(costs) == 6 for costs in first.costs.values())


def test_what_is_unused_is_counted_from_the_switch_on() -> None:
    played = Played("mail", 0, "switch", {"none": [10, 10, 10, 10], "oracle": [0, 0, 2, 2], "telos": [9, 9, 2, 6]})
    assert played.unused("telos") == pytest.approx((26 - 4) / (40 - 4))
    assert played.unused("telos", 2) == pytest.approx((8 - 4) / (20 - 4))


def replying(request: Request) -> str:
    """A user who likes nothing, and wants a word more."""
    asked = request.messages[-1].text
    if "Answer with yes or no alone." in asked:
        return "yes" if "indeed" in asked else "no"
    if "Give the text alone." in asked:
        return asked.split("\n\n", 1)[1].rsplit("\n\n", 1)[0] + " indeed"
    return "The draft says what there is to say."


def test_with_a_model_the_user_and_the_drafts_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text(
        '[model]\nengine = "server"\naddress = "http://127.0.0.1:9/v1"\nname = "fake"\n'
    )
    hashed = edits_rounds.shared_embedder(is_hashed=True)
    monkeypatch.setattr("benchmarks.edits_model.shared_embedder", lambda: hashed)
    engines: list[FakeEngine] = []

    def make(choice: Choice, settings: ModelSettings) -> FakeEngine:
        engines.append(FakeEngine(replying))
        return engines[-1]

    found = with_model(tmp_path, 1000, 2, None, make)
    assert not isinstance(found, Unmeasured)
    assert found["costs"]["mail"]["none"] > 0
    assert found["costs"]["mail"]["oracle"] == 0
    assert any("What you like:" in request.messages[0].text for engine in engines for request in engine.requests)


def test_without_a_model_the_run_says_so(tmp_path: Path) -> None:
    found = with_model(tmp_path, 0, 2, None)
    assert isinstance(found, Unmeasured)
    assert "--home" in found.why
