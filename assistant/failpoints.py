"""Named places at which a test may kill the process, to prove that the edge around them loses nothing.

`TELOS_FAILPOINT=digest.after_data` in the environment of `telos run` makes the process kill itself (SIGKILL, so no
handler, flush or `finally` runs) the first time it passes that name; `NAME:3` the third time. Unset, a failpoint costs
one dictionary look-up. `NAMES` is the complete list: a test walks it, and an unknown name is refused at import.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "poll.before_store",
    "poll.after_store",
    "index.after_chunks",
    "index.after_vectors",
    "index.after_chroma",
    "index.after_batch",
    "index.after_stories",
    "digest.before_queue",
    "digest.after_queue",
    "deliver.before_sending",
    "deliver.after_sending",
    "deliver.after_data",
    "deliver.after_sent",
    "mailbox.after_draft",
    "mailbox.before_append",
    "mailbox.after_append",
    "mailbox.after_placed",
    "mailbox.after_edit",
    "mailbox.after_approve",
    "mailbox.after_request",
    "mailbox.after_reply",
    "turn.after_saved",
    "turn.before_kept",
    "turn.after_kept",
    "learn.after_version",
    "learn.before_kept",
    "learn.after_kept",
    "train.after_cloned",
    "train.after_made",
    "train.after_report",
    "train.after_judged",
    "train.after_promoted",
)

_countdown: dict[str, int] = {}


def arm(wanted: str) -> None:
    """Kill this process at the name, and at which passing, that `wanted` says; at none where it is empty.

    Raises: ValueError for a name that is none of `NAMES`.
    """
    _countdown.clear()
    if not wanted:
        return
    name, _, times = wanted.partition(":")
    if name not in NAMES:
        raise ValueError(f"TELOS_FAILPOINT names {name!r}; the failpoints are: {', '.join(NAMES)}.")
    _countdown[name] = int(times or 1)


def failpoint(name: str) -> None:
    """Kill this process here if the environment asks for it."""
    if name in _countdown:
        _countdown[name] -= 1
        if _countdown[name] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("TELOS_FAILPOINT", ""))
