"""The configuration is taken whole or refused with a line for each mistake."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from assistant.config.load import files_of, load
from assistant.config.schema import Settings
from assistant.errors import BadConfiguration

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    settings = load(file, {})
    assert (settings.digest.entries, settings.digest.reading_minutes, settings.digest.at) == (10, 5.0, time(7))
    assert settings.mail.via == "file"


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    settings = load(EXAMPLE, {})
    assert [source.kind for source in settings.sources] == ["feeds", "arxiv"]
    assert settings.sources[1].options.categories == ("cs.CL",)


@pytest.mark.parametrize("section", [name for name in Settings.model_fields if name != "sources"])
def test_the_example_names_every_key(section: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    model = type(getattr(Settings(), section))
    missing = [
        key
        for key in model.model_fields
        if f"{key} =" not in text and f".{key}]" not in text and f"`{key}`" not in text
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("section", "defaults"), [("digest", Settings().digest), ("memory", Settings().memory), ("model", Settings().model)]
)
def test_the_example_shows_the_defaults(section: str, defaults: object) -> None:
    assert getattr(load(EXAMPLE, {}), section) == defaults


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[digest]\nentires = 3", "The key digest.entires is unknown; the nearest is entries."),
        ("[digset]\n", "The key digset is unknown; the nearest is digest."),
        ("[mail]\nusernaem = 'x'", "the nearest is username"),
        ("[digest]\nentries = 0", "digest.entries is 0"),
        ("[digest]\nat = '25:00'", "digest.at is '25:00'"),
        ("[digest]\nat = 7", "digest.at is 7: write hours and minutes of your local day"),
        ("[digest]\nat = '07:00Z'", "digest.at is '07:00Z'"),
        ("[network.hosts]\n'a.org' = 'b.org'", "a.org is sent to 'b.org', which is no address"),
        ("[digest]\ndays = ['monday']", "digest.days.0 is 'monday'"),
        ("[user]\ntimezone = 'Berlin'", "'Berlin' is no IANA time zone, such as Europe/Berlin"),
        ("[user]\nemail = 'ada'", "user.email is 'ada', which is no address"),
        ("[mail]\nvia = 'smtp'", "mail.host is missing"),
        ("[mail]\nvia = 'smtp'\nhost = 'smtp.example.org'", "user.email is missing"),
        ("[model]\nengine = 'server'", "model.address is missing"),
        ("[model.digest]\nengine = 'server'", "model.digest.address is missing"),
        ("[model]\nengine = 'server'\naddress = '127.0.0.1:8000'", "model.address is not usable"),
        ("[model]\napi_key = 314159265", "model.api_key is not usable"),
        ("[api]\ntcp = '8765'", "api.tcp is '8765': write a host and a port"),
        ("[api]\ntcp = '::1:8765'", "write a host and a port"),
        ("[api]\ntcp = '127.0.0.1:0'", "a port is a number from 1 to 65535"),
        ("[api]\ntcp = '127.0.0.1:8765'", "api.token is missing"),
        ("[api]\ntcp = '127.0.0.1:8765'\ntoken = 'tooshort'", "api.token is not usable: it takes 16 or more"),
        ("[api]\ntcp = '127.0.0.1:8765'\ntoken = 'a phrase of words'", "without a blank"),
        ("[mail", "It is no TOML"),
        ("sources = 'x'", "begin each with [[sources]]"),
        ("sources = ['x']", "sources holds 'x'; each source is a table"),
        ("[[sources]]\nname = 'a'\nkind = 'feeds'\nurl = 'x'\nfirst_run_items = 0", "first_run_items is 0"),
        ("[[sources]]\nkind = 'feeds'", "In source number 1: name is missing."),
        (
            "[[sources]]\nname = 'a'\nkind = 'feed'\n",
            "In source a: kind is 'feed', which is unknown; the nearest is feeds.",
        ),
        (
            "[[sources]]\nname = 'a'\nkind = 'feeds'\nulr = 'https://x.org'",
            "The key ulr is unknown; the nearest is url.",
        ),
        ("[[sources]]\nname = 'a'\nkind = 'feeds'\nurl = 'https://x.org'\npuased = true", "the nearest is paused"),
        ("[[sources]]\nname = ''\nkind = 'feeds'\nurl = 'https://x.org'", "printable characters"),
        (2 * "[[sources]]\nname = 'a'\nkind = 'feeds'\nurl = 'https://x.org'\n", "The name 'a' stands at two sources"),
    ],
    ids=lambda value: str(value)[:40].replace("\n", " "),
)
def test_a_mistake_is_named_with_its_key_and_what_to_write(file: Path, text: str, sentence: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load(file, {})
    assert sentence in caught.value.sentence
    assert str(file) in caught.value.sentence
    assert "telos doctor" in caught.value.remedy


def test_all_mistakes_are_named_at_once(file: Path) -> None:
    file.write_text("[digest]\nentries = 0\n[usr]\n[[sources]]\nname='a'\nkind='x'\n", encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load(file, {})
    assert len(caught.value.sentence.splitlines()) == 4


@pytest.mark.parametrize("written", ["'06:30'", "06:30:00"], ids=["text", "time"])
def test_the_hour_may_be_text_or_a_time_of_toml(file: Path, written: str) -> None:
    file.write_text(f"[digest]\nat = {written}\n", encoding="utf-8")
    assert load(file, {}).digest.at == time(6, 30)


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "/etc/hostname", "\0"])
def test_a_machine_that_does_not_know_its_zone_is_in_utc(
    file: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: zone)
    assert load(file, {}).user.zone.key == "UTC"


@pytest.mark.parametrize("key", ["password", "url"])
def test_a_mistake_in_a_secret_does_not_show_it(file: Path, key: str) -> None:
    file.write_text(f"[[sources]]\nname = 'a'\nkind = 'feeds'\n{key} = 314159265\n", encoding="utf-8")
    with pytest.raises(BadConfiguration) as caught:
        load(file, {})
    assert "314159265" not in str(caught.value)


def test_keys_and_tokens_may_stand_in_files_or_in_the_environment(file: Path) -> None:
    (file.parent / "token").write_text("sesame-sesame-sesame\n", encoding="utf-8")
    (file.parent / "token").chmod(0o600)
    file.write_text("[api]\ntcp = '[::1]:8765'\ntoken_file = 'token'\n", encoding="utf-8")
    settings = load(file, {"TELOS_MODEL_API_KEY": "one", "TELOS_MODEL_DIGEST_API_KEY": "two"})
    secrets = settings.api.token, settings.model.api_key, settings.model.digest.api_key
    assert [secret and secret.get_secret_value() for secret in secrets] == ["sesame-sesame-sesame", "one", "two"]
    assert settings.model.chat.api_key is None
    assert file.parent / "token" in files_of(file, settings)


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe[user]")
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load(file, {})
