"""What a kind of source asks its user for, read off its `Options`, and what the typed answers mean.

A field that `connectors.base.asked` marks is a question. It knows no terminal: `assistant.cli` asks, `assistant.additions`
takes the answers.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from assistant.answers.sources import Question, Shape
from assistant.errors import BadRequest
from connectors.base import Options

_YES_NO = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}


def questions(options: type[Options]) -> list[Question]:
    """The questions of a kind, in the order in which its keys are declared."""
    return [
        _question(key, field, str(field.json_schema_extra["asked"]), f"{key}_file" in options.model_fields)
        for key, field in options.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and "asked" in field.json_schema_extra
    ]


def is_secret(field: FieldInfo) -> bool:
    """Whether what the key holds is to be typed unseen."""
    return _shape(field.annotation)[0] == "secret"


def meant(question: Question, typed: str) -> Any:
    """The value of the key that an answer stands for.

    Raises: BadRequest where it cannot be one.
    """
    typed = typed.strip()
    match question.shape:
        case "list":
            return [part.strip() for part in typed.split(",") if part.strip()]
        case "yes or no":
            if typed.lower() not in _YES_NO:
                raise BadRequest(f"{question.key} is {typed!r}.", "Answer yes or no.")
            return _YES_NO[typed.lower()]
        case "number":
            try:
                return int(typed) if typed.lstrip("+-").isdecimal() else float(typed)
            except ValueError as err:
                raise BadRequest(f"{question.key} is {typed!r}, which is no number.") from err
    return typed


def _question(key: str, field: FieldInfo, words: str, has_file: bool) -> Question:
    shape, choices = _shape(field.annotation)
    default = "" if field.is_required() or shape == "secret" else _typed(field.get_default(call_default_factory=True))
    return Question(
        key=key,
        question=words,
        shape=shape,
        choices=choices,
        is_required=field.is_required(),
        default=default,
        has_file=has_file,
    )


def _shape(annotation: Any) -> tuple[Shape, list[str]]:
    """How an answer becomes a value, and the answers there are where they are counted."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _shape(next((part for part in parts if part is not NoneType), str))
    if origin is Literal:
        return "text", [str(part) for part in parts]
    if origin in (tuple, list, set, frozenset):
        return "list", []
    if annotation is SecretStr:
        return "secret", []
    if annotation is bool:
        return "yes or no", []
    return ("number" if annotation in (int, float) else "text"), []


def _typed(value: Any) -> str:
    """A default as its user would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
