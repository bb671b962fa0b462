"""Files that only their owner may read: the configuration, the secrets beside it, exports. It knows nothing of what is in them.

`assistant.config.setup` writes the configuration and the mail password so, `assistant.additions` the secrets of sources,
`assistant.delivery.carriers` mails as files, `assistant.cli.exports` what the user asks for.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from assistant.config.naming import free, slug

_SHOWN = 40
"""Characters of a file's name that its draft bears, too."""


def write_private(path: Path, content: str | bytes) -> None:
    """Put a file in place whole, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with private_file(path) as file:
        file.write(content if isinstance(content, bytes) else content.encode())


@contextmanager
def private_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to be written, put in place whole at the end of the block, readable by its owner only.

    What was at `path` stays where the block fails. Raises: OSError.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:_SHOWN]}.")  # mkstemp makes it 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)  # gone, unless something failed


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """The same at a place where nothing is, not even a link. Raises: FileExistsError, and what `private_file` raises."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with ExitStack() as failed, os.fdopen(descriptor, "wb") as file:
        failed.callback(path.unlink, missing_ok=True)
        yield file
        file.flush()
        os.fsync(file.fileno())
        failed.pop_all()


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
