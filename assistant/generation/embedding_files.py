"""Where a model's own table of input embeddings is: which safetensors file of a folder, and under which name.

Only that one file, the configuration and the tokenizer need be there; the rest of the model may be behind a server. It reads
small JSON and one header, loads no weights and fetches nothing. Light: `engine.server.steering` asks it in the daemon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.engine.contract import ModelFailed
from assistant.generation.files import folder_of, header_of
from assistant.workers import hub
from assistant.workers.hub import Wanted

SMALL_FILES = ["*.json", "*.jinja", "*.model", "*.txt"]
NAMES = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "embed_in.weight", "tok_embeddings.weight")
"""How the table's name ends, by family."""
FORMATS = ("F32", "BF16", "F16")
"""Those a server takes, as safetensors calls them; a table in fewer bits has no rows of its own."""
_REMEDY = (
    "Name a folder as `embeddings` under [model] that holds the model's config.json, its tokenizer and the safetensors file "
    "of its input embeddings, or a model on the hub that was fetched with `telos model pull`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingFiles:
    """The table: `tensor` in the file `shard`, of shape (vocabulary, width)."""

    folder: Path
    shard: Path
    tensor: str
    vocabulary: int
    width: int


def locate_embeddings(name: str, revision: str = "main") -> EmbeddingFiles:
    """The table of the model in the folder `name`, or of that name in the hub's cache.

    Raises: ModelFailed, with what the user may do about it.
    """
    folder = folder_of(name) or hub.cached(Wanted(name, revision, SMALL_FILES))
    if folder is None or not (folder / "config.json").is_file():
        raise ModelFailed(f"There is no model {name} on this machine to take input embeddings from.", _REMEDY)
    for shard, tensor, facts in _candidates(folder):
        shape = facts.get("shape", [])
        if len(shape) == 2 and shape[1] == _width(folder, shape[1]):
            if facts.get("dtype") not in FORMATS:
                raise ModelFailed(f"The input embeddings of {name} are in {facts.get('dtype')}, not whole.", _REMEDY)
            return EmbeddingFiles(folder=folder, shard=shard, tensor=tensor, vocabulary=shape[0], width=shape[1])
    raise ModelFailed(f"No safetensors file of {name} that is here holds its input embeddings.", _REMEDY)


def _candidates(folder: Path) -> list[tuple[Path, str, Mapping[str, Any]]]:
    """Tensors called as a table of embeddings is, in files that are there."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        places = _json(index).get("weight_map", {})
        shards = sorted({folder / place for tensor, place in places.items() if tensor.endswith(NAMES)})
    else:
        shards = sorted(folder.glob("*.safetensors"))
    return [
        (shard, tensor, facts)
        for shard in shards
        if shard.is_file()
        for tensor, facts in header_of(shard).items()
        if tensor.endswith(NAMES)
    ]


def _width(folder: Path, otherwise: int) -> int:
    """What the configuration says of the model that writes: one that sees or hears has other tables beside its own."""
    facts = _json(folder / "config.json")
    text = facts.get("text_config", facts)
    found = text.get("hidden_size", text.get("n_embd")) if isinstance(text, dict) else None
    return found if isinstance(found, int) else otherwise


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ModelFailed(f"{path} cannot be read.", "Fetch or copy the model again.") from err
    return found if isinstance(found, dict) else {}
