"""Where a causal language model's files are: a folder, the hub's cache, or the hub; and what its small files say.

It reads JSON and the headers of safetensors, loads no weights and runs no code of a model. Light: `loading` asks it in
the worker, `assistant.models` and the doctor in the daemon.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

from assistant.engine.contract import ModelFailed
from assistant.errors import TelosError
from assistant.progress import Progress, unheard
from assistant.workers import hub
from assistant.workers.hub import NotFetched, Wanted

WANTED_FILES = ["*.json", "*.jinja", "*.model", "*.txt", "*.safetensors"]
UNWANTED_FILES = ["*/*"]
"""Folders in a model's repository hold other formats of the same weights."""
SUGGESTED_GPU = "Qwen/Qwen3-4B-Instruct-2507"
"""For a GPU with 12 GB or more."""
SUGGESTED_CPU = "Qwen/Qwen3-0.6B"
_ANOTHER = f"Choose another model, such as {SUGGESTED_GPU} (GPU) or {SUGGESTED_CPU} (CPU)."
_WRITES = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json")
_SAMPLES, _SAMPLE_BYTES = 16, 4096
_HEADER_LENGTH_BYTES = 8


@dataclass(frozen=True)
class ModelFiles:
    """A folder that was found to hold a causal language model."""

    folder: Path

    @cached_property
    def configuration(self) -> dict[str, Any]:
        facts = _json(self.folder / "config.json")
        if not isinstance(facts, dict):
            raise ModelFailed(f"{self.folder / 'config.json'} is no configuration of a model.", _ANOTHER)
        return facts

    @cached_property
    def shards(self) -> list[Path]:
        """The files of weights: those of the index where there is one."""
        index = self.folder / "model.safetensors.index.json"
        if index.is_file():
            return sorted({self.folder / name for name in _json(index).get("weight_map", {}).values()})
        return sorted(self.folder.glob("*.safetensors"))

    @cached_property
    def tensors(self) -> dict[str, Mapping[str, Any]]:
        """What the headers say of each tensor: `dtype`, `shape`, `data_offsets`."""
        return {name: facts for shard in self.shards for name, facts in header_of(shard).items()}

    @property
    def architecture(self) -> str:
        return str((self.configuration.get("architectures") or [self.configuration.get("model_type", "")])[0])

    @property
    def size_bytes(self) -> int:
        return sum(shard.stat().st_size for shard in self.shards)

    @property
    def parameters(self) -> int:
        return sum(prod(facts["shape"]) for facts in self.tensors.values())

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same model, wherever it lies: of its configuration, its weights' headers and samples of them.

        Headers alone are those of every fine-tune of a model; samples of each shard tell them apart at no cost.
        """
        digest = sha256(json.dumps(self.configuration, sort_keys=True).encode())
        for shard in self.shards:
            digest.update(json.dumps(header_of(shard), sort_keys=True).encode())
            for sample in _samples(shard):
                digest.update(sample)
        return digest.hexdigest()[:32]


def locate_model(name: str, revision: str = "main", *, may_fetch: bool = True, on_progress: Progress = unheard) -> Path:
    """The folder of `name` (a folder, or a name on the hub at `revision`), fetched from the hub only with `may_fetch`.

    What is in the hub's cache is taken as it is. Raises: ModelFailed, with what the user may do about it.
    """
    folder = folder_of(name)
    if folder is None:
        wanted = _wanted(name, revision)
        folder = hub.cached(wanted)
        if folder is None and not may_fetch:
            raise ModelFailed(f"The model {name} is not on this machine.", f"Fetch it with: telos model pull {name}")
        folder = folder or _fetched(wanted, on_progress)
    check(folder, name)
    return folder


def fetch_model(name: str, revision: str = "main", *, on_progress: Progress = unheard) -> Path:
    """As `locate_model`, but the hub is asked whether there is something newer. Raises: ModelFailed."""
    folder = folder_of(name) or _fetched(_wanted(name, revision), on_progress)
    check(folder, name)
    return folder


def folder_of(name: str) -> Path | None:
    """The folder that a user means by `name`; `None` where there is none."""
    try:
        folder = Path(name).expanduser()
    except RuntimeError:  # ~somebody who is not known here
        return None
    return folder if name.strip() and folder.is_dir() else None


def bytes_to_fetch(name: str, revision: str = "main") -> int:
    """What `fetch_model` would load; 0 for a folder, and for what is here and cannot be compared with the hub's.

    Raises: ModelFailed.
    """
    if folder_of(name) is not None:
        return 0
    wanted = _wanted(name, revision)
    try:
        return hub.missing_bytes(wanted)
    except NotFetched as err:
        if hub.cached(wanted) is not None:
            return 0
        raise _not_here(wanted, err) from err


def check(folder: Path, name: str) -> None:
    """Return if the folder holds a causal language model as Telos loads them; `name` is how the user calls it.

    Raises: ModelFailed.
    """
    if not (folder / "config.json").is_file():
        raise _no_model(folder, name)
    files = ModelFiles(folder)
    if not files.shards:
        raise ModelFailed(f"The model {name} has no weights as safetensors, and Telos loads nothing else.", _ANOTHER)
    if missing := [shard.name for shard in files.shards if not shard.is_file()]:
        raise ModelFailed(f"The model {name} is incomplete: {missing[0]} is missing.", _pull_again(name))
    if not any((folder / tokenizer).is_file() for tokenizer in _TOKENIZERS):
        raise ModelFailed(f"The model {name} has no tokenizer beside its weights.", "Put its tokenizer.json there.")
    if files.configuration.get("is_encoder_decoder") or not files.architecture.endswith(_WRITES):
        kind = files.architecture or "model of no known kind"
        raise ModelFailed(f"The model {name} is a {kind}, which does not go on writing a text.", _ANOTHER)
    _ = files.tensors


def _no_model(folder: Path, name: str) -> TelosError:
    if (folder / "adapter_config.json").is_file():
        return ModelFailed(
            f"{name} is an adapter, no whole model.", "Merge it into its base model, and name that folder."
        )
    if any(folder.glob("*.gguf")):
        remedy = "Serve it with llama.cpp and use `telos model use http://127.0.0.1:8080/v1`, or choose safetensors."
        return ModelFailed(f"{name} holds GGUF files, which Telos does not load.", remedy)
    return ModelFailed(f"{name} holds no model: it has no config.json.", _ANOTHER)


def _wanted(name: str, revision: str) -> Wanted:
    """Raises: ModelFailed for what can be no name on the hub."""
    if not _may_be_a_name(name):
        raise ModelFailed(f"There is no folder {name!r}.", "Name a folder that holds a model, or one on the hub.")
    return Wanted(name, revision, WANTED_FILES, UNWANTED_FILES)


def _fetched(wanted: Wanted, on_progress: Progress) -> Path:
    try:
        return hub.fetched(wanted, on_progress)
    except NotFetched as err:
        if (here := hub.cached(wanted)) is not None:
            return here
        raise _not_here(wanted, err) from err


def _not_here(wanted: Wanted, err: NotFetched) -> ModelFailed:
    if err.why == "unknown":
        where = f" at {wanted.revision!r}" if wanted.revision != "main" else ""
        return ModelFailed(
            f"The hub has no model {wanted.name}{where}.", f"See https://huggingface.co/models. {_ANOTHER}"
        )
    if err.why == "gated":
        page = f"https://huggingface.co/{wanted.name}"
        return ModelFailed(
            f"Its makers let only those have {wanted.name} who asked.", f"Ask on {page}, then: hf auth login"
        )
    return ModelFailed(
        f"The model {wanted.name} is not on this machine, and the hub cannot be reached.",
        "Try again with a connection (and HF_HUB_OFFLINE unset), or name a folder that holds a model.",
    )


def _may_be_a_name(name: str) -> bool:
    """Whether it could be a model on the hub: `maker/model`, or one word."""
    parts = name.split("/")
    return len(parts) <= 2 and all(part and not part.startswith((".", "~")) for part in parts) and name.isprintable()


def _pull_again(name: str) -> str:
    return f"Fetch it again with: telos model pull {name}"


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise ModelFailed(f"{path} cannot be read.", "Fetch or copy the model again.") from err


def header_of(shard: Path) -> dict[str, Mapping[str, Any]]:
    """A safetensors file's header: eight bytes of length, then JSON (https://github.com/huggingface/safetensors)."""
    size = shard.stat().st_size
    with shard.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER_LENGTH_BYTES), "little")
        text = file.read(length) if length < size else b""
    try:
        header: dict[str, Mapping[str, Any]] = json.loads(text)
        header.pop("__metadata__", None)
        end = max((facts["data_offsets"][1] for facts in header.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as err:
        raise _damaged(shard) from err
    if _HEADER_LENGTH_BYTES + length + end != size:
        raise _damaged(shard)
    return header


def _damaged(shard: Path) -> ModelFailed:
    return ModelFailed(f"{shard} is damaged or cut off.", "Fetch or copy the model again.")


def _samples(shard: Path) -> Iterator[bytes]:
    """Some pages of a file, from its beginning to its end."""
    step = max(shard.stat().st_size // _SAMPLES, 1)
    with shard.open("rb") as file:
        for place in range(_SAMPLES):
            file.seek(place * step)
            yield file.read(_SAMPLE_BYTES)
