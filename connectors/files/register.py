"""The register of a folder: what it held at the last poll, and so what is new, changed, moved or gone since.

It is the cursor, typed. It knows paths, stamps and prints, and neither reads nor parses a file. A file keeps the id it
came with, its first path, wherever it is moved to; `connectors.files.watching` asks and notes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from connectors.base import Cursor
from connectors.files.folder import Found, Survey


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it was. `stamp` and `content` are prints; `born` is when it was modified when it first came, in seconds.

    Without `content` it never came: the first poll left it out, or it could not be read, and `why` says the reason.
    """

    stamp: str
    content: str = ""
    born: int = 0
    id: str = ""
    why: str = ""

    def as_list(self) -> list[Any]:
        values = [self.stamp, self.content, self.born, self.id, self.why]
        while len(values) > 1 and not values[-1]:
            values.pop()
        return values


class Register:
    """What is known of the files, by path."""

    def __init__(self, folder: str, cursor: Cursor | None) -> None:
        """Another folder than that of the cursor begins anew."""
        kept = cursor if cursor and cursor.get("folder") == folder else {}
        self._folder = folder
        self.is_new = not kept
        self._known = {path: Known(*values) for path, values in kept.get("files", {}).items()}
        self._ids = self._ids_in_use()
        self._gone: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def cursor(self) -> Cursor:
        return {"folder": self._folder, "files": {path: known.as_list() for path, known in self._known.items()}}

    def news(self, survey: Survey) -> list[Found]:
        """The files that are new or have another stamp, oldest first; and note which are gone."""
        self._gone = {}
        for path, known in self._known.items():
            if path not in survey.files and not survey.may_hold(path):
                self._gone.setdefault(known.content, []).append(path)
        changed = (found for path, found in survey.files.items() if self._stamp_of(path) != print_of(found.stamp))
        return sorted(changed, key=lambda found: (found.modified_ns, found.path))

    def leave_out(self, files: Iterable[Found]) -> None:
        """Only another text brings these in."""
        for found in files:
            self._known[found.path] = Known(print_of(found.stamp))

    def take(self, found: Found, content: str) -> Known | None:
        """Note what a file says by now, and give back how it is known; None where it says what it said before.

        A new path with the text of one that is gone is that file, moved.
        """
        known = self._known.get(found.path) or self._moved(found.path, content) or Known("")
        is_same = known.content == content and found.path in self._known and not known.why
        if known.content:
            taken = Known(print_of(found.stamp), content, known.born, known.id)
        else:
            identity = self._free(found.path)
            taken = Known(
                print_of(found.stamp), content, found.modified_ns // 10**9, identity if identity != found.path else ""
            )
            self._ids.add(identity)
        self._known[found.path] = taken
        return None if is_same else taken

    def refuse(self, found: Found, why: str) -> None:
        """Note that a file cannot be read as it is. What it said before stays."""
        known = self._known.get(found.path) or Known("")
        self._known[found.path] = Known(print_of(found.stamp), known.content, known.born, known.id, why)

    def forget_gone(self) -> list[str]:
        """Strike out what is gone, and give back the ids of what had come from there."""
        struck = [path for paths in self._gone.values() for path in paths]
        ids = [known.id or path for path in struck if (known := self._known.pop(path)).content]
        self._gone = {}
        self._ids = self._ids_in_use()
        return ids

    def complaints(self) -> list[str]:
        """A sentence for each file that cannot be read."""
        return [f"{path}: {known.why}" for path, known in self._known.items() if known.why]

    def _stamp_of(self, path: str) -> str:
        known = self._known.get(path)
        return known.stamp if known else ""

    def _ids_in_use(self) -> set[str]:
        return {known.id or path for path, known in self._known.items() if known.content}

    def _moved(self, path: str, content: str) -> Known | None:
        """The gone file with this text, of several the one with the same name."""
        paths = self._gone.get(content, []) if content else []
        if not paths:
            return None
        name = path.rpartition("/")[2]
        origin = min(paths, key=lambda gone: gone.rpartition("/")[2] != name)
        paths.remove(origin)
        known = self._known.pop(origin)
        return Known(known.stamp, known.content, known.born, known.id or origin)

    def _free(self, path: str) -> str:
        """The path as an id, numbered where a file that was moved away has it."""
        identity, number = path, 2
        while identity in self._ids:
            identity, number = f"{path}#{number}", number + 1
        return identity


def print_of(data: bytes | str) -> str:
    """A short print: of a file's bytes, or of its stamp."""
    return blake2b(data.encode() if isinstance(data, str) else data, digest_size=6).hexdigest()
