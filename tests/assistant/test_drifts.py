"""`telos steer drift`: what an engine can do is measured round by round, told in a table, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant import drifts
from assistant.answers.drift import Drift, DriftLine, DriftRound, DriftWish
from assistant.cli.steer.drift_plot import draw
from assistant.engine.contract import Capability, Reply, Request, Usage
from assistant.errors import BadRequest
from assistant.service import Service
from tests.assistant.test_cli import telos

FORGOTTEN = (
    "I would rather talk of the weather, Which is grey; it has been so for days. Well. There it is, as they say."
)
USAGE = Usage(prompt_tokens=1, prompt_reused=0, new_tokens=1, first_token_s=0, total_s=0)


class Forgetful:
    """An engine that does as it is told as long as it sees few messages; focused, it does so always."""

    name = "forgetful"

    def __init__(self, *capabilities: Capability) -> None:
        self.capabilities = frozenset({Capability.GENERATE, *capabilities})
        self.most = 0

    def batch(self, requests: Sequence[Request]) -> list[Reply]:
        self.most = max(self.most, len(requests))
        return [
            Reply("INDEED, IT IS OTTER." if len(one.messages) < 5 or one.focus < 1 else FORGOTTEN, USAGE, attention=0.1)
            for one in requests
        ]


def service_of(engine: Forgetful) -> Service:
    return cast(Service, SimpleNamespace(engines=SimpleNamespace(of=lambda _task: engine)))


def test_stability_is_told_by_round_and_what_helps_beside_it() -> None:
    engine, heard = Forgetful(Capability.FOCUS), list[tuple[Any, ...]]()
    wish = DriftWish(rounds=3, probes=20, methods=["nothing", "split 0.7"])
    told = drifts.measure(service_of(engine), wish, lambda *one: heard.append(one))
    assert (told.model, told.probes, told.left_out) == ("forgetful", 20, [])
    plain, split = told.lines
    assert [one.number for one in plain.rounds] == [0, 1, 2, 3]
    first, *_, last = (one.stability or 0.0 for one in plain.rounds)
    assert first > last
    assert [one.stability for one in split.rounds] == [first] * 4
    assert plain.gain is None
    assert split.gain is not None
    assert split.gain[0] > 0
    assert plain.rounds[1].attention == pytest.approx(0.1)
    assert heard[-1][:2] == (8, 8)
    assert engine.most == drifts.AT_ONCE, "nobody waits for all of it"


def test_what_an_engine_cannot_do_is_left_out_with_a_sentence() -> None:
    told = drifts.measure(service_of(Forgetful()), DriftWish(rounds=1, probes=4))
    assert [line.method for line in told.lines] == ["nothing", "repeated every 4"]
    assert len(told.left_out) == 4
    assert "split 0.7: the engine forgetful" in " ".join(told.left_out)
    assert "guidance 1.5: the engine forgetful guides no reply" in " ".join(told.left_out)


def test_a_model_here_whose_attention_is_out_of_reach_is_guided_all_the_same() -> None:
    told = drifts.measure(service_of(Forgetful(Capability.HIDDEN)), DriftWish(rounds=1, probes=4))
    assert [line.method for line in told.lines] == ["nothing", "repeated every 4", "guidance 1.5"]


def test_a_method_that_is_none_is_named_with_those_there_are() -> None:
    with pytest.raises(BadRequest, match="'hope'") as refused:
        drifts.measure(service_of(Forgetful()), DriftWish(methods=["hope"]))
    assert "split 0.7" in refused.value.remedy


def test_without_a_model_the_command_says_how_to_set_one_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "steer", "drift", "--probes", "2") != 0
    assert "telos model use NAME" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_picture_has_a_line_for_each_method(form: str, tmp_path: Path) -> None:
    rounds = [DriftRound(number=n, scored=9, unscored=1, stability=0.9 - 0.1 * n, low=0.2, high=1.0) for n in range(4)]
    lines = [DriftLine(method=name, rounds=rounds) for name in ("nothing", "split 0.7")]
    draw(Drift(model="a $model$", probes=10, lines=lines), tmp_path / f"drift.{form}")
    drawn = (tmp_path / f"drift.{form}").read_bytes()
    assert drawn.startswith(b"\x89PNG" if form == "png" else b"<?xml")
    with pytest.raises(BadRequest, match="nothing to draw"):
        draw(Drift(model="m", probes=2, lines=[]), tmp_path / f"empty.{form}")
