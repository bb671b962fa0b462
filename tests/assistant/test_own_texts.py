"""Past texts of the user's own: theirs are found, others' and what is no text are passed over with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli.profile import own_texts
from assistant.cli.profile.own_texts import addresses, found_in, summed_up
from assistant.errors import BadRequest
from assistant.home import Home

ANNA = {"anna@example.org"}
MAIL = "From: {sender}\nTo: Ann Lee <ann@example.org>, b@example.org\nDate: {date}\nSubject: x\n\nHi Ann,\n\nYes.\n\nAnna\n"


def mail(sender: str = "Anna <Anna@Example.org>", date: str = "Fri, 20 Nov 2026 09:00:00 +0100") -> str:
    return MAIL.format(sender=sender, date=date)


def test_the_user_s_mails_and_plain_files_are_found_the_latest_last(tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "b.eml").write_text(mail(date="Fri, 20 Nov 2020 09:00:00 +0100"))
    (tmp_path / "sent" / "a.eml").write_text(mail(date="Sat, 21 Nov 2020 09:00:00 +0100"))
    (tmp_path / "plan.md").write_bytes(b"\xef\xbb\xbf# Plan\r\n\r\nWe begin in May.\r\n")
    found = found_in(tmp_path, ANNA)
    assert [(text.name, text.kind, text.to) for text in found.texts] == [
        ("sent/b.eml", "mail", "Ann Lee <ann@example.org>"),
        ("sent/a.eml", "mail", "Ann Lee <ann@example.org>"),
        ("plan.md", "document", ""),
    ]
    assert found.texts[2].text == "# Plan\n\nWe begin in May.\n"
    assert found.texts[0].text == "Hi Ann,\n\nYes.\n\nAnna\n"
    assert found.skipped == []


def test_what_teaches_nothing_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "ben.eml").write_text(mail("Ben <ben@example.org>"))
    (tmp_path / "page.eml").write_text(mail().replace("Subject: x", "Content-Type: text/html"))
    (tmp_path / "odd.eml").write_text(mail().replace("Subject: x", 'Content-Type: text/plain; charset="x-nowhere"'))
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "nul.txt").write_bytes(b"a\0b")
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "long.txt").write_text("a " * own_texts.TEXT_BYTES)
    (tmp_path / ".hidden.txt").write_text("Not looked at.")
    (tmp_path / "link.txt").symlink_to(tmp_path / ".hidden.txt")
    found = found_in(tmp_path, ANNA)
    assert found.texts == []
    reasons = dict(sentence.split(": ", 1) for sentence in found.skipped)
    assert reasons == {
        "ben.eml": "it is not from you",
        "page.eml": "it has no plain text",
        "odd.eml": "it is no mail that can be read",
        "scan.pdf": "not a kind of file that is read",
        "latin.txt": "it is not written in UTF-8, byte 3 is 0xe9",
        "nul.txt": "it is no text, byte 1 is NUL",
        "empty.txt": "it is empty",
        "long.txt": "it is larger than 200 kB",
    }


def test_nobody_s_mail_is_the_user_s_while_their_address_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(mail())
    found = found_in(tmp_path, set())
    assert (found.texts, len(found.skipped)) == ([], 1)
    assert "--me" in found.skipped[0]


def test_a_box_of_mails_is_read_mail_by_mail(tmp_path: Path) -> None:
    box = tmp_path / "sent.mbox"
    box.write_text(
        "".join(f"From - Fri Nov 20 09:00:00 2026\n{mail(sender)}\n" for sender in ("anna@example.org", "ben@x.org"))
    )
    found = found_in(box, ANNA)
    assert [text.name for text in found.texts] == ["sent.mbox 1"]
    assert found.skipped == ["sent.mbox 2: it is not from you"]


def test_there_is_an_end_to_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_texts, "MOST_TEXTS", 2)
    for number in range(4):
        (tmp_path / f"{number}.txt").write_text("Mine.")
    found = found_in(tmp_path, ANNA)
    assert len(found.texts) == 2
    assert "more than 2 texts" in found.skipped[0]
    monkeypatch.setattr(own_texts, "MOST_FILES", 1)
    assert "more than 1 files" in found_in(tmp_path, ANNA).skipped[0]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="There is no folder"):
        found_in(tmp_path / "none", ANNA)


def test_the_configured_address_is_the_user_s(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    assert addresses(home, ["Anna <A@x.org>"]) == {"a@x.org"}
    home.config_file.write_text('[user]\nemail = "Anna@example.org"\n')
    assert addresses(home, ["a@x.org"]) == {"anna@example.org", "a@x.org"}


def test_reasons_are_summed_up() -> None:
    told = summed_up([*(f"{number}.pdf: not read" for number in range(5)), "a.txt: it is empty"])
    assert told == ["0.pdf, 1.pdf, 2.pdf and 2 more: not read", "a.txt: it is empty"]
