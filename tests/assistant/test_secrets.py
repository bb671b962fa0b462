"""Secrets come from where they are safe, and are shown nowhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.load import load
from assistant.errors import BadConfiguration
from assistant.home import Home
from assistant.log import FILE, keep_log
from assistant.secrets import MASK, mask, secret_values

MAIL = "[user]\nemail = 'ada@example.org'\n[mail]\nvia = 'smtp'\nhost = 'smtp.example.org'\nusername = 'ada'\n"
FEED = "[[sources]]\nname = 'my feed'\nkind = 'feeds'\nurl = 'https://example.org/feed'\nusername = 'ada'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    secret = tmp_path / "mail-password"
    secret.write_text("from the file\n")
    secret.chmod(0o600)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mail.password").write_text("from systemd")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "environment", "expected"),
    [
        ("password = 'inline'", {"TELOS_MAIL_PASSWORD": "from the environment"}, "inline"),
        ("password_file = 'mail-password'", {"TELOS_MAIL_PASSWORD": "from the environment"}, "from the file"),
        ("", {"CREDENTIALS_DIRECTORY": "{}/credentials", "TELOS_MAIL_PASSWORD": "x"}, "from systemd"),
        ("", {"TELOS_MAIL_PASSWORD": "from the environment"}, "from the environment"),
    ],
    ids=["inline", "file", "credential", "environment"],
)
def test_the_mail_password_is_found(folder: Path, line: str, environment: dict[str, str], expected: str) -> None:
    (folder / "config.toml").write_text(MAIL + line)
    settings = load(folder / "config.toml", {name: value.format(folder) for name, value in environment.items()})
    assert settings.mail.password is not None
    assert settings.mail.password.get_secret_value() == expected


@pytest.mark.parametrize(
    ("line", "environment"),
    [("password_file = 'mail-password'", {}), ("", {"TELOS_MY_FEED_PASSWORD": "from the file"})],
    ids=["file", "environment"],
)
def test_the_password_of_a_source_is_found(folder: Path, line: str, environment: dict[str, str]) -> None:
    (folder / "config.toml").write_text(FEED + line)
    options = load(folder / "config.toml", environment).sources[0].options
    assert options.password.get_secret_value() == "from the file"


def test_a_secret_that_others_may_read_is_refused(folder: Path) -> None:
    (folder / "mail-password").chmod(0o644)
    (folder / "config.toml").write_text(MAIL + "password_file = 'mail-password'")
    with pytest.raises(BadConfiguration) as caught:
        load(folder / "config.toml", {})
    assert caught.value.remedy == f"Run: chmod 600 {folder / 'mail-password'}"


def test_a_secret_that_is_not_there_is_said(folder: Path) -> None:
    (folder / "config.toml").write_text(MAIL + "password_file = 'nowhere'")
    with pytest.raises(BadConfiguration, match=r"nowhere for mail\.password cannot be read: No such file"):
        load(folder / "config.toml", {})


def test_settings_never_print_their_secrets(folder: Path) -> None:
    (folder / "config.toml").write_text(MAIL + "password = 'hush hush'\n" + FEED + "password = 'quiet'")
    settings = load(folder / "config.toml", {})
    assert secret_values(settings) == {"hush hush", "quiet"}
    assert "hush" not in repr(settings)
    assert "quiet" not in repr(settings)


def test_an_address_that_came_from_a_file_is_a_secret(folder: Path) -> None:
    address = folder / "address"
    address.write_text("https://paper.example/feed/quiet\n")
    address.chmod(0o600)
    (folder / "config.toml").write_text("[[sources]]\nname = 'a'\nkind = 'feeds'\nurl_file = 'address'\n")
    settings = load(folder / "config.toml", {})
    assert secret_values(settings) == {"https://paper.example/feed/quiet"}
    assert "quiet" not in repr(settings)


def test_the_log_shows_no_secret_not_even_in_a_traceback(folder: Path) -> None:
    (folder / "config.toml").write_text(MAIL + "password = 'hush hush'")
    settings, home = load(folder / "config.toml", {}), Home.at(folder)
    home.prepare()
    with keep_log(home, on_stderr=False) as masking:
        masking.follow(lambda: settings)
        try:
            raise ValueError("535 hush hush is wrong")
        except ValueError:
            logging.getLogger("assistant.test").exception("The login with hush hush failed")
    written = (home.logs / FILE).read_text()
    assert "hush" not in written
    assert written.count(MASK) == 3


NO_STARS = st.text(st.characters(exclude_characters=MASK), min_size=4)


@given(st.text(), st.lists(NO_STARS, min_size=1))
def test_what_is_masked_is_gone(text: str, secrets: list[str]) -> None:
    masked = mask(text + "".join(secrets), secrets)
    assert [secret for secret in secrets if secret in masked] == []
