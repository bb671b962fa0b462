"""The failures that a person reads: one sentence that names the thing and the value, and the remedy.

Every layer of `assistant` raises these; the API turns them into `application/problem+json`, the client back into the
same class, and the command line prints `sentence` and `remedy` and leaves with `exit_code`.

    TelosError
      +- BadRequest        what was asked for makes no sense as it stands           (400)
      +- NotFound          there is no such source, item, digest, entry             (404)
      +- Conflict          it would clash with what is there (sent already, locked) (409)
      +- BadConfiguration  the configuration file cannot be used                    (422)
      +- Unavailable       something Telos depends on does not answer now           (503)
           +- Gone         the service ended before it had answered
"""

from __future__ import annotations

import errno
from typing import ClassVar

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


class TelosError(Exception):
    """What went wrong (`sentence`) and what to do next (`remedy`, may be empty)."""

    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.sentence = sentence
        self.remedy = remedy


class BadRequest(TelosError):
    status = 400
    exit_code = 2


class NotFound(TelosError):
    status = 404


def no_item(item_id: int) -> NotFound:
    """The same words for an item that is not there and for one that whoever asks is not to know of."""
    return NotFound(f"There is no item {item_id}.", "`telos memory search` shows the numbers of items.")


class Conflict(TelosError):
    status = 409


class BadConfiguration(TelosError):
    status = 422
    exit_code = 2


class Unavailable(TelosError):
    status = 503


class Gone(Unavailable):
    """The service ended before it had answered. What was kept is continued by the next one."""


def of_system(err: OSError) -> Unavailable | None:
    """A full or a read-only disk as a sentence; None for what else a system may refuse."""
    where = err.filename or "the home"
    if err.errno in _NO_ROOM:
        return Unavailable(
            f"There is no room left on the disk of {where}.", "Free some space, and try again; what was kept is there."
        )
    if err.errno in _NOT_WRITABLE:
        return Unavailable(
            f"Telos may not write {where}: {err.strerror}.",
            "Give it to your user, on a disk that is not mounted read-only, or choose another home with --home DIR.",
        )
    return None
