"""The mailbox both ways, against a real Dovecot and a real SMTP server: mail in, draft placed, edited, sent, lesson learned, next
draft better; and the digest answered by mail. Killed anywhere on its way, nothing is placed, learned or answered twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant import digests, drafts
from assistant.answers.drafts import DraftEdit
from assistant.delivery.draft_letter import MARK
from assistant.jobs.duties import MAILBOX
from assistant.jobs.runner import due
from assistant.status import status
from connectors.mail.mailbox import Mailbox, Message
from memory.store import replies
from tests.assistant.mailbox.post_office import ADA, ANN, PostOffice, text_of

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("mailbox")]

ASKED = "Hi Ada,\n\nwhen does the night ferry leave, and where do we meet?\n\nBest,\nAnn"
SENT = (
    "Hi Ann,\n\nthe night ferry leaves at nine on Monday the first of December, from the old quay behind the\n"
    "fish market, where we meet.\n\nCheers,\nAda\n\n"
    "On Friday, 20 November 2026, Ann Lee wrote:\n> Hi Ada,\n>\n> Sincerely yours, more or less,\n> Dear all\n"
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with PostOffice.open(tmp_path) as office:
        yield office


def test_mail_in_draft_placed_edited_sent_lesson_learned_next_draft_better(office: PostOffice) -> None:
    asked = office.write(ASKED)
    office.round()
    office.round()

    [placed] = office.placed()
    assert placed["In-Reply-To"] == placed["References"] == asked["Message-ID"]
    assert placed["To"] == ANN
    assert placed["Subject"] == "Re: The ferry"
    assert text_of(placed).startswith("Hello Ann,")
    assert text_of(placed).endswith("Best regards,\nAda")
    number, _, secret = placed[MARK].partition(":")
    mailbox = status(office.service).mailbox
    assert mailbox is not None
    assert (mailbox.drafted, mailbox.placed, mailbox.following, mailbox.problems) == (1, 1, 1, [])
    assert len(secret) == 32

    office.send(placed, SENT)
    office.round()

    view = drafts.show(office.service, int(number))
    assert (view.line.state, view.line.sending) == ("approved", "sent")
    assert "your own hand" in view.line.answer
    assert view.current.by == "user"
    assert view.current.text == (
        "Hi Ann,\n\nthe night ferry leaves at nine on Monday the first of December, from the old quay behind the "
        "fish market, where we meet.\n\nCheers,\nAda"
    )
    assert [lesson.origin for lesson in view.lessons] == ["edit"]
    office.round()
    assert len(drafts.show(office.service, int(number)).versions) == 2
    assert office.placed() == []
    assert office.smtp.received == []

    digests.send(office.service)
    [told] = [note for note in digests.show(office.service).notes if note.kind == "learned"]
    assert told.sentence.startswith(view.lessons[0].line)
    assert f"telos profile undo {view.lessons[0].id}" in told.sentence

    office.write("Hi Ada,\n\ncould you send me the tickets?\n\nBest,\nAnn", Subject="The tickets")
    office.round()
    [better] = office.placed()
    assert text_of(better).startswith("Hi Ann,")
    assert text_of(better).endswith("Cheers,\nAda")


def test_an_answer_comes_from_the_address_that_was_written_to(office: PostOffice) -> None:
    other = "a.byron@work.example"
    text = office.home.config_file.read_text(encoding="utf-8")
    office.home.config_file.write_text(f'{text}addresses = ["{other}"]\n', encoding="utf-8")
    office.restart()
    office.write(ASKED, to=f"Ada Byron <{other}>")
    office.round()
    [placed] = office.placed()
    assert other in placed["From"]
    assert "ada@example.org" not in placed.as_string()


def test_sent_as_it_was_it_is_accepted_whatever_the_program_dropped(office: PostOffice) -> None:
    office.write(ASKED)
    office.round()
    [placed] = office.placed()
    number = int(placed[MARK].partition(":")[0])
    text = text_of(placed)
    del placed["In-Reply-To"], placed["References"]  # found by its text alone
    office.send(placed, text)
    office.round()
    view = drafts.show(office.service, number)
    assert (view.line.state, view.line.sending, len(view.versions)) == ("approved", "sent", 1)
    assert [lesson.origin for lesson in view.lessons] == ["accepted"]


def test_sent_mail_is_looked_at_once_and_only_what_may_be_an_answer_is_fetched(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.write(ASKED)
    office.round()
    [placed] = office.placed()
    for to in ("Bob Ray <bob@example.net>", ANN):
        office.write("The tides are late this year.", sender=ADA, to=to, folder="Sent", Subject="Tides")
    office.poll()
    fetched: list[int] = []

    def fetch(mailbox: Mailbox, role: str, numbers: Sequence[int]) -> list[Message]:
        fetched.extend(numbers if role.lower() == "sent" else ())
        return original(mailbox, role, numbers)

    original = Mailbox.fetch
    monkeypatch.setattr(Mailbox, "fetch", fetch)
    for _ in range(2):
        office.runner.run("mailbox")
    assert fetched == [2], "what went to others, and what was looked at before, stays where it is"
    office.send(placed, SENT)
    office.runner.run("mailbox")
    assert fetched == [2, 3]
    assert drafts.show(office.service, int(placed[MARK].partition(":")[0])).line.sending == "sent"


def test_answered_without_the_draft_it_goes_and_teaches_nothing(office: PostOffice) -> None:
    asked = office.write(ASKED)
    office.round()
    [placed] = office.placed()
    number = int(placed[MARK].partition(":")[0])
    answer = {"In_Reply_To": str(asked["Message-ID"]), "Subject": "Re: The ferry"}
    office.write("I shall ring you up tonight.", sender="Ada Byron <ada@example.org>", to=ANN, folder="Sent", **answer)
    office.round()
    view = drafts.show(office.service, number)
    assert (office.placed(), view.line.state, view.lessons) == ([], "rejected", [])


def test_a_draft_that_changed_in_telos_is_replaced_unless_the_user_touched_it_there(office: PostOffice) -> None:
    office.write(ASKED)
    office.round()
    [placed] = office.placed()
    number = int(placed[MARK].partition(":")[0])
    change(office, number, "Hi Ann,\n\nat nine, on the quay.\n\nAda")
    office.round()
    [replaced] = office.placed()
    assert text_of(replaced) == "Hi Ann,\n\nat nine, on the quay.\n\nAda"

    theirs = office.parsed_copy(replaced, "Hi Ann,\n\nat ten, I think.\n\nAda")
    office.discard(replaced)
    office.box.deliver(theirs, "Drafts")
    change(office, number, "Hi Ann,\n\nat eleven.\n\nAda")
    office.round()
    assert [text_of(one) for one in office.placed()] == ["Hi Ann,\n\nat ten, I think.\n\nAda"]
    drafts.reject(office.service, number)
    office.round()
    assert len(office.placed()) == 1


def test_a_rejected_draft_goes_and_never_comes_back(office: PostOffice) -> None:
    office.write(ASKED)
    office.round()
    drafts.reject(office.service, int(office.placed()[0][MARK].partition(":")[0]))
    office.round()
    office.round()
    assert office.placed() == []


def test_a_draft_that_telos_sent_is_taken_away(office: PostOffice) -> None:
    office.write(ASKED)
    office.round()
    number = int(office.placed()[0][MARK].partition(":")[0])
    change(office, number, "Hi Ann,\n\nat nine.\n\nAda")
    drafts.approve(office.service, number)
    drafts.send(office.service, number)
    office.round()
    assert (office.placed(), len(office.smtp.received)) == ([], 1)


def test_without_the_word_of_the_configuration_nothing_is_placed(tmp_path: Path) -> None:
    with PostOffice.open(tmp_path, places=False) as office:
        office.write(ASKED)
        office.round()
        assert (office.placed(), len(drafts.list_drafts(office.service))) == ([], 1)


PLACING = ("mailbox.after_draft", "mailbox.before_append", "mailbox.after_append", "mailbox.after_placed")


@pytest.mark.parametrize("name", PLACING)
def test_killed_while_it_places_it_places_once(name: str, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    office.write(ASKED)
    office.is_killed_at(name, monkeypatch)
    office.round()
    [placed] = office.placed()
    assert len(drafts.list_drafts(office.service)) == 1
    change(office, int(placed[MARK].partition(":")[0]), "Hi Ann,\n\nat nine.\n\nAda")
    if name != "mailbox.after_draft":
        office.is_killed_at(name, monkeypatch)
    office.round()
    assert [text_of(one) for one in office.placed()] == ["Hi Ann,\n\nat nine.\n\nAda"]


@pytest.mark.parametrize("name", ["mailbox.after_edit", "mailbox.after_approve"])
def test_killed_while_it_learns_it_learns_once(name: str, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    office.write(ASKED)
    office.round()
    [placed] = office.placed()
    assert MAILBOX not in due(office.clock.now(), office.runner.duties()), (
        "an answer that waits is looked at now and then"
    )
    office.send(placed, SENT, keeps_mark=True)
    office.is_killed_at(name, monkeypatch)
    assert MAILBOX in due(office.clock.now(), office.runner.duties()), "the rest does not wait for the next look"
    office.round()
    view = drafts.show(office.service, int(placed[MARK].partition(":")[0]))
    assert (view.line.state, view.line.sending, len(view.versions), len(view.lessons)) == ("approved", "sent", 2, 1)
    with office.service.database.read() as session:
        assert replies.waiting(session) == []


def change(office: PostOffice, number: int, text: str) -> None:
    last = drafts.show(office.service, number).current.number
    drafts.edit(office.service, number, DraftEdit(version=last, text=text, is_sure=True))
