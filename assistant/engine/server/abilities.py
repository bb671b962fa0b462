"""What a model's server can, found by trying it once: which models, how long a context, whose count, which fields.

Nothing is taken from a server's name. Each trial is a request of a few tokens; what a server refuses or ignores is then
not asked of it. `engine.server` keeps the findings and acts by them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assistant.engine.contract import Message, ModelFailed
from assistant.engine.server.refusals import Answered, Refused, unknown_model
from assistant.engine.server.wire import Json, Wire
from assistant.errors import TelosError
from assistant.workers.rows_pipe import Trial

CHAT, COMPLETIONS = "/chat/completions", "/completions"
Counter = Literal["", "vllm", "llama.cpp"]
Shape = Literal["", "json_object", "json_schema"]

_OPTIONAL: Mapping[str, Any] = {
    "stream_options": {"include_usage": True},
    "seed": 1,
    "top_p": 0.9,
    "stop": ["\n\n\n\n"],
    "min_p": 0.05,
    "repetition_penalty": 1.05,
}
"""Fields that a reply may ask for, with values to try them by; the last two are no part of OpenAI's API."""
_UNCOMMON = frozenset({"stream_options", "min_p", "repetition_penalty"})
_WORD = "kestrel"
_SCHEMA: Json = {
    "type": "object",
    "properties": {"bird": {"type": "string", "enum": [_WORD]}},
    "required": ["bird"],
    "additionalProperties": False,
}
_TRIAL_TOKENS = 64
_ALIKE_TOKENS = 3
_TRIAL_TOKENS_AFTER_THINKING = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """`model` is the one to ask for, `listed` those that the server lists (none where it lists none); `context_tokens` is
    0 where it tells none. `counter` is whose kind of `/tokenize` it has."""

    model: str
    listed: tuple[str, ...]
    context_tokens: int
    counter: Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """`refused` are fields that it does not take; `length_field` is what it calls the most tokens of a reply."""

    refused: frozenset[str]
    length_field: str
    counts: bool
    """It says what a streamed reply cost."""
    shape: Shape
    """The strictest `response_format` that it was seen to hold its text to."""
    prompt_embeddings: bool


def find_models(wire: Wire, wanted: str) -> Models:
    """The cheap part: no model is run for it.

    Raises: ModelFailed where it cannot be reached, wants a key, or does not have the model that is wanted.
    """
    try:
        entries = _listed(wire.get("/models"))
    except Answered:  # many do not list, and some fail over it
        entries = []
    names = tuple(str(entry["id"]) for entry in entries)
    model = wanted or (names[0] if len(names) == 1 else "")
    if not model:
        raise unknown_model(wire.server, model, names)
    entry = next((entry for entry in entries if entry["id"] == model), {})
    return Models(model=model, listed=names, context_tokens=_context(wire, entry), counter=_counter(wire, model))


def try_out(wire: Wire, model: str) -> Abilities:
    """Raises: ModelFailed where it does not reply at all."""
    length_field, refused, counts = _fields(wire, model)
    shape = _shape(wire, model, length_field)
    return Abilities(
        refused=refused,
        length_field=length_field,
        counts=counts,
        shape=shape,
        prompt_embeddings=_takes_embeddings(wire, model),
    )


def goes_on_alike(wire: Wire, model: str, trials: Sequence[Trial]) -> bool:
    """Whether its model goes on from rows as it does from the tokens they are of: from most of `trials`.

    The likeliest tokens are compared, of which two may be as likely as each other; rows of another model's table, or at
    another scale, hardly ever lead to the same ones. Raises: ModelFailed where it does not answer.
    """
    alike = 0
    for trial in trials:
        asked = {"model": model, "max_tokens": _ALIKE_TOKENS, "temperature": 0}
        try:
            plain = wire.post(COMPLETIONS, {**asked, "prompt": list(trial.ids)})
            embedded = wire.post(COMPLETIONS, {**asked, "prompt_embeds": trial.payload})
            alike += plain["choices"][0]["text"] == embedded["choices"][0]["text"]
        except (Refused, KeyError, IndexError, TypeError):
            return False
    return alike * 2 > len(trials)


def surprise(wire: Wire, model: str, ids: Sequence[int], said: Sequence[int]) -> float:
    """Minus the log-probability of tokens behind others, in nats. `prompt_logprobs` is vLLM's own field.

    Raises: ModelFailed, also where the server does not know it.
    """
    asked = {"model": model, "prompt": [*ids, *said], "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
    answer = wire.post(COMPLETIONS, asked)
    try:
        told = answer["choices"][0]["prompt_logprobs"][len(ids) :]
        return -sum(float(one[str(token)]["logprob"]) for one, token in zip(told, said, strict=True))
    except (KeyError, IndexError, TypeError, ValueError) as err:
        raise ModelFailed(
            f"The model's server at {wire.server} does not say how likely the tokens of a prompt are.",
            "vLLM does, as `prompt_logprobs`.",
        ) from err


def count_text(wire: Wire, models: Models, text: str) -> int | None:
    """Tokens of a text by the server's own tokenizer; None where it has no say.

    Raises: ModelFailed.
    """
    if models.counter == "vllm":
        body = {"model": models.model, "prompt": text, "add_special_tokens": False}
        return _number(wire.post("//tokenize", body).get("count"))
    if models.counter == "llama.cpp":
        tokens = wire.post("//tokenize", {"content": text}).get("tokens")
        return len(tokens) if isinstance(tokens, list) else None
    return None


def count_prompt(wire: Wire, models: Models, messages: Sequence[Message]) -> int | None:
    """Tokens of a whole prompt with its template; None where the server does not tell.

    Raises: ModelFailed.
    """
    said = as_sent(messages)
    if models.counter == "vllm":
        body = {"model": models.model, "messages": said, "add_generation_prompt": True}
        return _number(wire.post("//tokenize", body).get("count"))
    if models.counter == "llama.cpp":
        prompt = wire.post("//apply-template", {"messages": said}).get("prompt")
        body = {"content": prompt, "add_special": True, "parse_special": True}
        tokens = wire.post("//tokenize", body).get("tokens") if isinstance(prompt, str) else None
        return len(tokens) if isinstance(tokens, list) else None
    return None


def as_sent(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]


def response_format(schema: Mapping[str, Any], shape: Shape) -> Json:
    """What asks for `schema`, as strictly as the server can."""
    if shape == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
    return {"type": "json_object"}


def _listed(answer: Json) -> list[Json]:
    data = answer.get("data")
    entries = data if isinstance(data, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]


def _context(wire: Wire, entry: Json) -> int:
    """vLLM and others say `max_model_len`, gateways `context_length`; llama.cpp tells it at `/props`."""
    for name in ("max_model_len", "context_length", "loaded_context_length"):
        if told := _number(entry.get(name)):
            return told
    props = _or_nothing(wire, "GET", "//props")
    generation = props.get("default_generation_settings")
    return _number(generation.get("n_ctx")) or 0 if isinstance(generation, dict) else 0


def _counter(wire: Wire, model: str) -> Counter:
    if _number(_or_nothing(wire, "POST", "//tokenize", {"model": model, "prompt": _WORD}).get("count")):
        return "vllm"
    tokens = _or_nothing(wire, "POST", "//tokenize", {"content": _WORD}).get("tokens")
    return "llama.cpp" if isinstance(tokens, list) and tokens else ""


def _or_nothing(wire: Wire, method: str, path: str, body: Json | None = None) -> Json:
    """What a server answers that need not know the path at all."""
    try:
        return wire.get(path) if method == "GET" else wire.post(path, body or {})
    except TelosError:
        return {}


def _fields(wire: Wire, model: str) -> tuple[str, frozenset[str], bool]:
    """A reply of one token, asked for with every field, and with fewer as they are refused."""
    length_field, refused = "max_tokens", frozenset[str]()
    while True:
        fields = {name: value for name, value in _OPTIONAL.items() if name not in refused}
        body = {**_hello(model), length_field: 1, "temperature": 0.5, "stream": True, **fields}
        try:
            return length_field, refused, any(isinstance(event.get("usage"), dict) for event in _read(wire, body))
        except Refused as err:
            if length_field == "max_tokens" and "max_completion_tokens" in err.words:
                length_field = "max_completion_tokens"
                continue
            named = {name for name in fields if re.search(rf"\b{name}\b", err.words)}
            fewer = named or (_UNCOMMON & fields.keys()) or fields.keys()
            if not fewer:
                raise
            refused |= fewer


def _read(wire: Wire, body: Json) -> list[Json]:
    """A short stream, whole. Raises: ModelFailed, also where the stream holds an error."""
    events = list(wire.events(CHAT, body))
    for event in events:
        if event.get("error"):
            raise ModelFailed(f"The model's server at {wire.server} failed at its first reply.", "Its log says why.")
    return events


def _shape(wire: Wire, model: str, length_field: str) -> Shape:
    """What it is told to write is what no model says by itself, so that a server which ignores the field shows."""
    if _tried(wire, model, length_field, "Say hello, as plain text.", "json_schema") == {"bird": _WORD}:
        return "json_schema"
    asked = "What is a kestrel? Answer in a sentence of plain words, without any JSON."
    return "json_object" if isinstance(_tried(wire, model, length_field, asked, "json_object"), dict) else ""


def _tried(wire: Wire, model: str, length_field: str, asked: str, shape: Shape) -> Any:
    for most in (_TRIAL_TOKENS, _TRIAL_TOKENS_AFTER_THINKING):
        body = {
            **_hello(model, asked),
            length_field: most,
            "temperature": 0,
            "response_format": response_format(_SCHEMA, shape),
        }
        try:
            choice = wire.post(CHAT, body)["choices"][0]
            message = choice["message"]
            if not message.get("content") and (message.get("reasoning_content") or message.get("reasoning")):
                continue  # it was still thinking
            return json.loads(message["content"])
        except (Refused, KeyError, IndexError, TypeError, AttributeError, ValueError):
            return None
    return None


def _takes_embeddings(wire: Wire, model: str) -> bool:
    """Whether it takes rows of embeddings for a prompt: it is sent what is not even base64, and says what it minds.

    Rows of a wrong width, or what torch cannot read, bring some servers down or out of step; this they refuse at once.
    """
    try:
        wire.post(COMPLETIONS, {"model": model, "prompt_embeds": "*", "max_tokens": 1})
    except Refused as err:
        minds = err.words.lower()
        knows = any(word in minds for word in ("embed", "tensor", "decode", "base64", "padding"))
        return knows and not any(word in minds for word in ("enable", "unexpected", "unknown", "extra", "support"))
    except TelosError:
        return False
    return False  # it wrote something without looking at them


def _hello(model: str, text: str = "Hello.") -> Json:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
