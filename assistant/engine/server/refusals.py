"""What a model's server refused, or how it failed, as one sentence with the remedy.

The only place that knows what an OpenAI-compatible server's statuses and httpx's exceptions ask of the user. What a
server says is outside text: shortened, without control characters and without the key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httpx

from assistant.engine.contract import ModelFailed, TooLong
from assistant.errors import TelosError
from connectors.transport.guard import AddressRefused
from connectors.transport.pacing import Stopped, retry_after

_LONGEST_WORDS = 300
_MOST_NAMED = 10
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context|(maximum|max|available)[\w ]*context|context[\w ]*(length|size|window)"
    r"|prompt is too long|too many (input )?tokens|input[\w ]* too long",
    re.IGNORECASE,
)
_AGAIN = "What was asked is kept; ask again."
_ADDRESS = "Check address under [model]: such a server's address usually ends in /v1."


class NoKey(ModelFailed):
    """The server wants another key, or any (401, 403)."""


class Answered(ModelFailed):
    """The server answered with a failure: `code` is its status, `words` what it says."""

    def __init__(self, sentence: str, remedy: str, code: int, words: str) -> None:
        super().__init__(sentence, remedy)
        self.code = code
        self.words = words


class Refused(Answered):
    """It understood the request and will not have it as it is (400, 404, 422): another field, another model."""


def refusal(server: str, status: int, headers: Mapping[str, str], body: bytes, key: str) -> TelosError:
    """An answer that is none, as what it means for the user."""
    words = said(body, key)
    answered = (
        f"The model's server at {server} answered {status}{_phrase(status)}{f': {_ended(words)}' if words else '.'}"
    )
    if 300 <= status < 400:
        target = shown(headers.get("Location", ""), key)
        return ModelFailed(f"The model's server at {server} sends requests on to {target or 'nowhere'}.", _ADDRESS)
    if status in (401, 403):
        return NoKey(answered, "Check api_key or api_key_file under [model]; the server's owner gives you one.")
    if status == 413 or (status < 500 and status != 429 and _TOO_LONG.search(words)):
        return TooLong(
            answered, "Shorten what is asked, or lower context_tokens under [model] to what the server takes."
        )
    if status < 500 and status != 429:
        hint = _ADDRESS if status in (404, 405) else "`telos model test` says what it takes."
        return Refused(answered, hint, status, words)
    return Answered(answered, _when_again(status, headers), status, words)


def _when_again(status: int, headers: Mapping[str, str]) -> str:
    if status in (429, 503) and (wait := retry_after(headers)) is not None:
        return f"It asks to be left alone for {round(wait.total_seconds())} s. {_AGAIN}"
    if status == 429:
        return f"It has had enough of requests for now, or your account there is used up. {_AGAIN}"
    return f"The server's own log says why. {_AGAIN}"


def unknown_model(server: str, model: str, known: Sequence[str]) -> ModelFailed:
    named = ", ".join(known[:_MOST_NAMED]) + (
        f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    )
    if not model:
        has = f"has {len(known)}: {named}" if known else "lists none"
        return ModelFailed(
            f"No model is named, and the server at {server} {has}.",
            f"Name one: telos model use {server} --served-name NAME",
        )
    return ModelFailed(
        f"The server at {server} has no model {model!r}. It has: {named}.",
        f"Run: telos model use {server} --served-name NAME",
    )


def no_answer(server: str, err: Exception, silence_s: float) -> ModelFailed:
    """An exception of httpx, or of the layers below it here."""
    match err:
        case Stopped():
            return ModelFailed("The reply was broken off: the model is being changed, or Telos is stopping.", _AGAIN)
        case httpx.ConnectTimeout() | httpx.ConnectError() | AddressRefused():
            reason = shown(str(err)) or "it does not answer"
            return ModelFailed(
                f"The model's server at {server} cannot be reached: {reason}.",
                "Start it, or correct address under [model].",
            )
        case httpx.TimeoutException():
            return ModelFailed(
                f"The model's server at {server} sent nothing new for {silence_s:g} s.",
                f"{_AGAIN} If it is only slow, raise silence_s under [model].",
            )
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return ModelFailed(
                f"{server} is no address of a server, or its key is none: {type(err).__name__}.", _ADDRESS
            )
    return ModelFailed(f"The model's server at {server} broke off before its answer was whole.", _AGAIN)


def no_sense(server: str, what: str) -> ModelFailed:
    """It answered, and the answer is not what a server of this API sends."""
    return ModelFailed(f"The model's server at {server} sent {what}.", f"{_AGAIN} {_ADDRESS}")


def said(body: bytes, key: str) -> str:
    """What an error's body says, as one short line; nothing where it is a page or nothing readable."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        text = body.decode(errors="replace")
        return "" if "<html" in text[:2000].lower() or "<!doctype" in text[:200].lower() else shown(text, key)
    return shown(_message(content), key)


def shown(text: str, key: str = "") -> str:
    """Outside text as it may stand in a sentence."""
    without_key = text.replace(key, "***") if key else text
    line = "".join(c if c.isprintable() else " " for c in without_key[: 4 * _LONGEST_WORDS])
    line = re.sub(r"\bsk-[\w*-]{6,}", "***", " ".join(line.split()))  # a server that echoes the key it was sent
    return line if len(line) <= _LONGEST_WORDS else line[:_LONGEST_WORDS] + "…"


def _ended(words: str) -> str:
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _message(content: Any) -> str:
    """`{"error": {"message": ...}}` of OpenAI, `{"detail": ...}` of FastAPI, and what else there is."""
    while isinstance(content, dict):
        content = next((content[name] for name in ("error", "message", "detail", "msg") if content.get(name)), "")
    if isinstance(content, list):
        return "; ".join(_message(part) for part in content[:3])
    return str(content)


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""
