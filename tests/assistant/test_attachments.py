"""Attached files are text, bounded, and hold no secrets."""

from __future__ import annotations

import pytest

from assistant.answers.chat import Attachment
from assistant.errors import BadRequest
from assistant.sessions.attachments import MOST_CHARACTERS, MOST_FILES, is_secret, take


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "app/.env.production",
        "id_rsa",
        "keys/server.pem",
        "tls.KEY",
        ".netrc",
        "credentials.json",
        "secrets.yaml",
    ],
)
def test_a_file_of_secrets_is_refused_by_its_name(path: str) -> None:
    assert is_secret(path)
    with pytest.raises(BadRequest, match="secrets"):
        take([Attachment(path=path, text="A=1")])


@pytest.mark.parametrize(
    "path", ["environment.py", ".env.example", "keyboard.py", "secretary.txt", "src/key_values.py"]
)
def test_a_file_that_only_sounds_like_one_is_taken(path: str) -> None:
    assert [file["path"] for file in take([Attachment(path=path, text="A=1")])] == [path]


def test_a_private_key_is_refused_wherever_it_stands() -> None:
    key = "x = '''\n-----BEGIN OPENSSH " + "PRIVATE KEY-----\nabc\n'''"
    with pytest.raises(BadRequest, match="secrets"):
        take([Attachment(path="config.py", text=key)])


@pytest.mark.parametrize("text", ["\x7fELF\x00\x01", "\ufffd" * 50 + "abc", "\x01\x02\x03\x04 abc"])
def test_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="no text"):
        take([Attachment(path="program", text=text)])


@pytest.mark.parametrize("path", ["", "/", "../up.py", "a/../../b", "bad\nname"])
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(BadRequest, match="no path"):
        take([Attachment(path=path, text="a")])


def test_paths_are_relative_and_a_file_given_twice_counts_once() -> None:
    files = take([Attachment(path="./src\\a.py", text="1"), Attachment(path="/src/a.py", text="2")])
    assert [(file["path"], file["text"]) for file in files] == [("src/a.py", "2")]


def test_too_much_is_refused() -> None:
    with pytest.raises(BadRequest, match="most for a file"):
        take([Attachment(path="a.txt", text="a" * (MOST_CHARACTERS + 1))])
    with pytest.raises(BadRequest, match="files were attached"):
        take([Attachment(path=f"{n}.txt", text="a") for n in range(MOST_FILES + 1)])
    with pytest.raises(BadRequest, match="together"):
        take([Attachment(path=f"{n}.txt", text="a" * MOST_CHARACTERS) for n in range(6)])
