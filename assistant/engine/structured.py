"""An answer as an object: asked of any engine that writes, held to a schema where it can be, validated always.

It knows pydantic models and no prompt: callers bring their messages, and this adds what the object must look like. An
engine that cannot be held to a schema gets its mistakes told and one more try.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from assistant.engine.contract import (
    Capability,
    Engine,
    Message,
    ModelFailed,
    OutOfBudget,
    Reply,
    Request,
    Sampling,
    complete,
    require,
)
from assistant.engine.schema import Schema, bounded

Answer = TypeVar("Answer", bound=BaseModel)

PURPOSE = "An answer in a fixed form"
REMINDER = "Answer with the JSON object alone."
_THOUGHTS = re.compile(r"\A.*</think>", re.DOTALL)
_MOST_MISTAKES = 5
_GREEDY = Sampling()


def ask(
    engine: Engine,
    model: type[Answer],
    messages: Sequence[Message],
    *,
    max_tokens: int = 512,
    sampling: Sampling = _GREEDY,
    purpose: str = PURPOSE,
    session: str = "",
) -> Answer:
    """The answer to `messages` as an instance of `model`. What they begin with is kept for the next call of `session`.

    Raises: OutOfBudget where `max_tokens` do not hold such an object, ModelFailed where the second answer is none
    either, Unavailable without a model; what `Engine.stream` raises.
    """
    require(engine, Capability.GENERATE, purpose)
    schema = bounded(model.model_json_schema())
    is_held = Capability.SCHEMA in engine.capabilities
    request = Request(
        messages=told(messages, schema),
        max_tokens=max_tokens,
        sampling=sampling,
        schema=schema if is_held else None,
        is_object=True,
        session=session,
    )
    reply = complete(engine, request)
    try:
        return parsed(model, reply.text)
    except ValueError as first:
        reply = complete(engine, _once_more(request, reply, first))
    try:
        return parsed(model, reply.text)
    except ValueError as err:
        raise _failure(engine, model, reply, max_tokens) from err


def told(messages: Sequence[Message], schema: Schema) -> list[Message]:
    """The messages, with what the answer must look like behind their instructions, and a reminder of it at the end.

    In front, it is the same at every call of a kind, and a session's cache has it; models have the end in mind.
    """
    shape = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    words = f"Answer with one JSON object and nothing else. It must match this JSON schema:\n{shape}"
    instructions = [message.text for message in takewhile(lambda message: message.role == "system", messages)]
    head, rest = Message("system", "\n\n".join([*instructions, words])), list(messages[len(instructions) :])
    if rest and rest[-1].role == "user":
        return [head, *rest[:-1], replace(rest[-1], text=f"{rest[-1].text}\n\n{REMINDER}")]
    return [head, *rest, Message("user", REMINDER)]


def parsed(model: type[Answer], text: str) -> Answer:
    """The first object in a reply that may have a fence, a greeting or thoughts around it.

    Raises: ValueError, of which pydantic's ValidationError is one.
    """
    text = _THOUGHTS.sub("", text)
    start = text.find("{")
    if start < 0:
        raise ValueError("there is no JSON object in it")
    try:
        value: Any = json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    except RecursionError as err:
        raise ValueError("it is nested too deeply") from err
    return model.model_validate_json(json.dumps(value))  # strict models read dates and enumerations from JSON alone


def _once_more(request: Request, reply: Reply, mistake: ValueError) -> Request:
    """The same question with what was wrong about the first answer. Another seed, or a greedy model says it again."""
    sampling = request.sampling
    if sampling.seed is not None:
        sampling = replace(sampling, seed=sampling.seed + 1)
    words = f"That was not valid: {_told_mistakes(mistake)}. Answer again with the corrected JSON object alone."
    said = [Message("assistant", reply.text or "…"), Message("user", words)]
    return replace(request, messages=[*request.messages, *said], sampling=sampling)


def _told_mistakes(mistake: ValueError) -> str:
    if not isinstance(mistake, ValidationError):
        return str(mistake)
    found = mistake.errors(include_url=False, include_context=False, include_input=False)[:_MOST_MISTAKES]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the object'}: {one['msg']}" for one in found)


def _failure(engine: Engine, model: type[BaseModel], reply: Reply, max_tokens: int) -> OutOfBudget | ModelFailed:
    if reply.usage.finish == "length":
        return OutOfBudget(
            f"{max_tokens} tokens were not enough for {engine.name} to write a whole {model.__name__}.",
            "Allow more tokens, or ask for less.",
        )
    return ModelFailed(
        f"{engine.name} gave no valid {model.__name__}, not at the second try either.",
        "A model that can be held to a schema (`telos model test` says which can) never fails so.",
    )
