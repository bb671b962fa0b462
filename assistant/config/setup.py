"""Writes the first `config.toml`: what the user answered, with a word on each key, and nothing that is at its default.

`telos init` asks the questions; this knows the answers' place in the file. The file is checked like any other before
it is put in place, and an existing one is never overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.items import Item, Table

from assistant.config.load import check, mistakes
from assistant.config.private_file import write_private
from assistant.errors import Conflict

_HEAD = """\
# The configuration of Telos: what you want. `telos doctor` checks it; a running service takes up changes by itself.
# config.example.toml explains every key. Sources are added by `telos sources add`, or as [[sources]] tables below.
"""


PASSWORD_FILE = "mail-password"  # noqa: S105 - the name of a file


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the wizard asks, with the defaults that `--yes` takes."""

    name: str = ""
    email: str = ""
    timezone: str = ""
    """Empty: that of this machine, whatever it is at the time."""
    language: str = "en"
    interests: tuple[str, ...] = ()
    at: str = "07:00"
    entries: int = 10
    reading_minutes: float = 5.0
    smtp_host: str = ""
    """Empty: digests are written to files until there is a mail server."""
    smtp_username: str = ""
    password: str = field(default="", repr=False)
    """Goes into a file of its own beside the configuration."""


def complaints(answers: Answers) -> list[str]:
    """A sentence for each answer that cannot be used."""
    return mistakes(tomlkit.dumps(_document(replace(answers, password=""))))


def write_configuration(path: Path, answers: Answers) -> None:
    """Write the file, readable by its owner only.

    Raises: Conflict where there is one, BadConfiguration where an answer cannot be used.
    """
    if path.exists():
        raise Conflict(f"There is a configuration at {path} already.", "Edit it, or move it away first.")
    check(tomlkit.dumps(_document(replace(answers, password=""))), path)
    if answers.password:
        write_private(path.parent / PASSWORD_FILE, answers.password + "\n")
    write_private(path, _HEAD + "\n" + tomlkit.dumps(_document(answers)))


def _document(answers: Answers) -> TOMLDocument:
    document = tomlkit.document()
    document["user"] = _user(answers)
    document["digest"] = _digest(answers)
    document["mail"] = _mail(answers)
    return document


def _user(answers: Answers) -> Table:
    table = tomlkit.table()
    table["name"] = answers.name
    table["email"] = _with_word(answers.email, "where the digest goes, and the only address it ever goes to")
    if answers.timezone:
        table["timezone"] = answers.timezone
    table["language"] = answers.language
    table["interests"] = list(answers.interests)
    table["interests"].comment("phrases that the ranking starts from")
    return table


def _digest(answers: Answers) -> Table:
    table = tomlkit.table()
    table["at"] = _with_word(answers.at, "local time; every day, unless `days` names some")
    table["entries"] = answers.entries
    table["reading_minutes"] = answers.reading_minutes
    return table


def _mail(answers: Answers) -> Table:
    table = tomlkit.table()
    if not answers.smtp_host:
        table["via"] = _with_word("file", 'digests are written to the outbox folder; "smtp" mails them')
        return table
    table["via"] = "smtp"
    table["host"] = answers.smtp_host
    if answers.smtp_username:
        table["username"] = answers.smtp_username
    if answers.password:
        table["password_file"] = _with_word(PASSWORD_FILE, "beside this file, mode 0600")
    return table


def _with_word(value: str, word: str) -> Item:
    """A string with a comment behind it."""
    return tomlkit.string(value).comment(word)
