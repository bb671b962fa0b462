"""One home in which a person stands everywhere that anything is kept, and after `erase` nowhere: every byte is read.

The scan here knows nothing of Telos: it reads each file of the home, the write-ahead log and free pages of the database
among them, and looks for the name in the encodings in which programs write it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlmodel import Session, col, select

from assistant import backups, conversations, drafts, facts, memories
from assistant.answers.backup import BackupRequest
from assistant.answers.drafts import DraftEdit, NewDraft
from assistant.answers.memory import EraseRequest, Lines, Query
from assistant.clock import FakeClock
from assistant.config.schema import MemorySettings, ModelSettings, Settings, UserSettings
from assistant.home import Home
from assistant.progress import unheard
from assistant.service import Service
from memory import frequent
from memory.models import Call, Chunk, Fact, FactEvidence, Lesson, Transition, Turn, Vector, Version
from memory.store import audit
from tests.assistant.talking import NOW, Talker, begin, say
from tests.fakes import WordEmbedder

PERSON = "Zoë Quackenbush"
MARK = "quackenbush"
LETTER = f"{PERSON} keeps the zirconium walrus beneath the observatory. The walrus of {PERSON} sleeps until summer."
KEPT = "The council repaired the stone bridge before the winter came to the valley."


def open_service(folder: Path) -> Service:
    home = Home.at(folder)
    home.prepare()
    settings = Settings(
        user=UserSettings(timezone="UTC", name="Ada", email="ada@example.org"),
        model=ModelSettings(engine="local", name="fake", log_days=30),
        memory=MemorySettings(),
    )
    engine = Talker(f"{PERSON} keeps a walrus [1].")
    return Service(
        home,
        settings=settings,
        clock=FakeClock(NOW),
        embedder=WordEmbedder(),
        make_engine=lambda _choice, _settings: engine,
    )


def fill(service: Service, elsewhere: Path) -> None:
    """Everything that a home can hold of somebody: read, said, learned, drafted, trained on, logged, copied."""
    lines = [{"ref": "z", "text": LETTER, "title": f"On {PERSON}"}, {"ref": "k", "text": KEPT, "title": "Bridge"}]
    memories.import_lines(service, Lines(lines=[json.dumps(line) for line in lines]))
    memories.index(service, unheard)
    begin(service, f"My aunt {PERSON} is a nurse. Where does the walrus of {PERSON} sleep?", goal=f"Visit {PERSON}")
    begin(service, "I live in Porto.")
    say(service, f"I live in Porto, near my aunt {PERSON}.")
    facts.add(service, f"{PERSON} is my aunt")
    made = drafts.new(
        service,
        NewDraft.model_validate({"kind": "mail", "to": [f"{PERSON} <zoe@walrus.example>"], "points": ["The walrus"]}),
    )
    text = f"Ahoy {PERSON},\n\nThe walrus sleeps.\n\nFair winds,\nAda"
    drafts.edit(service, made.line.id, DraftEdit(version=made.current.number, text=text, is_sure=True))
    with service.database.write() as session:
        turn = session.exec(select(Turn)).first()
        assert turn is not None
        session.add(
            Transition(
                turn_id=turn.id,
                conversation_id=turn.conversation_id,
                episode="conversation-1",
                step=1,
                at=NOW,
                fingerprint="f",
                model="m",
                state=PERSON.encode(),
            )
        )
        audit.record(session, "read", "letters", at=NOW, error=f"{PERSON} did not answer")
    home = service.home
    training = home.steering / "training"
    training.mkdir(parents=True)
    for path in (
        home.logs / "telos.log", home.outbox / "draft-1-1.eml", home.edits / "draft-1-2.txt", training / "material.bin",
    ):  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{PERSON}\n")
    service.database.backup(home.backups / "telos-0001.db")
    for name in ("mine.backup", f"of {PERSON}.backup"):
        backups.backup(service, BackupRequest(file=str(elsewhere / name)), unheard)


def says(home: Home) -> set[str]:
    """The files under the home in which the name stands, as UTF-8 or UTF-16, in any case."""
    wanted = [MARK.encode(), MARK.encode("utf-16-le"), MARK.encode("utf-16-be")]
    found: set[str] = set()
    for path in home.data.rglob("*"):
        if path.is_file():
            held = path.read_bytes().lower()
            if any(one in held for one in wanted):
                found.add(path.name)
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(tmp_path / "home")
    yield service
    service.close()


def count(session: Session, table: type) -> int:
    return len(session.exec(select(table)).all())


def test_a_person_is_gone_from_every_byte_of_a_home_that_held_them_everywhere(service: Service, tmp_path: Path) -> None:
    fill(service, tmp_path)
    before = says(service.home)
    assert {"telos.log", "draft-1-1.eml", "draft-1-2.txt", "material.bin", "telos-0001.db"} <= before
    assert any(name.startswith("telos.db") for name in before)
    with service.database.read() as session:
        assert all(count(session, table) for table in (Call, Fact, FactEvidence, Lesson, Transition, Vector))

    done = memories.erase(service, EraseRequest(what="person", name=PERSON), unheard)

    assert done.found == []
    assert says(service.home) == set()  # while the service runs, with its write-ahead log
    assert any(str(tmp_path / "mine.backup") in notice for notice in done.notices)
    assert [fact.text for fact in facts.list_facts(service)] == ["The user lives in Porto."]
    assert [one.quote for one in facts.why(service, facts.list_facts(service)[0].id).evidence] == ["I live in Porto"]
    assert memories.search(service, Query(query="stone bridge")).hits[0].ref == "k"
    service.close()
    assert says(service.home) == set()
    again = open_service(tmp_path / "home")  # and a new start brings nothing back
    try:
        assert conversations.recent(again, 9)
        assert says(again.home) == set()
    finally:
        again.close()


@pytest.fixture
def counted(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A home large enough for arrays of frequent words, its bounds lowered: three letters name the person, one does not."""
    monkeypatch.setattr(frequent, "LEAST_CHUNKS", 1)
    monkeypatch.setattr(frequent, "LEAST", 1)
    lines = [{"ref": f"z{number}", "text": f"{LETTER} Letter {number}.", "title": "Walrus"} for number in range(3)]
    lines.append({"ref": "k", "text": KEPT, "title": "Bridge"})
    memories.import_lines(service, Lines(lines=[json.dumps(line) for line in lines]))
    memories.index(service, unheard)
    assert memories.count_words(service, unheard)
    return service


def entries_of(service: Service, stem: str) -> list[int]:
    """The chunks that the arrays on disk hold of a word."""
    [table] = service.home.index.glob("frequent-words.json")
    told = json.loads(table.read_bytes())
    start, end = told["spans"].get(stem, (0, 0))
    ids = np.fromfile(service.home.index / f"frequent-words.{told['name']}.ids", dtype="<u4")
    found: list[int] = ids[start:end].tolist()
    return found


def test_a_person_is_gone_from_the_arrays_of_frequent_words(counted: Service) -> None:
    assert "frequent-words.json" in says(counted.home)
    assert len(entries_of(counted, MARK)) == 3
    assert memories.search(counted, Query(query=f"walrus of {PERSON}")).hits  # which maps the arrays
    assert memories.erase(counted, EraseRequest(what="person", name=PERSON), unheard).found == []
    assert says(counted.home) == set()
    assert not list(counted.home.data.rglob("frequent-words.*"))
    assert memories.search(counted, Query(query="stone bridge")).hits[0].ref == "k"
    assert memories.count_words(counted, unheard)
    assert says(counted.home) == set()
    assert len(entries_of(counted, "bridg")) == 1


def test_a_single_item_is_gone_from_the_arrays_though_others_say_its_words(counted: Service) -> None:
    hits = {hit.ref: hit.item_id for hit in memories.search(counted, Query(query="walrus")).hits}
    with counted.database.read() as session:
        of_item = select(Chunk.id).join(Version, col(Version.id) == col(Chunk.version_id))
        [chunk] = session.exec(of_item.where(Version.item_id == hits["z1"]))
    assert chunk in entries_of(counted, MARK)
    memories.erase(counted, EraseRequest(what="item", name=str(hits["z1"])), unheard)
    assert not list(counted.home.data.rglob("frequent-words.*"))
    found = {hit.ref for hit in memories.search(counted, Query(query="walrus")).hits}
    assert {"z0", "z2"} <= found <= {"z0", "z2", "k"}
    assert memories.count_words(counted, unheard)
    left = entries_of(counted, MARK)
    assert (len(left), chunk in left) == (2, False)


def test_what_was_learned_before_a_day_goes_and_what_was_said_again_since_stays_in_its_later_words(
    service: Service,
) -> None:
    begin(service, "I live in Porto, they say by the zirconium sea.")
    facts.add(service, "I collect old stamps")
    assert isinstance(service.clock, FakeClock)
    service.clock.advance(timedelta(days=3))
    begin(service, "I live in Porto.")
    memories.erase(service, EraseRequest(what="before", name=f"{NOW + timedelta(days=1):%Y-%m-%d}"), unheard)
    [fact] = facts.list_facts(service)
    assert (fact.text, fact.quote, fact.conversation) == ("The user lives in Porto.", "I live in Porto", 2)
    found = [path.name for path in service.home.data.rglob("*") if path.is_file() and b"zirconium" in path.read_bytes()]
    assert found == []
