"""A digest as a mail: its headers, what authenticates a reply, the feedback links, and what it must not hold."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.schema import Settings
from assistant.delivery.carriers import Refused
from assistant.delivery.mail import compose, feedback_link, message_id_of, recipient_of, secret_of
from assistant.digest.view import FEEDBACK_VERBS, DigestView
from tests.assistant.digest_rows import ANNA, KEY, digest_view


def settings(**sections: Any) -> Settings:
    return Settings.model_validate({"user": {"email": ANNA}} | sections)


def parsed(view: DigestView, chosen: Settings | None = None) -> EmailMessage:
    """The message as the one who gets it reads it."""
    content = compose(view, chosen or settings(), KEY).message.as_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_the_mail_says_what_it_is_and_where_it_comes_from() -> None:
    message = parsed(digest_view())
    assert message["From"] == f"Telos <{ANNA}>"
    assert message["To"] == ANNA
    assert message["List-Id"] == "Telos morning digest <digest.telos.localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for kind in ("plain", "html"):
        assert "潮汐能试验开始" in body(message, kind)


def test_every_line_is_ascii_and_short_enough_for_any_server() -> None:
    content = compose(digest_view(), settings(), KEY).message.as_bytes()
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_message_id_is_that_of_the_key_and_of_nothing_else() -> None:
    view = digest_view()
    message_id = message_id_of(view, KEY)
    assert re.fullmatch(r"<digest-2026-11-20-0\.[0-9a-f]{32}@example\.org>", message_id)
    assert parsed(view)["Message-ID"] == message_id
    same_key = replace(view, id=7, notes=(), candidates=99)
    assert message_id_of(same_key, KEY) == message_id
    others = [
        digest_view(run=1),
        digest_view(recipient="bob@example.org"),
        digest_view(day=view.local_date.replace(day=21)),
    ]
    assert len({message_id, *(message_id_of(other, KEY) for other in others)}) == 4
    assert message_id_of(view, bytes(32)) != message_id


@given(
    local=st.from_regex(r"[a-z]{1,64}", fullmatch=True),
    domain=st.from_regex(r"([a-z0-9]{1,40}\.){1,4}org", fullmatch=True),
)
def test_the_message_id_survives_the_way_whatever_the_address(local: str, domain: str) -> None:
    view = replace(digest_view(recipient=f"{local}@{domain}"), sections=())
    content = compose(view, settings(), KEY).message.as_bytes()
    assert f"\r\nMessage-ID: {message_id_of(view, KEY)}\r\n".encode() in content
    assert email.message_from_bytes(content, policy=email.policy.default)["Message-ID"] == message_id_of(view, KEY)


@pytest.mark.parametrize("verb", FEEDBACK_VERBS)
def test_a_feedback_link_is_a_mail_that_says_everything_a_reader_needs(verb: str) -> None:
    view = digest_view()
    link = urlsplit(feedback_link(view, 2, verb, secret=secret_of(view, KEY), reply_to="telos+in@example.org"))
    assert link.scheme == "mailto"
    assert unquote(link.path) == "telos+in@example.org"
    fields = parse_qs(link.query)
    assert fields["subject"] == [f"Telos: {verb} 2 (2026-11-20)"]
    assert dict(line.split(": ") for line in fields["body"][0].splitlines()) == {
        "telos-verb": verb,
        "telos-entry": "2",
        "telos-digest": "digest-2026-11-20-0",
        "telos-secret": secret_of(view, KEY),
    }


def test_each_entry_has_its_links_in_text_and_html() -> None:
    view = digest_view()
    message = parsed(view, settings(mail={"reply_to": "telos@example.org"}))
    assert message["Reply-To"] == "telos@example.org"
    for entry in view.entries:
        for verb in FEEDBACK_VERBS:
            link = feedback_link(view, entry.number, verb, secret=secret_of(view, KEY), reply_to="telos@example.org")
            assert link.replace("&", "&amp;") in body(message, "html")


def test_a_password_of_the_configuration_never_leaves_in_a_mail() -> None:
    view = digest_view()
    entry = replace(view.entries[0], title="The password is hunter2&co")
    leaking = replace(view, sections=(replace(view.sections[0], entries=(entry,)),))
    message = parsed(leaking, settings(mail={"password": "hunter2&co"}))
    for text in (message["Subject"], body(message, "plain"), body(message, "html")):
        assert "hunter2" not in text
    assert "***" in body(message, "plain")


def test_a_title_cannot_add_a_header() -> None:
    view = digest_view()
    entry = replace(view.entries[0], title="News\r\nBcc: eve@example.org")
    message = parsed(replace(view, sections=(replace(view.sections[0], entries=(entry,)),)))
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("sections", "where"),
    [
        pytest.param({"mail": {"sender": "nobody"}}, "[mail] sender", id="sender without @"),
        pytest.param(
            {"mail": {"reply_to": "a@b\r\nBcc: eve@example.org"}}, "[mail] reply_to", id="header in an address"
        ),
        pytest.param({"mail": {"sender": f"a@{'b' * 64}.org"}}, "[mail] sender", id="a name too long for a domain"),
        pytest.param({"mail": {"sender": "änna@example.org"}}, "[mail] sender", id="not ASCII before the @"),
    ],
)
def test_an_address_that_is_none_is_named(sections: dict[str, Any], where: str) -> None:
    with pytest.raises(Refused, match=re.escape(where)):
        compose(digest_view(), settings(**sections), KEY)


def test_the_sender_may_have_a_name_of_its_own() -> None:
    assert (
        parsed(digest_view(), settings(mail={"sender": "Morgen <m@example.org>"}))["From"] == "Morgen <m@example.org>"
    )


def test_a_digest_for_a_file_without_an_address_offers_no_replies_by_mail() -> None:
    nobody = Settings()
    message = parsed(digest_view(recipient=recipient_of(nobody)), nobody)
    assert message["To"] == "you@localhost"
    assert "mailto:" not in body(message, "html")
