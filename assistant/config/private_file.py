"""Files that only their owner may read: the configuration, and the secrets beside it. It knows nothing of what is in them.

`assistant.config.setup` writes the configuration and the mail password so, `assistant.additions` the secrets of sources.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assistant.config.naming import free, slug


def write_private(path: Path, text: str) -> None:
    """Put a file in place whole, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


@contextmanager
def secrets_beside(folder: Path, owner: str, secrets: Mapping[str, str]) -> Iterator[dict[str, Path]]:
    """Each secret of `owner` in a new file of its own in `folder`: the files, by the secrets' keys.

    The files go again where the block fails, so that a source that was not added leaves no secret behind.
    """
    written: dict[str, Path] = {}
    with ExitStack() as failed:
        for key, secret in secrets.items():
            taken = {file.name for file in folder.glob("*")}
            written[key] = path = folder / free(slug(f"{owner} {key}"), taken)
            failed.callback(path.unlink, missing_ok=True)
            write_private(path, f"{secret}\n")
        yield written
        failed.pop_all()
