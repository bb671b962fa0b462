"""Files of models from the hub: out of its cache, or fetched into it. Safetensors and small files only, never a pickle.

It knows names, revisions and file names, and nothing of what the files hold. `workers.weights` asks it for embedders,
`generation.files` for language models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from assistant.progress import Progress, unheard

MB = 1_000_000


class NotFetched(Exception):
    """The files are not here. `why`: the hub has no such name or revision, it wants the user to ask for access first,
    it cannot be reached (or must not), or what came was not all."""

    def __init__(self, why: Literal["unknown", "gated", "unreachable", "incomplete"], detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model on the hub, and which of its files are wanted."""

    name: str
    revision: str
    files: Sequence[str]
    not_files: Sequence[str] = ()


def cached(wanted: Wanted) -> Path | None:
    """The folder in the hub's cache, if all wanted files are there."""
    try:
        return Path(_snapshot(wanted, local_files_only=True))
    except NotFetched:
        return None


def fetched(wanted: Wanted, on_progress: Progress = unheard) -> Path:
    """The folder in the hub's cache, brought up to date with the hub. Reports megabytes.

    Raises: NotFetched.
    """
    return Path(_snapshot(wanted, tqdm_class=_reporting(on_progress)))


def missing_bytes(wanted: Wanted) -> int:
    """How much `fetched` would load.

    Raises: NotFetched.
    """
    files = _snapshot(wanted, dry_run=True)
    return sum(file.file_size or 0 for file in files if file.will_download)


def _snapshot(wanted: Wanted, **options: Any) -> Any:
    from huggingface_hub import snapshot_download  # lazy for its weight
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HFValidationError,
        IncompleteSnapshotError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return snapshot_download(
            wanted.name,
            revision=wanted.revision,
            allow_patterns=list(wanted.files),
            ignore_patterns=list(wanted.not_files),
            **options,
        )
    except GatedRepoError as err:
        raise NotFetched("gated", str(err)) from err
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as err:
        raise NotFetched("unknown", str(err)) from err
    except IncompleteSnapshotError as err:
        raise NotFetched("incomplete", str(err)) from err
    except (EntryNotFoundError, OSError) as err:  # every failure of the way there is an OSError
        raise NotFetched("unreachable", str(err)) from err


def _reporting(on_progress: Progress) -> type:
    """A progress bar, as the hub's library wants a class of them, that reports and draws nothing."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]  # lazy for its weight

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            self.total = options.get("total") or 0
            self._done = 0
            self._turn = Lock()
            self._counts = options.get("desc", "").startswith("Reconstructing")

        def update(self, n: float | None = 1) -> bool | None:
            with self._turn:  # several files are fetched at a time
                self._done += int(n or 0)
                if self._counts:
                    on_progress(self._done // MB, int(self.total or 0) // MB or None, "MB fetched")
            return None

    return Bar
