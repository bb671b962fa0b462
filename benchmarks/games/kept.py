"""What a benchmark has made so far, in a folder: each thing under a name and a hash of all it depends on.

A run that was ended finds what was whole, and one with another recipe finds nothing of it. What a thing cost is noted
beside it, so that the whole can be told whichever runs made it. Knows nothing of what it keeps.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import say

Arrays = dict[str, NDArray[Any]]


def default_folder(name: str) -> Path:
    """Under the user's cache, by the XDG base directory specification."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "telos-benchmarks" / name


def digest(*parts: object) -> str:
    """Of anything that JSON or `repr` spells."""
    return sha256(json.dumps(parts, default=repr, sort_keys=True).encode()).hexdigest()[:16]


class Kept:
    """A folder of things made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: set[Path] = set()
        self._inner_s: list[float] = []
        folder.mkdir(parents=True, exist_ok=True)

    def minutes(self) -> float:
        """What all cost that this run asked for, whichever run made it."""
        costs = (path.with_name(f"{path.name}.took") for path in self.asked)
        return sum(float(path.read_text()) for path in costs if path.is_file()) / 60

    def file(self, name: str, key: str, suffix: str, make: Callable[[Path], None]) -> Path:
        """A file or folder that `make` writes; it is there whole or not at all."""
        path = self.folder / f"{name}-{key}{suffix}"
        self.asked.add(path)
        if path.exists():
            return path
        say(f"{name}: making")
        part = self.folder / f".part-{name}-{key}{suffix}"
        shutil.rmtree(part, ignore_errors=True)
        begun = time.perf_counter()
        self._inner_s.append(0.0)
        make(part)
        took_s, inner_s = time.perf_counter() - begun, self._inner_s.pop()
        if self._inner_s:
            self._inner_s[-1] += took_s
        part.replace(path)
        path.with_name(f"{path.name}.took").write_text(f"{took_s - inner_s:.6f}")
        say(f"{name}: made in {took_s - inner_s:.0f} s")
        return path

    def arrays(self, name: str, key: str, make: Callable[[], Arrays]) -> Arrays:
        """Arrays by name."""
        path = self.file(name, key, ".npz", lambda part: np.savez(part, **make()))  # type: ignore[arg-type]
        with np.load(path, allow_pickle=False) as found:
            return {entry: found[entry] for entry in found.files}

    def facts(self, name: str, key: str, make: Callable[[], Any]) -> Any:
        """Whatever JSON spells."""
        path = self.file(name, key, ".json", lambda part: _written(part, json.dumps(make())))
        return json.loads(path.read_text(encoding="utf-8"))


def _written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
