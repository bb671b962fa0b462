"""The world around the service of `benchmarks.load`, in a process of its own: feeds that move, a model that keeps silent.

    python -m benchmarks.load_world

It prints its port and serves until its standard input ends. `/feed/N` has ten items, a new one in every fifth answer;
`/v1` speaks OpenAI's API, answers its trials, and never ends the reply to a message that says `IDLE`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

IDLE = "keep this line open"
NEW_EVERY = 5
ITEMS = 10
SILENT_S = 3600.0


class World(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.polls: Counter[str] = Counter()


class _Handler(BaseHTTPRequestHandler):
    server: World

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            self._answer(
                json.dumps({"data": [{"id": "silent", "object": "model", "max_model_len": 8192}]}), "application/json"
            )
        elif self.path.startswith("/feed/"):
            self.server.polls[self.path] += 1
            newest = ITEMS + self.server.polls[self.path] // NEW_EVERY
            self._answer(_feed(self.path, newest), "application/rss+xml")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path != "/v1/chat/completions":
            self.send_error(404)
            return
        if not asked.get("stream"):
            choice = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 9, "completion_tokens": 2}
            self._answer(json.dumps({"choices": [choice], "usage": usage}), "application/json")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._tell({"choices": [{"index": 0, "delta": {"content": "Yes"}}]})
        if IDLE in json.dumps(asked["messages"]):
            time.sleep(SILENT_S)
        self._tell({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def _tell(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _answer(self, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _feed(path: str, newest: int) -> str:
    items = "".join(
        f"<item><title>Note {number} of {path}</title><guid>{path}/{number}</guid>"
        f"<link>https://example.org{path}/{number}</link>"
        f"<description>The council of {path[6:]} met for the time {number} and spoke of the ferry.</description></item>"
        for number in range(newest, newest - ITEMS, -1)
    )
    return f"<rss version='2.0'><channel><title>{path}</title>{items}</channel></rss>"


def main() -> None:
    world = World()
    Thread(target=world.serve_forever, daemon=True).start()
    print(world.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
