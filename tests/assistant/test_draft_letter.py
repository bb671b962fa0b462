"""A draft as a letter: what stands in its head, that its text goes as it is, and what is never sent."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.schema import Settings
from assistant.delivery.carriers import Letter, Refused
from assistant.delivery.draft_letter import MARK, compose, mark_of
from memory.models import Draft, DraftKind, DraftVersion
from tests.assistant.draft_rows import ADA, ANN, BOB, NOW, TEXT, draft_of, version_of

KEY = bytes(range(32))
ANSWERED = {
    "message_id": "<second@example.net>",
    "references": ["<first@example.net>", "<between@example.net>"],
    "subject": "The ferry",
}


def settings(**sections: Any) -> Settings:
    return Settings.model_validate({"user": {"name": "Ada Byron", "email": ADA}} | sections)


def letter(draft: Draft | None = None, version: DraftVersion | None = None, chosen: Settings | None = None) -> Letter:
    return compose(draft or draft_of(), version or version_of(), NOW, chosen or settings(), KEY)


def read(posted: Letter) -> EmailMessage:
    """The message as the one who gets it reads it."""
    message = email.message_from_bytes(posted.message.as_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    """Without the line end that a mail's last line has."""
    return str(message.get_content()).replace("\r\n", "\n").removesuffix("\n")


def test_a_mail_comes_from_the_user_and_holds_their_text_alone() -> None:
    message = read(letter())
    assert message["From"] == "Ada Byron <ada@example.org>"
    assert message["To"] == "Ann Lee <ann@example.net>"
    assert (message["Subject"], message["Date"].datetime) == ("The ferry", NOW)
    assert message.get_content_type() == "text/plain"
    assert text_of(message) == TEXT
    for name in ("Auto-Submitted", "Reply-To", "In-Reply-To", "References", "List-Id", "Cc", "Bcc"):
        assert message[name] is None, name


def test_it_goes_to_each_address_once_in_the_order_of_the_draft() -> None:
    posted = letter(draft_of(recipients=[BOB, ANN, {"name": "Ann again", "address": "Ann@Example.net"}]))
    assert posted.recipients == ("bob@example.com", "ann@example.net")
    assert read(posted)["To"] == "Bob <bob@example.com>, Ann Lee <ann@example.net>"


@pytest.mark.parametrize(
    ("sender", "written", "answers_to"),
    [
        pytest.param("", "Ada Byron <ada@example.org>", None, id="none"),
        pytest.param("post@example.org", "Ada Byron <post@example.org>", ADA, id="elsewhere"),
        pytest.param("Telos <ada@example.org>", "Ada Byron <ada@example.org>", None, id="under another name"),
    ],
)
def test_the_configured_sender_bears_the_users_name(sender: str, written: str, answers_to: str | None) -> None:
    message = read(letter(chosen=settings(mail={"sender": sender})))
    assert (message["From"], message["Reply-To"]) == (written, answers_to)


def test_names_beyond_ascii_and_with_commas_arrive_whole() -> None:
    people = [
        {"name": "Größe, Zoë", "address": "zoe@bücher.example"},
        {"name": "Größe, Zoë " * 6, "address": "zoe@example.org"},
        {"name": "Lee, Ann " * 12, "address": "ann@example.net"},
        {"name": "李雷", "address": "li@example.com"},
    ]
    posted = letter(draft_of(recipients=people))
    assert posted.recipients == ("zoe@xn--bcher-kva.example", "zoe@example.org", "ann@example.net", "li@example.com")
    content = posted.message.as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 200
    addresses = read(posted)["To"].addresses
    # What stands between encoded words is none of the name (RFC 2047, 6.2), which not every reader knows.
    assert ["".join(one.display_name.split()) for one in addresses] == ["".join(one["name"].split()) for one in people]
    assert addresses[0].display_name == "Größe, Zoë"


@pytest.mark.parametrize("text", ["\n.\nFrom here\n" + "x" * 2000, "Grüße, 早安\r\nund\rZeilen", "שלום\n\tTab"])
def test_a_text_arrives_as_it_was_written(text: str) -> None:
    message = read(letter(version=version_of(text)))
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    assert text_of(message) == written
    assert letter(version=version_of(text)).message.as_bytes().isascii()


# What it answers


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("The ferry", "Re: The ferry"),
        ("Re: The ferry", "Re: The ferry"),
        ("AW: The ferry", "AW: The ferry"),
        ("", "Re: The ferry"),
        ("Reading", "Re: Reading"),
    ],
)
def test_a_reply_says_re_once(subject: str, sent: str) -> None:
    draft = draft_of(kind=DraftKind.REPLY, incoming=ANSWERED)
    assert read(letter(draft, version_of(subject=subject)))["Subject"] == sent


def test_a_reply_hangs_on_the_mail_that_it_answers() -> None:
    message = read(letter(draft_of(kind=DraftKind.REPLY, incoming=ANSWERED)))
    assert message["In-Reply-To"] == "<second@example.net>"
    assert message["References"] == "<first@example.net> <between@example.net> <second@example.net>"


def test_long_identifications_stay_as_they_are() -> None:
    ids = [f"<{'x' * 120}{number}@example.net>" for number in range(50)]
    incoming = ANSWERED | {"message_id": ids[-1], "references": ids[:-1]}
    content = letter(draft_of(kind=DraftKind.REPLY, incoming=incoming)).message.as_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    kept = message["References"].split()
    assert message["In-Reply-To"] == ids[-1]
    assert (kept[0], kept[-3:]) == (ids[0], ids[-3:])
    assert len(kept) == 30
    assert max(map(len, content.split(b"\r\n"))) < 200


def test_a_mail_without_an_identification_is_answered_all_the_same() -> None:
    incoming = {"message_id": "none\r\nBcc: eve@example.com", "references": "broken", "subject": "The ferry"}
    message = read(letter(draft_of(kind=DraftKind.REPLY, incoming=incoming)))
    assert (message["In-Reply-To"], message["References"], message["Bcc"]) == (None, None, None)


# By what it is known


def test_the_message_id_is_that_of_the_version_whenever_it_is_sent() -> None:
    first = letter()
    later = compose(draft_of(), version_of(), NOW + timedelta(days=3), settings(), KEY)
    changed = letter(version=version_of(number=3))
    assert first.message["Message-ID"] == later.message["Message-ID"]
    assert first.message["Message-ID"] != changed.message["Message-ID"]
    assert first.message[MARK] == later.message[MARK] == changed.message[MARK]


def test_neither_identification_says_anything_of_the_draft_or_without_the_key() -> None:
    posted = letter(draft_of(id=4711))
    other = compose(draft_of(id=4711), version_of(), NOW, settings(), bytes(32))
    for name in ("Message-ID", MARK):
        assert "4711" not in posted.message[name]
        assert posted.message[name] != other.message[name]
    assert posted.message[MARK] == mark_of(draft_of(id=4711), KEY)
    assert posted.message[MARK] not in posted.message["Message-ID"]


# What nobody may add to it


INJECTED = (
    "x\r\nBcc: eve@example.com",
    "x\nBcc: eve@example.com",
    "x\rBcc: eve@example.com\r\n\r\nBuy",
    "\u2028Bcc: e@e.e",
)


@pytest.mark.parametrize("injected", INJECTED)
def test_neither_subject_nor_name_can_add_a_header(injected: str) -> None:
    draft = draft_of(recipients=[ANN | {"name": injected}], kind=DraftKind.REPLY, incoming={"subject": injected})
    for subject in (injected, ""):
        posted = letter(draft, version_of(subject=subject), settings(user={"name": injected, "email": ADA}))
        message = read(posted)
        assert message["Bcc"] is None
        assert posted.recipients == ("ann@example.net",)
        assert text_of(message) == TEXT


@pytest.mark.parametrize(
    "address",
    ["ann", "@example.org", "ann@", "ann@example.org\r\nBcc: eve@example.com", "a b@example.org", "ann@exam\u202eple.org",
     "ann@fa\u00df.example", f"ann@{'b' * 64}.org", f"{'a' * 250}@example.org", "ann@a, eve@example.com", "ann@..org"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(address: str) -> None:
    with pytest.raises(Refused, match="is no mail address"):
        letter(draft_of(recipients=[ANN, {"name": "Eve", "address": address}]))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_whatever_stands_in_names_subjects_and_texts_a_letter_has_its_own_headers_alone(
    name: str, subject: str, text: str
) -> None:
    """Where it is not refused: an empty text is."""
    try:
        posted = letter(
            draft_of(recipients=[{"name": name, "address": "ann@example.net"}]), version_of(text, subject=subject)
        )
    except Refused:
        return
    content = posted.message.as_bytes()
    assert b"\n" not in content.replace(b"\r\n", b"")
    headers = email.message_from_bytes(content).keys()
    assert sorted(headers) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            MARK,
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        ]
    )
    assert [one.addr_spec for one in read(posted)["To"].addresses] == ["ann@example.net"]


# What must not leave


@pytest.mark.parametrize(
    ("draft", "version", "words"),
    [
        pytest.param({"kind": DraftKind.NOTE}, {}, "is a note, and only mails and replies are sent", id="a note"),
        pytest.param({"kind": DraftKind.DIGEST}, {}, "is a digest, and only", id="an entry"),
        pytest.param({"recipients": []}, {}, "addressed to nobody", id="nobody"),
        pytest.param({"recipients": [ANN, {"name": "Bob", "address": ""}]}, {}, "no address for 'Bob'", id="a name alone"),
        pytest.param({}, {"text": "The ferry leaves at [...]."}, r"where \[\.\.\.\] stands", id="a gap"),
        pytest.param({}, {"text": 'Well, [... answer: "When?"]'}, r"answer: \"When\?\"", id="a question"),
        pytest.param({}, {"subject": "Ferry at [...]"}, r"where \[\.\.\.\] stands", id="a gap in the subject"),
        pytest.param({}, {"text": " \n"}, "is empty", id="nothing"),
        pytest.param({}, {"text": "Hi \ud800"}, "a character that no mail can carry", id="half a character"),
    ],
)  # fmt: skip
def test_what_must_not_leave_is_refused_with_what_to_do(
    draft: dict[str, Any], version: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        letter(draft_of(**draft), version_of(**version))
    assert "telos drafts" in refusal.value.remedy


@pytest.mark.parametrize("place", ["text", "subject"])
def test_a_secret_of_the_configuration_is_neither_sent_nor_printed(place: str) -> None:
    chosen = settings(mail={"password": "hunter2&co"})
    with pytest.raises(Refused, match="holds a password or key of your configuration") as refusal:
        letter(version=version_of(**{place: "The password is hunter2&co, keep it."}), chosen=chosen)
    assert "hunter2" not in str(refusal.value)


def test_a_sender_that_is_none_is_refused_by_the_name_of_its_key() -> None:
    with pytest.raises(Refused, match=r"\[user\] email is 'ada at home', which is no mail address"):
        letter(chosen=settings(user={"email": "ada at home"}))
