"""A goal's card as a TOML file for the user's editor, and what they changed in it.

It knows the answers' models and TOML. `telos goals edit` has it edited by `cli.editor`.
"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any

import tomlkit

from assistant.answers.goals import GoalEdit, GoalView
from assistant.errors import BadRequest

_FIELDS = ("statement", "criteria", "constraints", "deadline", "turn_budget", "token_budget", "is_standing", "values")
_HEAD = (
    "Goal {id}. Save and close to change it; the card keeps the version before.",
    "Criteria that stay keep what they were met by. A value that is removed or emptied is forgotten.",
)


def as_toml(view: GoalView) -> str:
    """What of a goal can be changed by hand."""
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line.format(id=view.line.id)))
    for name, value in _held(view).items():
        if name == "values":
            document.add(tomlkit.nl())
        document[name] = tomlkit.array().multiline(True) if value == [] else _item(value)
        if value == "" and name == "deadline":
            document[name].comment("a day, such as 2026-12-01")
        if value == 0 and name in ("turn_budget", "token_budget"):
            document[name].comment("0: no bound")
    return tomlkit.dumps(document)


def changed(view: GoalView, text: str) -> GoalEdit | None:
    """What a file says otherwise than the goal; `None` where it says the same.

    Raises: BadRequest for a file that is no TOML, or has a key or value that it cannot have.
    """
    try:
        told: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise BadRequest(f"The file is no TOML: {err}.", "Nothing was changed.") from err
    unknown = [name for name in told if name not in _FIELDS]
    if unknown:
        raise BadRequest(f"A goal has no {unknown[0]!r}.", f"It has: {', '.join(_FIELDS)}.")
    held = _held(view)
    edit: dict[str, Any] = {name: told[name] for name in _FIELDS if name in told and told[name] != held[name]}
    if "values" in edit:
        values = _texts(edit["values"])
        edit["values"] = {
            slot: values.get(slot, "")
            for slot in {**held["values"], **values}
            if values.get(slot) != held["values"].get(slot)
        }
    if "deadline" in edit:
        deadline = deadline_of(edit.pop("deadline"))
        edit |= {"deadline": deadline} if deadline else {"clear_deadline": True}
    try:
        return GoalEdit.model_validate(edit) if edit else None
    except ValueError as err:
        raise BadRequest(f"The file cannot be used: {err}", "Nothing was changed.") from err


def deadline_of(day: object) -> datetime | None:
    """The end of a day here, of a date or its text; `None` for an empty one.

    Raises: BadRequest for anything else.
    """
    if day in ("", "none", None):
        return None
    if isinstance(day, datetime):
        return day.astimezone()
    if isinstance(day, str):
        with suppress(ValueError):
            day = date.fromisoformat(day)
    if not isinstance(day, date):
        raise BadRequest(f"{day!r} is no day.", "Write it as 2026-12-01.")
    return datetime.combine(day, time(23, 59)).astimezone()


def _held(view: GoalView) -> dict[str, Any]:
    """The goal's fields as the file has them."""
    card = view.card
    return {
        "statement": card.statement,
        "criteria": [one.text for one in card.criteria],
        "constraints": [one.text for one in card.constraints],
        "deadline": card.deadline.astimezone().date() if card.deadline else "",
        "turn_budget": card.turn_budget or 0,
        "token_budget": card.token_budget or 0,
        "is_standing": view.line.is_standing,
        "values": {value.slot: value.value for value in (*card.facts, *card.decisions)},
    }


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        raise BadRequest("The file cannot be used: values is no table.", "Write [values] and a line for each.")
    return {slot: str(value) for slot, value in values.items()}


def _item(value: Any) -> Any:
    if isinstance(value, list):
        lines = tomlkit.array()
        lines.extend(value)
        return lines.multiline(True)
    return tomlkit.item(value)
