"""Files that the user asks for and that hold their own words: memories, drafts, the profile, a conversation.

They are for their owner alone, whatever the mask of the process says, and there whole or not at all. It knows nothing of
what is in them; every command that takes a FILE to write calls it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from assistant.config.private_file import new_private_file, private_file
from assistant.errors import BadRequest


@contextmanager
def written(file: Path, *, is_new: bool = False) -> Iterator[TextIO]:
    """`file` as a stream of UTF-8, put in place at the end of the block; what was there before is replaced, unless `is_new`.

    A link leads to its file; a pipe or a device is written to as it is. Raises: BadRequest where it cannot be written.
    """
    path = file.expanduser()
    try:
        if not is_new and _is_no_file(path):
            with path.open("w", encoding="utf-8", newline="") as stream:
                yield stream
            return
        with new_private_file(path) if is_new else private_file(path.resolve()) as raw:
            text = TextIOWrapper(raw, encoding="utf-8", newline="", write_through=True)
            yield text
            text.detach()  # or it would close the file before that is in place
    except OSError as err:
        raise BadRequest(f"{file} cannot be written: {err.strerror or err}.", "Name another file.") from err


def _is_no_file(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False
