"""A model's server on loopback that behaves as real ones do, each of its habits to be switched: `ModelServer`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.servers import Request, Response, WebServer

Body = dict[str, Any]


def sse(*events: object, done: bool = True) -> Iterator[bytes]:
    """Events as a chat server sends them."""
    for event in events:
        yield b"data: " + (event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n\n"
    if done:
        yield b"data: [DONE]\n\n"


def chunk(text: str, **choice: Any) -> Body:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, **choice}]}


END: Body = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE: Body = {
    "choices": [],
    "usage": {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}},
}


class ModelServer(WebServer):
    """It says `words`. `takes` are the response formats that it heeds, `refuses` the fields that it answers 400 to.

    `counter` is whose kind of `/tokenize` it has (a token a word), `counts` whether streams tell what they cost. `chat`
    answers in place of all that once it is set; trials are answered as before while `trials_pass`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.words = ["The ", "ferry ", "runs ", "at eight."]
        self.models: list[Body] | None = [{"id": "tiny", "object": "model", "max_model_len": 4096}]
        self.takes: set[str] = {"json_schema", "json_object"}
        self.refuses: set[str] = set()
        self.counts = True
        self.key = ""
        self.counter = ""
        self.chat: Callable[[Body], Response] | None = None
        self.bodies: list[Body] = []
        """What chats were asked for, trials left out."""
        self.routes |= {
            "/v1/models": self._list,
            "/v1/chat/completions": self._chat,
            "/tokenize": self._tokenize,
            "/v1/completions": lambda request: problem(400, "Unexpected fields in the request: {'prompt_embeds'}"),
        }

    @property
    def address(self) -> str:
        return self.url("/v1")

    def _list(self, request: Request) -> Response:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return problem(401, f"Incorrect API key provided: {request.headers.get('Authorization')}")
        return reply({"data": self.models}) if self.models is not None else problem(404, "Not Found")

    def _chat(self, request: Request) -> Response:
        body: Body = json.loads(request.body)
        is_trial = body["messages"][0]["content"].startswith(("Hello.", "Say hello", "What is a kestrel"))
        if not is_trial:
            self.bodies.append(body)
            if self.chat is not None:
                return self.chat(body)
        known = [model["id"] for model in self.models or []]
        if known and body["model"] not in known:
            return problem(404, f"The model `{body['model']}` does not exist.")
        if refused := sorted(self.refuses & body.keys()):
            return problem(422, f"Unexpected fields in the request: {refused}")
        kind = body.get("response_format", {}).get("type")
        if kind in self.takes and is_trial:
            return reply({"choices": [{"message": {"content": '{"bird": "kestrel"}'}, "finish_reason": "stop"}]})
        if not body.get("stream"):
            return reply({"choices": [{"message": {"content": "".join(self.words)}, "finish_reason": "stop"}]})
        events = [chunk(word) for word in self.words]
        tells = self.counts and body.get("stream_options", {}).get("include_usage")
        return stream(*events, END, *([USAGE] if tells else []))

    def _tokenize(self, request: Request) -> Response:
        body: Body = json.loads(request.body)
        if self.counter == "vllm" and ("prompt" in body or "messages" in body):
            said = [body["prompt"]] if "prompt" in body else [f"{m['content']} <end>" for m in body["messages"]]
            return reply({"count": len(" ".join(said).split()), "max_model_len": 4096})
        if self.counter == "llama.cpp" and "content" in body:
            return reply({"tokens": list(range(len(body["content"].split())))})
        return problem(404, "Not Found")


def reply(content: object) -> Response:
    return Response(headers={"Content-Type": "application/json"}, body=json.dumps(content).encode())


def stream(*events: object, done: bool = True) -> Response:
    return Response(headers={"Content-Type": "text/event-stream"}, body=sse(*events, done=done))


def problem(status: int, message: str, **headers: str) -> Response:
    """An error as OpenAI shapes it."""
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error", "code": None}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers={"Content-Type": "application/json", **named}, body=body)
