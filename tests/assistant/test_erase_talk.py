"""Erasing in a home where conversations took place: what was said is gone from every file, and what stays is usable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer

import pytest
from sqlmodel import select

from assistant import conversations, facts, goals, memories
from assistant.answers.chat import Attachment
from assistant.answers.memory import EraseRequest, Note
from assistant.clock import FakeClock
from assistant.engine.contract import Message, Request, complete
from assistant.progress import unheard
from assistant.service import Service
from memory.models import Call
from memory.proof import scan
from tests.assistant.talking import NOW, Talker, begin, say, talking

SECRET = "The zirconium walrus sleeps beneath the municipal observatory until summer."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with talking(tmp_path, Talker(f"You said: {SECRET}", "A fine reply."), log_days=30) as service:
        yield service


def places_that_say(service: Service, words: str) -> set[str]:
    return {path.name for path, _ in scan(service.home.data, [words]).found}


def erase(service: Service, what: str, name: str) -> None:
    done = memories.erase(service, EraseRequest.model_validate({"what": what, "name": name}), unheard)
    assert done.probes
    assert done.found == []


def test_what_was_said_before_a_day_is_gone_although_the_conversation_goes_on(service: Service) -> None:
    begin(service, SECRET, attachments=[Attachment(path="walrus.txt", text=SECRET)])
    facts.add(service, "I own a zirconium walrus")
    begin(service, "I will write about the walrus of mine.")
    assert isinstance(service.clock, FakeClock)
    service.clock.advance(timedelta(days=3))
    say(service, "And what of the walrus?", conversation=1)
    say(service, "Does it sleep?", conversation=2)
    assert places_that_say(service, "zirconium")
    erase(service, "before", f"{NOW + timedelta(days=1):%Y-%m-%d}")
    assert places_that_say(service, "zirconium") == set()
    assert [one.said for one in conversations.show(service, 1).turns] == ["And what of the walrus?"]
    assert conversations.show(service, 1).line.title == "And what of the walrus?"
    assert conversations.search(service, "walrus", 1)[0].title == "And what of the walrus?"
    assert say(service, "And now?", conversation=1).turn.state == "done"


def test_a_person_is_gone_from_conversations_goals_facts_and_the_log(service: Service) -> None:
    begin(service, "Zoë Quackenbush asked me to dinner.", goal="A dinner in May")
    facts.add(service, "Zoë Quackenbush is my aunt")
    say(service, "What shall I bring?")
    erase(service, "person", "Zoë Quackenbush")
    assert places_that_say(service, "Quackenbush") == set()
    assert [line.statement for line in goals.list_goals(service)] == ["A dinner in May"]


def test_what_a_model_is_asked_with_words_that_were_erased_leaves_no_row(service: Service) -> None:
    facts.add(service, "Zoë Quackenbush is my aunt")
    engine = service.engine_for("drafts", "draft")
    erase(service, "person", "Zoë Quackenbush")
    complete(engine, Request(messages=[Message("user", "Zoë Quackenbush is my aunt")]))
    assert places_that_say(service, "Quackenbush") == set()


def test_what_is_read_behind_an_edit_is_done_before_anything_is_erased(service: Service) -> None:
    may_write = Event()

    def read() -> None:
        assert may_write.wait(30)
        facts.add(service, "Zoë Quackenbush is my aunt")

    service.ahead.begin(read)
    Timer(2, may_write.set).start()
    request = EraseRequest.model_validate({"what": "person", "name": "Zoë Quackenbush"})
    memories.erase(service, request, lambda *step: may_write.set())  # the first step comes when the rows are gone
    service.ahead.wait()
    assert places_that_say(service, "Quackenbush") == set()


def test_an_item_is_gone_from_the_replies_that_cite_it_and_from_the_log(service: Service) -> None:
    memories.add(service, Note(text=SECRET, title="Walrus"))
    memories.index(service, unheard)
    begin(service, "Where does the walrus sleep, at the observatory?")
    with service.database.read() as session:
        assert any(SECRET in str(call.messages) for call in session.exec(select(Call)))
    erase(service, "item", "1")
    assert places_that_say(service, "zirconium") == set()
    assert [one.said for one in conversations.show(service, 1).turns] == [
        "Where does the walrus sleep, at the observatory?"
    ]
