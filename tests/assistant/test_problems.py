"""Requests that the types let pass and no row can hold are the caller's mistakes, told in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.answers.problem import MEDIA_TYPE, Problem
from assistant.api.app import create_app
from assistant.jobs.runner import Runner
from tests.assistant.talking import talking

BEYOND = 2**63
HALF = rb'{"statement": "a \ud800 b"}'


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with talking(tmp_path) as service:
        yield TestClient(create_app(service, Runner(service)))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", f"/api/memory/items/{BEYOND}", b"", id="an item beyond 64 bits"),
        pytest.param("DELETE", f"/api/facts/{BEYOND}", b"", id="a fact beyond 64 bits"),
        pytest.param("POST", "/api/goals", HALF, id="half a character"),
    ],
)
def test_what_no_row_can_hold_is_refused_in_a_sentence(client: TestClient, method: str, path: str, body: bytes) -> None:
    answer = client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith(MEDIA_TYPE)
    problem = Problem.model_validate_json(answer.content).as_error()
    assert problem.sentence.endswith(".")
    assert problem.remedy
