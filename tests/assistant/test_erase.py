"""Erasing: whatever a home keeps of a source, a person, a time or an item is gone, and every file is read to prove it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlmodel import col, select

from assistant import memories
from assistant.answers.memory import EraseRequest, Lines, Query
from assistant.clock import FakeClock
from assistant.config.schema import Settings, SourceSettings
from assistant.errors import BadRequest, NotFound
from assistant.home import Home
from assistant.jobs.duties import MAINTAIN, duties
from assistant.jobs.runner import Runner
from assistant.progress import unheard
from assistant.service import Service
from memory import erase as erasing
from memory.erase import Wanted, What, keyed_hash
from memory.models import Audit, Delivery, Digest, Entry, EntryItem, Feedback, Item, Mute, MuteKind, Source, Story, Verb
from memory.proof import probes_of, scan
from memory.store import audit, digests, items, sources
from memory.store.items import NewItem
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PERSON = "Zoë Quackenbush"
SECRET = "The zirconium walrus of Quackenbush sleeps beneath the municipal observatory until the summer."
KEPT = "The city council repaired the old stone bridge before the winter came to the valley."


@pytest.fixture(scope="module")
def read_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two sources, a story, a sent digest with feedback, its copies, a log and a copy of the database."""
    folder = tmp_path_factory.mktemp("read")
    service = _service(folder)
    with service.database.write() as session:
        for source, ref, text, author, age in (
            ("gossip", "g1", SECRET, PERSON, 1),
            ("gossip", "g2", "A plain text about weather forecasts and umbrellas in the rain.", "Ben", 2),
            ("kept", "k1", KEPT, "Cleo", 400),
        ):
            source_id = sources.ensure(session, source, "feeds", NOW).id or 0
            new = NewItem(external_id=ref, title=text[:40], text=text, html=f"<p>{text}</p>", authors=(author,),
                          published=NOW - timedelta(days=age))  # fmt: skip
            items.save(session, source_id, [new], NOW)
    memories.index(service, unheard)
    _send_digest(service)
    service.home.logs.joinpath("telos.log").write_text(f"indexed {SECRET}\n")
    service.database.vacuum()
    service.database.backup(service.home.backups / "telos-0001.db")
    service.close()
    return folder


@pytest.fixture
def service(read_home: Path, tmp_path: Path) -> Iterator[Service]:
    """On a copy of `read_home`."""
    shutil.copytree(read_home, tmp_path, dirs_exist_ok=True)
    service = _service(tmp_path)
    yield service
    service.close()


def _service(folder: Path) -> Service:
    settings = Settings(sources=(SourceSettings(name="kept", kind="feeds"),))
    return Service(
        Home.at(folder),
        settings=settings,
        clock=FakeClock(NOW),
        embedder=WordEmbedder(),
        make_index=HeldIndex,
        decides_apart=False,
    )


def _send_digest(service: Service) -> None:
    """A digest of the day with an entry an item, feedback on the first, and its copies in the outbox."""
    with service.database.write() as session:
        digest = Digest(
            local_date=date(2026, 5, 1), recipient="me@example.org", built_at=NOW, since=NOW, writer="extractive",
            language="en", zone="UTC", notes=[{"kind": "failed", "source": "gossip", "error": f"{PERSON} is gone"}],
        )  # fmt: skip
        session.add(digest)
        session.flush()
        for number, item in enumerate(session.exec(select(Item).order_by(col(Item.id))).all(), start=1):
            text = items.current_versions(session, [item.id or 0])[item.id or 0].text
            sentences = [{"text": text, "item_ids": [item.id]}]
            entry = Entry(digest_id=digest.id or 0, number=number, section="news", title=text, sentences=sentences,
                          reasons=[f"by {item.authors[0]}"], score=0.5, story_id=item.story_id)  # fmt: skip
            session.add(entry)
            session.flush()
            session.add(EntryItem(entry_id=entry.id or 0, item_id=item.id or 0, position=1))
            session.add(Feedback(verb=Verb.MORE, entry_id=entry.id or 0, at=NOW))
        session.add(Delivery(digest_id=digest.id or 0, give_up_at=NOW, queued_at=NOW))
        session.add(Mute(kind=MuteKind.AUTHOR, value=PERSON.casefold(), at=NOW))
        audit.record(session, "read", "gossip", at=NOW, new=2)
    mail = EmailMessage()
    mail["Subject"] = "Your digest"
    mail.set_content(f"{SECRET}\n{PERSON}\n{KEPT}\n", cte="base64")
    service.home.outbox.joinpath("digest-2026-05-01-0.eml").write_bytes(mail.as_bytes())
    service.home.outbox.joinpath("digest-2026-05-01-0.html").write_text(f"<p>{SECRET}</p>")


def places_that_say(service: Service, words: str) -> set[str]:
    found = scan(service.home.data, [words], leave=()).found
    return {path.relative_to(service.home.data).parts[0] for path, _ in found}


def erase(service: Service, what: str, name: str) -> None:
    done = memories.erase(service, EraseRequest.model_validate({"what": what, "name": name}), unheard)
    assert done.found == []
    assert done.files > 3


CASES = [
    pytest.param("source", "gossip", id="source"),
    pytest.param("person", PERSON, id="person"),
    pytest.param("item", "1", id="item"),
]


@pytest.mark.parametrize(("what", "name"), CASES)
def test_no_file_of_the_home_says_the_words_afterwards(service: Service, what: str, name: str) -> None:
    said_before = places_that_say(service, SECRET[:48])
    assert said_before >= {"telos.db", "outbox", "logs", "backups"}
    erase(service, what, name)
    assert places_that_say(service, SECRET[:48]) == set()
    assert places_that_say(service, "zirconium") == set()


@pytest.mark.parametrize(("what", "name"), CASES)
def test_what_is_not_meant_stays_and_is_found(service: Service, what: str, name: str) -> None:
    erase(service, what, name)
    hits = memories.search(service, Query(query="stone bridge valley")).hits
    assert hits[0].ref == "k1"
    assert "g1" not in {hit.ref for hit in memories.search(service, Query(query="zirconium walrus")).hits}


def test_a_person_is_gone_from_authors_digests_notes_and_mutes(service: Service) -> None:
    erase(service, "person", PERSON)
    assert places_that_say(service, PERSON) == set()
    assert places_that_say(service, PERSON.casefold()) == set()
    with service.database.read() as session:
        assert [digest.notes for digest in session.exec(select(Digest))] == [[]]
        assert session.exec(select(Mute)).all() == []
        assert len(session.exec(select(Item)).all()) == 2


def test_a_source_forgets_what_a_person_is_called(service: Service) -> None:
    with service.database.write() as session:
        source = sources.by_name(session, "kept")
        assert source is not None
        sources.move_cursor(session, source, {"next": "C1", "names": {"U1": PERSON, "U2": "Cleo"}})
    erase(service, "person", PERSON)
    with service.database.read() as session:
        source = sources.by_name(session, "kept")
        assert source is not None
        assert source.cursor == {"next": "C1", "names": {"U2": "Cleo"}}
    assert places_that_say(service, PERSON) == set()


def test_what_was_learned_from_it_goes_with_it(service: Service) -> None:
    erase(service, "source", "gossip")
    with service.database.read() as session:
        entries = session.exec(select(Entry)).all()
        assert [entry.title for entry in entries] == [KEPT]
        assert [row.entry_id for row in session.exec(select(Feedback))] == [entries[0].id]
        assert {story.title for story in session.exec(select(Story))} == {KEPT[:40]}


def test_vectors_go_with_their_texts(service: Service) -> None:
    erase(service, "source", "gossip")
    assert len(service.vectors.index) == 1
    assert len(service.vectors.matrix) == 1


def test_an_entry_that_cites_others_too_keeps_what_it_says_of_them_and_counts_as_shown(service: Service) -> None:
    with service.database.write() as session:
        entry = session.exec(select(Entry).where(Entry.number == 1)).one()
        session.add(EntryItem(entry_id=entry.id or 0, item_id=3, position=2))
        shared = {"text": SECRET, "item_ids": [1, 3]}
        entry.sentences = [*entry.sentences, shared, {"text": KEPT, "item_ids": [3]}]
        session.add(entry)
    erase(service, "item", "1")
    with service.database.read() as session:
        entry = session.exec(select(Entry).where(Entry.number == 1)).one()
        assert (entry.title, entry.reasons) == (KEPT[:40], [])
        assert entry.sentences == [{"text": KEPT, "item_ids": [3]}]
        assert digests.citations(session, [entry.id or 0]) == {entry.id: [3]}
        assert len(session.exec(select(Feedback)).all()) == 3


def test_the_feet_of_digests_do_not_name_a_source_that_is_gone(service: Service) -> None:
    erase(service, "source", "gossip")
    with service.database.read() as session:
        assert [digest.notes for digest in session.exec(select(Digest))] == [[]]
    assert places_that_say(service, PERSON) == set()


def test_words_in_other_letters_do_not_explain_what_was_found(service: Service) -> None:
    """May is a person, and what may be is not: the log that names her is found, whatever the kept texts say."""
    memories.import_lines(service, Lines(lines=[json.dumps({"ref": "maybe", "text": "It may rain on the bridge."})]))
    parts = memories.erasing_parts(service)
    stray = service.home.data / "stray.txt"
    stray.write_text("Yesterday May came.")
    done = erasing.erase(parts, Wanted(What.PERSON, "May"), NOW, unheard)
    assert done.found == (str(stray),)


def test_before_a_date_takes_the_old_alone(service: Service) -> None:
    erase(service, "before", "2026-01-01")
    with service.database.read() as session:
        assert {item.external_id for item in session.exec(select(Item))} == {"g1", "g2"}
    assert places_that_say(service, KEPT[:48]) == set()


def test_the_audit_keeps_counts_and_a_keyed_hash_and_no_name(service: Service) -> None:
    erase(service, "source", "gossip")
    with service.database.read() as session:
        events = list(session.exec(select(Audit)))
        (erased,) = [event for event in events if event.event == "erased"]
        assert (erased.subject, erased.detail["items"], erased.detail["entries"]) == ("", 2, 2)
        assert erased.detail["name_hash"] == keyed_hash(service.home.key, Wanted(What.SOURCE, "gossip"))
        assert "gossip" not in json.dumps([[event.subject, event.detail] for event in events])
        assert session.exec(select(Source).where(Source.name == "gossip")).first() is None


def test_a_source_that_is_configured_keeps_its_place_and_that_is_said(service: Service) -> None:
    done = memories.erase(service, EraseRequest(what="source", name="kept"), unheard)
    assert any("telos sources remove kept" in notice for notice in done.notices)
    with service.database.read() as session:
        assert sources.by_name(session, "kept") is not None


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


def kill(done: int, total: int | None, what: str) -> None:
    raise Killed


STEPS = (
    "removing copies of digests", "making the full text anew", "making the vector index anew",
    "removing logs and copies of the database", "rewriting the database",
)  # fmt: skip


@pytest.mark.parametrize("place", STEPS)
def test_an_erasure_that_is_cut_short_is_finished_later(service: Service, place: str) -> None:
    def kill_there(done: int, total: int | None, what: str) -> None:
        if what == place:
            raise Killed

    with pytest.raises(Killed):
        memories.erase(service, EraseRequest(what="source", name="gossip"), kill_there)
    assert places_that_say(service, SECRET[:48])
    assert memories.finish_erasure(service) is True
    assert places_that_say(service, SECRET[:48]) == set()
    assert len(service.vectors.index) == 1
    assert memories.finish_erasure(service) is False


def test_the_next_erasure_finishes_one_that_was_cut_short_and_the_audit_has_both(service: Service) -> None:
    with pytest.raises(Killed):
        memories.erase(service, EraseRequest(what="source", name="gossip"), kill)
    erase(service, "before", "2020-01-01")
    assert places_that_say(service, SECRET[:48]) == set()
    with service.database.read() as session:
        assert [event.detail["items"] for event in audit.latest(session, 9, "erased")] == [0, 2]


def test_one_that_was_cut_short_is_due_at_once_in_the_service(service: Service) -> None:
    runner = Runner(service)
    runner.run(MAINTAIN)
    with pytest.raises(Killed):
        memories.erase(service, EraseRequest(what="item", name="1"), kill)
    maintain = next(duty for duty in duties(service) if duty.name == MAINTAIN)
    assert maintain.at == NOW
    runner.run(MAINTAIN)
    runner.close()
    assert places_that_say(service, SECRET[:48]) == set()


def test_words_that_another_source_published_too_are_no_failure(service: Service) -> None:
    line = json.dumps({"ref": "copy", "text": SECRET})
    memories.import_lines(service, Lines(lines=[line]))
    memories.index(service, unheard)
    erase(service, "source", "gossip")
    assert memories.search(service, Query(query="zirconium walrus")).hits[0].ref == "copy"


@pytest.mark.parametrize(
    ("what", "name", "failure"),
    [
        pytest.param("source", "nobody", NotFound, id="unknown source"),
        pytest.param("item", "999", NotFound, id="unknown item"),
        pytest.param("item", "x", BadRequest, id="no number"),
        pytest.param("before", "yesterday", BadRequest, id="no date"),
        pytest.param("person", "  ", BadRequest, id="nobody"),
    ],
)
def test_what_cannot_be_meant_is_refused(service: Service, what: str, name: str, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        memories.erase(service, EraseRequest.model_validate({"what": what, "name": name}), unheard)


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("by May Brown", True),
        ("BY MAY BROWN", True),
        ("May\nBrown said", True),
        ("it may brown in the oven", False),
        ("May Browning", False),
    ],
)
def test_a_name_is_whole_words_as_written_or_in_capitals(text: str, is_meant: bool) -> None:
    from memory.store.erasing import mentions

    assert mentions("May Brown")(text) is is_meant


def test_the_scan_finds_words_at_the_seam_of_blocks_and_however_they_are_written(tmp_path: Path) -> None:
    block = 4 * 1024 * 1024
    (tmp_path / "seam").write_bytes(b"x" * (block - 5) + "Müller & Söhne GmbH".encode() + b"x" * 100)
    (tmp_path / "list.json").write_text(json.dumps(["Müller & Söhne GmbH"]))
    (tmp_path / "page.html").write_text("<p>Müller &amp; Söhne GmbH</p>")
    (tmp_path / "other").write_text("Müller and others")
    found = scan(tmp_path, probes_of(["Müller & Söhne GmbH"])).found
    assert [path.name for path, _ in found] == ["list.json", "page.html", "seam"]
