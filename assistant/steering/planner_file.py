"""A planner on disk: one safetensors file that is there whole or not at all, and is refused for another model.

Its header says what it was made for (`Shape`), which version of this layout it has, a digest of its weights, and `about`:
whatever its maker notes, such as its number and when it was trained. Nothing in it is unpickled. The training worker
writes one, the language model's worker reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from assistant.errors import Conflict
from assistant.steering.planner import Planner, Shape

VERSION = "2"
READ = ("1", VERSION)
"""Layout 1 had no `row_width`: rows were as wide as states."""
_ANOTHER = "Run `telos steer train` to make another one, or `telos steer rollback` to go back to the one before."


def save(planner: Planner, path: Path, about: Mapping[str, str]) -> None:
    """Put `planner` in `path`, readable by its owner only; what stood there stays until the new file is whole.

    Raises: OSError.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in planner.state_dict().items()}
    header = {
        "version": VERSION,
        "shape": json.dumps(asdict(planner.shape)),
        "digest": _digest(tensors),
        "about": json.dumps(dict(about)),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        save_file(tensors, draft, metadata=header)
        _to_disk(draft)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    _to_disk(path.parent)


def load(path: Path, *, fingerprint: str | None, device: torch.device | str = "cpu") -> Planner:
    """The planner in `path`, on `device`, in float32, without gradients.

    `fingerprint` names the model that it is to steer; None takes a planner for any.

    Raises: Conflict where it was made for another model, is not whole, or is no planner.
    """
    header, tensors = _read(path)
    shape = _shape(path, header)
    if fingerprint is not None and shape.fingerprint != fingerprint:
        raise Conflict(
            f"The planner {path.name} was trained for another model ({shape.fingerprint[:12]}, not {fingerprint[:12]}).",
            "Run `telos steer train` to make one for this model, or choose the model it was trained for.",
        )
    if header.get("digest") != _digest(tensors):
        raise _unusable(path, "its weights are not those that were written")
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise _unusable(path, "some of its weights are not finite")
    planner = _made(path, shape, tensors)
    return planner.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def about(path: Path) -> dict[str, str]:
    """What its maker noted when it was saved. Raises: Conflict where the file is no planner."""
    return {str(name): str(value) for name, value in _noted(path, _header(path), "about").items()}


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            header = dict(file.metadata() or {})
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
    except (SafetensorError, OSError, ValueError, TypeError) as err:
        raise _unusable(path, _first_line(err)) from err


def _header(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError) as err:
        raise _unusable(path, _first_line(err)) from err


def _shape(path: Path, header: Mapping[str, str]) -> Shape:
    if header.get("version") not in READ:
        raise _unusable(path, f"its layout is {header.get('version', 'unknown')}, and this version reads {VERSION}")
    try:
        return Shape(**_noted(path, header, "shape"))
    except TypeError as err:
        raise _unusable(path, "its header does not say what it was made for") from err


def _noted(path: Path, header: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        noted = json.loads(header[name])
    except (KeyError, ValueError) as err:
        raise _unusable(path, f"its header has no {name}") from err
    if not isinstance(noted, dict):
        raise _unusable(path, f"its header has no {name}")
    return noted


def _made(path: Path, shape: Shape, tensors: dict[str, Tensor]) -> Planner:
    try:
        with torch.device("meta"):
            planner = Planner(shape)  # no weights are drawn that are replaced at once
        planner.load_state_dict(tensors, strict=True, assign=True)
    except (RuntimeError, TypeError, ValueError) as err:
        raise _unusable(path, "its weights are not those of the planner that its header describes") from err
    return planner.float()  # type: ignore[no-any-return]


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """Of the names, types, shapes and bytes of all weights; safetensors itself notices only a file that was cut short."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)};".encode())
        digest.update(tensor.contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, why: str) -> Conflict:
    return Conflict(f"The planner {path.name} cannot be used: {why.rstrip('.')}.", _ANOTHER)


def _first_line(err: BaseException) -> str:
    lines = str(err).strip().splitlines()
    return lines[0][:200] if lines else type(err).__name__
