"""The rows of a prompt for a model behind a server: what of that model has to lie here."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from assistant.generation.embedding_files import locate_embeddings
from assistant.steering.far.rows import PromptRows
from tests.tiny_models import tiny_model


def test_the_table_is_enough_without_the_rest_of_the_model(tmp_path: Path) -> None:
    """One file of weights of several, as a large model's first one; the others are nowhere."""
    folder = tiny_model("llama", tmp_path / "model", layers=2, template="bos")
    part = tmp_path / "part"
    part.mkdir()
    for file in folder.iterdir():
        if file.suffix in (".json", ".jinja"):
            shutil.copy(file, part)
    weights = load_file(folder / "model.safetensors")
    table = {"model.embed_tokens.weight": weights["model.embed_tokens.weight"].bfloat16()}
    save_file(table, part / "model-00001-of-00002.safetensors")
    places = dict.fromkeys(weights, "model-00002-of-00002.safetensors")
    places["model.embed_tokens.weight"] = "model-00001-of-00002.safetensors"
    (part / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    rows = PromptRows(locate_embeddings(str(part)))
    (trial, *_) = rows.trials(1.0)
    sent = torch.load(io.BytesIO(base64.b64decode(trial.payload)), weights_only=True)
    assert sent.dtype == torch.bfloat16  # as it lies in the file
    assert torch.equal(sent, table["model.embed_tokens.weight"][torch.tensor(trial.ids)])
