"""Mail of the wild as letters: headers, addresses, threads, the better text, and what is sent in bulk."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.folders import Folder
from connectors.mail.headers import Headers, Person
from connectors.mail.items import item_of
from connectors.mail.letters import read
from connectors.mail.messages import Message, Uid
from connectors.mail.options import MailOptions
from connectors.mail.remedies import about_login

OPTIONS = MailOptions(host="imap.example.org", username="ada@example.org", addresses=("a.byron@example.net",))
INBOX = Folder("INBOX", "inbox")
NOON = datetime(2026, 4, 13, 12, tzinfo=UTC)


def mail(text: str = "Hello", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "Ann Lee <ann@example.net>", "To": "ada@example.org", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def item(message: EmailMessage, folder: Folder = INBOX, flags: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    raw = message.as_bytes()
    held = Message(Uid(folder.name, 7, 1), raw, len(raw), flags, NOON)
    return item_of(read(raw), held, folder, OPTIONS)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (b"Subject: =?utf-8?B?w7bDtsO=?= =?utf-8?B?tg==?= gr=C3\r\n\r\n", "ööö gr=C3"),
        (b"Subject: gr\xfc\xdfe\r\n\r\n", "grüße"),
        ("Subject: grüße\r\n\r\n".encode(), "grüße"),
        (b"Subject: =?koi8-r?B?8NLJ18XU?=\r\n\r\n", "Привет"),
        (b"Subject: =?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=\r\n\r\n", "こんにちは"),
        (b"Subject: =?no-such-charset?Q?caf=E9?=\r\n\r\n", "café"),
        (b"Subject: =?utf-8?B?broken\r\n\r\n", "=?utf-8?B?broken"),
        (b"subject:\r\n folded\r\n  twice\r\n\r\n", "folded twice"),
    ],
    ids=["cut inside a letter", "latin 1 bytes", "utf-8 bytes", "koi8-r", "japanese", "no charset", "broken", "folded"],
)
def test_a_subject_is_read_as_it_was_meant(raw: bytes, subject: str) -> None:
    assert read(raw).subject == subject


def test_names_with_commas_groups_and_nonsense_leave_the_addresses_whole() -> None:
    raw = (
        b'To: =?iso-8859-1?Q?L=FCders, Max?= <Max@Example.ORG>, "Roe, Jo" <jo@example.net>, undisclosed:;, nobody\r\n'
        b"Cc: jo@example.net\r\n\r\n"
    )
    assert Headers.of(raw).people("To", "Cc") == (
        Person("Lüders, Max", "max@example.org"),
        Person("Roe, Jo", "jo@example.net"),
    )


def test_a_thread_is_named_by_its_first_mail() -> None:
    assert read(b"Message-ID: <3@x>\r\nReferences: <1@x>\r\n <2@x>\r\nIn-Reply-To: <2@x>\r\n\r\n").thread_id == "<1@x>"
    assert read(b"Message-ID: <2@x>\r\nIn-Reply-To: <1@x> (of Monday)\r\n\r\n").thread_id == "<1@x>"
    assert read(b"Message-ID: <1@x>\r\n\r\n").thread_id == "<1@x>"


def test_identity_follows_the_message_id_and_without_one_what_the_header_says() -> None:
    first = b"Message-ID: <1@x>\r\nReceived: by one\r\n\r\nHello"
    again = b"Received: by another\r\nMessage-ID:  <1@x>\r\n\r\nHello"
    assert read(first).identity == read(again).identity
    assert read(b"From: eve@example.net\r\n" + first).identity != read(b"From: ann@example.net\r\n" + first).identity
    nameless = b"From: ann@example.net\r\nDate: Mon, 13 Apr 2026 10:00:00 +0000\r\nSubject: %s\r\n\r\n"
    assert read(nameless % b"a").identity == read(b"Received: x\r\n" + nameless % b"a").identity
    assert read(nameless % b"a").identity != read(nameless % b"b").identity


def test_html_becomes_what_a_reader_sees() -> None:
    message = mail("See the web version: https://example.net/v", List_Unsubscribe="<mailto:out@example.net>")
    message.add_alternative(
        "<html><head><style>p{color:red}</style></head><body><div style='display:none'>A preview\u200c\u200c</div>"
        "<p>Tides <b>turn</b>.</p><table><tr><td>Read <a href='https://example.net/tides'>on</a></td></tr></table>"
        "<img src='https://track.example.net/p.gif'><script>alert(1)</script></body></html>",
        subtype="html",
    )
    letter = read(message.as_bytes())
    assert letter.text.split() == ["Tides", "turn.", "Read", "on"]
    assert letter.links == ("https://example.net/tides",)
    assert item(message).html == ""


def test_an_address_in_a_plain_text_keeps_its_own_brackets_and_no_others() -> None:
    message = mail("Read on (https://example.net/tide_(sea)), and at https://example.net/ferries.")
    assert read(message.as_bytes()).links == ("https://example.net/tide_(sea)", "https://example.net/ferries")


def test_a_person_s_plain_text_is_preferred_and_loses_the_quote_at_its_end_only() -> None:
    text = "> When do we sail?\n\nAt noon.\n\nOn Monday, Ada wrote:\n> And who comes?\n> Ada\n"
    message = mail(text)
    message.add_alternative("<p>At noon.</p>", subtype="html")
    assert read(message.as_bytes()).text == "> When do we sail?\n\nAt noon."
    assert read(mail("> only\n> a quote\n").as_bytes()).text == "> only\n> a quote"


def test_flowed_lines_become_paragraphs_again() -> None:
    raw = b"Content-Type: text/plain; format=flowed\r\n\r\nOne \r\nparagraph.\r\n\r\n-- \r\nAnn\r\n"
    assert read(raw).text == "One paragraph.\n\n--\nAnn"


def test_attachments_are_named_and_pictures_of_a_signature_are_not() -> None:
    message = mail("Here it is.")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="Fähre, Plan.pdf")
    message.add_attachment(b"x", maintype="image", subtype="png", filename="logo.png", cid="<1>", disposition="inline")
    message.add_attachment(mail(Subject="Fares"))
    assert read(message.as_bytes()).attachments == ("Fähre, Plan.pdf", "Fares.eml")
    assert item(message).text == "Here it is.\n\nAttached: Fähre, Plan.pdf, Fares.eml"


@pytest.mark.parametrize(
    ("headers", "to_me", "by_me", "is_newsletter"),
    [
        ({}, True, False, False),
        ({"To": "bob@example.net", "Cc": "Ada <Ada+lists@Example.org>"}, True, False, False),
        ({"To": "bob@example.net"}, False, False, False),
        ({"From": "a.byron@example.net"}, False, True, False),
        ({"List_Unsubscribe": "<https://example.net/out>"}, False, False, True),
        ({"Precedence": "bulk"}, False, False, True),
        ({"List_Id": "Tides <tides.example.net>", "List_Post": "<mailto:tides@example.net>"}, True, False, True),
        ({"List_Id": "Tides <tides.example.net>", "List_Post": "NO"}, False, False, True),
    ],
    ids=["to", "cc", "bcc", "own", "unsubscribe", "bulk", "a list that names me", "a list that takes no post"],
)
def test_who_wrote_to_whom(headers: dict[str, str], to_me: bool, by_me: bool, is_newsletter: bool) -> None:
    found = item(mail(**headers) if "To" not in headers else mail_to(headers))
    assert (found.to_me, found.by_me, found.details["is_newsletter"]) == (to_me, by_me, is_newsletter)
    assert found.private


def mail_to(headers: dict[str, str]) -> EmailMessage:
    message = mail()
    for name, value in headers.items():
        del message[name]
        message[name] = value
    return message


def test_a_mail_in_the_name_of_several_says_so() -> None:
    found = item(mail_to({"From": "ada@example.org, Eve <eve@example.net>"}))
    assert [one["address"] for one in found.details["from"]] == ["ada@example.org", "eve@example.net"]
    assert [one["address"] for one in item(mail()).details["from"]] == ["ann@example.net"]


def test_a_newsletter_is_a_topic_under_its_own_name() -> None:
    assert item(mail(List_Id="The Tide Table <tides.example.net>")).topics == ("The Tide Table",)
    assert item(mail(Precedence="bulk"), Folder("Lists/Sea", None)).topics == ("Ann Lee", "Lists/Sea")
    assert item(mail()).topics == ()


def test_only_the_receiving_server_s_word_on_authentication_counts() -> None:
    raw = (
        b"Authentication-Results: mx.example.org (amavis);\r\n dkim=pass (2048 bits) header.d=example.net; spf=fail\r\n"
        b"Authentication-Results: forged.example.net; dkim=pass; spf=pass; dmarc=pass\r\n\r\n"
    )
    assert Headers.of(raw).authentication == {"server": "mx.example.org", "dkim": "pass", "spf": "fail"}
    assert Headers.of(b"Authentication-Results: mx.example.org; none\r\n\r\n").authentication == {}
    each_its_own = (
        b"Authentication-Results: mx.example.org; dkim=none\r\nAuthentication-Results: mx.example.org; dmarc=fail\r\n"
        b"Authentication-Results: forged.example.net; spf=pass\r\nAuthentication-Results: mx.example.org; spf=pass\r\n\r\n"
    )
    found = {"server": "mx.example.org", "dkim": "none", "dmarc": "fail"}
    assert Headers.of(each_its_own).authentication == found


def test_a_date_that_the_receiving_server_contradicts_is_not_believed() -> None:
    assert item(mail(Date="Mon, 13 Apr 2026 10:00:00 +0200")).published == datetime(2026, 4, 13, 8, tzinfo=UTC)
    assert item(mail(Date="Fri, 13 Apr 2029 10:00:00 +0200")).published == NOON


def test_a_mail_to_hundreds_stays_small() -> None:
    crowd = ", ".join(f'"{"ü" * 70}{number}" <p{number}@{"long" * 20}.example.net>' for number in range(300))
    raw = f"To: {crowd}\r\nCc: {crowd}\r\nMessage-ID: <1@x>\r\n\r\n".encode()
    held = Message(Uid("INBOX", 7, 1), raw, len(raw), (), NOON)
    found = item_of(read(raw), held, INBOX, OPTIONS)
    assert found.details["to"]
    assert len(str(found.details)) < 20_000
    assert found.title == "(no subject)"


@given(st.binary(max_size=2000))
def test_no_bytes_are_too_odd_to_be_read(raw: bytes) -> None:
    read(raw)
    read(b"Content-Type: multipart/mixed; boundary=x\r\nSubject: =?utf-8?q?" + raw + b"\r\n\r\n--x\r\n" + raw)
    read(b"From: " + raw + b"\r\nContent-Type: text/html; charset=" + raw[:20] + b"\r\n\r\n" + raw)


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("imap.gmail.com", "myaccount.google.com/apppasswords"),
        ("outlook.office365.com", "telos mail login"),
        ("imap.fastmail.com", "Fastmail"),
        ("imap.mail.me.com", "app-specific password"),
        ("mail.example.org", "app password"),
    ],
)
def test_a_refused_login_is_answered_by_what_its_provider_wants(host: str, says: str) -> None:
    assert says in about_login(host)
