"""JSON schemas made finite: whatever follows `bounded(schema)` has an end, and says so to a grammar and to a validator.

Every string, list and number gets a bound where it has none, references are written out, optional properties are asked
for (as in the strict mode of servers), and nothing stands between. It knows no grammar and no engine: `structured` and
`generation.grammar` ask it, and whoever sends a schema to a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.errors import BadRequest

Schema = dict[str, Any]

STRING_CHARACTERS, PATTERN_CHARACTERS, NAME_CHARACTERS = 240, 64, 40
LIST_ITEMS, MAP_ENTRIES = 8, 8
LARGEST = 10**9
FRACTION = 0.0001
"""Numbers that are no integers have so much precision: four digits after the point."""
DEPTH = 3
"""A schema that contains itself is written out so often; then the recursion ends."""
_NAME = f"^[A-Za-z_][A-Za-z0-9_ ]{{0,{NAME_CHARACTERS - 1}}}$"

_DAY = (
    r"((19|20)[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))|20([02468][048]|[13579][26])-02-29)"
)
_HOUR = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_FORMATS = {
    "date": (f"^{_DAY}$", 10),
    "time": (f"^{_HOUR}$", 8),
    "date-time": (f"^{_DAY}T{_HOUR}(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$", 25),
    "uuid": ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", 36),
}
"""Formats as patterns that admit nothing but what exists (no 31st of April), and their lengths. The others are left to
the validator."""
_ANYTHING: tuple[Schema, ...] = ({"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"})


def bounded(schema: Mapping[str, Any]) -> Schema:
    """The schema with a bound on everything; each text that it admits, `schema` admits, too. Twice is as once.

    What it cannot express (a `format` such as "email", relations between properties) is left out, for the validator.
    Raises: BadRequest where the schema asks for no object, for one without end, or in words that are not understood.
    """
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    made = _Bounds(definitions).value(schema, {})
    if made is None:
        raise _refused("contains itself without an end")
    if made.get("type") != "object":
        raise _refused("is of no object")
    return made


class _Bounds:
    """One schema's definitions. `seen` counts how often each was entered on the way; None stands for what has no end."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def value(self, schema: Any, seen: dict[str, int]) -> Schema | None:
        if schema is True:
            schema = {}
        if not isinstance(schema, Mapping):
            raise _refused(f"has {schema!r} where a schema belongs")
        if "$ref" in schema:
            return self._referred(schema, seen)
        if "allOf" in schema:
            return self._together(schema, seen)
        made = self._of_kind(schema, seen)
        if made is not None and isinstance(about := schema.get("description"), str):
            made["description"] = about
        return made

    def _of_kind(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema | None:
        if "const" in schema:
            return {"enum": [schema["const"]]}
        if "enum" in schema:
            return {"enum": list(schema["enum"])} if schema["enum"] else None
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._either(schema[word], seen)
        kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None)
        if kind is None:
            return self._either(_ANYTHING, seen)
        if isinstance(kind, list):
            return self._either([{**schema, "type": one} for one in kind], seen)
        match kind:
            case "object":
                return self._map(schema, seen) if not schema.get("properties") else self._object(schema, seen)
            case "array":
                return self._array(schema, seen)
            case "string":
                return _string(schema)
            case "integer" | "number":
                return _number(schema, kind)
            case "boolean" | "null":
                return {"type": kind}
        raise _refused(f"has the type {kind!r}")

    def _referred(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema | None:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        if name not in self._definitions:
            raise _refused(f"refers to {schema['$ref']!r}, which is not in it")
        if seen.get(name, 0) >= DEPTH:
            return None
        own = {word: value for word, value in schema.items() if word != "$ref"}
        return self.value({**self._definitions[name], **own}, {**seen, name: seen.get(name, 0) + 1})

    def _together(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema | None:
        merged = {word: value for word, value in schema.items() if word != "allOf"}
        for part in schema["allOf"]:
            for word, value in part.items():
                if word in ("properties", "$defs"):
                    merged[word] = {**merged.get(word, {}), **value}
                elif merged.setdefault(word, value) != value and word not in ("title", "description", "required"):
                    raise _refused(f"says two things about {word!r}")
        return self.value(merged, seen)

    def _either(self, choices: Any, seen: dict[str, int]) -> Schema | None:
        made = [one for choice in choices if (one := self.value(choice, seen)) is not None]
        flat = [inner for one in made for inner in one.get("anyOf", [one])]
        return None if not flat else flat[0] if len(flat) == 1 else {"anyOf": flat}

    def _object(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema | None:
        made = {name: self.value(value, seen) for name, value in schema["properties"].items()}
        if any(value is None for value in made.values()):
            return None
        return {"type": "object", "properties": made, "required": list(made), "additionalProperties": False}

    def _map(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema:
        """An object whose names are free: a bounded number of them, each a bounded word."""
        patterns = schema.get("patternProperties", {})
        if set(patterns) - {_NAME}:
            raise _refused("names properties by patterns")
        values = patterns.get(_NAME, schema.get("additionalProperties", "properties" not in schema))
        made = None if values is False else self.value(values, seen)
        if made is None:
            return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        return {
            "type": "object",
            "patternProperties": {_NAME: made},
            "additionalProperties": False,
            "minProperties": int(schema.get("minProperties", 0)),
            "maxProperties": _most(schema, "maxProperties", "minProperties", MAP_ENTRIES),
        }

    def _array(self, schema: Mapping[str, Any], seen: dict[str, int]) -> Schema | None:
        least = int(schema.get("minItems", 0))
        if "prefixItems" in schema:
            fixed = [self.value(one, seen) for one in schema["prefixItems"]]
            if any(one is None for one in fixed):
                return None
            return {"type": "array", "prefixItems": fixed, "items": False, "minItems": len(fixed)}
        items = self.value(schema.get("items", True), seen)
        if items is None:
            return None if least else {"type": "array", "items": {"type": "null"}, "minItems": 0, "maxItems": 0}
        most = _most(schema, "maxItems", "minItems", LIST_ITEMS)
        return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _string(schema: Mapping[str, Any]) -> Schema:
    made: Schema = {"type": "string", "minLength": int(schema.get("minLength", 0))}
    if pattern := schema.get("pattern"):
        return {**made, "maxLength": _most(schema, "maxLength", "minLength", PATTERN_CHARACTERS), "pattern": pattern}
    if (known := _FORMATS.get(str(schema.get("format", "")))) is not None:
        return {**made, "maxLength": known[1], "pattern": known[0]}
    return {**made, "maxLength": _most(schema, "maxLength", "minLength", STRING_CHARACTERS)}


def _number(schema: Mapping[str, Any], kind: str) -> Schema:
    made: Schema = {"type": kind}
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if isinstance(value := schema.get(word), int | float) and not isinstance(value, bool):
            made[word] = value
    lowest = made.get("minimum", made.get("exclusiveMinimum"))
    highest = made.get("maximum", made.get("exclusiveMaximum"))
    if lowest is None:
        made["minimum"] = -LARGEST if highest is None else min(-LARGEST, int(highest) - LARGEST)
    if highest is None:
        made["maximum"] = LARGEST if lowest is None else max(LARGEST, int(lowest) + LARGEST)
    if kind == "number":
        made.setdefault("multipleOf", FRACTION)
    return made


def _most(schema: Mapping[str, Any], most: str, least: str, otherwise: int) -> int:
    """The upper bound that a schema has, or one of ours that leaves room for the lower one."""
    return int(schema[most]) if most in schema else max(otherwise, 2 * int(schema.get(least, 0)))


def _refused(what: str) -> BadRequest:
    return BadRequest(f"The schema of the answer {what}.", "Ask for an object with named properties and bounded types.")
