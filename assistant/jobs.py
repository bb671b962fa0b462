"""What recurs and when: a schedule kept in rows, one tick that asks what is due, a few threads that do it."""

from __future__ import annotations

from assistant.service import Service


class Runner:
    """Runs the jobs of a service, none of them twice at once."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def close(self) -> None:
        """Let running jobs come to an end."""
