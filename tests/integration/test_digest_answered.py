"""The digest answered by mail, over a real mailbox: its links and plain replies do what they say, once, and one answer comes back.

Whatever is not certainly the user's is left alone: other senders, no secret, failed checks of the receiving server, programs,
quotations, and instructions in mails of others."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from assistant import memories
from assistant.answers import memory as answers
from assistant.delivery.dispatch import queue_digest
from assistant.digest.view import Note
from assistant.mailbox import following
from memory.models import NOTES, Feedback, Verb
from memory.store import items as item_rows
from memory.store import mutes
from memory.store.items import ItemFilter
from tests.assistant.digest_rows import add_stories, digest_view
from tests.assistant.mailbox.post_office import ADA, PostOffice, text_of
from tests.mail_box import USER

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("mailbox")]


class Correspondence:
    """A digest that arrived, and what the user writes back."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        add_stories(office.service.database)
        facts = {"follow_up": 1, "item": 0, "name": "Ann Lee", "quote": "The cabin", "date": "2026-11-20"}
        note = Note(kind="awaits_me", sentence="", facts=facts)
        view = replace(digest_view(recipient=USER, built_at=datetime.now(UTC)), notes=(note,))
        queue_digest(office.service.database, view, now=office.clock.now(), give_up=following.LATER)
        office.runner.run("deliver")
        [self.digest] = office.deliver_own()
        office.round()

    def reply(self, text: str, *, sender: str = ADA, **headers: str) -> EmailMessage:
        """A plain reply, as a mail program makes it."""
        digest = self.digest
        quoted = "\n".join(f"> {line}" for line in text_of(digest).splitlines()[:20])
        values = {"In_Reply_To": str(digest["Message-ID"]), "References": str(digest["Message-ID"])}
        values |= {"Subject": f"Re: {digest['Subject']}"} | headers
        body = f"{text}\n\nOn Friday, 20 November 2026, Telos wrote:\n{quoted}\n"
        return self.office.write(body, sender=sender, to=ADA, **values)

    def click(self, named: str, typed: str = "") -> None:
        """The mail that a link of the digest opens, sent as it is, or with a question above."""
        page = self.digest.get_body(("html",))
        assert page is not None
        links = re.findall(r'href="(mailto:[^"]+)"', str(page.get_content()).replace("&amp;", "&"))
        told = [parse_qs(urlsplit(link).query) for link in links]
        chosen = next(one for one in told if one["subject"][0].startswith(f"Telos: {named} "))
        self.office.write(typed + chosen["body"][0], sender=ADA, to=ADA, Subject=chosen["subject"][0])

    def answers(self) -> list[str]:
        self.office.round()
        return [text_of(one) for one in self.office.deliver_own()]

    def words(self) -> list[tuple[Verb, int]]:
        with self.office.service.database.read() as session:
            return [(one.verb, one.entry_id) for one in session.exec(select(Feedback)) if one.undone_at is None]


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[Correspondence]:
    with PostOffice.open(tmp_path) as office:
        yield Correspondence(office)


def test_a_plain_reply_does_all_it_says_and_one_answer_comes_back(letters: Correspondence) -> None:
    asked = letters.reply("Hello,\n\nmore 2\nless 1, keep 3\nmute 1\nwhy 2\nsave 3\ndrop 9\n\nBest,\nAda")
    [answer] = letters.answers()
    assert letters.words() == [(Verb.MORE, 2), (Verb.LESS, 1), (Verb.KEEP, 3)]
    with letters.office.service.database.read() as session:
        assert len(mutes.effective(session)) == 1
        assert [one.kind for one in item_rows.list_items(session, ItemFilter(source=NOTES))] == ["note"]
    assert "more like 2, “A dot alone" in answer
    assert "is there because: from town" in answer
    assert "has no entry 9" in answer
    sent = letters.office.smtp.received[-1].message
    assert sent["In-Reply-To"] == asked["Message-ID"]
    assert sent["Auto-Submitted"] == "auto-replied"
    assert sent["To"] == USER
    assert letters.answers() == []  # its own answer, back in the inbox, is no answer to a digest


def test_a_link_does_what_it_says(letters: Correspondence) -> None:
    for named in ("more 2", "less 1", "keep 3"):
        letters.click(named)
    assert len(letters.answers()) == 3
    assert letters.words() == [(Verb.MORE, 2), (Verb.LESS, 1), (Verb.KEEP, 3)]


def test_what_is_followed_up_is_done_or_put_off_by_mail(letters: Correspondence) -> None:
    letters.office.write("Hi Ada,\n\nis the cabin free? I will call you by next Friday.\n\nAnn", Subject="The cabin")
    letters.office.round()
    assert len(following.standing(letters.office.service)) == 2
    letters.click("done f1")
    letters.reply("later f2 20 days")
    first, second = letters.answers()
    assert "f1, “The cabin” (Ann Lee), is done." in first
    assert "f2, “I will call you by next Friday.” (Ann Lee), comes again on" in second
    [left] = following.standing(letters.office.service)
    assert (left.id, left.due) == (2, letters.office.clock.now().date() + timedelta(days=20))


def test_the_link_for_a_question_brings_the_question(letters: Correspondence) -> None:
    letters.click("ask", "What did the council decide about the winter?\n\n")
    [answer] = letters.answers()
    assert "You asked: What did the council decide about the winter?" in answer


def test_a_question_is_answered_from_memory(letters: Correspondence) -> None:
    service = letters.office.service
    memories.add(
        service, answers.Note(title="Quay", text="The night ferry to Santander leaves from the old quay at nine.")
    )
    letters.office.runner.run("index")
    letters.reply("From which quay does the night ferry to Santander leave?\n\nThanks,\nAda")
    [answer] = letters.answers()
    assert "You asked: From which quay does the night ferry to Santander leave?" in answer
    assert "old quay" in answer
    assert letters.answers() == []


def test_what_is_not_certainly_the_users_is_left_alone(
    letters: Correspondence, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    secret = str(letters.digest["Message-ID"])
    guessed = secret.replace(secret[-30:-20], "0123456789")
    letters.reply("more 1", sender="Eve <eve@example.net>")
    letters.reply("more 1", In_Reply_To=guessed, References=guessed)
    for found in ("dkim=fail", "spf=fail", "dmarc=fail", "dkim=pass; spf=softfail"):
        letters.reply("more 1", Authentication_Results=f"mx.example.org; {found}")
    letters.reply("more 1", Auto_Submitted="auto-replied")
    letters.reply("")  # nothing but what it quotes
    letters.office.write("more 1\n", sender=ADA, to=ADA)  # no digest at all
    letters.office.write(
        f"telos-verb: more\ntelos-entry: 1\ntelos-digest: digest-2026-11-20-0\ntelos-secret: {'0' * 32}\n",
        sender=ADA,
        to=ADA,
    )
    assert letters.answers() == []
    assert letters.words() == []
    told = [record.message for record in caplog.records if "was ignored" in record.message]
    assert len(told) == 9
    assert not any("more" in line or secret in line for line in told)


def test_what_passed_the_servers_checks_counts(letters: Correspondence) -> None:
    letters.reply(
        "more 1", Authentication_Results="mx.example.org; dkim=pass header.d=example.org; spf=pass; dmarc=pass"
    )
    assert len(letters.answers()) == 1
    assert letters.words() == [(Verb.MORE, 1)]


def test_a_mail_is_taken_once_wherever_it_lies_and_whatever_number_it_gets(letters: Correspondence) -> None:
    message = letters.reply("more 1")
    letters.office.box.deliver(message, "Sent")
    assert len(letters.answers()) == 1
    letters.office.box.renumber("INBOX")
    assert letters.answers() == []
    assert letters.words() == [(Verb.MORE, 1)]


@pytest.mark.parametrize(
    "name", ["mailbox.after_request", "mailbox.after_reply", "turn.after_saved", "turn.after_kept"]
)
def test_killed_while_it_answers_it_does_and_answers_once(
    name: str, letters: Correspondence, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.reply("more 2\n\nWhat did the council decide about the ferry?")
    letters.office.is_killed_at(name, monkeypatch)
    [answer] = letters.answers()
    assert answer.count("You asked:") == 1
    assert "could not be answered" not in answer
    assert letters.words() == [(Verb.MORE, 2)]
    assert letters.answers() == []


def test_instructions_in_the_mails_of_others_do_nothing(letters: Correspondence, shared_data: Path) -> None:
    told = json.loads((shared_data / "injection" / "text_attacks.json").read_text(encoding="utf-8"))
    attacks = [attack for group in told.values() for attack in group][::5]
    for attack in attacks:
        letters.office.write(f"Hi Ada,\n\n{attack}\n\nmore 1\nless 2\ndone f1\n\nAnn")
    assert letters.answers() == []
    assert letters.words() == []
