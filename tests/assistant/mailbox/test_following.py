"""Unanswered mail and promises, followed up: told by one digest when they are due, settled by what is written, or by a word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant import digests, drafts, memories
from assistant.answers.memory import EraseRequest
from assistant.errors import NotFound
from assistant.mailbox import following
from assistant.mailbox.account import own_addresses
from assistant.mailbox.conversation import arrived, looked_at, threads_of
from assistant.mailbox.following import follow_up, settle
from assistant.mailbox.replying import draft_answers, to_draft
from assistant.progress import unheard
from assistant.service import Service
from tests.assistant.mailbox.kept import clock_of, home_with_mail, keep


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with home_with_mail(tmp_path) as service:
        yield service


def look(service: Service) -> None:
    """What a round does with what came, but for the mailbox itself."""
    own = own_addresses(service.settings)
    with service.database.write() as session:
        came, up_to = arrived(session)
        threads = threads_of(session, came, service.clock.now())
        looked_at(session, up_to)
    follow_up(service, threads, own)
    draft_answers(service, to_draft(service, threads, own), unheard)
    settle(service, own)


def standing(service: Service) -> list[tuple[str, str, date]]:
    return [(one.kind, one.quote, one.due) for one in following.standing(service)]


def told(service: Service) -> list[str]:
    """What the next digest says of it, and sends."""
    line = digests.send(service, again=True)
    view = digests.show(service, line.day)
    return [note.sentence for note in view.notes if "follow_up" in note.facts]


def test_what_waits_and_what_was_promised_is_told_when_it_is_due_and_once(service: Service) -> None:
    keep(service, "Hi Ada,\n\nwhen do we sail? I will send you the list by Thursday.\n\nAnn")
    keep(service, "Could you book the cabin? I'll pay you back tomorrow.", by_me=True, subject="The cabin")
    look(service)
    assert standing(service) == [
        ("promised_by_me", "I'll pay you back tomorrow.", date(2026, 11, 19)),
        ("awaits_me", "The ferry", date(2026, 11, 20)),
        ("promised_to_me", "I will send you the list by Thursday.", date(2026, 11, 20)),
        ("awaits_them", "The cabin", date(2026, 11, 22)),
    ]
    assert told(service) == []
    clock_of(service).advance(timedelta(days=2))
    due = told(service)
    assert [line.split(":")[0] for line in due] == ["f4", "f1", "f2"]
    assert "due 19 November, you said to Ann Lee: “I'll pay you back tomorrow.”" in due[0]
    assert "Ann Lee waits for your answer to “The ferry”. One is drafted: `telos drafts show 1`." in due[1]
    assert "That was due by 19 November." in due[2]
    assert told(service) == []
    clock_of(service).advance(timedelta(days=2))
    assert [line.split(":")[0] for line in told(service)] == ["f3"]


def test_a_word_ends_it_or_puts_it_off(service: Service) -> None:
    keep(service, "When do we sail?")
    look(service)
    clock_of(service).advance(timedelta(days=2))
    assert len(told(service)) == 1
    following.later(service, 1, 5)
    clock_of(service).advance(timedelta(days=4))
    assert told(service) == []
    clock_of(service).advance(timedelta(days=1))
    assert len(told(service)) == 1
    following.later(service, 1)
    following.done(service, 1)
    clock_of(service).advance(timedelta(days=30))
    assert told(service) == []
    with pytest.raises(NotFound, match="no follow-up f9"):
        following.done(service, 9)


def test_what_is_written_later_settles_it(service: Service) -> None:
    _, asked = keep(service, "When do we sail? I will send the list by Friday.")
    _, mine = keep(service, "Could you book the cabin? I'll pay tomorrow.", by_me=True)
    look(service)
    assert len(standing(service)) == 4
    keep(service, "Attached is the list.", answers=asked)
    keep(service, "At nine.", by_me=True, answers=asked)
    keep(service, "It is booked.", answers=mine)
    keep(service, "Thanks! I have just paid.", by_me=True, answers=mine)
    look(service)
    assert standing(service) == []


def test_an_answer_from_a_program_that_names_nothing_but_the_mail_before_belongs_to_the_conversation(
    service: Service,
) -> None:
    """Its conversation then looks as if it had begun with the mail that it answers."""
    _, first = keep(service, "The cabin is free.", by_me=True)
    _, asked = keep(service, "When do we sail?", answers=first)
    look(service)
    assert len(standing(service)) == 1
    _, mine = keep(service, "At nine.", by_me=True, answers=asked)
    look(service)
    assert standing(service) == []
    _, again = keep(service, "And what shall I bring?", answers=mine)
    look(service)
    assert len(standing(service)) == 1
    keep(service, "A coat.", by_me=True, answers=again)
    look(service)
    assert standing(service) == []


def test_a_mail_gets_one_draft_and_an_answered_one_none(service: Service) -> None:
    keep(service, "When do we sail?", is_answered=True)
    keep(service, "When do we sail?", is_automatic=True)
    keep(service, "When do we sail?")
    look(service)
    look(service)
    [line] = drafts.list_drafts(service)
    assert (line.kind, line.to, line.subject) == ("reply", ["Ann Lee <ann@example.net>"], "Re: The ferry")


def test_nothing_of_an_erased_mail_is_left(service: Service) -> None:
    keep(service, "When does the zirconium walrus sail? I will wake it by Thursday.", subject="Zirconium walrus")
    look(service)
    clock_of(service).advance(timedelta(days=2))
    assert len(told(service)) == 2
    done = memories.erase(service, EraseRequest(what="person", name="Zirconium Walrus"), unheard)
    assert done.found == []
    done = memories.erase(service, EraseRequest(what="source", name="letters"), unheard)
    assert done.found == []
    assert (standing(service), drafts.list_drafts(service)) == ([], [])
    assert b"irconium walrus" not in service.home.database.read_bytes()
