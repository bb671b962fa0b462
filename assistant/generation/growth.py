"""How far one more token can put off the end of an object: what a schema and a vocabulary say before anything is written.

Its bounds are of `grammar`'s way out: it closes what it can, and in a choice may take the worst.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.engine.schema import Schema
from assistant.generation.vocabulary import COLON, COMMA, Vocabulary

_SLACK = 4
"""Bytes of a character or an escape that was begun."""


class Growth:
    """By how many tokens one more token can put the finish off: by what it opens, and where it cuts what is forced.

    `least` bounds the finish of a value that was not begun, `most` that of one begun anywhere. A way out takes what
    closes first, but among the alternatives of a choice any, so that the worst of them counts.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._most = vocabulary.most

    def of(self, schema: Schema) -> int:
        opened = max((self.most(child) for child in _children(schema)), default=0)
        return opened + self._cuts(schema) + _SLACK

    def least(self, schema: Schema) -> int:
        if "anyOf" in schema:
            return max(self.least(one) for one in schema["anyOf"])
        if schema.get("type") == "object" and "properties" in schema:
            return 2 + sum(self._name(name) + self.least(value) for name, value in schema["properties"].items())
        if schema.get("type") in ("object", "array"):
            return 2 + self._required(schema)
        return self._scalar(schema)

    def most(self, schema: Schema) -> int:
        """Within the value of a property, those after it are still to come, at their least."""
        if "anyOf" in schema:
            return max(self.most(one) for one in schema["anyOf"])
        if schema.get("type") == "object" and "properties" in schema:
            worst = later = 0
            for name, value in reversed(schema["properties"].items()):
                worst = max(worst, self._name(name) + self.most(value) + later)
                later += self._name(name) + self.least(value)
            return 2 + worst
        if schema.get("type") in ("object", "array"):
            inside = max((self.most(child) for child in _children(schema)), default=0)
            return 2 + self._required(schema) + self._between(schema) + inside
        return self._scalar(schema)

    def _required(self, schema: Schema) -> int:
        """Of a list or map: the elements that it has to have."""
        if "prefixItems" in schema:
            return sum(self.least(one) + self._most(COMMA) for one in schema["prefixItems"])
        count = int(schema.get("minItems") or schema.get("minProperties") or 0)
        return count * (max(self.least(child) for child in _children(schema)) + self._between(schema)) if count else 0

    def _between(self, schema: Schema) -> int:
        """A comma, and in a map a name of one character or what is left of one."""
        return self._most(COMMA) + (3 + self._most(COLON) if schema.get("type") == "object" else 0)

    def _scalar(self, schema: Schema) -> int:
        if "enum" in schema:
            return max(self._most(_written(value)) for value in schema["enum"])
        if schema["type"] == "string" and "pattern" in schema:
            width = 1 if str(schema["pattern"]).isascii() else 4
            return 2 + _SLACK + width * int(schema["maxLength"])
        if schema["type"] == "string":
            return 2 + _SLACK + int(schema["minLength"])
        if schema["type"] in ("integer", "number"):
            bounds = [value for word, value in schema.items() if word.lower().endswith("imum")]
            return 8 + max(len(str(int(value))) for value in bounds)  # and a sign, a point and four digits
        return self._most("false")

    def _name(self, name: str) -> int:
        return self._most(COMMA + _written(name) + COLON)

    def _cuts(self, schema: Schema) -> int:
        """The longest rest of a name that a token can end in the middle of."""
        own = max((self._name(name) for name in schema.get("properties", ())), default=0)
        return max([own, *(self._cuts(child) for child in _children(schema))])


def _children(schema: Schema) -> Sequence[Schema]:
    """The schemas of what is directly inside a value."""
    found: list[Schema] = [*schema.get("anyOf", ()), *schema.get("prefixItems", ())]
    for word in ("properties", "patternProperties"):
        found += schema.get(word, {}).values()
    if isinstance(items := schema.get("items"), Mapping):
        found.append(dict(items))
    return found


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(COMMA, COLON))
