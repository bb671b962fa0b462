"""How Telos fares, gathered from its parts."""

from __future__ import annotations

import os
from pathlib import Path

from assistant.answers.status import Status
from assistant.service import Service
from assistant.version import VERSION


def status_of(service: Service) -> Status:
    return Status(
        version=VERSION,
        pid=os.getpid(),
        serves=service.serves,
        home=str(service.home.data),
        rss_mb=rss_mb(),
    )


def rss_mb() -> float:
    """The memory this process holds, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
