"""The connector of a watched folder: real files, moved, changed, deleted, and all that is no note."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import Misconfigured
from connectors.files import Files, FilesOptions
from connectors.files.notes import of_html, of_markdown, of_text
from connectors.files.patterns import Patterns
from connectors.files.pdf import of_pdf
from connectors.transport import WaysOut
from tests.connectors.conformance import Conformance
from tests.connectors.reading import Reading
from tests.connectors.world import NOW
from tests.connectors.worlds.files import FilesWorld, pdf
from tests.servers import loopback_policy

pytestmark = pytest.mark.integration

YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path, reader: WaysOut) -> FilesWorld:
    made = FilesWorld(tmp_path / "notes", reader)
    made.folder.mkdir()
    return made


class TestConformance(Conformance):
    largest_cursor: ClassVar[int] = 800_000
    """A folder tells nobody what it held before; the cursor is the only memory of that."""


@pytest.fixture
def reading(world: FilesWorld) -> Reading:
    return Reading(world)


def test_a_note_is_private_memory_with_its_place_as_topics(world: FilesWorld, reading: Reading) -> None:
    world.write("travel/japan/rail.md", "# By rail\n\nSee https://example.org/a_(b).\n", YESTERDAY)
    item = reading.only()
    assert (item.kind, item.private, item.by_me, item.to_me) == ("note", True, False, False)
    assert (item.external_id, item.title, item.topics) == ("travel/japan/rail.md", "By rail", ("travel", "japan"))
    assert item.links == ("https://example.org/a_(b)",)
    assert item.details == {"path": "travel/japan/rail.md", "bytes": 42}
    assert item.published == item.updated == YESTERDAY


@pytest.mark.parametrize(
    ("name", "text", "title", "topics"),
    [
        (
            "a.md",
            "---\ntitle: 'Told: at the front'\ntags: [x, \"y\"]\n---\n# Heading\n",
            "Told: at the front",
            ("x", "y"),
        ),
        ("a.md", "---\nauthor: Ada\ntags:\n  - x\n  - y\n---\ntext", "a", ("x", "y")),
        ("a.md", "```\n# a comment\n```\n## A *fine* [heading](https://example.org) ##\n", "A fine heading", ()),
        ("a.md", "Underlined\n==========\ntext", "Underlined", ()),
        ("a.md", "- a list\n---\n", "- a list", ()),
        ("a.md", "no heading", "a", ()),
        ("a b.c.txt", "# no Markdown", "a b.c", ()),
        ("a.html", "<title>A &amp; B</title><h1>C</h1><p>text", "A & B", ()),
        ("a.HTM", "<h1>The <i>first</i></h1><p>text", "The first", ()),
        ("a.html", "<p>text", "a", ()),
    ],
)
def test_a_title_is_looked_for(
    world: FilesWorld, reading: Reading, name: str, text: str, title: str, topics: tuple[str, ...]
) -> None:
    world.write(name, text, YESTERDAY)
    item = reading.only()
    assert (item.title, item.topics) == (title, topics)


def test_front_matter_dates_a_note_and_is_not_its_text(world: FilesWorld, reading: Reading) -> None:
    world.write("diary.md", "---\ndate: 2019-05-04\nauthors: [Ada, Grace]\n---\nIt rained.\n", YESTERDAY)
    item = reading.only()
    assert (item.text, item.authors) == ("It rained.", ("Ada", "Grace"))
    assert item.published == datetime(2019, 5, 4, tzinfo=UTC)


def test_a_saved_page_brings_what_it_shows_and_nothing_that_runs(world: FilesWorld, reading: Reading) -> None:
    world.write(
        "page.html", "<p onclick=x()>Read <a href='https://example.org/'>this</a></p><script>no</script>", YESTERDAY
    )
    item = reading.only()
    assert item.text == "Read this"
    assert "script" not in item.html
    assert "onclick" not in item.html
    assert item.links == ("https://example.org/",)


class TestMoves:
    def test_a_file_that_is_moved_or_renamed_stays_the_same_item(self, world: FilesWorld, reading: Reading) -> None:
        world.write("inbox/plan.md", "What to do next.", YESTERDAY)
        first = reading.only()
        (world.folder / "done").mkdir()
        (world.folder / "inbox/plan.md").rename(world.folder / "done/old plan.md")
        moved = reading.only()
        assert moved.external_id == first.external_id == "inbox/plan.md"
        assert (moved.title, moved.topics, moved.details["path"]) == ("old plan", ("done",), "done/old plan.md")
        assert moved.published == first.published
        assert not reading.deleted

    def test_a_new_file_in_the_place_of_a_moved_one_is_another_item(self, world: FilesWorld, reading: Reading) -> None:
        world.write("plan.md", "The first plan.", YESTERDAY)
        reading.only()
        (world.folder / "plan.md").rename(world.folder / "plan 1.md")
        assert reading.only().external_id == "plan.md"
        world.write("plan.md", "The second plan.", YESTERDAY + timedelta(hours=1))
        assert reading.only().external_id == "plan.md#2"
        (world.folder / "plan.md").unlink()
        reading.to_the_end()
        assert reading.deleted == ["plan.md#2"]

    def test_of_two_copies_one_moves_and_the_other_goes(self, world: FilesWorld, reading: Reading) -> None:
        for name in ("a/one.md", "b/two.md"):
            world.write(name, "The same text.", YESTERDAY)
        reading.to_the_end()
        (world.folder / "c").mkdir()
        (world.folder / "b/two.md").rename(world.folder / "c/two.md")
        (world.folder / "a/one.md").unlink()
        assert reading.only().external_id == "b/two.md"
        assert reading.deleted == ["a/one.md"]

    def test_a_touched_file_brings_nothing(self, world: FilesWorld, reading: Reading) -> None:
        world.write("a.md", "text", YESTERDAY)
        reading.only()
        os.utime(world.folder / "a.md", (NOW.timestamp() - 60, NOW.timestamp() - 60))
        assert reading.to_the_end() == []

    def test_a_drive_that_is_not_mounted_deletes_nothing(self, world: FilesWorld, reading: Reading) -> None:
        world.write("a.md", "text", YESTERDAY)
        reading.only()
        world.folder.rename(world.folder.with_name("elsewhere"))
        with pytest.raises(Misconfigured, match="There is no folder"):
            reading.poll()
        world.folder.mkdir()
        assert reading.to_the_end() == []
        assert "not mounted" in reading.notices[-1]
        world.folder.rmdir()
        world.folder.with_name("elsewhere").rename(world.folder)
        assert reading.to_the_end() == []
        assert not reading.deleted

    def test_a_folder_that_cannot_be_looked_into_keeps_what_it_held(
        self, world: FilesWorld, reading: Reading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.write("locked/a.md", "text", YESTERDAY)
        world.write("b.md", "text b", YESTERDAY)
        reading.to_the_end()
        scan = os.scandir

        def refusing(path: Path) -> object:  # root may look into everything, so the system cannot be asked to refuse
            if str(path).endswith("locked"):
                raise PermissionError(13, "Permission denied", str(path))
            return scan(path)

        monkeypatch.setattr(os, "scandir", refusing)
        assert reading.to_the_end() == []
        assert reading.deleted == []
        assert "The folder locked cannot be read; check its permissions." in reading.notices


class TestWhatIsNoNote:
    def test_links_hidden_files_and_other_kinds_are_passed_over(
        self, world: FilesWorld, reading: Reading, tmp_path: Path
    ) -> None:
        (tmp_path / "secret.md").write_text("not in the folder")
        for name in (".hidden.md", ".git/a.md", "~$open.md", "photo.jpg", "data.csv"):
            world.write(name, "no note", YESTERDAY)
        (world.folder / "leads out.md").symlink_to(tmp_path / "secret.md")
        (world.folder / "around").symlink_to(world.folder)
        world.write("note.md", "a note", YESTERDAY)
        assert reading.only().external_id == "note.md"
        assert reading.notices == ["2 symbolic links were not followed."]

    def test_what_cannot_be_read_is_said_as_long_as_it_is_so(self, world: FilesWorld, reading: Reading) -> None:
        world.write("binary.txt", bytes(range(256)) * 8, YESTERDAY)
        world.write("half.pdf", pdf("A page.")[:200], YESTERDAY)
        world.write("huge.md", b"x" * (2**20 + 1), YESTERDAY)
        world.write("empty.md", "", YESTERDAY)
        reading.changes["max_mb"] = 1
        for _ in range(2):
            reading.notices.clear()
            assert reading.to_the_end() == []
            assert sorted(reading.notices) == [
                "binary.txt: it is no text, whatever its name says.",
                "half.pdf: it is broken or not complete, and cannot be read as a PDF.",
                "huge.md: it is larger than 1 MB (max_mb) and was not read.",
            ]
        world.write("half.pdf", pdf("A page."), YESTERDAY + timedelta(hours=1))
        world.write("binary.txt", "text after all", YESTERDAY + timedelta(hours=1))
        assert set(reading.to_the_end()) == {"half.pdf", "binary.txt"}

    def test_a_note_that_cannot_be_read_any_more_keeps_its_text(self, world: FilesWorld, reading: Reading) -> None:
        world.write("a.md", "text", YESTERDAY)
        reading.only()
        world.write("a.md", b"\0" * 100, YESTERDAY + timedelta(hours=1))
        assert reading.to_the_end() == []
        assert not reading.deleted
        world.write("a.md", "text", YESTERDAY + timedelta(hours=2))
        reading.notices.clear()
        reading.to_the_end()
        assert (reading.deleted, reading.notices) == ([], [])

    def test_a_file_that_is_being_written_waits(self, world: FilesWorld, reading: Reading) -> None:
        world.write("a.md", "half a sen", NOW - timedelta(seconds=1))
        assert reading.to_the_end() == []
        assert "is being written" in reading.notices[-1]
        world.write("a.md", "half a sentence and the rest", NOW)
        reading.now += timedelta(minutes=10)
        assert reading.only().text == "half a sentence and the rest"

    def test_a_file_that_changes_while_the_folder_is_read_waits(self, world: FilesWorld) -> None:
        world.publish(world.page_size)
        world.write("last.md", "The whole sentence.", YESTERDAY + timedelta(hours=1))
        poll = world.connector().poll(None, now=NOW, limit=1000, cancelled=Event())
        next(poll)
        world.write("last.md", "The who", YESTERDAY + timedelta(hours=2))
        last = list(poll)[-1]
        assert (last.items, last.notices) == ((), ("last.md: it is being written, and will be read at the next poll.",))

    def test_exclude_leaves_out_and_a_later_one_takes_away(self, world: FilesWorld, reading: Reading) -> None:
        for name in ("a.md", "drafts/b.md", "c.html", "keep.html"):
            world.write(name, f"<p>{name}", YESTERDAY)
        reading.changes["exclude"] = ("*.html", "!keep.html")
        assert set(reading.to_the_end()) == {"a.md", "drafts/b.md", "keep.html"}
        reading.changes["exclude"] = ("*.html", "drafts/")
        assert reading.to_the_end() == []
        assert set(reading.deleted) == {"drafts/b.md", "keep.html"}

    def test_what_the_first_poll_left_out_comes_once_it_is_changed(self, world: FilesWorld, reading: Reading) -> None:
        reading.changes.update(first_run_days=7)
        world.write("old.md", "old", NOW - timedelta(days=30))
        assert reading.to_the_end() == []
        world.write("old.md", "old and new", NOW - timedelta(hours=1))
        assert reading.only().text == "old and new"


class TestPdfs:
    def test_a_pdf_brings_its_title_authors_and_pages(self, world: FilesWorld, reading: Reading) -> None:
        about = {"/Title": "Goals in Dialogue", "/Author": "Ada Lovelace; Alan Turing", "/Keywords": "planning, talk"}
        world.write("papers/x.pdf", pdf("The first dia-", "logue. It is", "short.", about=about), YESTERDAY)
        item = reading.only()
        assert (item.title, item.authors) == ("Goals in Dialogue", ("Ada Lovelace", "Alan Turing"))
        assert item.text == "The first dialogue. It is short."
        assert item.topics == ("papers", "planning", "talk")

    @pytest.mark.parametrize("title", ["Microsoft Word - draft3.docx", "untitled", "x.dvi", "", "..."])
    def test_a_title_that_is_none_gives_way_to_the_name(self, world: FilesWorld, reading: Reading, title: str) -> None:
        world.write("On Goals.pdf", pdf("text", about={"/Title": title}), YESTERDAY)
        assert reading.only().title == "On Goals"

    def test_a_locked_or_scanned_pdf_says_what_to_do(self, world: FilesWorld, reading: Reading) -> None:
        world.write("locked.pdf", pdf("text", password="a word"), YESTERDAY)
        world.write("scan.pdf", pdf(), YESTERDAY)
        assert reading.to_the_end() == []
        assert sorted(reading.notices) == [
            "locked.pdf: it is locked with a password. Save a copy without one.",
            "scan.pdf: it holds no text. If it was scanned, run a text recognition (OCR) over it.",
        ]

    def test_a_long_pdf_is_read_for_its_part_of_the_time(self) -> None:
        with pytest.raises(Misconfigured, match="no text"):
            of_pdf(pdf("text"), seconds=-1)
        assert of_pdf(pdf("text"), seconds=10).left_out == ""

    def test_a_pdf_that_never_ends_costs_itself_alone(self, world: FilesWorld) -> None:
        world.write("a.md", "a note", YESTERDAY)
        world.write("loop.pdf", pdf(*["again"] * 150_000), YESTERDAY)
        ways_out = WaysOut(loopback_policy(timeout_s=2.0))
        found = list(Files(world.options(), ways_out).poll(None, now=NOW, limit=10, cancelled=Event()))
        ways_out.close()
        assert [item.external_id for batch in found for item in batch.items] == ["a.md"]
        assert found[-1].notices


@given(data=st.binary(max_size=400))
def test_no_bytes_stop_a_reader(data: bytes) -> None:
    for read in (of_text, of_markdown, of_html, partial(of_pdf, seconds=1.0)):
        for body in (data, b"---\n" + data, b"%PDF-1.7\n" + data):
            with contextlib.suppress(Misconfigured):
                read(body)


def test_a_relative_folder_and_a_bad_pattern_are_refused() -> None:
    with pytest.raises(ValidationError, match="whole path"):
        FilesOptions(folder="notes")
    with pytest.raises(ValidationError, match="no pattern"):
        FilesOptions(folder="/notes", exclude=("[z-a]",))


NAMES = st.text("ab.-", min_size=1, max_size=3).filter(lambda name: name.strip("."))
LINES = st.lists(
    st.sampled_from(["a", "b", "*", "**", "?", "/", "!", "[a-b]", "[!a]", "\\*", ".", "-", " ", "#", "]"]),
    min_size=1,
    max_size=5,
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("git"):
        pytest.skip("git, to compare with, is not installed")
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


@given(
    lines=st.lists(LINES.map("".join), min_size=1, max_size=3),
    paths=st.lists(st.lists(NAMES, min_size=1, max_size=3), min_size=1, max_size=8),
)
@settings(max_examples=40)
def test_patterns_leave_out_what_git_ignores(repository: Path, lines: list[str], paths: list[list[str]]) -> None:
    (repository / ".gitignore").write_text("\n".join(lines) + "\n")
    wanted = ["/".join(parts) for parts in paths]
    asked = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(wanted).encode(),
        capture_output=True,
        check=False,
    )
    ignored = set(filter(None, asked.stdout.decode().split("\0")))
    patterns = Patterns(lines)
    for parts, path in zip(paths, wanted, strict=True):
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        is_left_out = any(patterns.leave_out(folder, is_folder=True) for folder in above)
        assert (is_left_out or patterns.leave_out(path, is_folder=False)) == (path in ignored), (lines, path)
