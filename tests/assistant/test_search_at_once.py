"""While the embedder is slow, questions to memory wait for it, and everything else is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import httpx
import pytest

from assistant import memories
from assistant.answers.memory import Note
from assistant.api.memory import SEARCHES
from assistant.endpoint import socket_path
from memory.embed import Rows
from tests.assistant.served import served
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

ASKED = 60
"""More than the threads that answer requests."""
PATIENCE_S = 10.0


def test_sixty_questions_that_wait_for_the_embedder_leave_the_rest_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as service:
        memories.add(service, Note(title="Ferry", text="The ferry leaves at eight."))
        encode, goes_on, inside = service.embedder.encode, Event(), list[str]()

        def slow(texts: Sequence[str]) -> Rows:
            inside.append(texts[0])
            assert goes_on.wait(3 * PATIENCE_S)
            return encode(texts)

        monkeypatch.setattr(service.embedder, "encode", slow)

        async def ask() -> list[int]:
            transport = httpx.AsyncHTTPTransport(uds=str(socket_path(service.home.data)))
            async with httpx.AsyncClient(transport=transport, base_url="http://telos", timeout=6 * PATIENCE_S) as http:
                questions = [
                    asyncio.create_task(http.post("/api/memory/search", json={"query": f"ferry {number}"}))
                    for number in range(ASKED)
                ]
                try:
                    await asyncio.to_thread(wait_until, lambda: len(inside) == SEARCHES)
                    status = await http.get("/api/status", timeout=PATIENCE_S)
                    assert status.status_code == 200
                    assert len(inside) == SEARCHES
                finally:
                    goes_on.set()
                return [(await question).status_code for question in questions]

        assert asyncio.run(ask()) == [200] * ASKED
