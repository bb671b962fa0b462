"""Mail from outside is read whatever it looks like, and only what its sender wrote of it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.drafting.incoming import read
from assistant.drafting.recipients import Recipient
from assistant.errors import BadRequest

HEAD = """From: Ann Lee <ann@example.org>
To: Bob Ray <bob@example.com>
Subject: The ferry
Date: Thu, 19 Nov 2026 08:30:00 +0100
Message-ID: <one@example.org>
"""


def mail(body: str, head: str = HEAD) -> str:
    return f"{head}\n{body}"


def test_a_plain_mail_says_who_writes_and_what_they_ask() -> None:
    found = read(mail("Hi Bob,\n\nI am well. When does the\nferry leave? How are you?\n\nBest,\nAnn\n"))
    assert found.sender == Recipient("Ann Lee", "ann@example.org")
    assert found.reply_to == (Recipient("Ann Lee", "ann@example.org"),)
    assert found.recipients == (Recipient("Bob Ray", "bob@example.com"),)
    assert found.reply_subject == "Re: The ferry"
    assert found.questions == ("When does the ferry leave?",)
    assert found.message_id == "<one@example.org>"
    assert found.date == "2026-11-19T08:30:00+01:00"
    assert "I am well." in found.text


def test_what_it_quotes_is_not_what_it_says() -> None:
    quoted = "On Wed, 18 Nov 2026 at 10:00, Bob wrote:\n> Where is the key?\n> I looked everywhere.\n"
    found = read(mail(f"It is under the mat.\n\n{quoted}"))
    assert "under the mat" in found.text
    assert "everywhere" not in found.text
    assert found.questions == ()


def test_an_answer_goes_where_reply_to_says_with_the_senders_name() -> None:
    found = read(mail("Hello?", HEAD + "Reply-To: desk@example.org\n"))
    assert found.reply_to == (Recipient("Ann Lee", "desk@example.org"),)


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Re: RE: The ferry", "Re: The ferry"),
        ("AW: Die Fähre", "Re: Die Fähre"),
        ("Fwd: The ferry", "Re: Fwd: The ferry"),
        ("=?utf-8?b?RGllIEbDpGhyZQ==?=", "Re: Die Fähre"),
        ("=?iso-8859-1?q?Die_F=E4hre?= am Freitag", "Re: Die Fähre am Freitag"),
        ("=?no-such-charset?q?ferry?=", "Re: ferry"),
        ("=?utf-8?b?%%%?=", "Re: =?utf-8?b?%%%?="),
    ],
)
def test_subjects_are_decoded_and_answered_once(subject: str, answered: str) -> None:
    assert read(mail("Hi", HEAD.replace("The ferry", subject))).reply_subject == answered


def test_of_several_parts_the_plain_text_is_read_and_attachments_are_not() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ann <ann@example.org>", "bob@example.com", "Boats"
    message.set_content("Where are the boats?\n")
    message.add_alternative("<p>Where are the <b>boats</b>? From HTML.</p>", subtype="html")
    message.add_attachment("Attached: who pays?", filename="notes.txt")
    found = read(message.as_string())
    assert found.questions == ("Where are the boats?",)
    assert "HTML" not in found.text
    assert "Attached" not in found.text


def test_html_alone_is_read_as_one_reads_it() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.org", "Boats"
    message.set_content(
        "<style>p{}</style><p>Hello Bob,</p><p>Where are the <b>boats</b>?</p><script>x()</script>", subtype="html"
    )
    found = read(message.as_string())
    assert found.questions == ("Where are the boats?",)
    assert "x()" not in found.text


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "no-such-charset", "us-ascii"])
def test_a_wrong_charset_does_not_lose_the_text(charset: str) -> None:
    head = HEAD + f"MIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n"
    raw = mail("Wann fährt die Fähre?\n", head).encode("iso-8859-1" if charset == "iso-8859-1" else "utf-8")
    assert read(raw.decode("utf-8", "surrogateescape")).questions == ("Wann fährt die Fähre?",)


@pytest.mark.parametrize(
    "raw",
    ["", "\x00\x01\x02", "%PDF-1.7\n%junk", "Just a text without any header.", "{}", "\udcff\udcfe"],
    ids=["empty", "binary", "pdf", "text", "json", "bytes"],
)
def test_what_is_no_mail_is_refused_with_what_to_do(raw: str) -> None:
    with pytest.raises(BadRequest, match="no mail"):
        read(raw)


def test_a_mail_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadRequest, match="is the most"):
        read(mail("x" * 5_000_001))


@pytest.mark.parametrize(
    "broken",
    [
        "From: <<<>>> ann\nSubject: x\n\nHi",
        "From: ann@example.org\nContent-Type: multipart/mixed\n\nno boundary",
        "From: ann@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--",
        "From: ann@example.org\nContent-Transfer-Encoding: base64\n\n%%%not base64%%%",
        "From: ann@example.org\nContent-Transfer-Encoding: quoted-printable\n\n=ZZ=\n=",
        "From: ann@example.org\nDate: yesterday\nReferences: <a> <b\n\n",
        "From: ann@example.org\nDate: Thu, 99 Nov 99999 99:99:99 +9999\n\nHi",
        "From: ann@example.org\nContent-Type: text/plain; charset*0*=utf'\n\nHi",
        "Subject: =?utf-8?q?" + "=?" * 500 + "\n\nHi",
        "\n\n\ufeffFrom: ann@example.org\n\nHi",
        "From ann@example.org Thu Nov 19\nFrom: ann@example.org\n\nHi",
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(broken: str) -> None:
    found = read(broken)
    assert "\x00" not in found.text


def test_what_a_mail_says_of_its_ids_cannot_end_a_header() -> None:
    found = read(mail("Hi", HEAD + "References: <a@x>\r\n <b@x>\nIn-Reply-To: <c\r\nBcc: eve@example.org>\n"))
    assert all("\n" not in one and one.endswith(">") for one in found.references)
    assert found.references[:2] == ("<a@x>", "<b@x>")


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail_or_a_sentence(body: bytes) -> None:
    raw = b"From: ann@example.org\n" + body
    found = read(raw.decode("utf-8", "surrogateescape"))
    found.text.encode("utf-8")
    assert found.reply_subject.startswith("Re:")
    assert found.row()["text"] == found.text


@given(st.text(max_size=300))
def test_any_text_is_a_mail_or_a_sentence(raw: str) -> None:
    try:
        found = read(raw)
    except BadRequest:
        return
    assert len(found.questions) <= 6


def test_what_html_quotes_is_not_what_it_says() -> None:
    html = (
        "<p>Yes. Will you come too?</p><div>On Friday, Bob wrote:<br></div>"
        "<blockquote><p>Is it at nine?</p><blockquote>Who?</blockquote></blockquote><p>Ann</p>"
    )
    mail = read(f"From: ann@example.org\nTo: bob@example.com\nContent-Type: text/html; charset=utf-8\n\n{html}")
    assert mail.questions == ("Will you come too?",)
    assert "nine" not in mail.text


def test_questions_in_a_row_are_several_whatever_their_capitals() -> None:
    mail = read("From: ann@example.org\n\nwhen does it leave? from where?and why?\n")
    assert mail.questions == ("when does it leave?", "from where?and why?")


@pytest.mark.parametrize(
    "question",
    ["He said “nobody knows”, so when does it leave?", "متى تغادر السفينة؟", "何時に出ますか？"],
    ids=["with a quotation", "Arabic", "Japanese"],
)
def test_a_question_is_kept_in_its_words(question: str) -> None:
    assert read(f"From: ann@example.org\nTo: bob@example.com\n\n{question}\n").questions == (question,)
