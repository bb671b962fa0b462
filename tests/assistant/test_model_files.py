"""A folder holds a causal language model, or a sentence says what it holds instead."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.contract import ModelFailed
from assistant.generation.files import ModelFiles, bytes_to_fetch, locate_model

CONFIGURATION = {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"}


def shard(names: tuple[str, ...] = ("a", "b"), content: bytes = b"\1\2\3\4") -> bytes:
    """A safetensors file with tensors of four bytes each."""
    header = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * place, 4 * place + 4]}
        for place, name in enumerate(names)
    }
    text = json.dumps({**header, "__metadata__": {"format": "pt"}}).encode()
    return len(text).to_bytes(8, "little") + text + content * len(names)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps(CONFIGURATION))
    (model / "tokenizer.json").write_text("{}")
    (model / "model.safetensors").write_bytes(shard())
    return model


def configured(folder: Path, **keys: Any) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIGURATION, **keys}))


def test_a_folder_is_described_by_its_small_files(folder: Path) -> None:
    files = ModelFiles(locate_model(str(folder), may_fetch=False))
    assert (files.architecture, files.parameters) == ("Qwen3ForCausalLM", 2)
    assert files.size_bytes == (folder / "model.safetensors").stat().st_size


def test_an_index_names_the_shards_and_other_files_are_none(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "part-1.safetensors")
    (folder / "part-2.safetensors").write_bytes(shard(("c",)))
    (folder / "consolidated.safetensors").write_bytes(b"the same weights once more")
    weights = {"a": "part-1.safetensors", "b": "part-1.safetensors", "c": "part-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weights}))
    assert ModelFiles(locate_model(str(folder))).parameters == 3
    (folder / "part-2.safetensors").unlink()
    with pytest.raises(ModelFailed, match=r"part-2\.safetensors is missing"):
        locate_model(str(folder))


def remove(name: str) -> Any:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(remove("config.json"), "holds no model", id="no configuration"),
        pytest.param(remove("tokenizer.json"), "no tokenizer", id="no tokenizer"),
        pytest.param(remove("model.safetensors"), "no weights as safetensors", id="no weights"),
        pytest.param(lambda f: configured(f, architectures=["BertModel"]), "is a BertModel", id="an encoder"),
        pytest.param(
            lambda f: configured(f, architectures=["Qwen3ForSequenceClassification"]),
            "does not go on",
            id="a classifier",
        ),
        pytest.param(lambda f: configured(f, is_encoder_decoder=True), "does not go on", id="a translator"),
        pytest.param(lambda f: (f / "config.json").write_text("[1]"), "no configuration", id="a list"),
        pytest.param(lambda f: (f / "config.json").write_bytes(b"\xff{"), "cannot be read", id="no JSON"),
        pytest.param(lambda f: (f / "model.safetensors").write_bytes(shard()[:-1]), "damaged or cut off", id="cut off"),
        pytest.param(lambda f: (f / "model.safetensors").write_bytes(b""), "damaged or cut off", id="empty weights"),
        pytest.param(lambda f: (f / "model.safetensors").write_bytes(b"<html>no</html>"), "damaged", id="a web page"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said_with_a_remedy(folder: Path, spoil: Any, sentence: str) -> None:
    spoil(folder)
    with pytest.raises(ModelFailed, match=sentence) as failure:
        locate_model(str(folder), may_fetch=False)
    assert failure.value.remedy


def test_pickled_weights_are_not_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelFailed, match="safetensors"):
        locate_model(str(folder))


@pytest.mark.parametrize(
    ("file", "sentence"), [("adapter_config.json", "an adapter"), ("model-Q4.gguf", "GGUF")], ids=["adapter", "gguf"]
)
def test_other_kinds_of_folder_are_known_by_name(tmp_path: Path, file: str, sentence: str) -> None:
    (tmp_path / file).write_text("{}")
    with pytest.raises(ModelFailed, match=sentence):
        locate_model(str(tmp_path))


@given(st.binary(max_size=64))
def test_no_bytes_for_weights_are_more_than_damage(content: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        configured(folder)
        (folder / "tokenizer.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(content)
        with suppress(ModelFailed):
            assert ModelFiles(locate_model(name)).parameters == 0


@pytest.mark.parametrize("name", ["/no/such/folder", "./no", "a/b/c", "~/no/folder", ""])
def test_what_can_be_no_name_on_the_hub_is_looked_for_as_a_folder(name: str) -> None:
    for ask in (locate_model, bytes_to_fetch):
        with pytest.raises(ModelFailed, match="no folder"):
            ask(name)


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.mark.integration
def test_a_model_that_is_not_here_says_how_to_fetch_it(no_cache: None) -> None:
    with pytest.raises(ModelFailed) as failure:
        locate_model("maker/model", may_fetch=False)
    assert failure.value.remedy == "Fetch it with: telos model pull maker/model"
    with pytest.raises(ModelFailed, match="the hub cannot be reached"):
        locate_model("maker/model", may_fetch=True)
    with pytest.raises(ModelFailed, match="the hub cannot be reached"):
        bytes_to_fetch("maker/model")


def test_the_fingerprint_is_that_of_the_model_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    first = ModelFiles(folder).fingerprint
    moved = folder.rename(tmp_path / "elsewhere")
    os.utime(moved / "model.safetensors", (0, 0))
    assert ModelFiles(moved).fingerprint == first
    (moved / "model.safetensors").write_bytes(shard(content=b"\1\2\3\5"))
    assert ModelFiles(moved).fingerprint != first, "another training of the same shape is another model"


def test_looking_for_files_loads_nothing_heavy() -> None:
    program = (
        "import sys, assistant.generation.files; print({'torch', 'transformers', 'huggingface_hub'} & {*sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
