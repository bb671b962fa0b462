"""A mail server on loopback that keeps what it is given: the other end of the demo's delivery."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    """Accepts every mail and writes it to `folder` as `N.eml`, and its HTML part as `N.html`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.received: list[Path] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self.received) + 1}.eml"
        path.write_bytes(envelope.content)
        html = message_from_bytes(envelope.content, policy=policy.default).get_body(("html",))
        if html is not None:
            path.with_suffix(".html").write_text(html.get_content(), encoding="utf-8")
        self.received.append(path)
        return "250 Kept"

    def __enter__(self) -> Sink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def _free_port() -> int:
    """A port that nobody listens on; aiosmtpd cannot be asked to choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
