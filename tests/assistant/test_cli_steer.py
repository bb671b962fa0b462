"""`telos steer` on the terminal: what it shows, what it draws, and what it says without a model."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.answers.steering import MaterialLine, Picture, PlannerLine, Point, SteeringStatus, Why
from assistant.cli.steer.page import print_status, why_page
from assistant.cli.steer.picture import draw
from assistant.errors import BadRequest
from tests.assistant.test_cli import telos

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_without_a_model_it_says_so_with_the_command_that_sets_one_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert telos(monkeypatch, "--home", str(tmp_path), "steer", "status", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["can"], answer["serving"]) == (False, None)
    assert "telos model use NAME" in answer["sentence"]
    assert telos(monkeypatch, "--home", str(tmp_path), "steer", "train") != 0
    assert "cannot be steered" in capsys.readouterr().err


def test_the_status_tells_what_is_missing_and_what_the_gate_said(capsys: pytest.CaptureFixture[str]) -> None:
    planners = [
        PlannerLine(number=1, serves=False, fits=False, trained_at=NOW, transitions=1),
        PlannerLine(number=2, serves=True, fits=True, passed=True, transitions=300, why="It earns more."),
        PlannerLine(number=3, serves=False, fits=True, passed=False, transitions=400, why="It is not surely better."),
    ]
    material = MaterialLine(transitions=12, steered=3, counts=9, least=200, missing=191)
    print_status(
        SteeringStatus(
            is_on=True,
            can=True,
            sentence="Planner 2 steers.",
            model="tiny",
            serving=2,
            planners=planners,
            material=material,
        )
    )
    shown = capsys.readouterr().out
    assert shown.startswith("Planner 2 steers.\nModel     tiny\n")
    assert "12 turns kept, 3 of them steered; 9 lead to a reward, 191 more are needed to train" in shown
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[5].startswith("1 ")
    assert "another model's" in lines[5]
    assert lines[6] == "2 * never 300 turns passed It earns more."
    assert "refused" in lines[7]
    assert lines[-1] == "* serves"


def test_a_turn_is_explained_in_lines() -> None:
    told = Why(
        conversation=4,
        number=2,
        sentence="Planner 2 steered it.",
        planner=2,
        was_steered=True,
        place="end",
        angle=0.25,
        value=0.61,
        value_cloned=0.5,
        action=[0.5] * 8,
        reward=0.7,
        reward_from=[{"what": "criteria met", "value": 0.8}, {"what": "corrections", "value": -0.1}],
        steered="Yes, at nine.",
        unsteered="Perhaps.",
    )
    lines = list(why_page(told))
    assert lines[0] == "Conversation 4, turn 2: Planner 2 steered it."
    assert "  expected   0.610 for this action; 0.500 without steering" in lines
    assert "  distance   0.250 radians from what the model does by itself" in lines
    assert "  reward     0.70: criteria met 0.8, corrections -0.1" in lines
    assert lines[-2:] == ["  unsteered  Perhaps.", "  steered    Yes, at nine."]


def test_the_picture_is_drawn_as_png_and_as_svg(tmp_path: Path) -> None:
    points = [
        Point(x=x, y=-x, conversation=1, planner=1, reward=reward, at=NOW + timedelta(hours=x))
        for x, reward in [(0, None), (1, 0.2), (2, 0.8)]
    ]
    drawn = Picture(points=points, shares=(0.7, 0.2), dimension=64)
    draw(drawn, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    draw(drawn, tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    with pytest.raises(BadRequest, match="neither a PNG nor an SVG"):
        draw(drawn, tmp_path / "a.gif")
    with pytest.raises(BadRequest, match="nothing to draw"):
        draw(Picture(points=[]), tmp_path / "b.png")
