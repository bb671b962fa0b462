"""`telos backup`, `telos restore` and `telos doctor --repair` as a user types them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.api.app import create_app
from assistant.client import Client
from assistant.jobs.runner import Runner
from assistant.lock import Lock
from tests.assistant.served import served
from tests.assistant.shell import Shell

pytestmark = pytest.mark.integration


@pytest.fixture
def telos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", monkeypatch, capsys)


def test_a_home_goes_back_to_its_backup(telos: Shell, tmp_path: Path) -> None:
    telos("memory", "add", "The night ferry leaves at nine.", "--title", "Ferry")
    backed_up = telos.json("backup", str(tmp_path / "a.backup"))
    assert (backed_up["items"], backed_up["left_out"]) == (1, [])
    telos("memory", "add", "The tunnel is closed.", "--title", "Tunnel")
    assert "is whole" in telos("restore", str(tmp_path / "a.backup"), "--check")
    assert "telos.db" in telos.json("restore", str(tmp_path / "a.backup"), "--check")["members"]

    done = telos.json("restore", str(tmp_path / "a.backup"), "--yes")
    assert [hit["title"] for hit in telos.json("memory", "search", "ferry tunnel")["hits"]] == ["Ferry"]
    assert (Path(done["aside"]) / "telos.db").is_file()
    assert f"sooner, if you miss nothing: rm -r {done['aside']}" in done["aside_remedy"]
    assert done["kept"] == [str(telos.home / "config.toml")]


def test_a_damaged_backup_is_refused_with_a_sentence(telos: Shell, tmp_path: Path) -> None:
    telos("backup", str(tmp_path / "a.backup"))
    content = bytearray((tmp_path / "a.backup").read_bytes())
    content[len(content) // 3] ^= 255
    (tmp_path / "a.backup").write_bytes(content)
    assert "is damaged" in telos("restore", str(tmp_path / "a.backup"), "--yes", status=2)
    assert "is damaged" in telos("restore", str(tmp_path / "a.backup"), "--check", status=2)


def test_what_is_no_file_is_named_with_what_to_name_instead(telos: Shell, tmp_path: Path) -> None:
    assert "`telos backup FILE` wrote" in telos("restore", str(tmp_path / "none.backup"), status=2)
    assert "Name a file that you may read" in telos("restore", str(tmp_path), "--check", status=1)
    told = telos("backup", str(tmp_path), status=1)
    assert f"{tmp_path} is a folder" in told
    assert "telos.backup" in told


def test_a_home_that_is_at_work_is_not_restored_and_can_be_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path) as service:
        telos = Shell(service.home.data, monkeypatch, capsys)
        telos("backup", str(tmp_path / "a.backup"))
        assert "Stop it first" in telos("restore", str(tmp_path / "a.backup"), "--yes", status=1)
        assert Lock(service.home.lock).holder() is not None
    with zipfile.ZipFile(tmp_path / "a.backup") as packed:
        assert "telos.db" in packed.namelist()


def test_what_does_not_follow_from_the_database_is_found_and_made_anew(tmp_path: Path) -> None:
    with served(tmp_path) as service, Client(service.home) as client:
        client.memory.import_lines([json.dumps({"ref": "1", "text": "The night ferry leaves at nine."})])
        client.memory.index()
        assert client.repair().found == []
        service.vectors.matrix.remove(service.vectors.matrix.chunk_ids())
        assert "full text" not in {one.subject for one in client.doctor() if one.verdict != "ok"}
        assert [one.subject for one in client.doctor() if "not in the exact index" in one.sentence] == ["index"]
        repaired = client.repair()
        assert (repaired.found, repaired.left) == (["1 of 1 vectors are not in the exact index."], [])
        assert [one.verdict for one in client.doctor() if one.subject == "index"] == ["ok"]


def test_no_backup_is_made_for_whoever_asks_over_tcp(tmp_path: Path) -> None:
    """The request would have the service write where it says."""
    with served(tmp_path) as service:
        runner = Runner(service)
        http = TestClient(create_app(service, runner), client=("127.0.0.1", 50_000))
        answer = http.post("/api/backup", json={"file": str(tmp_path / "a.backup"), "with_secrets": True})
        runner.close()
    assert answer.status_code == 400
    assert "Unix socket alone" in answer.json()["detail"]
    assert not (tmp_path / "a.backup").exists()
