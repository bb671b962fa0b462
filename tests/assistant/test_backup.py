"""A backup holds everything that cannot be made anew and no secret; what was restored is what was backed up."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import backups, memories
from assistant.answers.backup import BackedUp, BackupRequest
from assistant.answers.memory import EraseRequest, Lines, Query
from assistant.backup import archive, restoring
from assistant.backup.archive import MANIFEST, read_manifest, verify
from assistant.backup.without_secrets import without_secrets
from assistant.clock import FakeClock
from assistant.delivery.dispatch import FIRST_START
from assistant.doctor.repair import repair
from assistant.errors import BadRequest, Conflict, TelosError, Unavailable
from assistant.home import Home
from assistant.progress import unheard
from assistant.service import Service
from memory.models import DeliveryState, Draft, DraftKind
from memory.store import outbox
from memory.store import settings as facts
from tests.fakes import HeldIndex, WordEmbedder

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = datetime(2026, 3, 9, 6, tzinfo=UTC)
HUSH = "hush-hush-2026"
FERRY = "The night ferry from Santander runs on Mondays."
TUNNEL = "The tunnel under the bay is closed until May."
CONFIGURATION = f"""
[user]
name = "Ada"  # not the password, which was "{HUSH}"

[mail]
via = "smtp"
host = "smtp.example.org"
username = "ada@example.org"
password = "{HUSH}"

[api]
token_file = "api-token"
"""


def opened(home: Home, now: datetime = NOW) -> Service:
    return Service(home, clock=FakeClock(now), embedder=WordEmbedder(), make_index=HeldIndex)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.at(tmp_path / "home")
    home.prepare()
    home.config_file.write_text(CONFIGURATION.replace("[user]", "[user]\nemail = 'ada@example.org'"))
    (home.data / "api-token").write_text("sesame-open-sesame")
    (home.data / "api-token").chmod(0o600)
    return home


@pytest.fixture
def service(home: Home) -> Iterator[Service]:
    service = opened(home)
    remember(service, "1", FERRY)
    yield service
    service.close()


def remember(service: Service, ref: str, text: str) -> None:
    memories.import_lines(service, Lines(lines=[json.dumps({"ref": ref, "text": text})]))
    memories.index(service, unheard)


def back_up(service: Service, file: Path, *, with_secrets: bool = False) -> BackedUp:
    return backups.backup(service, BackupRequest(file=str(file), with_secrets=with_secrets), unheard)


def found(service: Service, query: str) -> list[str]:
    return [hit.ref for hit in memories.search(service, Query(query=query)).hits]


def inside(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_what_was_restored_is_found_by_words_and_meaning_and_what_came_since_is_aside(
    service: Service, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    assert back_up(service, file).items == 1
    remember(service, "2", TUNNEL)
    service.close()

    restored = restoring.restore(home, file, LATER, unheard)
    again = opened(home, LATER)
    assert repair(again, unheard).left == []
    assert found(again, "night ferry") == ["1"]
    assert found(again, "tunnel") == ["1"]  # nothing nearer is there
    assert len(again.vectors.matrix) == 1
    again.close()
    assert TUNNEL.encode() in (restored.aside.path / "telos.db").read_bytes()


def test_a_backup_is_made_while_others_write(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"

    def meanwhile(done: int, total: int | None, what: str) -> None:
        if what == "packing":
            with service.database.write() as session:
                facts.put(session, "meanwhile", True)

    backups.backup(service, BackupRequest(file=str(file)), meanwhile)
    with service.database.read() as session:
        assert facts.get(session, "meanwhile") is True
    verify(file)


def test_only_its_owner_may_read_it(service: Service, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        back_up(service, tmp_path / "a.backup")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.backup").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.backup"]
    assert list(service.home.backups.iterdir()) == []


def test_no_secret_is_in_it(service: Service, home: Home, tmp_path: Path) -> None:
    assert home.key
    done = back_up(service, tmp_path / "a.backup")
    members = inside(tmp_path / "a.backup")
    for secret in (HUSH.encode(), b"sesame", home.key):
        assert not [name for name, content in members.items() if secret in content]
    assert done.left_out == ["mail.password", str(home.data / "api-token")]
    assert tomllib.loads(members["config/config.toml"].decode())["mail"]["host"] == "smtp.example.org"


def test_secrets_are_in_it_where_they_are_asked_for(service: Service, home: Home, tmp_path: Path) -> None:
    assert home.key
    assert back_up(service, tmp_path / "a.backup", with_secrets=True).left_out == []
    service.close()
    elsewhere = Home.at(tmp_path / "elsewhere")
    restoring.restore(elsewhere, tmp_path / "a.backup", LATER, unheard)
    assert elsewhere.key_file.read_bytes() == home.key
    assert elsewhere.config_file.read_text() == home.config_file.read_text()
    token = elsewhere.data / "api-token"
    assert (token.read_text(), stat.S_IMODE(token.stat().st_mode)) == ("sesame-open-sesame", 0o600)


def test_the_users_own_configuration_stays_unless_the_backups_is_asked_for(
    service: Service, home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "a.backup"
    back_up(service, file)
    service.close()
    home.config_file.write_text("# mine")
    assert restoring.restore(home, file, NOW, unheard).kept == [str(home.config_file)]
    assert home.config_file.read_text() == "# mine"

    aside = restoring.restore(home, file, LATER, unheard, with_configuration=True).aside.path
    assert "smtp.example.org" in home.config_file.read_text()
    assert (aside / "config.toml").read_text() == "# mine"


def test_a_file_that_is_there_is_not_written_over(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a.backup").write_text("precious")
    with pytest.raises(Conflict, match="already"):
        back_up(service, tmp_path / "a.backup")
    assert (tmp_path / "a.backup").read_text() == "precious"


def test_a_folder_that_is_not_there_is_named(service: Service, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no folder"):
        back_up(service, tmp_path / "nowhere" / "a.backup")


def changed(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other contents, as somebody else would zip it."""
    members = inside(file)
    change(members)
    other = file.with_name("other.backup")
    with zipfile.ZipFile(other, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return other


def manifested(**keys: object) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members[MANIFEST] = json.dumps({**json.loads(members[MANIFEST]), **keys}).encode()

    return change


def climbing(members: dict[str, bytes]) -> None:
    manifest = json.loads(members[MANIFEST])
    manifest["members"]["secrets/../../../escaped"] = manifest["members"]["telos.db"]
    members["secrets/../../../escaped"] = members["telos.db"]
    members[MANIFEST] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda members: members.update({"telos.db": b"other"}), "not what it was", id="another database"),
        pytest.param(lambda members: members.pop("telos.db"), "does not hold", id="a member is missing"),
        pytest.param(lambda members: members.update({"extra": b"x"}), "does not hold", id="one too many"),
        pytest.param(lambda members: members.pop(MANIFEST), "without Telos's manifest", id="another zip"),
        pytest.param(lambda members: members.update({MANIFEST: b"{"}), "manifest cannot be read", id="half a manifest"),
        pytest.param(manifested(format=99, telos="9.0"), "written by a newer Telos", id="a newer format"),
        pytest.param(climbing, "secrets/../../../escaped", id="a name that leads out"),
    ],
)
def test_a_backup_that_cannot_be_trusted_changes_nothing(
    service: Service, home: Home, tmp_path: Path, change: Callable[[dict[str, bytes]], None], said: str
) -> None:
    back_up(service, tmp_path / "a.backup")
    service.close()
    before = home.database.read_bytes()
    with pytest.raises(BadRequest) as refused:
        restoring.restore(home, changed(tmp_path / "a.backup", change), LATER, unheard)
    assert said in refused.value.sentence
    assert home.database.read_bytes() == before
    assert not (home.data / "restoring").exists()
    assert list(home.backups.iterdir()) == []


def test_a_database_of_a_later_telos_is_refused(service: Service, home: Home, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    service.database.backup(copy)
    service.close()
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    about = {"telos": "9.0", "made_at": NOW.isoformat(), "with_secrets": False, "left_out": []}
    archive.write(tmp_path / "a.backup", [("telos.db", copy)], about, lambda _: None)
    with pytest.raises(BadRequest, match="newer Telos"):
        restoring.restore(home, tmp_path / "a.backup", LATER, unheard)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_backup_that_was_cut_short_is_refused(service: Service, home: Home, tmp_path: Path, share: float) -> None:
    file = tmp_path / "a.backup"
    back_up(service, file)
    service.close()
    os.truncate(file, int(file.stat().st_size * share))
    with pytest.raises(BadRequest, match="is no backup of Telos, or is damaged"):
        restoring.restore(home, file, LATER, unheard)


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 10_000_000), byte=st.integers(1, 255))
def test_no_changed_byte_goes_unseen(place: int, byte: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever byte differs, the file is refused, or every member is what it was."""
    folder = tmp_path_factory.mktemp("flip")
    about = {"telos": "1", "made_at": NOW.isoformat(), "with_secrets": False, "left_out": []}
    archive.write(folder / "a", [("telos.db", b"rows " * 60), ("key", b"k" * 32)], about, lambda _: None)
    content = bytearray((folder / "a").read_bytes())
    content[place % len(content)] ^= byte
    (folder / "b").write_bytes(content)
    try:
        read = archive.unpack(folder / "b", folder / "out", lambda _: None)
    except TelosError:
        return
    assert {name: (folder / "out" / name).read_bytes() for name in read.members} == {
        "telos.db": b"rows " * 60,
        "key": b"k" * 32,
    }


class Killed(BaseException):
    """Stands for a kill: nothing after it runs."""


@pytest.mark.parametrize("moves", range(6))
def test_a_restore_that_was_cut_short_is_finished_by_the_next_start(
    service: Service, home: Home, tmp_path: Path, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.backup"
    back_up(service, file)
    remember(service, "2", TUNNEL)
    service.close()
    moved, move = 0, shutil.move

    def killed_at_last(source: Path, target: Path) -> None:
        nonlocal moved
        if moved == moves:
            raise Killed
        moved += 1
        move(source, target)

    monkeypatch.setattr(shutil, "move", killed_at_last)
    with pytest.raises(Killed) if moves < 4 else pytest.MonkeyPatch.context():
        restoring.restore(home, file, LATER, unheard)
    monkeypatch.undo()

    again = opened(home, LATER)
    with again.database.read() as session:
        assert facts.get(session, FIRST_START) == LATER.isoformat()
    assert repair(again, unheard).left == []
    assert found(again, "tunnel") == ["1"]
    again.close()
    assert not (home.data / "restoring").exists()
    assert [TUNNEL.encode() in (aside / "telos.db").read_bytes() for aside in home.backups.iterdir()] == [True]


def test_a_backup_that_does_not_fit_is_refused(
    service: Service, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.backup"
    back_up(service, file)
    service.close()
    monkeypatch.setattr("shutil.disk_usage", lambda _: os.statvfs_result((0,) * 10) and type("Usage", (), {"free": 10}))
    with pytest.raises(Unavailable, match="are free"):
        restoring.restore(home, file, LATER, unheard)


def test_no_backup_is_begun_where_there_is_no_room_for_it(
    service: Service, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(Unavailable, match=r"0 MB are free at .*name a file on another disk"):
        back_up(service, tmp_path / "a.backup")
    assert list(tmp_path.glob("*.backup")) == list(home.backups.glob(".backup-*")) == []


def test_mail_that_waited_in_the_backup_is_not_sent_by_itself(service: Service, home: Home, tmp_path: Path) -> None:
    with service.database.write() as session:
        draft = Draft(kind=DraftKind.MAIL, created_at=NOW, changed_at=NOW)
        session.add(draft)
        session.flush()
        outbox.queue_draft(session, draft.id or 0, 1, now=NOW, give_up_at=LATER)
    back_up(service, tmp_path / "a.backup")
    service.close()
    restoring.restore(home, tmp_path / "a.backup", LATER, unheard)
    again = opened(home, LATER)
    with again.database.read() as session:
        waiting = outbox.in_state(session, *DeliveryState)
    again.close()
    assert [(one.state, one.last_error) for one in waiting] == [(DeliveryState.UNKNOWN, restoring.UNSENT)]


def test_what_was_set_aside_goes_with_an_erasure(service: Service, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.backup"
    back_up(service, file)
    service.close()
    restoring.restore(home, file, LATER, unheard)
    again = opened(home, LATER)
    erased = memories.erase(again, EraseRequest(what="item", name="1"), unheard)
    again.close()
    assert erased.found == []
    assert list(home.backups.iterdir()) == []


SECRET_TEXTS = [
    pytest.param('[mail]\npassword = "hush hush"', "hush hush", id="a key by its name"),
    pytest.param('[[sources]]\nname = "s"\nkind = "slack"\nbot = "xoxb-1234567890-abcdef"', "xoxb-", id="by its shape"),
    pytest.param(f'[[sources]]\nname = "s"\nurl = "https://a:{HUSH}@b.org"', HUSH, id="within an address"),
    pytest.param(f"# the old password was {HUSH}", HUSH, id="in a comment"),
    pytest.param('[model.chat]\napi_key = "abc"', "abc", id="a short one in a nested table"),
    pytest.param('x = { token = "abcdef", note = "stays" }', "abcdef", id="in an inline table"),
]


@pytest.mark.parametrize(("text", "secret"), SECRET_TEXTS)
def test_a_configuration_loses_its_secrets(text: str, secret: str) -> None:
    plain = without_secrets(text, {HUSH})
    assert plain is not None
    assert secret not in plain[0]
    tomllib.loads(plain[0])


def test_a_configuration_without_secrets_stays_as_it_is() -> None:
    text = '# mine\n[mail]\npassword_file = "~/.config/telos/mail-password"  # mode 0600\nport = 587\n'
    assert without_secrets(text, {HUSH}) == (text, [])


def test_a_configuration_that_is_no_toml_is_left_out() -> None:
    assert without_secrets(f"password = {HUSH}", ()) is None


def test_a_manifest_is_read_without_unpacking(service: Service, tmp_path: Path) -> None:
    back_up(service, tmp_path / "a.backup")
    manifest = read_manifest(tmp_path / "a.backup")
    assert (manifest.made_at, manifest.with_secrets) == (NOW, False)
    assert set(manifest.members) == {"telos.db", "config/config.toml"}
