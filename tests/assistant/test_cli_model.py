"""`telos model` on a real model, small and random: what it is, what it can, and how fast."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.config.load import load
from tests.assistant.test_cli import telos
from tests.tiny_models import tiny_model

pytestmark = pytest.mark.integration  # it starts the process of a model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("gemma3", tmp_path_factory.mktemp("tiny"), template="gemma")


def test_a_model_is_used_shown_and_put_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, model: Path
) -> None:
    home = str(tmp_path / "home")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert telos(monkeypatch, "--home", home, "model", "use", str(model), "--json") == 0
    used = json.loads(capsys.readouterr().out)
    trials = {trial["ability"]: trial for trial in used["tested"]["trials"]}
    assert {"generate", "schema", "hidden", "steer_end"} <= {name for name, trial in trials.items() if trial["works"]}
    assert trials["crop"]["sentence"].startswith(("It keeps a conversation", "Its layers cannot be cut back"))
    assert used["tested"]["reply_tokens_per_s"] > 0
    assert used["tested"]["model"]["dtype"] in ("bfloat16", "float32")
    assert "alternate" in " ".join(used["tested"]["model"]["notes"])
    assert load(tmp_path / "home" / "config.toml").model.name == str(model)

    assert telos(monkeypatch, "--home", home, "model", "show") == 0
    shown = capsys.readouterr().out
    assert "chat, digest, drafts" in shown
    assert "Gemma3ForCausalLM" in shown
    assert telos(monkeypatch, "--home", home, "model", "use", "none") == 0
    assert "extractive" in capsys.readouterr().out


def test_without_a_model_the_suggestion_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = str(tmp_path / "home")
    assert telos(monkeypatch, "--home", home, "model", "show") == 0
    assert "Qwen/Qwen3-4B-Instruct-2507" in capsys.readouterr().out
    assert telos(monkeypatch, "--home", home, "model", "test") == 1
    assert "telos model use" in capsys.readouterr().err


def test_a_folder_that_is_no_model_leaves_the_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert telos(monkeypatch, "--home", str(tmp_path / "home"), "model", "use", str(tmp_path / "empty")) == 1
    assert "holds no model" in capsys.readouterr().err
    assert not (tmp_path / "home" / "config.toml").exists()
