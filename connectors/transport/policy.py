"""What the ways out may do: `NetworkPolicy`, built once from the configuration and shared by everything that fetches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

MEBIBYTE = 1024 * 1024


def _user_agent() -> str:
    try:
        release = version("telos-assistant")
    except PackageNotFoundError:  # run from a source tree that was never installed
        release = "dev"
    return f"telos-assistant/{release} (personal reader of one user)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPolicy:
    """Limits of every request that leaves.

    `allow_private` names networks ("192.168.1.0/24"), addresses or host names that may be reached although they are
    not public. `hosts` maps a host to the base URL to ask instead (a mirror, a test server); such a target is trusted,
    but only when reached by that mapping. `max_bytes` counts the decoded body, `timeout_s` the whole exchange with its
    redirects, `pause_s` the least time between two requests to one host.
    """

    allow_private: tuple[str, ...] = ()
    hosts: Mapping[str, str] = field(default_factory=dict)
    max_bytes: int = 10 * MEBIBYTE
    timeout_s: float = 20.0
    max_redirects: int = 5
    pause_s: float = 1.0
    user_agent: str = field(default_factory=_user_agent)
