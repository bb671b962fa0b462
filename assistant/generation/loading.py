"""Loads a causal language model with its tokenizer: on the device and in the number format that suit the machine.

It runs in the worker process alone. Nothing is fetched here, no code that comes with a model is run, and nothing is
unpickled. `generation.served` calls `load`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils import logging as transformers_logging

from assistant.engine.contract import ModelFailed
from assistant.generation.attention import pack
from assistant.generation.files import SUGGESTED_CPU, ModelFiles, check
from assistant.generation.head import fold
from assistant.generation.quantizing import quantize_weights
from assistant.progress import Progress, unheard
from assistant.workers.embedder import has_fast_bfloat16

log = logging.getLogger(__name__)

MB = 1_000_000
UNKNOWN_CONTEXT = 2048
"""Tokens, for a model that does not say what it was made for."""
_BYTES = {torch.float32: 4, torch.float16: 2, torch.bfloat16: 2}
_SMALLER = f'Choose a smaller model, such as {SUGGESTED_CPU}, or set quantize = "int8" under [model].'


@dataclass(frozen=True)
class Loaded:
    """A model ready to be asked. `context_tokens` is what it was made for; `stop_ids` end a text by its own word.

    `fingerprint` names the model for what is learnt about it; `notes` are sentences for the user, such as going on
    without the GPU.
    """

    model: Any
    tokenizer: Any
    device: str
    dtype: str
    fingerprint: str
    context_tokens: int
    stop_ids: frozenset[int]
    parameters: int
    notes: list[str] = field(default_factory=list)


def load(
    folder: Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    quantize: str = "",
    attention: str | None = None,
    on_progress: Progress = unheard,
) -> Loaded:
    """The model in `folder`. `attention` names an attention function, registered with a mask function of the same name;
    without it the library's choice, and on a CPU ours where that is sdpa.

    A GPU that is too small is left for the CPU with a note, unless it was asked for by name. Reports megabytes.
    Raises: ModelFailed.
    """
    if attention is not None and attention not in ALL_MASK_ATTENTION_FUNCTIONS:
        # transformers would pass it no mask at all, and every token would see those after it
        raise ValueError(f"the attention function {attention!r} has no mask function registered under its name")
    check(folder, str(folder))
    files = ModelFiles(folder)
    configuration = _configuration(folder)
    notes: list[str] = []
    tokenizer = tokenizer_of(folder, configuration.get_text_config().vocab_size)
    chosen = choose_device(device)
    while True:
        number_format = choose_dtype(dtype, chosen)
        try:
            model = _weights(files, number_format, chosen, attention, on_progress)
            quantize_weights(model, quantize, chosen)
            model.to(chosen)
            break
        except (torch.OutOfMemoryError, MemoryError) as err:
            if chosen == "cpu" or device != "auto":
                raise _too_large(files, chosen) from err
            notes.append("The GPU has too little memory for the model; it runs on the CPU.")
            model = None
            torch.cuda.empty_cache()
            chosen = "cpu"
    model.eval().requires_grad_(False)
    if attention is None and chosen == "cpu":
        pack(model)
    if chosen == "cpu":
        fold(model)
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        device=chosen,
        dtype=quantize or str(number_format).removeprefix("torch."),
        fingerprint=files.fingerprint,
        context_tokens=getattr(configuration.get_text_config(), "max_position_embeddings", None) or UNKNOWN_CONTEXT,
        stop_ids=_stop_ids(model, tokenizer),
        parameters=files.parameters,
        notes=notes,
    )


def choose_device(device: str) -> str:
    """The device that is meant; `auto` is a GPU where torch sees one.

    Raises: ModelFailed where there is no such device.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = device.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdigit()):
        raise ModelFailed(f"There is no device {device!r}.", 'Set device = "auto", "cpu" or "cuda" under [model].')
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if int(number or 0) >= there[kind]:
        raise ModelFailed(
            f"torch finds no device {device} on this machine.",
            'Set device = "auto" under [model], or install a build of torch for your GPU (see pytorch.org).',
        )
    return device


def choose_dtype(dtype: str, device: str) -> torch.dtype:
    """The number format that is meant; `auto` is the fastest that a language model bears.

    On a CPU with products of bfloat16 that halves the time of each token; on one without, float32 is faster.
    """
    if dtype != "auto":
        named: torch.dtype = getattr(torch, dtype)
        return named
    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device == "mps":
        return torch.float16
    return torch.bfloat16 if has_fast_bfloat16() else torch.float32


def _configuration(folder: Path) -> Any:
    kind = ModelFiles(folder).configuration.get("model_type", "")
    if kind not in CONFIG_MAPPING_NAMES or kind not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        needs_code = "auto_map" in ModelFiles(folder).configuration
        why = (
            "brings code of its own, which Telos never runs" if needs_code else "is not among those that can be loaded"
        )
        raise ModelFailed(
            f"The architecture {kind or 'of the model'} in {folder} {why}.",
            "Update transformers if the model is new, or choose another one.",
        )
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (StrictDataclassError, OSError, ValueError, TypeError, KeyError, AttributeError) as err:
        raise ModelFailed(
            f"The configuration of the model in {folder} is not valid: {_first_line(err)}",
            "Fetch or copy the model again.",
        ) from err


def tokenizer_of(folder: Path, vocabulary: int) -> Any:
    """The tokenizer in `folder`, of a model that knows so many tokens. Raises: ModelFailed."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as err:  # the tokenizers' parser raises bare Exceptions for what it cannot read
        raise ModelFailed(
            f"The tokenizer in {folder} cannot be read: {_first_line(err)}", "Fetch or copy the model again."
        ) from err
    if not tokenizer.is_fast:
        raise ModelFailed(
            f"The tokenizer in {folder} is of a kind that Telos does not use: it has no tokenizer.json.",
            "Choose a model with one; most have it.",
        )
    if len(tokenizer) > vocabulary:
        raise ModelFailed(
            f"The tokenizer in {folder} knows {len(tokenizer)} tokens and its model fewer: they do not belong together.",
            "Put the model's own tokenizer there.",
        )
    tokenizer.padding_side = "left"
    return tokenizer


def _weights(
    files: ModelFiles, number_format: torch.dtype, device: str, attention: str | None, on_progress: Progress
) -> Any:
    """The model in main memory, every tensor from its files."""
    _refuse_if_too_large(files, number_format)
    options = {} if attention is None else {"attn_implementation": attention}
    try:
        with _reported(files, on_progress):
            model, found = AutoModelForCausalLM.from_pretrained(
                files.folder,
                dtype=number_format,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            )
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except (SafetensorError, OSError, ValueError, RuntimeError, ImportError, KeyError) as err:
        if "allocate memory" in str(err):  # torch has no class of its own for it on a CPU
            raise MemoryError(str(err)) from err
        raise ModelFailed(
            f"The model in {files.folder} cannot be loaded: {_first_line(err)}", "Fetch it again, or choose another."
        ) from err
    if found["missing_keys"]:
        missing = sorted(found["missing_keys"])
        raise ModelFailed(
            f"The weights in {files.folder} are not whole: {missing[0]} and {len(missing) - 1} more are missing.",
            "Fetch or copy the model again.",
        )
    return model


@contextmanager
def _reported(files: ModelFiles, on_progress: Progress) -> Iterator[None]:
    """Reports what the library's bar counts, tensor by tensor, as megabytes of the files; nothing is drawn."""
    total = files.size_bytes
    sizes = {name: facts["data_offsets"][1] - facts["data_offsets"][0] for name, facts in files.tensors.items()}
    usual = total // max(len(sizes), 1)

    def counted(factory: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if not str(options.get("desc", "")).startswith("Loading weights"):
            return factory(*arguments, **{**options, "disable": True})
        return walk(arguments[0])

    def walk(tensors: Any) -> Iterator[Any]:
        done = 0
        for name, mapping in tensors:
            yield name, mapping
            done = min(done + sizes.get(name, usual), total)
            on_progress(done // MB, total // MB or None, "MB of weights")

    before = transformers_logging.set_tqdm_hook(counted)
    try:
        yield
    finally:
        transformers_logging.set_tqdm_hook(before)


def _stop_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """What the model's authors say ends a text: one token or several, in either configuration."""
    configured = (model.generation_config.eos_token_id, model.config.eos_token_id, tokenizer.eos_token_id)
    found: set[int] = set()
    for ids in configured:
        found |= set(ids if isinstance(ids, list | tuple) else [ids]) - {None}
    return frozenset(found)


def _refuse_if_too_large(files: ModelFiles, number_format: torch.dtype) -> None:
    """Not begun is better than killed by the kernel half-way."""
    free = free_memory_bytes()
    if free is not None and files.parameters * _BYTES[number_format] > free:
        raise MemoryError


def free_memory_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Main memory that may be had without swapping; `None` where the system does not tell."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(encoding="ascii"), re.MULTILINE)
    except (OSError, ValueError):
        return None
    return int(found[1]) * 1024 if found else None


def _too_large(files: ModelFiles, device: str) -> ModelFailed:
    where = "The machine" if device == "cpu" else f"The GPU ({device})"
    size = f"{files.size_bytes / 1e9:.1f} GB of weights"
    return ModelFailed(f"{where} has too little free memory for the model: {size}.", _SMALLER)


def _first_line(err: BaseException) -> str:
    lines = str(err).strip().splitlines()
    return f"{lines[0].rstrip('.:')}." if lines else f"{type(err).__name__}."
