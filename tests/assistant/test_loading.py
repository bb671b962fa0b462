"""A model is loaded whole, where and how it runs best, or a sentence says why not."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from assistant.engine.contract import ModelFailed
from assistant.generation import loading, quantizing
from assistant.generation.loading import choose_device, choose_dtype
from tests.tiny_models import KINDS, Kind, tiny_model

pytestmark = pytest.mark.integration  # it imports torch and loads models
load = partial(loading.load, device="cpu")
IDS = torch.tensor([[5, 6, 7, 8, 9]])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("llama", tmp_path_factory.mktemp("llama"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A model to spoil."""
    return tiny_model("qwen3", tmp_path / "own")


def logits(model: Any) -> Tensor:
    with torch.inference_mode():
        found: Tensor = model(IDS).logits.float()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_family_is_loaded_as_it_was_saved(kind: Kind, tmp_path: Path) -> None:
    loaded = load(tiny_model(kind, tmp_path, context=512), device="cpu", dtype="float32")
    assert (loaded.device, loaded.dtype, loaded.context_tokens) == ("cpu", "float32", 512)
    assert loaded.stop_ids
    assert loaded.parameters == sum(one.numel() for one in loaded.model.parameters())
    assert not loaded.model.training
    assert bool(logits(loaded.model).isfinite().all())


def test_auto_takes_the_format_that_is_fast_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_fast, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(loading, "has_fast_bfloat16", lambda is_fast=is_fast: is_fast)
        assert choose_dtype("auto", "cpu") == dtype
    assert choose_dtype("float16", "cpu") == torch.float16


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", "tpu", "cuda:x", ""])
def test_a_device_that_is_not_there_is_named(device: str) -> None:
    with pytest.raises(ModelFailed, match="device") as failure:
        choose_device(device)
    assert "[model]" in failure.value.remedy


def test_progress_counts_the_weights_and_draws_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "MB", 1000)
    heard: list[tuple[int, int | None, str]] = []
    load(folder, dtype="float32", on_progress=lambda *report: heard.append(report))
    done = [report[0] for report in heard]
    total = (folder / "model.safetensors").stat().st_size // 1000
    assert done == sorted(done)
    assert done[0] < total / 2
    assert done[-1] >= total * 0.95
    assert {report[1:] for report in heard} == {(total, "MB of weights")}
    assert "Loading weights" not in capfd.readouterr().err


def test_the_fingerprint_is_that_of_the_files(folder: Path, own: Path) -> None:
    assert load(folder).fingerprint == load(folder, quantize="int8").fingerprint
    assert load(folder).fingerprint != load(own).fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_int8_weights_say_nearly_the_same_in_less_memory(kind: Kind, tmp_path: Path) -> None:
    tiny_model(kind, tmp_path)
    whole, small = load(tmp_path, dtype="float32"), load(tmp_path, dtype="float32", quantize="int8")
    expected, found = logits(whole.model), logits(small.model)
    difference = float((found - expected).norm() / expected.norm())
    assert 0 < difference < 0.1
    assert small.dtype == "int8"
    layer, head = small.model.model.layers[0].mlp.up_proj.weight, small.model.get_output_embeddings().weight
    assert type(layer).__name__ == "Int8Tensor"
    assert type(head) is torch.nn.Parameter, "the head keeps its precision"


def test_int4_is_for_a_gpu_and_says_so(folder: Path) -> None:
    with pytest.raises(ModelFailed, match="int4") as failure:
        load(folder, device="cpu", quantize="int4")
    assert "int8" in failure.value.remedy


def test_without_torchao_the_extra_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantizing.importlib.util, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    with pytest.raises(ModelFailed, match="torchao") as failure:
        load(folder, quantize="int8")
    assert "telos-assistant[quantized]" in failure.value.remedy


def edit(path: Path, **keys: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **keys}), encoding="utf-8")


def drop_a_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(drop_a_tensor, "not whole: model.layers.1.mlp.up_proj.weight", id="a tensor missing"),
        pytest.param(lambda f: edit(f / "config.json", intermediate_size=96), "cannot be loaded", id="other shapes"),
        pytest.param(lambda f: edit(f / "config.json", hidden_size="wide"), "configuration", id="a width in words"),
        pytest.param(lambda f: edit(f / "config.json", model_type="nobody"), "not among those", id="unknown kind"),
        pytest.param(
            lambda f: edit(f / "config.json", model_type="new", auto_map={"AutoModelForCausalLM": "own.Own"}),
            "never runs",
            id="code of its own",
        ),
        pytest.param(lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer", id="an empty tokenizer"),
    ],
)
def test_a_spoilt_model_is_refused_with_a_sentence(own: Path, spoil: Any, sentence: str) -> None:
    spoil(own)
    with pytest.raises(ModelFailed, match=sentence) as failure:
        load(own)
    assert "Traceback" not in failure.value.sentence
    assert failure.value.sentence.count("\n") == 0


def test_a_tokenizer_of_another_model_is_noticed(own: Path) -> None:
    edit(own / "config.json", vocab_size=100)
    weights = load_file(own / "model.safetensors")
    cut = {name: one[:100].clone() if len(one) > 400 else one for name, one in weights.items()}
    save_file(cut, own / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFailed, match="do not belong together"):
        load(own)


def test_a_model_beyond_the_free_memory_is_not_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "free_memory_bytes", lambda: 1000)
    with pytest.raises(ModelFailed, match="too little free memory") as failure:
        load(folder)
    assert "int8" in failure.value.remedy


def test_code_that_comes_with_a_model_is_not_run(own: Path) -> None:
    (own / "own.py").write_text(f"open({str(own / 'ran')!r}, 'w')")
    edit(own / "config.json", auto_map={"AutoModelForCausalLM": "own.Own", "AutoConfig": "own.Own"})
    edit(own / "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.Own", "own.Own"]})
    assert load(own).context_tokens
    assert not os.path.exists(own / "ran")
