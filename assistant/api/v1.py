"""`/v1/chat/completions` and `/v1/models`: any client of OpenAI's API speaks with Telos, its memory and its goals.

Such a client resends the whole history with each message. The conversation that it means is the one whose turns these
are; where there is none, a new one begins that takes the history over as it was given. The model that runs is that of
the configuration: the name of the model chooses the playbook (`telos`, `telos-travel`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from assistant import conversations
from assistant.answers.chat import Done, Event, Saved, Text
from assistant.answers.frames import Frame
from assistant.answers.playbooks import PlaybookLine
from assistant.answers.problem import Problem
from assistant.api.dependencies import ServiceDep
from assistant.api.events import Heard, stream_events
from assistant.api.openai_shape import ChatRequest, Completion, error_of
from assistant.api.resent import addressed, read
from assistant.errors import NotFound, Unavailable
from assistant.service import Service

router = APIRouter(prefix="/v1", tags=["v1"])

MODEL = "telos"
_LOOK_S = 0.25
"""Seconds after which a client that waits for a whole reply is looked for again."""
_NOBODY_READS = 499
_ANEW = "\n\n---\n\n"
"""Stands between what was streamed and what replaces it: what was sent cannot be taken back."""


@router.get("/models")
def list_models(service: ServiceDep) -> dict[str, Any]:
    return {"object": "list", "data": [_model(name) for name in _models(service)]}


@router.get("/models/{name}")
def show_model(service: ServiceDep, name: str) -> dict[str, Any]:
    _playbook(service, name)
    return _model(name)


@router.post("/chat/completions")
async def complete(service: ServiceDep, request: Request, asked: ChatRequest) -> Response:
    # The work begins in the thread that runs the generator: nothing here waits for the database.
    completion = Completion(asked.model)
    if asked.stream:
        return await stream_events(
            service, _chunks(service, asked, completion), _frame, failed=_failed, end=[Frame("[DONE]")]
        )
    return await _whole(service, request, asked, completion)


def _said(service: Service, asked: ChatRequest) -> Generator[Event, None, None]:
    """The events of the turn that a request means.

    Raises: BadRequest, NotFound before anything is kept; what `conversations.say` raises.
    """
    asked.refuse_unsupported()
    playbook = _playbook(service, asked.model) or service.settings.chat.playbook
    say = addressed(service, read(asked.messages), playbook)
    say = say.model_copy(
        update={
            "max_tokens": asked.most_tokens,
            "temperature": asked.temperature,
            "stop": asked.stops,
            "seed": asked.seed,
        }
    )
    yield from conversations.say(service, say, is_guest=True)


def _chunks(service: Service, asked: ChatRequest, completion: Completion) -> Generator[dict[str, Any], None, None]:
    """A reply in chunks. Nothing is given before its first words, so that a model that fails is a failed request."""
    has_begun = False
    for event in _said(service, asked):
        _note(completion, event)
        if isinstance(event, Text) and event.text:
            if not has_begun:
                yield completion.chunk({"role": "assistant", "content": ""})
            again = _ANEW if event.is_again and has_begun else ""
            yield completion.chunk({"content": again + event.text})
            has_begun = True
        elif isinstance(event, Done):
            yield completion.chunk({}, _finish(asked, event))
            if asked.stream_options and asked.stream_options.include_usage:
                yield completion.cost(event.turn.usage)


async def _whole(service: Service, request: Request, asked: ChatRequest, completion: Completion) -> Response:
    """The reply at once; a client that goes away before stops it."""
    heard = Heard(service, _said(service, asked))
    looked_at = time.monotonic()
    try:
        while True:
            has_more = await heard.has_more(_LOOK_S)
            if not has_more or time.monotonic() - looked_at > _LOOK_S:
                looked_at = time.monotonic()
                if await request.is_disconnected():
                    return Response(status_code=_NOBODY_READS)
            if not has_more:
                continue
            event = await heard.next_or_none()
            if event is None:
                raise Unavailable("The reply ended before it was whole.", "Ask again.")
            _note(completion, event)
            if isinstance(event, Done):
                return JSONResponse(completion.whole(event.turn.reply, _finish(asked, event), event.turn.usage))
    finally:
        heard.leave()


def _note(completion: Completion, event: Event) -> None:
    if isinstance(event, Saved):
        completion.kept_as(event.conversation, event.turn)
    elif isinstance(event, Done):
        completion.done(event)


def _finish(asked: ChatRequest, done: Done) -> str:
    most = asked.most_tokens
    return "length" if most is not None and done.turn.usage.new_tokens >= most else "stop"


def _frame(chunk: dict[str, Any]) -> Frame:
    return Frame(json.dumps(chunk, ensure_ascii=False))


def _failed(problem: Problem) -> list[Frame]:
    """A failure in the middle of a stream, as OpenAI's clients raise it."""
    return [Frame(json.dumps(error_of(problem), ensure_ascii=False))]


def _models(service: Service) -> dict[str, str]:
    """The names of the models, and the playbook of each; none of its own for the first."""
    lines: list[PlaybookLine] = conversations.playbooks(service)
    return {MODEL: "", **{f"{MODEL}-{line.name}": line.name for line in lines}}


def _playbook(service: Service, model: str) -> str:
    """Raises: NotFound with the names there are."""
    models = _models(service)
    if model not in models:
        raise NotFound(f"There is no model {model!r}.", f"There are: {', '.join(models)}.")
    return models[model]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "telos"}
