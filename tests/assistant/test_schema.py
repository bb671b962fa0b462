"""Schemas with a bound on everything."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from assistant.engine.schema import DEPTH, LARGEST, LIST_ITEMS, STRING_CHARACTERS, bounded
from assistant.errors import BadRequest


def within(schema: dict[str, Any]) -> Any:
    """The bounded form of a property."""
    return bounded({"type": "object", "properties": {"it": schema}})["properties"]["it"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"type": "string"}, {"minLength": 0, "maxLength": STRING_CHARACTERS}, id="text"),
        pytest.param({"type": "string", "maxLength": 9}, {"maxLength": 9}, id="text with a bound"),
        pytest.param({"type": "string", "minLength": 400}, {"maxLength": 800}, id="text with a lower bound"),
        pytest.param({"type": "integer"}, {"minimum": -LARGEST, "maximum": LARGEST}, id="integer"),
        pytest.param({"type": "integer", "minimum": 10**12}, {"maximum": 10**12 + LARGEST}, id="large integer"),
        pytest.param(
            {"type": "number", "exclusiveMinimum": 0}, {"multipleOf": 0.0001, "maximum": LARGEST}, id="number"
        ),
        pytest.param({"type": "array", "items": {"type": "null"}}, {"maxItems": LIST_ITEMS}, id="list"),
        pytest.param({"const": 3}, {"enum": [3]}, id="constant"),
        pytest.param({"type": ["null", "boolean"]}, {"anyOf": [{"type": "null"}, {"type": "boolean"}]}, id="types"),
        pytest.param({"allOf": [{"type": "string"}, {"maxLength": 4}]}, {"maxLength": 4}, id="all of"),
        pytest.param({"type": "string", "format": "email"}, {"maxLength": STRING_CHARACTERS}, id="other format"),
        pytest.param({"type": "object"}, {"maxProperties": 8}, id="free names"),
    ],
)
def test_what_has_no_bound_gets_one(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    made = within(schema)
    assert expected == {word: made[word] for word in expected}


def test_optional_properties_are_asked_for_and_no_others_come() -> None:
    class Note(BaseModel):
        text: str
        why: str | None = None

    made = bounded(Note.model_json_schema())
    assert made["required"] == ["text", "why"]
    assert made["additionalProperties"] is False


def test_a_schema_that_contains_itself_ends() -> None:
    class Part(BaseModel):
        parts: list[Part] = []
        other: Part | None = None

    made = bounded(Part.model_json_schema())
    for _ in range(DEPTH - 1):
        made = made["properties"]["parts"]["items"]
    assert made["properties"]["parts"]["maxItems"] == 0
    assert made["properties"]["other"] == {"type": "null"}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "string"}, id="no object"),
        pytest.param({"$ref": "#/$defs/A", "$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}}, id="endless"),
        pytest.param({"$ref": "#/$defs/B"}, id="a reference to nothing"),
        pytest.param({"properties": {"a": {"type": "colour"}}}, id="an unknown type"),
        pytest.param({"properties": {"a": 3}}, id="a number for a schema"),
        pytest.param({"patternProperties": {"^x": {}}}, id="patterns of names"),
        pytest.param({"properties": {"a": {"allOf": [{"type": "string"}, {"type": "null"}]}}}, id="a contradiction"),
    ],
)
def test_what_cannot_be_bounded_is_refused_with_a_sentence(schema: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="The schema of the answer"):
        bounded(schema)


PROPERTIES = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"enum": ["a", "b"]}, {}]),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda names: {"type": "object", "properties": names}, st.dictionaries(st.text(max_size=3), inner)),
        st.builds(lambda choices: {"anyOf": choices}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(names=st.dictionaries(st.text(max_size=4), PROPERTIES, max_size=4))
def test_a_bounded_schema_is_a_schema_and_bounding_it_again_changes_nothing(names: dict[str, Any]) -> None:
    made = bounded({"type": "object", "properties": names})
    jsonschema.Draft202012Validator.check_schema(made)
    assert bounded(made) == made


@given(day=st.dates(min_value=date(1901, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_there_is_may_be_written(day: date) -> None:
    pattern = within({"type": "string", "format": "date"})["pattern"]
    is_a_leap_day_of_the_last_century = (day.month, day.day) == (2, 29) and day.year < 2000
    assert bool(re.search(pattern, day.isoformat())) != is_a_leap_day_of_the_last_century


@pytest.mark.parametrize("day", ["2025-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00"])
def test_no_other_day_may_be_written(day: str) -> None:
    assert not re.search(within({"type": "string", "format": "date"})["pattern"], day)


def test_what_a_field_is_about_stays_with_it() -> None:
    class Note(BaseModel):
        text: str = Field(description="In one sentence")

    assert bounded(Note.model_json_schema())["properties"]["text"]["description"] == "In one sentence"
