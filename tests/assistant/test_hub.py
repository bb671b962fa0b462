"""A model is fetched from a hub, only what is wanted of it, with its progress; failures are told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.engine.contract import ModelFailed
from assistant.generation.files import bytes_to_fetch, fetch_model, locate_model
from assistant.workers import hub
from tests.assistant.test_model_files import CONFIGURATION, shard
from tests.servers import Request, Response, Route, WebServer

pytestmark = pytest.mark.integration  # it imports the hub's library and fetches over loopback
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "config.json": json.dumps(CONFIGURATION).encode(),
    "tokenizer.json": b"{}",
    "model.safetensors": shard(),
    "pytorch_model.bin": b"a pickle",
    "onnx/model.onnx": b"another format",
}


def _file(content: bytes) -> Route:
    def answer(request: Request) -> Response:
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(len(content))}, body=())
        return Response(headers=headers, body=content)

    return answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WebServer]:
    """A hub with one model, `maker/model`, one that must be asked for, and nothing else."""
    with WebServer() as server:
        facts = {"id": "maker/model", "sha": COMMIT, "siblings": [{"rfilename": name} for name in FILES]}
        tree = [
            {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
            for name, content in FILES.items()
        ]
        server.answer(
            "/api/models/maker/model/revision/main", json.dumps(facts).encode(), content_type="application/json"
        )
        server.answer(
            f"/api/models/maker/model/tree/{COMMIT}", json.dumps(tree).encode(), content_type="application/json"
        )
        for name, content in FILES.items():
            server.routes[f"/maker/model/resolve/{COMMIT}/{name}"] = _file(content)
        server.routes["/api/models/maker/shy/revision/main"] = lambda request: Response(
            status=403, headers={"X-Error-Code": "GatedRepo"}
        )
        server.routes["/api/models/maker/none/revision/main"] = lambda request: Response(
            status=404, headers={"X-Error-Code": "RepoNotFound"}
        )
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", server.url(""))
        template = server.url("/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        yield server


def test_only_what_is_wanted_is_fetched_and_counted(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MB", 1)
    size = len(FILES["config.json"] + FILES["tokenizer.json"] + FILES["model.safetensors"])
    assert bytes_to_fetch("maker/model") == size
    heard: list[tuple[int, int | None, str]] = []
    folder = locate_model("maker/model", on_progress=lambda *report: heard.append(report))
    assert {path.name for path in folder.iterdir()} == {"config.json", "tokenizer.json", "model.safetensors"}
    assert heard[-1] == (size, size, "MB fetched")
    assert [done for done, _, _ in heard] == sorted(done for done, _, _ in heard)


def test_what_is_here_is_not_asked_for_again(server: WebServer) -> None:
    folder = locate_model("maker/model")
    asked = len(server.requests)
    assert locate_model("maker/model", may_fetch=False) == folder
    assert len(server.requests) == asked
    assert bytes_to_fetch("maker/model") == 0
    server.routes.clear()
    assert fetch_model("maker/model") == folder, "a hub that is away takes nothing from what is here"


@pytest.mark.parametrize(
    ("name", "sentence", "remedy"),
    [("maker/none", "no model maker/none", "huggingface.co/models"), ("maker/shy", "who asked", "hf auth login")],
)
def test_a_name_that_is_not_to_be_had_is_told_from_a_hub_that_is_away(
    server: WebServer, name: str, sentence: str, remedy: str
) -> None:
    with pytest.raises(ModelFailed, match=sentence) as failure:
        locate_model(name)
    assert remedy in failure.value.remedy
