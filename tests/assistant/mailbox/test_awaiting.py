"""Which mail awaits an answer: a question or a request, to the user, from a person, that nobody answered later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.mailbox.awaiting import asks, awaits_me, awaits_them
from assistant.mailbox.mail import own_text
from tests.assistant.mailbox.mails import ANN, BOB, ME, OWN, from_me, mail

ASKING = {
    "a question": "Hi Ada,\n\nwhen does the night ferry leave?\n\nBest,\nAnn",
    "a request": "Hi Ada,\n\nplease send me the timetable.\n\nAnn",
    "could you": "Could you have a look at the cabin list before we meet.",
    "let me know": "We sail on Monday or on Tuesday. Let me know which one suits you.",
    "a question before courtesies": "Is the hall free on 5 May?\n\nIf you have any questions, please call me.",
    "German": "Hallo Ada,\n\nkannst du mir den Fahrplan schicken\n\nGruß\nAnn",
    "French": "Bonjour,\n\npourriez-vous m'envoyer les horaires.\n\nCordialement",
    "Spanish": "Hola:\n\n¿a qué hora sale el barco?\n\nSaludos",
    "an answer within quotations": "> The ferry is late.\n\nHow late is it?\n",
}
RESTING = {
    "news": "Hi Ada,\n\nthe ferry leaves at nine.\n\nBest,\nAnn",
    "courtesy alone": "The file is attached.\n\nPlease let me know if you have any questions.\n\nAnn",
    "how are you": "Hi Ada, how are you?\n\nWe arrived safely.\n\nAnn",
    "please find": "Please find the timetable attached.",
    "a question that is quoted": "Thanks, that is all I need.\n\nOn 17 November 2026, Ada Byron wrote:\n> When do we sail?\n",
    "a question below a divider": "FYI.\n\n-----Original Message-----\nFrom: Bob\nSent: Monday\nSubject: Cabins\n\nHow many cabins?",
    "do not hesitate": "The hall is booked. Do not hesitate to call.",
}


@pytest.mark.parametrize("text", ASKING.values(), ids=ASKING)
def test_a_question_or_a_request_awaits_an_answer(text: str) -> None:
    asked = mail(text)
    assert awaits_me([asked], OWN) is asked


@pytest.mark.parametrize("text", RESTING.values(), ids=RESTING)
def test_what_asks_for_nothing_awaits_none(text: str) -> None:
    assert asks(mail(text)) == ""


def test_it_awaits_none_once_the_user_answered_whatever_program_they_used() -> None:
    asked = mail("When do we sail?")
    assert awaits_me([asked, from_me("At nine.", asked)], OWN) is None
    assert awaits_me([mail("When do we sail?", is_answered=True)], OWN) is None
    again = [asked, from_me("At nine.", asked), mail("And when do we land?", references=(asked.message_id,))]
    assert awaits_me(again, OWN) is again[-1]


@pytest.mark.parametrize(
    "fields",
    [
        {"to": (BOB,), "cc": (ME,)},
        {"is_automatic": True},
        {"sender": None},
        {"to": (BOB,), "to_me": False},
    ],
    ids=["in copy", "a program's", "nobody's", "not to the user"],
)
def test_what_is_not_asked_of_the_user_by_a_person_awaits_none(fields: dict[str, object]) -> None:
    assert awaits_me([mail("When do we sail?", **fields)], OWN) is None


def test_a_mail_that_came_by_an_alias_is_to_the_user() -> None:
    aliased = mail("When do we sail?", to=(BOB,), to_me=True)
    assert awaits_me([aliased], OWN) is aliased


def test_a_question_is_settled_by_who_asked_it_or_by_another_who_was_asked() -> None:
    asked = mail("When do we sail?", to=(ME, BOB))
    assert awaits_me([asked, mail("Never mind, I found it.")], OWN) is None
    assert awaits_me([asked, mail("At nine.", sender=BOB, references=(asked.message_id,))], OWN) is None
    assert awaits_me([asked, mail("P.S.: the tickets are here.", references=(asked.message_id,))], OWN) is asked


def test_the_users_own_question_awaits_an_answer_until_somebody_writes() -> None:
    asked = from_me("Could you send the list?")
    assert awaits_them([asked], OWN) is asked
    assert awaits_them([asked, mail("Here it is.", references=(asked.message_id,))], OWN) is None
    out_of_office = mail("I am away.", references=(asked.message_id,), is_automatic=True)
    assert awaits_them([asked, out_of_office], OWN) is asked
    assert awaits_them([from_me("Here is the list.")], OWN) is None
    assert awaits_them([from_me("Do I sail?", to=(ME,))], OWN) is None


def test_what_others_wrote_is_set_apart() -> None:
    assert own_text("Yes.\n> more 2\nAnd no.\n\nOn 1 May 2026, Ann wrote:\n> drop 3\n") == "Yes.\nAnd no."


def test_of_real_mails_it_finds_those_that_ask(shared_data: Path) -> None:
    """Read by hand: 60 of them, whether they ask the reader for an answer. Kept as numbers, without text."""
    lines = (shared_data / "mail" / "sent_mails.jsonl").read_text(encoding="utf-8").splitlines()
    mails = [json.loads(line) for line in lines]
    found = {number for number in READ if asks(mail(mails[number]["text"], sender=ANN))}
    right = sum((number in found) == (number in ASK) for number in READ)
    assert len(ASK) > 15
    assert right / len(READ) >= 0.9, sorted(found ^ ASK)


READ = frozenset(range(3, 363, 6))
ASK = frozenset((
    3, 15, 21, 27, 33, 39, 45, 63, 75, 81, 87, 99, 105, 111, 117, 129, 135, 159, 165, 171, 177, 183, 189, 195, 207, 219, 243, 255,
    261, 267, 279, 297, 303, 315, 321, 327, 339, 351, 357,
))  # fmt: skip
